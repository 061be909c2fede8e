"""Files of one article each: plain text, Markdown, HTML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stance.batch.rows import MAX_ROW_BYTES, Kind, RawRow
from stance.batch.sources.streams import opened


def document_rows(path: Path, *, name: str, kind: Kind) -> Iterator[RawRow]:
    """The one row of a file."""
    with opened(path) as source:
        raw = source.stream.read(MAX_ROW_BYTES + 1)
        read = source.read_bytes
    if len(raw) > MAX_ROW_BYTES:
        yield RawRow(name, 1, kind, b"", read, defect=f"the file is over {MAX_ROW_BYTES >> 20} MiB")
    else:
        yield RawRow(name, 1, kind, raw, read)
