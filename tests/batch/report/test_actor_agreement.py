"""Agreement against values worked out by hand, and an order that keeps those who agree together."""

from __future__ import annotations

import numpy as np
import pytest

from stance.batch.report.agreement import Pair, circle_order, pairs, sides

_NONE = float("nan")


def test_agreement_is_the_mean_of_one_minus_the_distance() -> None:
    table = np.array([[1.0, 0.5, -1.0], [1.0, 0.0, _NONE], [-1.0, -0.5, 1.0], [_NONE, 0.5, _NONE]])
    found = {(pair.first, pair.second): (pair.shared, round(pair.agreement, 4)) for pair in pairs(table, min_shared=2)}
    # 0 and 1: (1 - 0 + 1 - 0.5) / 2; 0 and 2: (-1 + 0 - 1) / 3; 1 and 2: (-1 + 0.5) / 2; 3 shares too little.
    assert found == {(0, 1): (2, 0.75), (0, 2): (3, -0.6667), (1, 2): (2, -0.25)}
    assert pairs(table, min_shared=1)[0].agreement == 1.0
    assert pairs(table, min_shared=4) == []


def test_a_side_needs_two_articles() -> None:
    values, articles, cells = np.array([1.0, -1.0, 0.5]), np.array([2, 1, 3]), np.array([0, 1, 5])
    table = sides(values, articles, cells, actors=[0, 2], n_positions=2)
    assert table[0, 0] == 1.0
    assert table[1, 1] == 0.5
    assert np.isnan(table).sum() == 2


def test_camps_stand_together_on_the_circle() -> None:
    camps = {member: member % 2 for member in range(8)}
    found = [
        Pair(one, other, 3, 1.0 if camps[one] == camps[other] else -1.0)
        for one in camps
        for other in camps
        if one < other
    ]
    order = circle_order(found, list(camps))
    assert sorted(order) == list(camps)
    changes = sum(camps[order[place]] != camps[order[place - 1]] for place in range(8))
    assert changes == 2


@pytest.mark.parametrize("members", [[], [4], [4, 9]])
def test_few_members_need_no_order(members: list[int]) -> None:
    assert circle_order([], members) == members
