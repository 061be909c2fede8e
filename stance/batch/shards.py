"""Rows cut into shards: the pieces of a job that are scored, written and remembered whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stance.batch.rows import RawRow


@dataclass(frozen=True, slots=True)
class Shard:
    """Neighbouring rows of a job.

    first_row: number of its first row in the whole job, from 0. sha256: over the rows. read_bytes: how much of the
    inputs these rows are.
    """

    number: int
    first_row: int
    rows: tuple[RawRow, ...]
    sha256: str
    read_bytes: int

    @property
    def n_bytes(self) -> int:
        return sum(len(row.payload) for row in self.rows)


def cut(rows: Iterable[tuple[RawRow, int]], *, max_rows: int, max_bytes: int) -> Iterator[Shard]:
    """Shards of at most so many rows and bytes (a larger row goes alone), by the rows alone: every run cuts alike.

    Args:
        rows: each with the bytes of all inputs that are read once it is.
    """
    number = first_row = n_bytes = read = read_before = 0
    held: list[RawRow] = []
    for row, read_bytes in rows:
        if held and (len(held) == max_rows or n_bytes + len(row.payload) > max_bytes):
            yield _shard(number, first_row, held, read - read_before)
            number, first_row, n_bytes, held, read_before = number + 1, first_row + len(held), 0, [], read
        held.append(row)
        n_bytes += len(row.payload)
        read = read_bytes
    if held:
        yield _shard(number, first_row, held, read - read_before)


def _shard(number: int, first_row: int, rows: list[RawRow], read_bytes: int) -> Shard:
    digest = hashlib.sha256()
    for row in rows:
        head = f"{row.input}\x1f{row.row}\x1f{row.kind}\x1f{row.defect}\x1f{sorted(row.fields.items())}\x1f"
        digest.update(f"{head}{len(row.payload)}\x1f".encode("utf-8", "surrogatepass"))
        digest.update(row.payload)
    return Shard(number, first_row, tuple(rows), digest.hexdigest(), read_bytes)
