"""Which keys came before: 16 bytes per key, so that a file of millions of rows fits beside everything else."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator

import numpy as np


class SeenKeys:
    """Keys with the line they stand on; repeats are looked for once, at the end.

    Keys are kept as their 64-bit hash: among a million keys two different ones are taken for equal with a probability
    of 3e-8.
    """

    def __init__(self) -> None:
        self._hashes = array("q")
        self._lines = array("q")

    def add(self, key: Hashable, line: int) -> None:
        """Take note of a key."""
        self._hashes.append(hash(key))
        self._lines.append(line)

    def n_distinct(self) -> int:
        """How many different keys were added."""
        return len(np.unique(np.frombuffer(self._hashes, dtype=np.int64))) if self._hashes else 0

    def repeats(self) -> Iterator[tuple[int, int]]:
        """(line, first line) of every key that came before, by line."""
        if not self._hashes:
            return
        hashes, lines = np.frombuffer(self._hashes, np.int64), np.frombuffer(self._lines, np.int64)
        order = np.argsort(hashes, kind="stable")
        ranked = hashes[order]
        new = np.concatenate(([True], ranked[1:] != ranked[:-1]))
        first = order[np.maximum.accumulate(np.where(new, np.arange(len(ranked)), 0))]
        for index in np.sort(np.flatnonzero(~new)):
            yield int(lines[order[index]]), int(lines[first[index]])
