"""What a page of bounded size holds of a large job."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stance.batch import output
from stance.batch.report.selection import kept_statements, n_actors_kept
from stance.batch.report.statements import Statements, read_statements
from stance.batch.report.tables import committed_files
from tests.batch.report.jobs import statement, write_job


@pytest.mark.parametrize(
    ("entries", "max_actors", "max_entries", "kept"),
    [
        ([5, 3, 2], 9, 10, 3),
        ([5, 3, 2], 9, 9, 2),
        ([5, 3, 2], 1, 10, 1),
        # A page without the most spoken-of actor would be none.
        ([50, 3], 9, 10, 1),
        ([], 9, 10, 0),
    ],
)
def test_the_most_spoken_of_actors_are_kept_as_far_as_they_fit(
    entries: list[int], max_actors: int, max_entries: int, kept: int
) -> None:
    found = n_actors_kept(np.array(entries, dtype=np.int64), max_actors=max_actors, max_entries=max_entries)
    assert found == kept


def _statements(tmp_path: Path) -> Statements:
    """Six of ana on the bridge, two of ana on the dam, one of bo; by index."""
    rows = [
        statement("ana", sure=0.6),
        statement("ana", sure=0.9, date="2024-01-01"),
        statement("ana", sure=0.9, date="2024-03-01"),
        statement("ana", stance=None, sure=0.99),
        statement("ana", sure=0.7, date=None),
        statement("ana", stance="against", sure=0.8),
        statement("ana", "dam", sure=0.5, date="2023-01-01"),
        statement("ana", "dam", stance="neutral", sure=0.95),
        statement("bo", sure=0.55, date="2024-05-02"),
    ]
    root = write_job(tmp_path / "job", [rows])
    return read_statements(committed_files(root, output.read_shards(root).values())["statements"])


def test_each_cell_keeps_its_surest_before_any_keeps_more(tmp_path: Path) -> None:
    statements = _statements(tmp_path)
    kept = {limit: kept_statements(statements, n_actors=2, limit=limit).tolist() for limit in (3, 5, 7, 8, 9, 50)}
    # Of equal probability the newer one is first; a withheld side comes last.
    assert set(kept[3]) == {2, 7, 8}
    assert set(kept[5]) == {2, 7, 8, 1, 6}
    assert set(kept[7]) == {2, 7, 8, 1, 6, 5, 4}
    assert set(kept[8]) == {2, 7, 8, 1, 6, 5, 4, 0}
    assert set(kept[9]) == set(range(9))
    # The newest first, those without a date last.
    assert kept[50] == [8, 3, 7, 5, 0, 2, 1, 6, 4]


def test_statements_of_actors_that_are_left_out_are_left_out_too(tmp_path: Path) -> None:
    statements = _statements(tmp_path)
    assert 8 not in kept_statements(statements, n_actors=1, limit=50)
    assert len(kept_statements(statements, n_actors=2, limit=0)) == 0
