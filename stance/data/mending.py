"""Mend what can be mended without judgement: offsets in other units, white space at the ends, decomposed text."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from stance.data.defects import Kind
from stance.data.formats import NO_OPTIONS, is_table
from stance.data.formats.format import ReadOptions
from stance.data.formats.table import flat_records
from stance.data.lines import decode_line, parse_object, raw_lines
from stance.data.losses import LossReport
from stance.data.offsets import compose
from stance.data.records import UNIT_KINDS, span_in_other_units, tidy_name, trimmed
from stance.data.writing import json_line, write_text
from stance.errors import DataError
from stance.types import Span

_ROLES = ("actor", "target")


def write_mended(
    source: Path,
    destination: Path,
    *,
    format: str | None = None,  # noqa: A002
    options: ReadOptions = NO_OPTIONS,
    watch: Callable[[Iterable[Any]], Iterable[Any]] = lambda rows: rows,
) -> Counter[Kind]:
    """Write a copy with the mechanical defects mended, as JSON Lines, and count them by kind.

    Rows of JSON Lines without such a defect, and lines that are no JSON object, are copied as they are. A CSV or TSV
    file becomes flat rows, which have our names of columns and stances.

    Args:
        format, options: what the user declares about a table.

    Raises:
        DataError: the source is neither, or is a table that cannot be read; the destination is the source or cannot
            be written.
    """
    table = is_table(source, format)
    if not table and source.suffix != ".jsonl":
        raise DataError(f"{source}: only JSON Lines (.jsonl), CSV and TSV are mended; convert the file first.")
    if destination.exists() and destination.samefile(source):
        raise DataError(f"{destination}: this is the checked file itself; name another one for the mended copy.")
    mended: Counter[Kind] = Counter()
    write_text(destination, _table(source, options, watch, mended) if table else _lines(source, watch, mended))
    return mended


def _table(
    source: Path, options: ReadOptions, watch: Callable[[Iterable[Any]], Iterable[Any]], mended: Counter[Kind]
) -> Iterator[str]:
    for _, record in watch(flat_records(source, options=options, losses=LossReport())):
        mended.update(mend_record(record))
        yield json_line(record)


def _lines(source: Path, watch: Callable[[Iterable[Any]], Iterable[Any]], mended: Counter[Kind]) -> Iterator[str]:
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


def mend_record(record: dict[str, Any]) -> Counter[Kind]:
    """Mend a sentence or row in place, and count what was mended by kind."""
    found: Counter[Kind] = Counter()
    text = record.get("text")
    if not isinstance(text, str):
        return found
    references = list(_references(record))
    for reference in references:
        _mend_offsets(reference, text, found)
    _strip(record, references, found)
    if not unicodedata.is_normalized("NFC", text):
        _compose(record, references, found)
    for holder in _holders(record):
        _tidy_names(holder, found)
    return found


def _holders(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What has an actor and a target: the annotations of a sentence, or a row."""
    annotations = record.get("annotations")
    holders = annotations if isinstance(annotations, list) else [record]
    return (holder for holder in holders if isinstance(holder, dict))


def _references(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Actors and targets that are objects, of a sentence or a row."""
    named = (holder.get(role) for holder in _holders(record) for role in _ROLES)
    return (reference for reference in named if isinstance(reference, dict))


def _strip(record: dict[str, Any], references: list[dict[str, Any]], found: Counter[Kind]) -> None:
    """Take white space from the ends of the text; offsets move along, and where one is wrong nothing is done."""
    text = record["text"]
    words, n_before = text.strip(), len(text) - len(text.lstrip())
    placed = [r for r in references if r.get("start") is not None or r.get("end") is not None]
    if words in ("", text) or not all(_lies_in(r, n_before, n_before + len(words)) for r in placed):
        return
    record["text"] = words
    for reference in placed:
        reference |= {"start": reference["start"] - n_before, "end": reference["end"] - n_before}
    found[Kind.WHITE_SPACE] += 1


def _lies_in(reference: dict[str, Any], first: int, last: int) -> bool:
    start, end = reference.get("start"), reference.get("end")
    return type(start) is int and type(end) is int and first <= start < end <= last


def _tidy_names(holder: dict[str, Any], found: Counter[Kind]) -> None:
    """Single blanks in the names of an annotation or row, objects and plain texts alike."""
    for role in _ROLES:
        value = holder.get(role)
        name = value.get("name") if isinstance(value, dict) else value
        if isinstance(name, str) and name.strip() and tidy_name(name) != name:
            found[Kind.WHITE_SPACE] += 1
            if isinstance(value, dict):
                value["name"] = tidy_name(name)
            else:
                holder[role] = tidy_name(name)


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
    for holder in _holders(record):
        holder |= {
            role: unicodedata.normalize("NFC", holder[role]) for role in _ROLES if isinstance(holder.get(role), str)
        }
    found[Kind.NOT_NFC] += 1
