"""JSON Lines, and CSV and TSV with a header, row by row; one bad row leaves the next ones whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import orjson

from stance.batch.rows import MAX_ROW_BYTES, Kind, RawRow
from stance.batch.sources.streams import DamagedInput, Source, opened

_TOO_LONG = f"the line is over {MAX_ROW_BYTES >> 20} MiB"


class _Line(NamedTuple):
    number: int
    raw: bytes
    too_long: bool


def json_rows(path: Path, *, name: str) -> Iterator[RawRow]:
    """One row per line that is not blank."""
    with opened(path) as source:
        yield from stream_rows(source, name=name)


def stream_rows(source: Source, *, name: str) -> Iterator[RawRow]:
    """As `json_rows`, of an open stream."""
    for line in _lines(source.stream):
        if line.too_long:
            yield RawRow(name, line.number, Kind.JSON, b"", source.read_bytes, defect=_TOO_LONG)
        elif line.raw.strip():
            yield RawRow(name, line.number, Kind.JSON, line.raw.rstrip(b"\r\n"), source.read_bytes)


def csv_rows(path: Path, *, name: str, delimiter: str | None, wanted: Collection[str]) -> Iterator[RawRow]:
    """One row per record below the header; its number is that of the line on which it ends.

    Args:
        delimiter: None takes the one of `,;|` and tab that the header has most of.
        wanted: the columns that are kept.
    """
    # The module's limit is meant for cells of 128 KiB, and articles are longer.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_BYTES))
    with opened(path) as source:
        lines = _decoded(_lines(source.stream))
        header = next(lines, "")
        reader = csv.reader(_again(header, lines), delimiter=delimiter or max(",;\t|", key=header.count), strict=True)
        names = next(reader, [])
        require_columns(names, wanted)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                defect = f"no CSV ({error}); is a quote mark missing?"
                yield RawRow(name, reader.line_num, Kind.JSON, b"", source.read_bytes, defect=defect)
                continue
            if cells:
                payload, problem = _payload(names, cells, wanted)
                yield RawRow(name, reader.line_num, Kind.JSON, payload, source.read_bytes, defect=problem)


def require_columns(names: Collection[str], wanted: Collection[str]) -> None:
    """Check that a table has a column for the text, the first of those wanted.

    Raises:
        DamagedInput: it has none.
    """
    text = next(iter(wanted))
    if text not in names:
        listed = ", ".join(str(name)[:40] for name in list(names)[:30]) or "none"
        raise DamagedInput(f"no column {text!r} for the text; the columns are {listed}. Give --column text=NAME")


def _payload(names: list[str], cells: list[str], wanted: Collection[str]) -> tuple[bytes, str | None]:
    if len(cells) != len(names):
        return b"", f"{len(cells)} cells, but the header has {len(names)}; is a quote mark missing?"
    # An empty cell is how a table says that there is nothing.
    record = {name: cell or None for name, cell in zip(names, cells, strict=True) if name in wanted}
    try:
        return orjson.dumps(record), None
    except TypeError:
        return b"", "not UTF-8; save the file as UTF-8"


def _decoded(lines: Iterable[_Line]) -> Iterator[str]:
    """Text of lines; bytes that are no UTF-8 become surrogates, which only their own row stumbles over."""
    for line in lines:
        if line.too_long:
            # Raised inside the reader, it ends the file; a line of this length is no row of a table.
            raise DamagedInput(_TOO_LONG)
        yield line.raw.decode("utf-8-sig" if line.number == 1 else "utf-8", errors="surrogateescape")


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _lines(stream: BinaryIO) -> Iterator[_Line]:
    """Lines of bounded length; of a longer one nothing is kept."""
    number = 0
    while raw := stream.readline(MAX_ROW_BYTES + 1):
        number += 1
        too_long = len(raw) > MAX_ROW_BYTES
        if too_long:
            rest = raw
            while rest and not rest.endswith(b"\n"):
                rest = stream.readline(io.DEFAULT_BUFFER_SIZE << 7)
        yield _Line(number, b"" if too_long else raw, too_long)
