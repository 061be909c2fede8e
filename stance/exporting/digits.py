"""Which factors of which products take a second digit: those that turn most answers for what they cost, until few do.

One more digit of a matrix or of its activations is one more product. The changes that roundings make to a margin are
taken as independent and normal, so that variances add up, and the share of answers that turn follows from the margins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from stance.exporting.effects import Effects, Place, Side
from stance.exporting.smoothing import Site

# Measured on AVX-512 VNNI: what a sum of two outputs and a second rounding of a channel take, in multiplications.
_COST_OF_SUM, _COST_OF_ROUNDING = 140, 250
_NEAREST = 0.25


def choose_second_digits(
    effects: Effects, sites: Mapping[str, Site], shapes: Mapping[str, tuple[int, int]], *, turned_answers: float
) -> frozenset[Place]:
    """The places with a second digit.

    Args:
        sites: of each matrix. shapes: of each matrix, [outputs, inputs].
        turned_answers: the share of answers that may be expected to turn by what is left.
    """
    left = {place: float(np.square(change).mean()) for place, change in effects.changes.items()}
    chosen: set[Place] = set()
    while left and expected_turns(effects, sum(left.values())) > turned_answers:
        rounded = {sites[place.matrix].name for place in chosen if place.side is Side.ACTIVATIONS}

        def gain(place: Place, rounded: set[str] = rounded) -> float:
            outputs, inputs = shapes[place.matrix]
            cost = outputs * (inputs + _COST_OF_SUM)
            if place.side is Side.ACTIVATIONS and sites[place.matrix].name not in rounded:
                cost += _COST_OF_ROUNDING * inputs
            return left[place] / cost

        best = max(left, key=gain)
        chosen.add(best)
        del left[best]
    return frozenset(chosen)


def expected_turns(effects: Effects, variance: float) -> float:
    """The share of queries whose margin a normal change of this variance makes negative.

    Margins near 0 are taken to lie as densely as those of the nearest quarter do: few enough turn that counting them on
    some hundred queries would be chance.
    """
    density = _NEAREST / max(float(np.quantile(effects.margins, _NEAREST)), 1e-9)
    return math.sqrt(variance / (2 * math.pi)) * density
