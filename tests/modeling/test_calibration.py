"""Temperatures are found, probabilities sum to one."""

import numpy as np
import pytest

from stance.modeling.calibration import calibrated_probabilities, fit_temperature, negative_log_likelihood


def test_overconfident_logits_get_their_temperature_back() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(4000, 3)) * 2
    probabilities = calibrated_probabilities(honest, temperature=1.0)
    gold = np.array([rng.choice(3, p=row) for row in probabilities])
    assert fit_temperature(honest * 3, gold) == pytest.approx(3.0, rel=0.1)


def test_loss_by_hand() -> None:
    # softmax of (ln 2, 0, 0) is (1/2, 1/4, 1/4): -ln(1/2)
    logits = np.array([[np.log(2), 0.0, 0.0]])
    assert negative_log_likelihood(logits, np.array([0])) == pytest.approx(np.log(2))


def test_no_rows_is_an_error() -> None:
    with pytest.raises(ValueError, match="no rows"):
        fit_temperature(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
