"""Matrices and activations in eight bits: a scale per output, a scale per token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
