"""What the rows of a run are to be answered with: a probability for each stance, some of which may be no choice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stance.types import STANCES, Stance

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_CHOICE = -1.0
Goal = tuple[float, ...]  # one number per stance, in their order: a probability, or NO_CHOICE


def goal(label: int, *, choices: Collection[Stance] = STANCES) -> Goal:
    """All on the class `label`; what annotators could not choose from is no choice.

    So a set of two classes beside a set of three teaches which of the two is right, and nothing about the third.
    """
    return tuple(float(i == label) if stance in choices else NO_CHOICE for i, stance in enumerate(STANCES))


def soften(goals: Sequence[Goal], *, smoothing: float) -> list[Goal]:
    """Goals that leave `smoothing` evenly to all choices. Source: Szegedy et al. 2016, Rethinking Inception, section 7.

    Args:
        smoothing: in [0, 1).
    """
    return [_mixed(one, [1.0] * len(one), weight=smoothing) for one in goals]


def follow(goals: Sequence[Goal], teacher: NDArray[np.float64], *, weight: float) -> list[Goal]:
    """Goals of which a part is what the teacher says. Source: Hinton et al. 2015, Distilling the Knowledge.

    Args:
        teacher: [rows, 3], probabilities. weight: of the teacher, in [0, 1]; the rest is the gold label's.
    """
    return [_mixed(one, said, weight=weight) for one, said in zip(goals, teacher.tolist(), strict=True)]


def _mixed(one: Goal, other: Sequence[float], *, weight: float) -> Goal:
    total = sum(o for g, o in zip(one, other, strict=True) if g != NO_CHOICE)
    return tuple(
        g if g == NO_CHOICE else (1 - weight) * g + weight * o / total for g, o in zip(one, other, strict=True)
    )
