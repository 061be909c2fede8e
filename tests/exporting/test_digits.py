"""Second digits go where they save most answers for what they cost, and no further than asked."""

import math

import numpy as np
import pytest

from stance.exporting.digits import choose_second_digits, expected_turns
from stance.exporting.effects import Effects, Place, Side
from stance.exporting.smoothing import Site

_SITES = {"a": Site(("a",), 0, "norm"), "b": Site(("b",), 0, "norm")}
_SHAPES = {"a": (100, 640), "b": (1000, 640)}


def _effects(changes: dict[tuple[str, Side], float]) -> Effects:
    sizes = {Place(matrix, side): changes.get((matrix, side), 0.0) for matrix in _SITES for side in Side}
    return Effects(
        {place: np.array([size, -size]) for place, size in sizes.items()}, np.array([1.0, 3.0]), {"a": 1.0, "b": 1.0}
    )


def test_expected_turns_are_the_tails_of_a_normal_change() -> None:
    margins = np.linspace(0, 8, 4001)
    effects = Effects({}, margins, {})
    tails = [(1 - math.erf(margin / math.sqrt(2 * 0.3))) / 2 for margin in margins]
    assert expected_turns(effects, 0.3) == pytest.approx(sum(tails) / len(tails), rel=0.01)
    assert expected_turns(effects, 0.0) == 0


def test_the_cheapest_gain_comes_first_and_enough_is_enough() -> None:
    effects = _effects({("a", Side.MATRIX): 1.0, ("b", Side.MATRIX): 1.5, ("b", Side.ACTIVATIONS): 0.1})

    def chosen(turned_answers: float) -> set[Place]:
        return set(choose_second_digits(effects, _SITES, _SHAPES, turned_answers=turned_answers))

    small, large = Place("a", Side.MATRIX), Place("b", Side.MATRIX)
    assert chosen(1.0) == set()
    assert chosen(expected_turns(effects, 2.3)) == {small}  # b brings twice as much, at ten times the cost
    assert chosen(expected_turns(effects, 0.02)) == {small, large}
    assert chosen(-1.0) == set(effects.changes)
