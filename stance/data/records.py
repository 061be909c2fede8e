"""Parse the records of annotated sentences and rows; all that is wrong with one is collected, not only the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from stance.data.defects import Defect, Defective, Kind, shown, unknown_value
from stance.data.offsets import WIDTHS, OffsetMap, same_words, span_in_units
from stance.types import AnnotatedSentence, Annotation, Reference, Span, Split, Stance

FIELDS = frozenset(
    {"id", "text", "annotations", "lang", "doc_id", "split", "pair_id", "relation", "phenomena", "source", "licence"}
)
_TEXT_FIELDS = ("lang", "doc_id", "pair_id", "source", "licence")
RELATIONS = ("flip", "same")
_STANCES = {stance.value: stance for stance in Stance}
_SPLITS = {split.value: split for split in Split}
UNIT_KINDS = {"utf16": Kind.UTF16_OFFSETS, "utf8": Kind.BYTE_OFFSETS}
_UNIT_NAMES = {"utf16": "UTF-16 units", "utf8": "UTF-8 bytes"}
E = TypeVar("E", bound=StrEnum)


def parse_sentence(record: Mapping[str, Any], *, place: str) -> AnnotatedSentence:
    """The sentence of one record.

    Raises:
        Defective: all that is wrong with it.
    """
    defects: list[Defect] = []
    text = read_text(record, defects=defects)
    if text is None:
        raise Defective(defects, place=place)
    identifier = record.get("id")
    if not isinstance(identifier, str) or not identifier:
        kind = Kind.MISSING if identifier is None else Kind.WRONG_TYPE
        defects.append(Defect(kind, "id", shown(identifier), "expected a non-empty string"))
    raw = record.get("annotations")
    if not isinstance(raw, list):
        kind = Kind.MISSING if raw is None else Kind.WRONG_TYPE
        defects.append(Defect(kind, "annotations", shown(raw), "expected a list"))
        raw = []
    annotations = [_annotation(item, text, f"annotations[{i}]", defects) for i, item in enumerate(raw)]
    _check_optional(record, defects)
    split = _member(record["split"], _SPLITS, "split", defects) if record.get("split") is not None else None
    if defects:
        raise Defective(defects, place=place)
    return AnnotatedSentence(
        id=record["id"],
        text=text,
        annotations=tuple(annotation for annotation in annotations if annotation is not None),
        lang=record.get("lang"),
        doc_id=record.get("doc_id"),
        split=split,
        pair_id=record.get("pair_id"),
        relation=record.get("relation"),
        phenomena=tuple(record.get("phenomena") or ()),
        source=record.get("source"),
        licence=record.get("licence"),
        extra={key: value for key, value in record.items() if key not in FIELDS},
    )


def read_text(record: Mapping[str, Any], *, defects: list[Defect]) -> str | None:
    """The record's `text`, None (and a defect) where it is missing or blank."""
    text = record.get("text")
    if isinstance(text, str) and text.strip():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            found = f"half a surrogate pair at {error.start}"
        else:
            return text
        defects.append(Defect(Kind.ENCODING, "text", found, "expected whole characters"))
        return None
    kind = Kind.MISSING if text is None else Kind.BLANK_TEXT if isinstance(text, str) else Kind.WRONG_TYPE
    defects.append(Defect(kind, "text", shown(text), "expected a sentence"))
    return None


def read_stance(value: Any, *, field: str, defects: list[Defect]) -> Stance | None:
    """One of the three stances, None (and a defect with the nearest one) for anything else."""
    if value is None:
        expected = f"expected one of {', '.join(_STANCES)}"
        defects.append(Defect(Kind.MISSING, field, shown(value), expected))
        return None
    return _member(value, _STANCES, field, defects)


def read_reference(value: Any, text: str, *, field: str, defects: list[Defect]) -> Reference | None:
    """An actor or target: a string, or an object with `name` or a span, and optionally an `id`.

    None (and defects) where neither name nor span is given, the span does not fit the text, or the words under it
    cannot be those named.
    """
    plain = _plain_reference(value, text) if type(value) is dict else None
    if plain is not None:
        return plain
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping):
        kind = Kind.MISSING if value is None else Kind.WRONG_TYPE
        expected = "expected a name or an object with `name` or `start` and `end`"
        defects.append(Defect(kind, field, shown(value), expected))
        return None
    n_before = len(defects)
    given = value.get("name")
    if given is not None and not isinstance(given, str):
        defects.append(Defect(Kind.WRONG_TYPE, f"{field}.name", shown(given), "expected text"))
        return None
    words = given if isinstance(given, str) and given else None
    span = read_span(value, text, field=field, words=words, defects=defects)
    name = given or (span.of(text) if span else None) or value.get("id")
    if not isinstance(name, str) or not name.strip():
        if len(defects) == n_before:
            defects.append(Defect(Kind.MISSING, field, "neither a name nor a span", "one of them is needed"))
        return None
    identifier = value.get("id")
    if identifier is not None and not isinstance(identifier, str):
        defects.append(Defect(Kind.WRONG_TYPE, f"{field}.id", shown(identifier), "expected a string"))
    if len(defects) > n_before:
        return None
    return Reference(name=name, id=identifier, span=span)


def _plain_reference(value: dict[str, Any], text: str) -> Reference | None:
    """The reference whose name stands under its span; None for every other, which the slower way looks into.

    Most references are such; this takes a third of the time.
    """
    start, end, name, identifier = value.get("start"), value.get("end"), value.get("name"), value.get("id")
    if type(start) is not int or type(end) is not int or type(name) is not str or not 0 <= start < end <= len(text):
        return None
    if text[start:end] != name or name != name.strip() or (identifier is not None and type(identifier) is not str):
        return None
    return Reference(name, identifier, Span(start, end))


def read_span(
    value: Mapping[str, Any], text: str, *, field: str, defects: list[Defect], words: str | None = None
) -> Span | None:
    """The span of `start` and `end`; None where both are absent, or (with a defect) where they do not fit.

    Args:
        words: what the span is said to cover, where the record says so; told apart from a canonical name by whether
            the span falls on word borders.
    """
    start, end = value.get("start"), value.get("end")
    if start is None and end is None:
        return None
    if type(start) is not int or type(end) is not int:
        kind = Kind.MISSING if start is None or end is None else Kind.WRONG_TYPE
        defects.append(Defect(kind, field, f"start {start!r}, end {end!r}", "both must be whole numbers"))
        return None
    if not 0 <= start < end:
        found = f"span [{start}, {end}) is empty or reversed"
        defects.append(Defect(Kind.BAD_SPAN, field, found, "start must lie before end"))
        return None
    defect = None
    if words is None:
        defect = _unit_defect(text, start, end, words=None, field=field)
    elif words is not None and not same_words(text[start:end], words):
        defect = _offset_defect(text, start, end, words=words, field=field)
    if defect is not None:
        defects.append(defect)
        return None
    if end > len(text):
        found = f"span [{start}, {end}) ends past the text ({len(text)} characters)"
        defects.append(Defect(Kind.PAST_END, field, found, "offsets count code points, not bytes"))
        return None
    if text[start].isspace() or text[end - 1].isspace():
        span = trimmed(Span(start, end), text)
        expected = "expected no white space at its ends" if span else "expected words, not white space"
        nearest = f"[{span.start}, {span.end})" if span else None
        found = f"span [{start}, {end}) {shown(text[start:end])}"
        defects.append(Defect(Kind.UNTRIMMED_SPAN, field, found, expected, nearest=nearest))
        return None
    return Span(start, end)


def trimmed(span: Span, text: str) -> Span | None:
    """The span without white space at its ends; None where nothing is left."""
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    end = span.end - (len(words) - len(words.rstrip()))
    return Span(start, end) if start < end else None


def tidy_name(name: str) -> str:
    """The name with a single blank between its words and none at its ends, whatever white space stood there."""
    return " ".join(name.split())


def cuts_word(span: Span, text: str) -> bool:
    """Whether the span begins or ends between two letters or digits."""
    start, end = span.start, span.end
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    return before or (end < len(text) and text[end].isalnum() and text[end - 1].isalnum())


def span_in_other_units(text: str, start: int, end: int, *, words: str | None) -> tuple[str, Span] | None:
    """The unit that the offsets count in and the right span; None where they count code points or cannot be told."""
    given = Span(start, end)
    if words is not None:
        if end <= len(text) and same_words(given.of(text), words):
            return None
        found = span_in_units(text, start, end, words=words)
        # `župan` in `župana` has as many bytes as that has letters: whole words are not taken apart.
        inflected = found is not None and end <= len(text) and cuts_word(found[1], text) and not cuts_word(given, text)
        return None if inflected else found
    # Without words their borders tell: as code points the offsets cut words or end past the text, as units they do not.
    if text.isascii() or (end <= len(text) and not cuts_word(given, text) and trimmed(given, text) == given):
        return None
    for unit, width in WIDTHS.items():
        span = OffsetMap(text, width).to_code_points(start, end)
        if span is not None and span != given and not cuts_word(span, text) and trimmed(span, text) == span:
            return unit, span
    return None


def _offset_defect(text: str, start: int, end: int, *, words: str, field: str) -> Defect | None:
    """What is wrong with offsets under which other words than `words` stand; None where that may be meant.

    A name is often canonical ("Narodni blok" for "Narodnog bloka", "Lavrov" for "he"), so that other words alone are
    no defect: they are one where the offsets fit in another unit, cut a word, or half cover the name.
    """
    in_units = _unit_defect(text, start, end, words=words, field=field)
    if in_units is not None or end > len(text):
        return in_units
    places = [Span(m.start(), m.end()) for m in re.finditer(re.escape(words), text)]
    half = any(place.overlaps(Span(start, end)) for place in places) and not any(
        place.contains(Span(start, end)) or Span(start, end).contains(place) for place in places
    )
    if not half and not cuts_word(Span(start, end), text):
        return None
    nearest = min(places, key=lambda place: abs(place.start - start), default=None)
    found, expected = f"span [{start}, {end}) {shown(text[start:end])}", f"the words are not {shown(words)}"
    return Defect(
        Kind.SPAN_TEXT, field, found, expected, nearest=None if nearest is None else f"[{nearest.start}, {nearest.end})"
    )


def _unit_defect(text: str, start: int, end: int, *, words: str | None, field: str) -> Defect | None:
    fitting = span_in_other_units(text, start, end, words=words)
    if fitting is None:
        return None
    unit, span = fitting
    found = f"span [{start}, {end}) {shown(text[start:end])}"
    expected = f"these are offsets in {_UNIT_NAMES[unit]} of {shown(span.of(text))}"
    return Defect(UNIT_KINDS[unit], field, found, expected, nearest=f"[{span.start}, {span.end})")


def _annotation(item: Any, text: str, field: str, defects: list[Defect]) -> Annotation | None:
    if not isinstance(item, Mapping):
        defects.append(Defect(Kind.WRONG_TYPE, field, shown(item), "expected an object"))
        return None
    actor = None
    if "actor" not in item:
        expected = "name who holds the stance, or null for the text's own voice"
        defects.append(Defect(Kind.MISSING, f"{field}.actor", "missing", expected))
    elif item["actor"] is not None:
        actor = read_reference(item["actor"], text, field=f"{field}.actor", defects=defects)
    target = read_reference(item.get("target"), text, field=f"{field}.target", defects=defects)
    stance = read_stance(item.get("stance"), field=f"{field}.stance", defects=defects)
    annotator = item.get("annotator")
    if annotator is not None and not isinstance(annotator, str):
        defects.append(Defect(Kind.WRONG_TYPE, f"{field}.annotator", shown(annotator), "expected text or null"))
    if target is None or stance is None:
        return None
    return Annotation(actor=actor, target=target, stance=stance, annotator=annotator)


def _check_optional(record: Mapping[str, Any], defects: list[Defect]) -> None:
    """What is wrong with the optional fields: a type, or a relation that does not exist."""
    for field in _TEXT_FIELDS:
        value = record.get(field)
        if value is not None and not isinstance(value, str):
            defects.append(Defect(Kind.WRONG_TYPE, field, shown(value), "expected text or null"))
    relation, phenomena = record.get("relation"), record.get("phenomena")
    if relation is not None and relation not in RELATIONS:
        defects.append(unknown_value("relation", relation, RELATIONS))
    if phenomena is not None and not (isinstance(phenomena, list) and all(isinstance(p, str) for p in phenomena)):
        defects.append(Defect(Kind.WRONG_TYPE, "phenomena", shown(phenomena), "expected a list of words"))


def _member(value: Any, members: Mapping[str, E], field: str, defects: list[Defect]) -> E | None:
    member = members.get(value) if isinstance(value, str) else None
    if member is None:
        defects.append(unknown_value(field, value, tuple(members)))
    return member
