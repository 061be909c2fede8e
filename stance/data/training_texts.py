"""The sentences that a checkpoint was trained on, as hashes: whether a test sentence was among them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from stance.data.grouping import normalise
from stance.data.leaks import MIN_CHARACTERS
from stance.errors import CheckpointError

FILE = "training_texts.u64"
_BYTES = 8


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """Sorted 64-bit hashes of normalised sentences of MIN_CHARACTERS and more, [sentences].

    Of a million test sentences that were not trained on, one is taken for one of 50,000 with a probability of 3e-9.
    """

    hashes: NDArray[np.uint64]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """The hashes of texts, each once."""
        found = {key for text in texts if (key := _hash(text)) is not None}
        return cls(np.array(sorted(found), dtype=np.uint64))

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Those of a checkpoint folder, None where it keeps none.

        Raises:
            CheckpointError: the file is damaged.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        raw = path.read_bytes()
        if len(raw) % _BYTES:
            raise CheckpointError(f"{path}: {len(raw)} bytes, expected a multiple of {_BYTES}; the file is damaged.")
        return cls(np.sort(np.frombuffer(raw, dtype="<u8").astype(np.uint64)))

    def __len__(self) -> int:
        return len(self.hashes)

    def write(self, folder: Path) -> None:
        """Keep them in a checkpoint folder, 8 bytes a sentence, little-endian."""
        (folder / FILE).write_bytes(self.hashes.astype("<u8").tobytes())

    def with_those_of(self, other: TrainingTexts | None) -> TrainingTexts:
        """The hashes of both."""
        return self if other is None else TrainingTexts(np.union1d(self.hashes, other.hashes))

    def holds(self, text: str) -> bool:
        """Whether the sentence was trained on, whatever its case, spaces and punctuation; False for a short one."""
        key = _hash(text)
        if key is None or not len(self.hashes):
            return False
        place = int(np.searchsorted(self.hashes, np.uint64(key)))
        return place < len(self.hashes) and int(self.hashes[place]) == key


def _hash(text: str) -> int | None:
    key = normalise(text)
    if len(key) < MIN_CHARACTERS:
        return None
    return int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:_BYTES], "little")
