"""The record of a reading tells the author, somebody not found and a named speaker apart, and is harmless as a line."""

import json

from stance.data.reading_records import reading_record
from stance.data.writing import json_line
from tests.pages.test_reading_page import TEXT, hand_made, hostile_reading


def test_speakers_are_named_the_author_or_not_found() -> None:
    record = reading_record(hand_made())
    author, named, unknown = (sentence["speakers"] for sentence in record["sentences"])
    assert author == [
        {
            "id": None, "name": None, "source": "author", "confidence": 0.5,
            "represents": None, "reporter": None, "start": None, "end": None,
        }
    ]  # fmt: skip
    assert named == [
        {
            "id": "ross", "name": "Ana Ross", "source": "context", "confidence": 0.75,
            "represents": "Bridgeland", "reporter": "The Wire", "start": 0, "end": 8,
        }
    ]  # fmt: skip
    assert unknown == []
    assert [sentence["boilerplate"] for sentence in record["sentences"]] == [False, False, True]


def test_offsets_of_quotes_mentions_and_evidence_give_the_words() -> None:
    record = reading_record(hand_made())

    def words(part: dict[str, int]) -> str:
        return TEXT[part["start"] : part["end"]]

    assert [(words(q), q["kind"], q["closed"], q["continues"]) for q in record["quotes"]] == [
        ("„The bridge is a “gift” to us,“", "speech", True, None),
        ("“gift”", "scare", False, 0),
    ]
    assert [(words(m), m["actor"]["id"]) for m in record["mentions"]] == [("Ana Ross", "ross"), ("Leo Kent", None)]
    assert [(words(p), p["target"]["id"], p["source"]) for p in record["positions"]] == [("bridge", "bridge", "alias")]
    named, inherited, _ = record["candidates"]
    assert [words(part) for part in named["evidence"]] == ["„The bridge is a “gift” to us,“ she said."]
    assert (named["actor"], named["speaker_source"]) == ({"id": "ross", "name": "Ana Ross"}, "context")
    assert (inherited["actor"], inherited["speaker_source"], inherited["target_source"]) == (None, None, "context")


def test_the_line_of_a_hostile_article_is_harmless_and_gives_the_record_back() -> None:
    record = reading_record(hostile_reading())
    line = json_line(record)
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert json.loads(line) == record
