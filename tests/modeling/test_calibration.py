"""Temperatures are found, probabilities sum to one."""

import numpy as np
import pytest

from stance.modeling.calibration import (
    calibrated_probabilities,
    fit_group_temperatures,
    fit_smoothing,
    fit_temperature,
    prediction_set,
    set_threshold,
    side_threshold,
)
from stance.types import STANCES


def test_overconfident_logits_get_their_temperature_back() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(4000, 3)) * 2
    probabilities = calibrated_probabilities(honest, temperature=1.0)
    gold = np.array([rng.choice(3, p=row) for row in probabilities])
    assert fit_temperature(honest * 3, gold) == pytest.approx(3.0, rel=0.1)


def test_the_smoothing_of_goals_is_found_and_undone() -> None:
    honest, gold = _answers(20_000, seed=5)
    smoothed = np.log(0.8 * honest + 0.2 / 3)
    smoothing = fit_smoothing(smoothed * 2, gold)
    assert smoothing == pytest.approx(0.2, abs=0.03)
    temperature = fit_temperature(smoothed * 2, gold, smoothing=smoothing)
    assert temperature == pytest.approx(2.0, rel=0.1)
    # Not all rows: of a class that smoothing hides, a tenth is kept, whatever it was.
    found = calibrated_probabilities(smoothed * 2, temperature=temperature, smoothing=smoothing)
    assert np.quantile(np.abs(found - honest).max(axis=1), 0.98) < 0.02
    assert fit_smoothing(smoothed[:400], gold[:400]) == 0.0


def test_smoothing_undone_by_hand_and_where_nothing_would_be_left() -> None:
    logits = np.log(np.array([[0.7, 0.2, 0.1], [0.85, 0.1, 0.05]]))
    found = calibrated_probabilities(logits, temperature=1.0, smoothing=0.24)
    # Each 0.08 less, but no less than a tenth: 0.62, 0.12, 0.02 of 0.76; 0.77, 0.02, 0.005 of 0.795.
    assert found == pytest.approx(np.array([[0.62, 0.12, 0.02], [0.77, 0.02, 0.005]]) / [[0.76], [0.795]])


def test_no_rows_is_an_error() -> None:
    with pytest.raises(ValueError, match="no rows"):
        fit_temperature(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))


def _answers(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Honest probabilities and gold classes drawn from them."""
    rng = np.random.default_rng(seed)
    probabilities = calibrated_probabilities(rng.normal(size=(n, 3)) * 1.5, temperature=1.0)
    return probabilities, np.array([rng.choice(3, p=row) for row in probabilities])


def test_each_language_group_gets_its_own_temperature_where_it_has_rows_enough() -> None:
    rng = np.random.default_rng(1)
    honest = rng.normal(size=(6000, 3)) * 2
    gold = np.array([rng.choice(3, p=row) for row in calibrated_probabilities(honest, temperature=1.0)])
    langs = np.array(["sr-Cyrl", "hr", "en"])[np.arange(6000) % 3].tolist()
    langs[:10] = ["sq"] * 10
    sharpness = np.array([1.0 if lang == "en" else 3.0 for lang in langs])
    found = fit_group_temperatures(honest * sharpness[:, None], gold, langs)
    assert found.keys() == {"sr-hr-bs", "en"}
    assert found["sr-hr-bs"] == pytest.approx(3.0, rel=0.1)
    assert found["en"] == pytest.approx(1.0, rel=0.1)


def test_a_temperature_for_each_row() -> None:
    logits = np.array([[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    found = calibrated_probabilities(logits, temperature=np.array([1.0, 2.0]))
    assert found[0] == pytest.approx(calibrated_probabilities(logits[:1], temperature=1.0)[0])
    assert found[1] == pytest.approx(calibrated_probabilities(logits[:1], temperature=2.0)[0])


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_prediction_sets_hold_the_truth_as_often_as_stated(coverage: float) -> None:
    threshold = set_threshold(*_answers(3000, seed=2), coverage=coverage)
    probabilities, gold = _answers(20_000, seed=3)
    sets = [prediction_set(row.tolist(), threshold=threshold) for row in probabilities]
    assert np.mean([STANCES[g] in s for g, s in zip(gold, sets, strict=True)]) == pytest.approx(coverage, abs=0.02)
    assert all(sets)


def test_too_few_rows_let_every_stance_be_true() -> None:
    probabilities, gold = _answers(5, seed=4)
    assert set_threshold(probabilities, gold, coverage=0.9) == 0.0


def test_sides_above_the_threshold_are_wrong_no_more_often_than_stated() -> None:
    threshold = side_threshold(*_answers(3000, seed=5), error_rate=0.25)
    assert threshold is not None
    probabilities, gold = _answers(20_000, seed=6)
    answers, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    given = (answers != 1) & (sure >= threshold)
    errors = np.mean(answers[given] != gold[given])
    assert 0.2 < errors <= 0.25
    assert np.mean(answers[answers != 1] != gold[answers != 1]) > 0.3


def test_a_rate_that_no_row_reaches_has_no_threshold() -> None:
    probabilities, gold = _answers(30, seed=7)
    assert side_threshold(probabilities, (probabilities.argmax(axis=1) + 1) % 3, error_rate=0.1) is None
    assert side_threshold(probabilities[:0], gold[:0], error_rate=0.1) is None
