"""Flat rows `{"id","text","actor","target","lang","stance"}`, as `predict` and `evaluate` take them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stance.data.dataset import examples_of
from stance.data.defects import Defect, Defective, Kind, raise_problems, shown
from stance.data.lines import MAX_LINE_BYTES, expand, object_lines, parse_object, require_file
from stance.data.records import parse_sentence, read_reference, read_span, read_stance, read_text
from stance.errors import DataError
from stance.types import Context, Reference, Span, Stance, StanceQuery


@dataclass(frozen=True, slots=True)
class Row:
    """A query with its gold stance (None where not given) and the record it came from, all columns kept."""

    id: str
    query: StanceQuery
    stance: Stance | None
    record: Mapping[str, Any]


def read_rows(path: Path, *, need_stance: bool) -> list[Row]:
    """Rows of a file: flat rows, annotated sentences (a row per pair) or one annotated article (.json).

    A folder gives the rows of all its *.jsonl and *.json files.

    Raises:
        DataError: lists all bad rows at once, as `file:line: field: found, expected`.
    """
    if path.is_dir():
        return [row for part in expand([path]) for row in read_rows(part, need_stance=need_stance)]
    if path.suffix == ".json":
        return _article_rows(path)
    rows: list[Row] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, record in object_lines(path, problems=problems):
        try:
            found = list(_record_rows(record, place=f"{path}:{number}", number=number, need_stance=need_stance))
        except DataError as error:
            problems += str(error).splitlines()
            continue
        # A sentence without annotations gives no row; its id must be unique all the same.
        for identifier in [row.id for row in found] or [str(record.get("id"))]:
            if identifier in seen:
                problems.append(
                    f"{path}:{number}: id: {identifier!r} is also on line {seen[identifier]}; ids must be unique."
                )
            seen[identifier] = number
        rows += found
    raise_problems(problems)
    if not rows:
        raise DataError(f"{path}: no rows; one JSON object per line is expected.")
    return rows


def parse_row(record: Mapping[str, Any], *, place: str, need_stance: bool, default_id: str = "0") -> Row:
    """The row of one record.

    Raises:
        Defective: all that is wrong with it.
    """
    defects: list[Defect] = []
    text = read_text(record, defects=defects)
    if text is None:
        raise Defective(defects, place=place)
    actor, target = (_reference(record, role, text, defects=defects) for role in ("actor", "target"))
    if target is None and not defects:
        expected = "what the stance is towards must be named"
        defects.append(Defect(Kind.MISSING, "target", "missing", expected))
    lang = record.get("lang")
    if lang is not None and not isinstance(lang, str):
        expected = "expected a language tag such as 'sr-Latn', or null"
        defects.append(Defect(Kind.WRONG_TYPE, "lang", shown(lang), expected))
    stance = None
    if need_stance or record.get("stance") is not None:
        stance = read_stance(record.get("stance"), field="stance", defects=defects)
    if defects:
        raise Defective(defects, place=place)
    assert target is not None
    query = StanceQuery(Context(text, Span(0, len(text))), actor, target, lang=lang)
    identifier = record.get("id")
    return Row(id=default_id if identifier is None else str(identifier), query=query, stance=stance, record=record)


def _reference(record: Mapping[str, Any], role: str, text: str, *, defects: list[Defect]) -> Reference | None:
    value = record.get(role)
    return None if value is None else read_reference(value, text, field=role, defects=defects)


def _record_rows(record: Mapping[str, Any], *, place: str, number: int, need_stance: bool) -> Iterator[Row]:
    if "annotations" not in record:
        yield parse_row(record, place=place, need_stance=need_stance, default_id=str(number))
        return
    sentence = parse_sentence(record, place=place)
    columns = {key: value for key, value in record.items() if key != "annotations"}
    for index, example in enumerate(examples_of(sentence)):
        annotation = record["annotations"][index]
        identifier = f"{sentence.id}#{index}"
        yield Row(identifier, example.query, example.stance, columns | annotation | {"id": identifier})


def article_record(path: Path) -> dict[str, Any]:
    """The record of an annotated article, with its `text` and its list `gold` checked to be there.

    Raises:
        DataError: it is none, or too large.
    """
    require_file(path)
    if path.stat().st_size > MAX_LINE_BYTES:
        raise DataError(f"{path}: over {MAX_LINE_BYTES >> 20} MiB; an annotated article is smaller.")
    record = parse_object(_read_text(path), place=str(path))
    if not isinstance(record.get("text"), str) or not isinstance(record.get("gold"), list):
        raise DataError(f"{path}: no `text` and `gold`; an annotated article has both.")
    return record


def _article_rows(path: Path) -> list[Row]:
    """A row per gold pair of an annotated article, with the evidence as its context."""
    record = article_record(path)
    text, gold = record["text"], record["gold"]
    rows, problems = [], []
    for index, pair in enumerate(gold):
        try:
            rows.append(_gold_row(pair, text, record=record, index=index, path=path))
        except DataError as error:
            problems += str(error).splitlines()
    raise_problems(problems)
    return rows


def _gold_row(pair: Any, text: str, *, record: Mapping[str, Any], index: int, path: Path) -> Row:
    place = f"{path}: gold[{index}]"
    evidence_given = isinstance(pair, dict) and isinstance(pair.get("evidence"), list) and bool(pair["evidence"])
    if not evidence_given:
        raise DataError(
            f"{place}: {json.dumps(pair)[:80]}, expected an object with actor, target, stance and evidence."
        )
    row = parse_row({**pair, "text": text, "lang": record.get("lang")}, place=place, need_stance=True)
    spans = [required_span(item, text, place=f"{place}.evidence") for item in pair["evidence"]]
    evidence = Span(min(span.start for span in spans), max(span.end for span in spans))
    context = Context(text, evidence)
    query = StanceQuery(context, row.query.actor, row.query.target, lang=record.get("lang"))
    identifier = f"{record.get('doc_id', path.stem)}#{index}"
    carried = {name: record.get(name) for name in ("doc_id", "lang", "split")}
    columns = {"id": identifier, **carried, **pair}
    return Row(identifier, query, row.stance, columns)


def required_span(value: Any, text: str, *, place: str) -> Span:
    """The span of an object with `start` and `end`.

    Raises:
        DataError: it is something else, or does not fit the text.
    """
    defects: list[Defect] = []
    span = read_span(value, text, field="span", defects=defects) if isinstance(value, Mapping) else None
    if defects:
        raise DataError("\n".join(f"{place}: {defect.message.removeprefix('span: ')}" for defect in defects))
    if span is None:
        raise DataError(f"{place}: {json.dumps(value)[:80]}, expected an object with `start` and `end`.")
    return span


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start + 1}).") from error
