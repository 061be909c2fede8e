"""The article of an HTML page: its text by paragraphs, title, date, address and site. Nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stance.data.encodings import decode
from stance.data.furniture import without_furniture
from stance.errors import DataError, EnvironmentMissing
from stance.types import Article, text_digest

# Reading takes a second or two per MiB; a page with its images inside is rarely over one.
MAX_PAGE_BYTES = 8 << 20
_HEAD_BYTES = 4096
_CHARSET = re.compile(rb"<(?:meta|\?xml)\b[^>]*?\b(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_INLINE = frozenset(("hi", "ref", "del", "code", "span", "graphic", "lb"))
_SPACE = re.compile(r"[ \t\r\n\f]+")
# Soft hyphens and their like belong to the layout; they would stand inside names.
_INVISIBLE = re.compile("[\u00ad\u200b\ufeff]")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")


def page_article(raw: bytes, *, place: str) -> Article:
    """The article of one page. Paragraphs, headings, list items and quotes are apart by a blank line.

    Navigation, comments, tables, and lines that hold only the headline, the author or the date are left out.

    Raises:
        DataError: the page is too large, binary, or has no text.
        EnvironmentMissing: the extra `html` is not installed.
    """
    if len(raw) > MAX_PAGE_BYTES:
        raise DataError(f"{place}: over {MAX_PAGE_BYTES >> 20} MiB; a page is smaller. Give its text as .txt instead.")
    found = _extract(decode(raw, place=place, declared=_declared_charset(raw), mend=True), place=place)
    text = "" if found is None else _text(found)
    if found is None or not text:
        raise DataError(f"{place}: the article is empty; this page has no text of an article. Give the text as .txt.")
    return Article(text, text_digest(text), title=found.title, date=found.date, url=found.url, source=found.sitename)


def _declared_charset(raw: bytes) -> str | None:
    match = _CHARSET.search(raw[:_HEAD_BYTES])
    return match.group(1).decode("ascii", errors="replace") if match else None


def _extract(page: str, *, place: str) -> Any:
    try:
        from lxml.etree import ParserError
        from lxml.html import HTMLParser, document_fromstring
        from trafilatura import bare_extraction
    except ImportError as error:
        raise EnvironmentMissing(
            f"{place}: reading HTML needs trafilatura. Install it with: pip install 'stance-news[html]'"
        ) from error
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        # Made whole here: trafilatura takes a piece of a page, as some editors save it, for no HTML.
        tree = document_fromstring(page.encode("utf-8", errors="replace"), parser=parser)
    except ParserError:
        return None
    return bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        prune_xpath="//noscript",
        # An extensive search takes `Copyright 2019` in the footer for the date of the article.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )


def _text(found: Any) -> str:
    authors = (found.author or "").split(";")
    return "\n\n".join(without_furniture(list(_paragraphs(found.body)), title=found.title, authors=authors))


def _paragraphs(body: Any) -> Iterator[str]:
    for block in _blocks(body):
        lines = (line.strip() for line in _INVISIBLE.sub("", block).split("\n"))
        yield from filter(None, (part.strip() for part in _BLANK_LINE.split("\n".join(lines))))


def _blocks(body: Any) -> Iterator[str]:
    """The text of every block element and of what stands between them; `lb` is a line break."""
    from lxml.etree import iterwalk

    parts: list[str] = []
    for event, element in iterwalk(body, events=("start", "end")):
        if element.tag not in _INLINE:
            yield "".join(parts)
            parts = []
        if event == "start":
            parts += ["\n"] if element.tag == "lb" else []
        text = element.text if event == "start" else element.tail if element is not body else None
        parts.append(_SPACE.sub(" ", text or ""))
    yield "".join(parts)
