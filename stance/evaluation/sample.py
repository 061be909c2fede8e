"""Judged rows as arrays, which all figures are computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stance.evaluation.metrics import Floats


@dataclass(frozen=True, slots=True)
class Sample:
    """What was right and what was said.

    gold, predicted: [rows], class indices in the order of STANCES; `predicted` is the most probable class.
    probabilities: [rows, 3], None where only labels are known. abstained: [rows], None where nothing is said of it.
    clusters: [rows], the number of each row's document, from 0.
    """

    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probabilities: Floats | None
    abstained: NDArray[np.bool_] | None
    clusters: NDArray[np.int64]

    @property
    def n_clusters(self) -> int:
        """The number of documents."""
        return int(self.clusters.max()) + 1
