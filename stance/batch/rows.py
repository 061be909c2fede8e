"""Rows as a source gives them, unread, and the article that one of them holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from stance.data.articles import filled, plain_article, record_article
from stance.data.encodings import decode
from stance.data.lines import object_of
from stance.data.markdown import markdown_article
from stance.data.webpage import page_article
from stance.errors import DataError
from stance.types import EMPTY, Article

MAX_ROW_BYTES = 16 << 20
# Longer than any article; books and logs that strayed into an archive are beyond it.
MAX_TEXT_CHARACTERS = 1_000_000
MAX_FIELD_CHARACTERS = 4_096
FIELDS = ("doc_id", "text", "title", "lang", "date", "url", "source")
_LANG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


class Kind(StrEnum):
    """What the payload of a row is."""

    JSON = "json"
    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of an input, not yet understood, so that understanding it is the workers' task.

    input, row: the input's name and the number of the row in it, from 1.
    read_bytes: how much of its input is read once this row is.
    fields: what is known beside the payload (the address of an archived page), used where the payload gives none.
    defect: why there is no payload; None where there is one.
    """

    input: str
    row: int
    kind: Kind
    payload: bytes
    read_bytes: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    defect: str | None = None

    @property
    def place(self) -> str:
        return f"{self.input}:{self.row}"


def article_of(row: RawRow, *, columns: Mapping[str, str] = EMPTY) -> Article:
    """The article of a row.

    Args:
        columns: the column that holds a field, where its name is another one.

    Raises:
        DataError: the row is damaged, or holds no article of a size that is read.
        EnvironmentMissing: HTML is given and its extra is not installed.
    """
    if row.defect is not None:
        raise DataError(f"{row.place}: {row.defect}")
    return _checked(_with_fields(_parse(row, columns), row.fields), place=row.place)


def is_language_tag(tag: str) -> bool:
    """Whether a text looks like a BCP 47 tag; `en_US` is one too."""
    return _LANG.fullmatch(tag) is not None


def _parse(row: RawRow, columns: Mapping[str, str]) -> Article:
    if row.kind is Kind.JSON:
        record = object_of(row.payload, path=Path(row.input), number=row.row)
        fields = {name: record.get(columns.get(name, name)) for name in FIELDS}
        if type(fields["doc_id"]) is int:
            # Tables number their articles.
            fields["doc_id"] = str(fields["doc_id"])
        return record_article(fields, place=row.place)
    if row.kind is Kind.HTML:
        return page_article(row.payload, place=row.place)
    if row.kind is Kind.MARKDOWN:
        return filled(markdown_article(decode(row.payload, place=row.place), place=row.place), place=row.place)
    return plain_article(row.payload, place=row.place)


def _with_fields(article: Article, known: Mapping[str, str]) -> Article:
    missing = {name: value for name, value in known.items() if not getattr(article, name)}
    return replace(article, **missing) if missing else article


def _checked(article: Article, *, place: str) -> Article:
    if len(article.text) > MAX_TEXT_CHARACTERS:
        raise DataError(
            f"{place}: text: {len(article.text):,} characters, at most {MAX_TEXT_CHARACTERS:,} are read; give one "
            "article per row."
        )
    for name in FIELDS:
        value = getattr(article, name)
        if value is None:
            continue
        if name != "text" and len(value) > MAX_FIELD_CHARACTERS:
            raise DataError(f"{place}: {name}: {len(value):,} characters, expected at most {MAX_FIELD_CHARACTERS:,}.")
        if "\0" in value:
            raise DataError(f"{place}: {name}: a NUL character at {value.index(chr(0))}; this is no text.")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise DataError(f"{place}: {name}: half of a surrogate pair at {error.start}; this is no text.") from error
    if article.lang is not None and not is_language_tag(article.lang):
        raise DataError(f"{place}: lang: {article.lang[:80]!r}, expected a BCP 47 tag such as sr-Latn, or null.")
    return article
