"""The HTML pages of web archives (WARC)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stance.batch.rows import MAX_ROW_BYTES, Kind, RawRow
from stance.batch.sources.streams import DamagedInput
from stance.errors import EnvironmentMissing

_PAGES = ("text/html", "application/xhtml+xml")


def warc_rows(path: Path, *, name: str, skipped: Counter[str]) -> Iterator[RawRow]:
    """One row per response that holds a page; `skipped` counts the other ones by their type."""
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError as error:
        raise EnvironmentMissing(
            f"{path}: reading WARC needs fastwarc. Install it with: pip install 'stance-news[batch]'"
        ) from error
    # It unpacks the file by itself, record by record.
    with path.open("rb") as file:
        number = 0
        try:
            # Bodies are bounded where they are read, so that one which unpacks to gigabytes never does.
            for record in ArchiveIterator(
                file, record_types=WarcRecordType.response, parse_http=True, auto_decode="all"
            ):
                number += 1
                body: bytes = record.reader.read(MAX_ROW_BYTES + 1)
                defect = _defect(record, body)
                kind = record.http_content_type or "no type"
                if defect is None and kind not in _PAGES:
                    skipped[f"WARC records of {kind[:60]}"] += 1
                    continue
                url = record.headers.get("WARC-Target-URI")
                fields = {"url": url.strip("<>")} if url else {}
                yield RawRow(name, number, Kind.HTML, b"" if defect else body, file.tell(), fields, defect)
        except OSError as error:
            if error.errno is not None:
                raise
            raise DamagedInput(f"no WARC from here on ({error})") from error


def _defect(record: Any, body: bytes) -> str | None:
    if len(body) > MAX_ROW_BYTES:
        return f"the page is over {MAX_ROW_BYTES >> 20} MiB"
    headers = record.http_headers
    if headers is None or not record.headers.get("WARC-Target-URI"):
        return "the record is cut off"
    coded = headers.get("Content-Encoding") or headers.get("Transfer-Encoding")
    if not coded and len(body) < record.content_length:
        return f"the record is cut off after {len(body):,} of {record.content_length:,} bytes"
    return None
