"""The interval of a difference covers the truth as often as it says, and knows when rows hang together."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from stance.evaluation.bootstrap import chunk_sizes, macro_f1_difference, macro_f1_interval


def _rows(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 3, n)
    answers = [np.where(rng.random(n) < right, gold, rng.integers(0, 3, n)) for right in (0.6, 0.7)]
    return gold, answers[0], answers[1]


def test_the_difference_is_that_of_two_macro_f1() -> None:
    gold, first, second = _rows(300, seed=1)
    found = macro_f1_difference(gold, first, second, range(300))
    expected = f1_score(gold, second, average="macro") - f1_score(gold, first, average="macro")
    assert found.value == pytest.approx(expected)
    assert found.low < found.value < found.high


def test_the_interval_of_a_score_lies_around_it() -> None:
    gold, first, _ = _rows(300, seed=1)
    found = macro_f1_interval(gold, first, range(300))
    assert found.value == pytest.approx(f1_score(gold, first, average="macro"))
    assert found.value - 0.07 < found.low < found.value < found.high < found.value + 0.07
    # Of two classes, an answer in the third is a mistake and the class no part of the mean.
    two = gold[gold != 1]
    assert macro_f1_interval(two, two, range(len(two))) == (1.0, 1.0, 1.0)


def test_equal_systems_differ_by_nothing() -> None:
    gold, first, _ = _rows(50, seed=2)
    assert macro_f1_difference(gold, first, first, range(50)) == (0.0, 0.0, 0.0)


def test_rows_of_one_document_are_no_independent_witnesses() -> None:
    gold, first, second = _rows(100, seed=3)
    lone = macro_f1_difference(gold, first, second, range(100))
    repeated = [np.repeat(rows, 10) for rows in (gold, first, second)]
    clustered = macro_f1_difference(*repeated, np.repeat(range(100), 10).tolist())
    naive = macro_f1_difference(*repeated, range(1000))
    assert clustered.high - clustered.low == pytest.approx(lone.high - lone.low, rel=0.1)
    assert naive.high - naive.low < 0.5 * (clustered.high - clustered.low)


def test_the_interval_covers_the_truth() -> None:
    truth = _true_difference()
    covered = 0
    for seed in range(60):
        found = macro_f1_difference(*_rows(200, seed=100 + seed), range(200), seed=seed)
        covered += found.low <= truth <= found.high
    assert covered >= 51  # of 57 expected; fewer has a probability below 0.01


def _true_difference() -> float:
    gold, first, second = _rows(400_000, seed=4)
    return float(f1_score(gold, second, average="macro") - f1_score(gold, first, average="macro"))


def test_rows_that_do_not_match_are_refused() -> None:
    gold, first, second = _rows(5, seed=5)
    with pytest.raises(ValueError, match="4 groups"):
        macro_f1_difference(gold, first, second, range(4))


@pytest.mark.parametrize("n_clusters", [1, 300, 1501, 100_000, 5_000_000])
def test_chunks_are_small_and_hold_every_resample(n_clusters: int) -> None:
    sizes = chunk_sizes(n_clusters, 2000)
    assert sum(sizes) == 2000
    assert max(sizes) * n_clusters <= 2_000_000 or sizes == [1] * 2000
