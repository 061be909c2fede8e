"""What a user names as the source of a job, as a list of files, and the rows of them all."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stance.batch.rows import FIELDS, Kind, RawRow
from stance.batch.sources.archives import warc_rows
from stance.batch.sources.documents import document_rows
from stance.batch.sources.feeds import feed_rows
from stance.batch.sources.lines import csv_rows, json_rows, stream_rows
from stance.batch.sources.streams import COMPRESSIONS, DamagedInput, Source
from stance.batch.sources.tables import arrow_rows, parquet_rows
from stance.errors import DataError

STDIN = "-"


class Format(StrEnum):
    """How a file is read."""

    JSON_LINES = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    ARROW = "arrow"
    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    WARC = "warc"
    FEED = "feed"


_SUFFIXES = {
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".parquet": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".txt": Format.TEXT,
    ".md": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".warc": Format.WARC,
    ".xml": Format.FEED,
    ".rss": Format.FEED,
    ".atom": Format.FEED,
}
_NEVER_COMPRESSED = (Format.PARQUET, Format.ARROW)
_KINDS = {Format.TEXT: Kind.TEXT, Format.MARKDOWN: Kind.MARKDOWN, Format.HTML: Kind.HTML}


@dataclass(frozen=True, slots=True)
class Input:
    """One file of a job, or standard input (whose path is `-`)."""

    path: str
    format: Format


def find_inputs(sources: Sequence[str], *, skipped: Counter[str]) -> list[Input]:
    """The files that are named, matched by a pattern, or below a folder (in the order of their names).

    Args:
        skipped: counts the files below folders whose kind is not read, by their suffix.

    Raises:
        DataError: a source is missing, of an unknown kind, or holds nothing to read.
    """
    found = [item for source in sources for item in _expand(source, skipped)]
    twice = [path for path, n in Counter(item.path for item in found).items() if n > 1]
    if twice:
        raise DataError(f"{twice[0]}: this source is named twice.")
    return found


def rows_of(item: Input, *, columns: Mapping[str, str], skipped: Counter[str]) -> Iterator[RawRow]:
    """The rows of one input. Where it is damaged, the last one says so, and the rows before it are whole.

    Args:
        columns: the column of a field, where its name is another one.
        skipped: counts what an archive holds beside articles.

    Raises:
        DataError: the file is gone or cannot be read.
        EnvironmentMissing: what reads it is not installed.
    """
    number = read = 0
    try:
        for row in _rows(item, columns, skipped):
            number, read = row.row, row.read_bytes
            yield row
    except DamagedInput as error:
        yield RawRow(item.path, number + 1, Kind.JSON, b"", read, defect=str(error))
    except OSError as error:
        raise DataError(
            f"{item.path}: cannot be read ({error.strerror or error}). What is done is kept: put it back and run the "
            "same command again."
        ) from error


def _rows(item: Input, columns: Mapping[str, str], skipped: Counter[str]) -> Iterator[RawRow]:
    path, name = Path(item.path), item.path
    # The text's column comes first: a table without it is refused.
    wanted = dict.fromkeys(columns.get(field, field) for field in ("text", *FIELDS))
    if name == STDIN:
        yield from stream_rows(Source(sys.stdin.buffer, sys.stdin.buffer, seekable=False), name=name)
    elif item.format is Format.JSON_LINES:
        yield from json_rows(path, name=name)
    elif item.format in (Format.CSV, Format.TSV):
        yield from csv_rows(path, name=name, delimiter="\t" if item.format is Format.TSV else None, wanted=wanted)
    elif item.format is Format.PARQUET:
        yield from parquet_rows(path, name=name, wanted=wanted)
    elif item.format is Format.ARROW:
        yield from arrow_rows(path, name=name, wanted=wanted)
    elif item.format is Format.WARC:
        yield from warc_rows(path, name=name, skipped=skipped)
    elif item.format is Format.FEED:
        yield from feed_rows(path, name=name)
    else:
        yield from document_rows(path, name=name, kind=_KINDS[item.format])


def _expand(source: str, skipped: Counter[str]) -> list[Input]:
    if source == STDIN:
        return [Input(STDIN, Format.JSON_LINES)]
    path = Path(source)
    try:
        if path.is_dir():
            return _below(path, skipped)
        if path.exists():
            return [Input(source, _known_format(path))]
    except OSError as error:
        raise DataError(f"{source}: cannot be read ({error.strerror}).") from error
    matched = sorted(glob.glob(source, recursive=True))
    if not matched:
        raise DataError(f"{source}: no such file, folder or pattern.")
    return [Input(name, _known_format(Path(name))) for name in matched if not Path(name).is_dir()]


def _below(folder: Path, skipped: Counter[str]) -> list[Input]:
    found = []
    for name in sorted(_file_names(folder)):
        format_ = _format(Path(name))
        if format_ is None:
            skipped[f"files of kind {''.join(Path(name).suffixes[-2:])[:20] or '(none)'}"] += 1
        else:
            found.append(Input(name, format_))
    if not found:
        raise DataError(f"{folder}: no file of a known kind in this folder; there are {_listed()}.")
    return found


def _file_names(folder: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror}).") from error

    for root, folders, names in os.walk(folder, onerror=refuse):
        # Hidden files, marks such as _SUCCESS, and what `datasets` keeps beside its data.
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        yield from (os.path.join(root, name) for name in names if not name.startswith((".", "_", "cache-")))


def _known_format(path: Path) -> Format:
    found = _format(path)
    if found is None:
        raise DataError(f"{path}: articles are {_listed()}, or - for JSON Lines on standard input.")
    return found


def _format(path: Path) -> Format | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compressed = bool(suffixes) and suffixes[-1] in COMPRESSIONS
    found = _SUFFIXES.get(suffixes[-2] if compressed and len(suffixes) > 1 else (suffixes or [""])[-1])
    return None if compressed and found in _NEVER_COMPRESSED else found


def _listed() -> str:
    return f"{', '.join(_SUFFIXES)} ({' and '.join(COMPRESSIONS)} too, but for Parquet and Arrow)"
