"""Which matrices stay in bf16: those whose rounding turns most answers for what keeping them costs, until few turn.

The changes that roundings make to a margin are taken as independent and normal, so that variances add up, and the share
of answers that turn follows from the margins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from stance.exporting.effects import Effects

_NEAREST = 0.25


def choose_kept(effects: Effects, sizes: Mapping[str, int], *, turned_answers: float) -> frozenset[str]:
    """Names of the matrices to keep.

    Args:
        sizes: of each matrix, in numbers, as its product costs.
        turned_answers: the share of answers that may be expected to turn by what is left.
    """
    left = {name: float(np.square(change).mean()) for name, change in effects.changes.items()}
    kept: set[str] = set()
    while left and expected_turns(effects, sum(left.values())) > turned_answers:
        kept.add(max(left, key=lambda name: left[name] / sizes[name]))
        left = {name: variance for name, variance in left.items() if name not in kept}
    return frozenset(kept)


def expected_turns(effects: Effects, variance: float) -> float:
    """The share of queries whose margin a normal change of this variance makes negative.

    Margins near 0 are taken to lie as densely as those of the nearest quarter do: few enough turn that counting them on
    some hundred queries would be chance.
    """
    density = _NEAREST / max(float(np.quantile(effects.margins, _NEAREST)), 1e-9)
    return math.sqrt(variance / (2 * math.pi)) * density
