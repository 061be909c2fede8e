"""Scores of documents, by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from stance.evaluation.opinions import Opinion, attitude_shares, opinion_figures, ranking_precision, tuple_overlaps
from stance.types import Stance

F, N, A = Stance.FAVOR, Stance.NEUTRAL, Stance.AGAINST


def _opinion(holder: str, target: str, stance: Stance, words: str = "0", score: float | None = None) -> Opinion:
    return Opinion(frozenset({holder}), frozenset({target}), frozenset(words.split()), stance, score)


def test_tuples_by_hand() -> None:
    gold = Opinion(frozenset({0, 1}), frozenset({5}), frozenset({2, 3, 4}), F)
    given = Opinion(frozenset({1}), frozenset({5}), frozenset({3, 4, 6, 7}), F)
    # Of the given parts 1/1, 1/1 and 2/4 are covered, of the gold ones 1/2, 1/1 and 2/3.
    assert tuple_overlaps([gold], [given]) == pytest.approx(((1 + 1 + 0.5) / 3, (0.5 + 1 + 2 / 3) / 3))
    assert tuple_overlaps([gold], [given._replace(stance=A)]) == (0.0, 0.0)
    assert tuple_overlaps([gold], [given._replace(target=frozenset({9}))]) == (0.0, 0.0)


def test_attitudes_by_hand() -> None:
    gold = [_opinion("a", "x", F), _opinion("b", "x", F), _opinion("c", "x", A)]
    given = [_opinion("a", "x", F), _opinion("c", "x", F), _opinion("d", "x", F)]
    # favor: 1 of 3 given is right, 1 of 2 gold is found; against: none given though there is one.
    assert attitude_shares(gold, given) == pytest.approx([1 / 3, 0.0, 1 / 2, 0.0])
    assert attitude_shares([], []) == [1.0, 1.0, 1.0, 1.0]
    assert attitude_shares([], given) == [0.0, 1.0, 1.0, 1.0]


def test_figures_by_hand() -> None:
    gold = [[_opinion("a", "x", F), _opinion("b", "x", N)], [_opinion("a", "y", A)]]
    given = [[_opinion("a", "x", F, score=0.9), _opinion("b", "x", A, score=-0.3)], [_opinion("a", "y", A, score=-0.5)]]
    found = {name: interval.value for name, interval in opinion_figures(gold, given).items()}
    # Documents: favor right in both (in one for want of any); against 0 of 1 given and none wanted, then 1 of 1.
    attitude = (1.0 + 2 * 0.5 * 1.0 / 1.5) / 2
    tuples = 2 * (2 / 3) * 1.0 / (2 / 3 + 1.0)
    expected = {"triple_f1": 2 * 2 / 6, "tuple_f1": tuples, "attitude_f1": attitude, "side_precision": 2 / 3}
    assert found == pytest.approx(expected | {"ranking": 1.0})


def test_intervals_hold_the_value_and_none_is_made_up() -> None:
    rng = np.random.default_rng(1)
    gold = [[_opinion("a", "x", (F, A)[rng.integers(2)]), _opinion("b", "x", F)] for _ in range(40)]
    given = [[_opinion("a", "x", (F, A)[rng.integers(2)], score=rng.random())] for _ in range(40)]
    for name, found in opinion_figures(gold, given).items():
        assert found.low < found.value < found.high, name
    assert np.isnan(opinion_figures(gold, [[]] * 40)["ranking"].value)
    with pytest.raises(ValueError, match="2 documents with gold, 1 with answers"):
        opinion_figures(gold[:2], given[:1])


@pytest.mark.parametrize("seed", range(3))
def test_the_ranking_is_that_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right, scores = rng.random(50) < 0.6, rng.integers(-5, 6, 50) / 5  # with equal scores among them
    weights = rng.integers(0, 4, (50, 2)).astype(float)
    found = ranking_precision(right, scores, weights)
    for place in (0, 1):
        expected = average_precision_score(right, np.abs(scores), sample_weight=weights[:, place])
        assert found[place] == pytest.approx(expected)
