"""Articles as users bring them: plain text, Markdown, HTML, JSON Lines, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stance.data.lines import json_lines, require_file
from stance.errors import DataError, EnvironmentMissing
from stance.types import Article, text_digest

MAX_BYTES = 64 << 20
_TEXT_FIELDS = ("doc_id", "title", "lang", "date", "url", "source")


def read_articles(paths: Sequence[str]) -> Iterator[Article]:
    """Every article of the given files; `-` is one text on standard input.

    Raises:
        DataError: a file is missing, a folder, binary, empty, too large or of an unknown kind.
        EnvironmentMissing: HTML is given and its extra is not installed.
    """
    for path in paths:
        if path == "-":
            yield _article(
                _decode(sys.stdin.buffer.read(MAX_BYTES + 1), place="standard input"), place="standard input"
            )
        else:
            yield from _read_file(Path(path))


def _read_file(path: Path) -> Iterator[Article]:
    require_file(path)
    kind = path.suffix.lower()
    if kind == ".jsonl":
        yield from _read_json_lines(path)
    elif kind in (".html", ".htm"):
        yield _read_html(path)
    elif kind in (".txt", ".md", ""):
        yield _article(_read(path), place=str(path))
    else:
        raise DataError(f"{path}: articles are .txt, .md, .html or .jsonl files, or - for standard input.")


def _read_json_lines(path: Path) -> Iterator[Article]:
    empty = True
    for number, record in json_lines(path):
        empty = False
        yield _record_article(record, place=f"{path}:{number}")
    if empty:
        raise DataError(f"{path}: the file is empty; one JSON object per line is expected.")


def _record_article(record: dict[str, Any], *, place: str) -> Article:
    text = record.get("text")
    if not isinstance(text, str):
        raise DataError(f"{place}: text: {text!r}, expected the text of the article.")
    fields = {}
    for name in _TEXT_FIELDS:
        value = record.get(name)
        if value is not None and not isinstance(value, str):
            raise DataError(f"{place}: {name}: {value!r}, expected text or null.")
        fields[name] = value
    return _article(text, place=place, **fields)


def _article(
    text: str,
    *,
    place: str,
    doc_id: str | None = None,
    title: str | None = None,
    lang: str | None = None,
    date: str | None = None,
    url: str | None = None,
    source: str | None = None,
) -> Article:
    if not text.strip():
        raise DataError(f"{place}: the article is empty; there is nothing to score.")
    return Article(text, doc_id or text_digest(text), title=title, lang=lang, date=date, url=url, source=source)


def _read_html(path: Path) -> Article:
    try:
        import trafilatura
    except ImportError as error:
        raise EnvironmentMissing(
            f"{path}: reading HTML needs trafilatura. Install it with: pip install 'stance-news[html]'"
        ) from error
    page = _read(path)
    text = trafilatura.extract(page, include_comments=False, include_tables=False)
    meta = trafilatura.extract_metadata(page)
    return _article(
        text or "",
        place=f"{path} (the text of the page)",
        title=meta and meta.title,
        date=meta and meta.date,
        url=meta and meta.url,
        source=meta and meta.sitename,
    )


def _read(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path}: over {MAX_BYTES >> 20} MiB; give one article per file, or .jsonl for many.")
    return _decode(path.read_bytes(), place=str(path))


def _decode(raw: bytes, *, place: str) -> str:
    if len(raw) > MAX_BYTES:
        raise DataError(f"{place}: over {MAX_BYTES >> 20} MiB.")
    if b"\0" in raw:
        raise DataError(f"{place}: this is a binary file, not the text of an article.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{place}: byte {error.start + 1} is not UTF-8 (0x{raw[error.start]:02x}); this is a binary file or in "
            "another encoding. Save it as UTF-8."
        ) from error
