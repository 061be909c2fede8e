"""What a row holds: an article, or a reason why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stance.batch.rows import MAX_FIELD_CHARACTERS, MAX_TEXT_CHARACTERS, Kind, RawRow, article_of
from stance.errors import DataError
from stance.types import text_digest


def _row(record: Any, kind: Kind = Kind.JSON, **more: Any) -> RawRow:
    payload = record if isinstance(record, bytes) else json.dumps(record).encode()
    return RawRow("in.jsonl", 7, kind, payload, **more)


def test_an_id_is_kept_or_derived_from_the_text() -> None:
    assert article_of(_row({"text": "Most je gotov.", "doc_id": "a1"})).doc_id == "a1"
    assert article_of(_row({"text": "Most je gotov.", "doc_id": 12})).doc_id == "12"
    assert article_of(_row({"text": "Most je gotov."})).doc_id == text_digest("Most je gotov.")


def test_columns_are_mapped_and_others_left_alone() -> None:
    article = article_of(_row({"body": "B", "text": "not this", "when": "2024-01-02"}),
                         columns={"text": "body", "date": "when"})  # fmt: skip
    assert (article.text, article.date) == ("B", "2024-01-02")


def test_what_is_known_beside_the_payload_fills_gaps_only() -> None:
    assert article_of(_row(b"A text.", Kind.TEXT, fields={"url": "http://a"})).url == "http://a"
    assert article_of(_row({"text": "T", "url": "http://own"}, fields={"url": "http://a"})).url == "http://own"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"not json", "in.jsonl:7: not JSON"),
        (b"[1, 2]", "a JSON list"),
        (b"[" * 100_000, "not JSON"),
        (b'{"text": "caf\xe9"}', "not UTF-8"),
        (b'{"text": "a\0b"}', "NUL byte"),
        (b'{"text": "a\\u0000b"}', "text: a NUL character at 1"),
        (b'{"text": "a\\ud800"}', "text: half of a surrogate pair at 1"),
        ({"text": None}, "text: None"),
        ({"text": 3}, "text: 3"),
        ({"text": {"a": [{}]}}, "text: {'a': [{}]}"),
        ({"text": " \n "}, "the article is empty"),
        ({"title": "only"}, "text: None"),
        ({"text": "T", "date": 20240102}, "date: 20240102"),
        ({"text": "T", "lang": "English please"}, "lang: 'English please', expected a BCP 47 tag"),
        ({"text": "T", "doc_id": ["x"]}, "doc_id: ['x']"),
        ({"text": "T", "title": "x" * (MAX_FIELD_CHARACTERS + 1)}, "title: 4,097 characters"),
        ({"text": "x" * (MAX_TEXT_CHARACTERS + 1)}, "text: 1,000,001 characters"),
    ],
)
def test_what_holds_no_article_says_where_and_why(record: Any, message: str) -> None:
    with pytest.raises(DataError) as raised:
        article_of(_row(record))
    assert message in str(raised.value)
    assert "in.jsonl:7" in str(raised.value)


def test_a_defect_of_the_source_is_told_with_its_place() -> None:
    with pytest.raises(DataError, match=r"in\.jsonl:7: cut off"):
        article_of(_row(b"", defect="cut off"))
