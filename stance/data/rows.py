"""Flat rows `{"id","text","actor","target","lang","stance"}`, as `predict` and `evaluate` take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stance.data.article_checks import article_defects
from stance.data.defects import Defect, Defective, Kind, raise_problems, shown
from stance.data.judgements import examples_of
from stance.data.lines import MAX_LINE_BYTES, expand, object_lines, parse_object, require_file
from stance.data.records import parse_sentence, read_reference, read_stance, read_text
from stance.errors import DataError
from stance.types import Annotation, Context, Reference, Span, Stance, StanceQuery


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
    return list(each_row(path, need_stance=need_stance))


def each_row(path: Path, *, need_stance: bool) -> Iterator[Row]:
    """The rows that `read_rows` gives, one after the other.

    Raises:
        DataError: as `read_rows`, but at the end of the file that has bad rows.
    """
    if path.is_dir():
        for part in expand([path]):
            yield from each_row(part, need_stance=need_stance)
        return
    if path.suffix == ".json":
        yield from _article_rows(path)
        return
    empty = True
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
        yield from found
        empty = empty and not found
    raise_problems(problems)
    if empty:
        raise DataError(f"{path}: no rows; one JSON object per line is expected.")


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
        query = example.query
        judged = next(
            raw
            for raw, a in zip(record["annotations"], sentence.annotations, strict=True)
            if (a.actor, a.target, a.stance) == (query.actor, query.target, example.stance)
        )
        identifier = f"{sentence.id}#{index}"
        yield Row(identifier, query, example.stance, columns | judged | {"id": identifier})


def record_judgements(record: Mapping[str, Any]) -> tuple[Annotation, ...]:
    """What a record of sentences or rows judges, its place left out of the errors.

    Raises:
        Defective: all that is wrong with it.
    """
    if "annotations" in record or not record.keys() & {"target", "stance"}:
        return parse_sentence(record, place="").annotations
    row = parse_row(record, place="", need_stance=True)
    assert row.stance is not None
    annotator = record.get("annotator")
    return (
        Annotation(row.query.actor, row.query.target, row.stance, annotator if isinstance(annotator, str) else None),
    )


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
    defects = article_defects(record)
    raise_problems([defect.at(path) for defect in defects])
    return [_gold_row(pair, record=record, index=index, path=path) for index, pair in enumerate(record["gold"])]


def _gold_row(pair: Mapping[str, Any], *, record: Mapping[str, Any], index: int, path: Path) -> Row:
    text, lang = record["text"], record.get("lang")
    row = parse_row({**pair, "text": text, "lang": lang}, place=f"{path}: gold[{index}]", need_stance=True)
    evidence = Span(min(part["start"] for part in pair["evidence"]), max(part["end"] for part in pair["evidence"]))
    query = StanceQuery(Context(text, evidence), row.query.actor, row.query.target, lang=lang)
    identifier = f"{record.get('doc_id', path.stem)}#{index}"
    carried = {name: record.get(name) for name in ("doc_id", "lang", "split")}
    return Row(identifier, query, row.stance, {"id": identifier, **carried, **pair})


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start + 1}).") from error
