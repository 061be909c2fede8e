"""Matrices and activations in eight bits: a scale per output, a scale per token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 32
LARGEST = 127
SMALLEST_SCALE = 1e-12


@dataclass(frozen=True, slots=True)
class RoundedMatrix:
    """Whole numbers [outputs, inputs] in -127..127 and a scale for each output, whose product is near a matrix."""

    steps: NDArray[np.int8]
    scales: NDArray[np.float32]

    def values(self) -> NDArray[np.float32]:
        """The matrix that it stands for."""
        result: NDArray[np.float32] = self.steps * self.scales[:, None]
        return result


def round_activations(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """What eight bits make of activations [tokens, channels]."""
    scale = np.maximum(np.abs(x).max(axis=1, keepdims=True) / LARGEST, SMALLEST_SCALE)
    result: NDArray[np.float32] = (np.round(x / scale) * scale).astype(np.float32)
    return result


def round_matrix(weight: NDArray[np.float32]) -> RoundedMatrix:
    """A matrix [outputs, inputs] in eight bits."""
    scales = np.maximum(np.abs(weight).max(axis=1) / LARGEST, SMALLEST_SCALE).astype(np.float32)
    return RoundedMatrix(np.round(weight / scales[:, None]).clip(-LARGEST, LARGEST).astype(np.int8), scales)


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
