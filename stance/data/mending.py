"""Mend what can be mended without judgement: offsets in other units, white space in spans, decomposed text."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from stance.data.defects import Kind
from stance.data.lines import decode_line, parse_object, raw_lines
from stance.data.offsets import compose
from stance.data.records import UNIT_KINDS, span_in_other_units, trimmed
from stance.data.writing import json_line, write_text
from stance.errors import DataError
from stance.types import Span


def write_mended(
    source: Path, destination: Path, *, watch: Callable[[Iterable[Any]], Iterable[Any]] = lambda rows: rows
) -> Counter[Kind]:
    """Write a copy of a JSON Lines file with the mechanical defects mended, and count them by kind.

    Rows without such a defect, and lines that are no JSON object, are copied as they are.

    Raises:
        DataError: the source is no JSON Lines file, or the destination is the source or cannot be written.
    """
    if source.suffix != ".jsonl":
        raise DataError(f"{source}: only JSON Lines (.jsonl) are mended; convert the file first.")
    if destination.exists() and destination.samefile(source):
        raise DataError(f"{destination}: this is the checked file itself; name another one for the mended copy.")
    mended: Counter[Kind] = Counter()

    def chunks() -> Iterator[str]:
        for number, raw in watch(raw_lines(source)):
            line = decode_line(raw, path=source, number=number)
            try:
                record = parse_object(line, place="")
            except DataError:
                yield line
                continue
            found = mend_record(record)
            mended.update(found)
            yield json_line(record) if found else line

    write_text(destination, chunks())
    return mended


def mend_record(record: dict[str, Any]) -> Counter[Kind]:
    """Mend a sentence or row in place, and count what was mended by kind."""
    found: Counter[Kind] = Counter()
    text = record.get("text")
    if not isinstance(text, str):
        return found
    references = list(_references(record))
    for reference in references:
        _mend_offsets(reference, text, found)
    if not unicodedata.is_normalized("NFC", text):
        _compose(record, references, found)
    return found


def _references(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Actors and targets that are objects, of a sentence or a row."""
    annotations = record.get("annotations")
    holders = annotations if isinstance(annotations, list) else [record]
    for holder in holders:
        for role in ("actor", "target"):
            reference = holder.get(role) if isinstance(holder, dict) else None
            if isinstance(reference, dict):
                yield reference


def _mend_offsets(reference: dict[str, Any], text: str, found: Counter[Kind]) -> None:
    start, end = reference.get("start"), reference.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        return
    name = reference.get("name")
    words = name if isinstance(name, str) and name else None
    fitting = span_in_other_units(text, start, end, words=words)
    if fitting is not None:
        unit, span = fitting
        found[UNIT_KINDS[unit]] += 1
        reference |= {"start": span.start, "end": span.end}
    elif end <= len(text):
        span_of_words = trimmed(Span(start, end), text)
        if span_of_words is not None and span_of_words != Span(start, end):
            found[Kind.UNTRIMMED_SPAN] += 1
            reference |= {"start": span_of_words.start, "end": span_of_words.end}


def _compose(record: dict[str, Any], references: list[dict[str, Any]], found: Counter[Kind]) -> None:
    """Compose the text and the names, and move the offsets along."""
    placed = [r for r in references if type(r.get("start")) is int and type(r.get("end")) is int]
    inside = [r for r in placed if 0 <= r["start"] < r["end"] <= len(record["text"])]
    record["text"], moved = compose(record["text"], [offset for r in inside for offset in (r["start"], r["end"])])
    for reference, start, end in zip(inside, moved[::2], moved[1::2], strict=True):
        reference |= {"start": start, "end": end}
    for reference in references:
        if isinstance(reference.get("name"), str):
            reference["name"] = unicodedata.normalize("NFC", reference["name"])
    found[Kind.NOT_NFC] += 1
