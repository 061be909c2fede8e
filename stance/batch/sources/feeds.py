"""The entries of RSS and Atom files."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from time import strftime
from typing import Any

import orjson

from stance.batch.rows import Kind, RawRow, is_language_tag
from stance.batch.sources.streams import DamagedInput, opened
from stance.data.markdown import html_paragraphs
from stance.errors import EnvironmentMissing

MAX_FEED_BYTES = 64 << 20
_TAIL_BYTES = 4096
_END = re.compile(rb"</(?:rss|feed|rdf)\s*>|</\w+:(?:rss|feed|rdf)\s*>", re.IGNORECASE)


def feed_rows(path: Path, *, name: str) -> Iterator[RawRow]:
    """One row per entry: the longest of its texts, without markup."""
    try:
        import feedparser
    except ImportError as error:
        raise EnvironmentMissing(
            f"{path}: reading feeds needs feedparser. Install it with: pip install 'stance-news[batch]'"
        ) from error
    with opened(path) as source:
        raw = source.stream.read(MAX_FEED_BYTES + 1)
        read = source.read_bytes
    if len(raw) > MAX_FEED_BYTES:
        raise DamagedInput(f"the feed is over {MAX_FEED_BYTES >> 20} MiB")
    # Given as a stream: text that looks like an address would be fetched.
    feed = feedparser.parse(io.BytesIO(raw))
    if not feed.version:
        raise DamagedInput("neither RSS nor Atom")
    is_cut = not _END.search(raw[-_TAIL_BYTES:])
    # Of a feed that is cut off, the last entry is.
    for number, entry in enumerate(feed.entries[:-1] if is_cut else feed.entries, start=1):
        yield RawRow(name, number, Kind.JSON, orjson.dumps(_record(entry, feed.feed)), read)
    if is_cut:
        raise DamagedInput("the feed is cut off")


def _record(entry: Any, feed: Any) -> dict[str, str | None]:
    texts = [part.value for part in entry.get("content", ())] + [entry.get("summary") or ""]
    when = entry.get("published_parsed") or entry.get("updated_parsed")
    lang = feed.get("language")
    return {
        "doc_id": entry.get("id") or None,
        "text": "\n\n".join(filter(None, html_paragraphs(max(texts, key=len)))),
        "title": entry.get("title"),
        "lang": lang if lang and is_language_tag(lang) else None,
        "date": strftime("%Y-%m-%dT%H:%M:%SZ", when) if when else None,
        "url": entry.get("link"),
        "source": feed.get("title"),
    }
