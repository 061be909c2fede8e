"""Correction for many tests, by hand."""

import numpy as np
import pytest

from stance.evaluation.worst import holm


def test_holm_by_hand() -> None:
    # In order 0.01 * 4, 0.02 * 3, then 0.03 * 2 and 0.04 * 1, neither below what came before.
    assert holm(np.array([0.03, 0.01, 0.04, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm(np.array([0.6, 0.9])) == pytest.approx([1.0, 1.0])
