"""Which keys came before, in files of any length: keys wait on disk as 64-bit hashes and are compared at the end."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ENTRY = np.dtype([("hash", "<i8"), ("line", "<u4"), ("value", "u1")])
_BUFFERED = 1 << 16
_PER_PASS = 1 << 18


class Repeat(NamedTuple):
    """A key that came before: its line and value, and those of its first appearance."""

    line: int
    value: int
    first_line: int
    first_value: int


class SeenKeys:
    """Keys with the line they stand on and a small value, kept in 13 bytes of a temporary file each.

    Among a million keys two different ones are taken for equal with a probability of 3e-8.
    """

    def __init__(self) -> None:
        self._buffer: list[tuple[int, int, int]] = []
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the keys do
        self._n_written = 0

    def add(self, key: Hashable, line: int, value: int = 0) -> None:
        """Take note of a key; value: a number below 256 that repeats are compared by."""
        self._buffer.append((hash(key), line, value))
        if len(self._buffer) >= _BUFFERED:
            self._flush()

    def n_distinct(self) -> int:
        """How many different keys were added."""
        return sum(len(np.unique(part["hash"])) for part in self._parts())

    def repeats(self) -> list[Repeat]:
        """Every key that came before, by line."""
        found = [repeat for part in self._parts() for repeat in _repeats(part)]
        return sorted(found)

    def _flush(self) -> None:
        np.array(self._buffer, dtype=_ENTRY).tofile(self._file)
        self._n_written += len(self._buffer)
        self._buffer.clear()

    def _parts(self) -> Iterator[NDArray[np.void]]:
        """The entries in parts that fit into memory; equal keys are in one part, in the order of their adding."""
        self._flush()
        n_parts = max(1, math.ceil(self._n_written / _PER_PASS))
        for number in range(n_parts):
            self._file.seek(0)
            kept = []
            while len(block := np.fromfile(self._file, dtype=_ENTRY, count=_PER_PASS)):
                kept.append(block if n_parts == 1 else block[block["hash"] % n_parts == number])
            yield np.concatenate(kept) if kept else np.empty(0, dtype=_ENTRY)


def _repeats(entries: NDArray[np.void]) -> Iterator[Repeat]:
    order = np.argsort(entries["hash"], kind="stable")
    ranked = entries[order]
    hashes = ranked["hash"]
    again = np.flatnonzero(hashes[1:] == hashes[:-1]) + 1
    starts = np.searchsorted(hashes, hashes[again], side="left")
    for index, start in zip(again.tolist(), starts.tolist(), strict=True):
        yield Repeat(
            int(ranked["line"][index]),
            int(ranked["value"][index]),
            int(ranked["line"][start]),
            int(ranked["value"][start]),
        )
