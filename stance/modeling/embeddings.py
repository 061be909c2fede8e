"""The embeddings of an exported model: a file of which a pass reads the rows that it needs, and nothing else.

An engine would map the whole table, or copy it; of a quarter of a million rows an article needs about a thousand.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from stance.errors import CheckpointError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMBEDDINGS_FILE = "embeddings.npy"
BLOCK = 32  # values that share a scale, as in GGUF's Q8_0
STEPS, SCALES = "steps", "scales"


@dataclass(frozen=True, slots=True)
class EmbeddingTable:
    """A row for each piece: fp32, or 8-bit numbers with an fp16 scale for each 32 of them."""

    file: IO[bytes]
    start: int
    row: np.dtype[Any]
    n_rows: int

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The embeddings [..., width] of pieces [...]; several threads may ask at a time.

        Raises:
            IndexError: a piece that the table has not.
            CheckpointError: the file was cut off since it was opened.
        """
        wanted, places = np.unique(ids, return_inverse=True)
        if len(wanted) and not 0 <= wanted[0] <= wanted[-1] < self.n_rows:
            raise IndexError(f"ids from {wanted[0]} to {wanted[-1]}, but there are {self.n_rows} embeddings")
        size, number = self.row.itemsize, self.file.fileno()
        read = b"".join(os.pread(number, size, self.start + size * row) for row in wanted.tolist())
        if len(read) != size * len(wanted):
            raise CheckpointError(f"{self.file.name}: ends before its last row.")
        return _values(np.frombuffer(read, dtype=self.row))[places.reshape(ids.shape)]


def open_embeddings(folder: Path) -> EmbeddingTable:
    """Open the table of an exported folder.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    path = folder / EMBEDDINGS_FILE
    try:
        table: np.memmap[Any, Any] = np.lib.format.open_memmap(path, mode="r")
        _require_table(table)
        row = table.dtype if table.dtype.names else np.dtype((table.dtype, table.shape[1:]))
        return EmbeddingTable(path.open("rb"), table.offset, row, len(table))
    except (OSError, ValueError, EOFError) as error:
        raise CheckpointError(f"{path}: cannot be opened ({str(error).strip().splitlines()[0]}).") from error


def _require_table(table: NDArray[Any]) -> None:
    if table.dtype.names is None:
        fits = table.dtype == np.float32 and table.ndim == 2
    else:
        width = table[:1][STEPS].shape[1:] if table.dtype.names == (STEPS, SCALES) else (1,)
        rows = [(STEPS, "<i1", width), (SCALES, "<f2", (width[-1] // BLOCK,))]
        fits = table.ndim == 1 and table.dtype == np.dtype(rows)
    if not fits or not table.flags.c_contiguous:
        raise ValueError(f"no table of embeddings, but {table.dtype} {table.shape}")


def _values(rows: NDArray[Any]) -> NDArray[np.float32]:
    if rows.dtype.names is None:
        return rows
    values: NDArray[np.float32] = rows[STEPS].astype(np.float32)
    by_block = values.reshape(len(rows), -1, BLOCK)
    by_block *= rows[SCALES].astype(np.float32)[:, :, None]
    return values
