"""Records become numbers: who, on what, which side, when; in Parquet, JSON Lines and folders by date alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stance.batch import output
from stance.batch.report.statements import AUTHOR, NO_DAY, STANCES, UNKNOWN, Statements, day_number, read_statements
from stance.batch.report.tables import committed_files
from stance.batch_config import PartitionBy, Sink
from tests.batch.report.jobs import statement, write_job

_SHARDS = [
    [
        statement("ana", doc_id="d0"),
        statement("ana", stance="against", doc_id="d0", sure=0.7, truncated=True),
        statement({"id": None, "name": "Ана Рос"}, "dam", "neutral", doc_id="d1", date=None),
        statement(None, "dam", "favor", doc_id="d1", date="yesterday"),
    ],
    [
        statement("ana", "dam", None, doc_id="d2", date="2024-06-01T07:00:00Z", sure=0.5),
        statement(None, "dam", None, reason="no_speaker", doc_id="d3", calibrated=False),
        statement({"id": None, "name": "ana"}, "dam", "favor", doc_id="d0"),
    ],
]


def _read(root: Path) -> Statements:
    return read_statements(committed_files(root, output.read_shards(root).values())["statements"])


@pytest.mark.parametrize("partition", [PartitionBy.none, PartitionBy.date])
@pytest.mark.parametrize("sink", [Sink.parquet, Sink.jsonl])
def test_all_sinks_give_the_same_numbers(tmp_path: Path, sink: Sink, partition: PartitionBy) -> None:
    found = _read(write_job(tmp_path / "job", _SHARDS, sink=sink, partition=partition))
    plain = _read(write_job(tmp_path / "plain", _SHARDS))
    assert (found.actors, found.positions) == (plain.actors, plain.positions)

    def rows(of: Statements) -> list[tuple[Any, ...]]:
        columns = (of.actor, of.position, of.stance, of.day, np.round(of.probability, 4), of.document)
        return sorted(zip(*(column.tolist() for column in columns), strict=True))

    assert rows(found) == rows(plain)
    assert (found.reasons, found.n_truncated, found.n_uncalibrated) == (plain.reasons, 1, 1)


def test_actors_are_told_apart_by_id_and_without_one_by_name(tmp_path: Path) -> None:
    found = _read(write_job(tmp_path / "job", _SHARDS))
    assert [(actor.key, actor.name) for actor in found.actors] == [
        ("iana", "Ana"), ("", AUTHOR), ("nana", "ana"), ("nАна Рос", "Ана Рос"),
    ]  # fmt: skip
    assert [position.name for position in found.positions] == ["the dam", "the bridge"]
    assert found.actor.tolist() == [0, 0, 3, 1, 0, UNKNOWN, 2]
    assert found.position.tolist() == [1, 1, 0, 0, 0, 0, 0]


def test_sides_dates_articles_and_probabilities_are_those_of_the_records(tmp_path: Path) -> None:
    found = _read(write_job(tmp_path / "job", _SHARDS))
    assert [STANCES[number] for number in found.stance] == [
        "favor", "against", "neutral", "favor", "withheld", "withheld", "favor",
    ]  # fmt: skip
    assert found.day.tolist() == [
        *[day_number("2024-05-01")] * 2, NO_DAY, NO_DAY, day_number("2024-06-01"), *[day_number("2024-05-01")] * 2,
    ]  # fmt: skip
    # One article stays one, in whatever shard its statements are.
    assert [found.document[0] == number for number in found.document] == [True, True, *[False] * 4, True]
    assert found.probability.tolist() == pytest.approx([0.9, 0.7, 0.9, 0.9, 0.5, 0.9, 0.9])
    assert found.reasons == {"low_confidence": 1, "no_speaker": 1}


def test_a_missing_probability_hides_no_other(tmp_path: Path) -> None:
    gaps = [
        statement(probabilities=None),
        statement(stance=None, probabilities={"favor": None, "neutral": 0.4, "against": 0.3}),
    ]
    assert _read(write_job(tmp_path / "job", [gaps])).probability.tolist() == pytest.approx([np.nan, 0.4], nan_ok=True)


def test_days_are_counted_from_1970() -> None:
    assert [day_number(text) for text in ("1970-01-01", "1969-12-31", "2024-02-29")] == [0, -1, 19782]
