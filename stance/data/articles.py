"""Articles as users bring them: plain text, Markdown, HTML, JSON Lines, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.data.encodings import decode
from stance.data.lines import json_lines, require_file
from stance.errors import DataError
from stance.types import Article, text_digest

MAX_BYTES = 64 << 20
_TEXT_FIELDS = ("doc_id", "title", "lang", "date", "url", "source")


def read_articles(paths: Sequence[str]) -> Iterator[Article]:
    """Every article of the given files; `-` is one text on standard input.

    Text is UTF-8, or what its byte-order mark, its page or its words tell; JSON Lines are UTF-8. Of Markdown and HTML
    the `text` is plain, and offsets count in it.

    Raises:
        DataError: a file is missing, a folder, binary, empty, too large or of an unknown kind.
        EnvironmentMissing: HTML is given and its extra is not installed.
    """
    for path in paths:
        if path == "-":
            raw = _bounded(sys.stdin.buffer.read(MAX_BYTES + 1), place="standard input")
            yield plain_article(raw, place="standard input")
        else:
            yield from _read_file(Path(path))


def _read_file(path: Path) -> Iterator[Article]:
    require_file(path)
    kind = path.suffix.lower()
    if kind == ".jsonl":
        yield from _read_json_lines(path)
    elif kind in (".html", ".htm"):
        from stance.data.webpage import page_article

        yield page_article(_read(path), place=str(path))
    elif kind == ".md":
        from stance.data.markdown import markdown_article

        yield filled(markdown_article(decode(_read(path), place=str(path)), place=str(path)), place=str(path))
    elif kind in (".txt", ""):
        yield plain_article(_read(path), place=str(path))
    else:
        raise DataError(f"{path}: articles are .txt, .md, .html or .jsonl files, or - for standard input.")


def _read_json_lines(path: Path) -> Iterator[Article]:
    empty = True
    for number, record in json_lines(path):
        empty = False
        yield record_article(record, place=f"{path}:{number}")
    if empty:
        raise DataError(f"{path}: the file is empty; one JSON object per line is expected.")


def record_article(record: Mapping[str, Any], *, place: str) -> Article:
    """The article of one record.

    Raises:
        DataError: a field is neither text nor null, or the text is missing or empty.
    """
    text = record.get("text")
    if not isinstance(text, str):
        raise DataError(f"{place}: text: {text!r}, expected the text of the article.")
    fields = {}
    for name in _TEXT_FIELDS:
        value = record.get(name)
        if value is not None and not isinstance(value, str):
            raise DataError(f"{place}: {name}: {value!r}, expected text or null.")
        fields[name] = value
    doc_id = fields.pop("doc_id") or text_digest(text)
    return filled(Article(text, doc_id, **fields), place=place)


def plain_article(raw: bytes, *, place: str) -> Article:
    """The article of a plain text file.

    Raises:
        DataError: it is binary, in an unknown encoding, or empty.
    """
    text = decode(raw, place=place)
    return filled(Article(text, text_digest(text)), place=place)


def filled(article: Article, *, place: str) -> Article:
    """The same article.

    Raises:
        DataError: it has no text.
    """
    if not article.text.strip():
        raise DataError(f"{place}: the article is empty; there is nothing to score.")
    return article


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path}: over {MAX_BYTES >> 20} MiB; give one article per file, or .jsonl for many.")
    return _bounded(path.read_bytes(), place=str(path))


def _bounded(raw: bytes, *, place: str) -> bytes:
    if len(raw) > MAX_BYTES:
        raise DataError(f"{place}: over {MAX_BYTES >> 20} MiB.")
    return raw
