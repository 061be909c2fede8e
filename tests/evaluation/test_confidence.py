"""Scores of probabilities against values worked out by hand, scikit-learn, and rows counted twice."""

from functools import partial

import numpy as np
import pytest
import sklearn.metrics

from stance.evaluation.confidence import (
    area_under_risk_coverage,
    area_under_risk_coverage_influence,
    brier_scores,
    calibration_error,
    calibration_error_by_chance,
    equal_mass_bins,
    error_at_coverage,
    error_at_coverage_influence,
    log_losses,
)

F, N, A = range(3)


def _rows(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([0.7, 0.7, 0.7], n)
    return np.array([rng.choice(3, p=p) for p in probabilities]), probabilities


def test_calibration_error_by_hand() -> None:
    # Two bins of two rows: at 0.9 both right, |0.9 - 1|; at 0.6 and 0.5 none right, |0.55 - 0|.
    probabilities = np.array([[0.9, 0.1, 0.0], [0.5, 0.3, 0.2], [0.9, 0.1, 0.0], [0.6, 0.2, 0.2]])
    assert calibration_error(np.array([F, A, F, A]), probabilities, n_bins=2) == pytest.approx((0.1 + 0.55) / 2)


@pytest.mark.parametrize("n", [60, 169, 655, 4000])
def test_what_chance_makes_of_the_calibration_error_is_what_calibrated_models_have(n: int) -> None:
    rng = np.random.default_rng(n)
    _, probabilities = _rows(n, seed=n)
    drawn = (probabilities.cumsum(axis=1) < rng.random((400, n, 1))).sum(axis=2)
    mean = np.mean([calibration_error(gold, probabilities) for gold in drawn])
    assert calibration_error_by_chance(probabilities) == pytest.approx(mean, rel=0.05)


@pytest.mark.parametrize(("n", "sizes"), [(1000, {66, 67}), (450, {30}), (119, {39, 40}), (29, {29}), (1, {1})])
def test_bins_hold_equally_many_rows(n: int, sizes: set[int]) -> None:
    _, probabilities = _rows(n, seed=1)
    bins = equal_mass_bins(probabilities)
    assert set(np.bincount(bins)) == sizes
    confidence = probabilities.max(axis=1)
    assert all(confidence[bins == b].max() <= confidence[bins == b + 1].min() for b in range(bins.max()))


def test_losses_by_hand() -> None:
    # (0.8-1)^2 + 0.1^2 + 0.1^2 = 0.06
    given = np.array([[0.8, 0.1, 0.1]])
    assert brier_scores(np.array([F]), given) == pytest.approx([0.06])
    assert log_losses(np.array([F]), given) == pytest.approx([0.2231436])
    assert np.isfinite(log_losses(np.array([N]), np.array([[1.0, 0.0, 0.0]]))).all()


def test_the_log_loss_is_that_of_scikit_learn() -> None:
    gold, given = _rows(50, seed=2)
    assert log_losses(gold, given).mean() == pytest.approx(sklearn.metrics.log_loss(gold, given, labels=[0, 1, 2]))


def test_risk_and_coverage_by_hand() -> None:
    # By confidence: right (0.9), wrong (0.8), right (0.6), wrong (0.5).
    given = np.array([[0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.05, 0.05, 0.9], [0.5, 0.3, 0.2]])
    gold = np.array([F, A, A, N])
    assert error_at_coverage(gold, given, coverage=0.25) == 0.0
    assert error_at_coverage(gold, given, coverage=0.5) == pytest.approx(1 / 2)
    assert error_at_coverage(gold, given, coverage=0.8) == pytest.approx(2 / 4)
    assert area_under_risk_coverage(gold, given) == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)


@pytest.mark.parametrize("name", ["aurc", "error_at_80"])
def test_influences_foretell_the_score_of_other_weights(name: str) -> None:
    """A fifth of the errors counted twice: the score moves as the mean influence of the rows says."""
    score, influence = {
        "aurc": (area_under_risk_coverage, area_under_risk_coverage_influence),
        "error_at_80": (partial(error_at_coverage, coverage=0.8), partial(error_at_coverage_influence, coverage=0.8)),
    }[name]
    gold, given = _rows(4000, seed=3)
    twice = (given.argmax(axis=1) != gold) & (np.random.default_rng(4).random(len(gold)) < 0.2)
    rows = np.repeat(np.arange(len(gold)), 1 + twice)
    foretold = influence(gold, given)[rows].mean()
    assert foretold > 0.02
    assert score(gold[rows], given[rows]) - score(gold, given) == pytest.approx(foretold, rel=0.1)


def test_influences_have_a_mean_of_nought() -> None:
    gold, given = _rows(40, seed=5)
    assert area_under_risk_coverage_influence(gold, given).mean() == pytest.approx(0.0)
    assert error_at_coverage_influence(gold, given, coverage=0.8).mean() == pytest.approx(0.0)
    # With all rows answered a row's influence is its error less the mean error.
    wrong = given.argmax(axis=1) != gold
    assert error_at_coverage_influence(gold, given, coverage=1.0) == pytest.approx(wrong - wrong.mean())
