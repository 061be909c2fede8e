"""Matrices are kept where that saves most answers for what it costs, and no more of them than asked."""

import math

import numpy as np
import pytest

from stance.exporting.effects import Effects
from stance.exporting.keeping import choose_kept, expected_turns


def test_expected_turns_are_the_tails_of_a_normal_change() -> None:
    margins = np.linspace(0, 8, 4001)
    effects = Effects({}, margins)
    tails = [(1 - math.erf(margin / math.sqrt(2 * 0.3))) / 2 for margin in margins]
    assert expected_turns(effects, 0.3) == pytest.approx(sum(tails) / len(tails), rel=0.01)
    assert expected_turns(effects, 0.0) == 0


def test_the_cheapest_gain_comes_first_and_enough_is_enough() -> None:
    sizes = {"small": 64_000, "large": 640_000, "idle": 640_000}
    changes = {"small": np.array([1.0, -1.0]), "large": np.array([1.5, -1.5]), "idle": np.array([0.1, 0.1])}
    effects = Effects(changes, np.array([1.0, 3.0]))

    def kept(turned_answers: float) -> set[str]:
        return set(choose_kept(effects, sizes, turned_answers=turned_answers))

    assert kept(1.0) == set()
    assert kept(expected_turns(effects, 2.3)) == {"small"}  # the large one brings twice as much, at ten times the cost
    assert kept(expected_turns(effects, 0.02)) == {"small", "large"}
    assert kept(-1.0) == set(changes)
