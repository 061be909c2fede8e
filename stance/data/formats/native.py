"""The native format: one annotated sentence per line of JSON; see DESIGN's "Annotated sentences"."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from stance.data.lines import object_lines
from stance.data.losses import LossReport
from stance.errors import DataError
from stance.types import AnnotatedSentence, Annotation, Reference, Span, Split, Stance

_FIELDS = (
    "id", "text", "annotations", "lang", "doc_id", "split", "pair_id", "relation", "phenomena", "source", "licence",
)  # fmt: skip
_TEXT_FIELDS = ("lang", "doc_id", "pair_id", "source", "licence")
_RELATIONS = ("flip", "same")
_MAX_SHOWN = 20
E = TypeVar("E", bound=StrEnum)


def read(path: Path, *, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per line; nothing is ever lost: a bad row is an error.

    Raises:
        DataError: lists all bad rows of the file at once, as `file:line: field: found, expected`.
    """
    del losses
    problems: list[str] = []
    sentences = []
    seen: dict[str, int] = {}
    for number, record in object_lines(path, problems=problems):
        place = f"{path}:{number}"
        try:
            sentence = parse_sentence(record, place=place)
        except DataError as error:
            problems += str(error).splitlines()
            continue
        if sentence.id in seen:
            problems.append(f"{place}: id: {sentence.id!r} is also on line {seen[sentence.id]}; ids must be unique.")
        seen[sentence.id] = number
        sentences.append(sentence)
    raise_problems(problems)
    yield from sentences


def raise_problems(problems: list[str]) -> None:
    """Raise all problems as one error, the first twenty in words.

    Raises:
        DataError: if there is any.
    """
    if problems:
        rest = len(problems) - _MAX_SHOWN
        more = [f"... and {rest} more."] if rest > 0 else []
        raise DataError("\n".join(problems[:_MAX_SHOWN] + more))


def parse_sentence(record: Mapping[str, Any], *, place: str) -> AnnotatedSentence:
    """The sentence of one record.

    Raises:
        DataError: all that is wrong with it, a line each.
    """
    problems: list[str] = []
    text = record.get("text")
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"{place}: text: {text!r}, expected a sentence.")
    if not isinstance(record.get("id"), str) or not record["id"]:
        problems.append(f"{place}: id: {record.get('id')!r}, expected a non-empty string.")
    raw = record.get("annotations")
    if not isinstance(raw, list):
        problems.append(f"{place}: annotations: {raw!r}, expected a list.")
        raw = []
    annotations = []
    for index, item in enumerate(raw):
        try:
            annotations.append(_annotation(item, text, place=f"{place}: annotations[{index}]"))
        except DataError as error:
            problems += str(error).splitlines()
    problems += _check_optional(record, place=place)
    split = _optional(problems, record.get("split"), Split, place=f"{place}: split")
    if problems:
        raise DataError("\n".join(problems))
    return AnnotatedSentence(
        id=record["id"],
        text=text,
        annotations=tuple(annotations),
        lang=record.get("lang"),
        doc_id=record.get("doc_id"),
        split=split,
        pair_id=record.get("pair_id"),
        relation=record.get("relation"),
        phenomena=tuple(record.get("phenomena") or ()),
        source=record.get("source"),
        licence=record.get("licence"),
        extra={key: value for key, value in record.items() if key not in _FIELDS},
    )


def parse_stance(value: Any, *, place: str) -> Stance:
    """One of the three stances.

    Raises:
        DataError: names the value and the nearest allowed one.
    """
    return _member(value, Stance, place=place)


def parse_reference(value: Any, text: str, *, place: str) -> Reference:
    """An actor or target: a string, or an object with `name` or a span, and optionally an `id`.

    Raises:
        DataError: neither a name nor a span, or the span does not fit the text.
    """
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping):
        raise DataError(f"{place}: {value!r}, expected a name or an object with `name` or `start` and `end`.")
    span = parse_span(value, text, place=place)
    name = value.get("name") or (span.of(text) if span else None) or value.get("id")
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"{place}: neither a name nor a span; one of them is needed.")
    identifier = value.get("id")
    if identifier is not None and not isinstance(identifier, str):
        raise DataError(f"{place}.id: {identifier!r}, expected a string.")
    return Reference(name=name, id=identifier, span=span)


def parse_span(value: Mapping[str, Any], text: str, *, place: str) -> Span | None:
    """The span of `start` and `end`, None where both are absent.

    Raises:
        DataError: it is empty, reversed or ends past the text.
    """
    start, end = value.get("start"), value.get("end")
    if start is None and end is None:
        return None
    if type(start) is not int or type(end) is not int:
        raise DataError(f"{place}: start {start!r}, end {end!r}; both must be whole numbers.")
    if not 0 <= start < end:
        raise DataError(f"{place}: span [{start}, {end}) is empty or reversed.")
    if end > len(text):
        raise DataError(
            f"{place}: span [{start}, {end}) ends past the text ({len(text)} characters). "
            "Offsets count code points, not bytes."
        )
    return Span(start, end)


def _annotation(item: Any, text: str, *, place: str) -> Annotation:
    if not isinstance(item, Mapping):
        raise DataError(f"{place}: {item!r}, expected an object.")
    if "actor" not in item:
        raise DataError(f"{place}.actor: missing; name who holds the stance, or null for the text's own voice.")
    actor = item["actor"]
    return Annotation(
        actor=None if actor is None else parse_reference(actor, text, place=f"{place}.actor"),
        target=parse_reference(item.get("target"), text, place=f"{place}.target"),
        stance=parse_stance(item.get("stance"), place=f"{place}.stance"),
        annotator=item.get("annotator"),
    )


def _check_optional(record: Mapping[str, Any], *, place: str) -> list[str]:
    """What is wrong with the optional fields: a type, or a relation that does not exist."""
    problems = [
        f"{place}: {field}: {record[field]!r}, expected text or null."
        for field in _TEXT_FIELDS
        if record.get(field) is not None and not isinstance(record[field], str)
    ]
    relation, phenomena = record.get("relation"), record.get("phenomena")
    if relation is not None and relation not in _RELATIONS:
        problems.append(f"{place}: relation: {relation!r}, {_expected(relation, _RELATIONS)}")
    if phenomena is not None and not (isinstance(phenomena, list) and all(isinstance(p, str) for p in phenomena)):
        problems.append(f"{place}: phenomena: {phenomena!r}, expected a list of words.")
    return problems


def _member(value: Any, kind: type[E], *, place: str) -> E:
    allowed = [member.value for member in kind]
    if isinstance(value, str) and value in allowed:
        return kind(value)
    raise DataError(f"{place}: {value!r}, {_expected(value, allowed)}")


def _expected(value: Any, allowed: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(str(value).lower(), allowed, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else "."
    return f"expected one of {', '.join(allowed)}{hint}"


def _optional(problems: list[str], value: Any, kind: type[E], *, place: str) -> E | None:
    if value is None:
        return None
    try:
        return _member(value, kind, place=place)
    except DataError as error:
        problems.append(str(error))
        return None
