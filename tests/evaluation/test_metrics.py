"""Metrics against values worked out by hand."""

import numpy as np
import pytest

from stance.evaluation.metrics import (
    accuracy,
    area_under_risk_coverage,
    brier_score,
    confusion,
    error_at_coverage,
    expected_calibration_error,
    favor_against_f1,
    macro_f1,
    sides_given,
)
from stance.types import Stance

F, N, A = Stance.FAVOR, Stance.NEUTRAL, Stance.AGAINST
_GOLD = [F, F, N, A, A]
_SAID = [F, N, N, A, F]


def test_f1_by_hand() -> None:
    # favor: 1 hit, 2 gold, 2 said -> 1/2; neutral: 1, 1, 2 -> 2/3; against: 1, 2, 1 -> 2/3
    assert macro_f1(_GOLD, _SAID) == pytest.approx((1 / 2 + 2 / 3 + 2 / 3) / 3)
    assert favor_against_f1(_GOLD, _SAID) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert accuracy(_GOLD, _SAID) == pytest.approx(3 / 5)


def test_confusion_has_gold_in_rows() -> None:
    assert confusion(_GOLD, _SAID).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]


def test_a_stance_nobody_uses_is_left_out_of_the_mean() -> None:
    assert macro_f1([F, A], [F, A]) == 1.0


def test_calibration_error_by_hand() -> None:
    # Two rows at 0.8 of which one is right: |0.8 - 0.5| = 0.3
    probabilities = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1]])
    assert expected_calibration_error([F, A], probabilities) == pytest.approx(0.3)


def test_brier_by_hand() -> None:
    # (0.8-1)^2 + 0.1^2 + 0.1^2 = 0.06
    assert brier_score([F], np.array([[0.8, 0.1, 0.1]])) == pytest.approx(0.06)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 gold labels, 1 predictions"):
        macro_f1([F, F], [F])
    with pytest.raises(ValueError, match="0 gold labels"):
        accuracy([], [])


def test_risk_and_coverage_by_hand() -> None:
    # By confidence: right (0.9), wrong (0.8), right (0.6), wrong (0.5).
    probabilities = np.array([[0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.05, 0.05, 0.9], [0.5, 0.3, 0.2]])
    gold = [F, A, A, N]
    assert error_at_coverage(gold, probabilities, coverage=0.25) == 0.0
    assert error_at_coverage(gold, probabilities, coverage=0.5) == pytest.approx(1 / 2)
    assert error_at_coverage(gold, probabilities, coverage=0.8) == pytest.approx(2 / 4)
    assert area_under_risk_coverage(gold, probabilities) == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    with pytest.raises(ValueError, match="4 gold labels, 3 rows"):
        error_at_coverage(gold, probabilities[:3], coverage=0.8)


def test_sides_given_by_hand() -> None:
    # Sides are said in rows 0, 3 and 4; the last is wrong, and withheld. A withheld neutral is no side.
    found = sides_given(_GOLD, _SAID, [False, True, False, False, True])
    assert found == {"forced": 3, "forced_error": pytest.approx(1 / 3), "given": 2, "given_error": 0.0}
    assert sides_given([N], [N], [False]) == {"forced": 0, "forced_error": 0.0, "given": 0, "given_error": 0.0}
