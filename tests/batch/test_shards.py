"""Shards: cut by the rows alone, nothing lost between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stance.batch.rows import Kind, RawRow
from stance.batch.shards import cut


def _rows(sizes: list[int]) -> Iterator[tuple[RawRow, int]]:
    for number, size in enumerate(sizes, start=1):
        yield RawRow("in", number, Kind.TEXT, b"x" * size), sum(sizes[:number])


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([1] * 7, [3, 3, 1]),
        ([4, 4, 4, 4], [2, 2]),
        ([50, 1, 1], [1, 2]),
        ([1, 50, 1], [1, 1, 1]),
    ],
)
def test_shards_hold_neighbours_within_rows_and_bytes(sizes: list[int], expected: list[int]) -> None:
    shards = list(cut(_rows(sizes), max_rows=3, max_bytes=8))
    assert [len(shard.rows) for shard in shards] == expected
    assert [row.row for shard in shards for row in shard.rows] == list(range(1, len(sizes) + 1))
    assert [shard.first_row for shard in shards] == [sum(expected[:i]) for i in range(len(expected))]
    assert sum(shard.read_bytes for shard in shards) == sum(sizes)


def test_a_shard_is_known_by_all_that_its_rows_are() -> None:
    def digest(row: RawRow) -> str:
        return next(cut([(row, 0)], max_rows=1, max_bytes=1)).sha256

    rows = [
        RawRow("in", 1, Kind.TEXT, b"a"),
        RawRow("in", 1, Kind.TEXT, b"b"),
        RawRow("in", 2, Kind.TEXT, b"a"),
        RawRow("in", 1, Kind.HTML, b"a"),
        RawRow("in", 1, Kind.TEXT, b"a", fields={"url": "u"}),
        RawRow("in", 1, Kind.TEXT, b"a", defect="d"),
    ]
    assert len({digest(row) for row in rows}) == len(rows)
    assert digest(rows[0]) == digest(RawRow("in", 1, Kind.TEXT, b"a", read_bytes=9))
