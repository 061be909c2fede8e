"""The embeddings of a model as a file of rows, in eight bits where they were so once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stance.modeling.embeddings import BLOCK, EMBEDDINGS_FILE, SCALES, STEPS

if TYPE_CHECKING:
    from numpy.typing import NDArray


def write_embeddings(folder: Path, table: NDArray[np.float32]) -> None:
    """Keep a table [pieces, width]; in 8 bits where that loses nothing."""
    blocks = split_into_blocks(table)
    if blocks is None:
        np.save(folder / EMBEDDINGS_FILE, np.ascontiguousarray(table), allow_pickle=False)
        return
    steps, scales = blocks
    rows = np.empty(len(table), dtype=[(STEPS, "<i1", steps.shape[1:]), (SCALES, "<f2", scales.shape[1:])])
    rows[STEPS], rows[SCALES] = steps, scales
    np.save(folder / EMBEDDINGS_FILE, rows, allow_pickle=False)


def split_into_blocks(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]] | None:
    """A table as 8-bit numbers and a scale for each 32 of a row, where that is the same to the last bit.

    It is for tables that were dequantised from GGUF's Q8_0, as the base's embeddings were: a quarter of the size,
    nothing lost. None for any other table.
    """
    rows, width = table.shape
    if width % BLOCK:
        return None
    whole = np.empty((rows, width), dtype=np.int8)
    scales = np.empty((rows, width // BLOCK), dtype=np.float16)
    step = 8192
    for start in range(0, rows, step):
        part = table[start : start + step].reshape(-1, width // BLOCK, BLOCK)
        scale = (np.abs(part).max(axis=2) / 127).astype(np.float16)
        wide = scale.astype(np.float32)[:, :, None]
        rounded = np.round(np.divide(part, wide, out=np.zeros_like(part), where=wide > 0))
        if not np.array_equal(rounded * wide, part):
            return None
        whole[start : start + step] = rounded.reshape(-1, width)
        scales[start : start + step] = scale
    return whole, scales
