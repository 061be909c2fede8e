"""Scores over all rows and over every value of chosen columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stance.evaluation.metrics import (
    accuracy,
    area_under_risk_coverage,
    brier_score,
    confusion,
    error_at_coverage,
    expected_calibration_error,
    favor_against_f1,
    macro_f1,
    per_stance,
)
from stance.types import STANCES, Stance

_DIGITS = 4


def evaluate_slices(
    gold: Sequence[Stance],
    predicted: Sequence[Stance],
    probabilities: NDArray[np.float64] | None,
    *,
    columns: Sequence[Mapping[str, str | tuple[str, ...]]],
) -> dict[str, Any]:
    """`overall` scores, and `slices`: column -> value -> scores; numbers rounded to four digits.

    Args:
        probabilities: [rows, 3], or None where only labels are known (no calibration figures then).
        columns: one mapping per row; every row has the same keys. A row may stand in several slices of a column, or in
            none.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    slices: dict[str, dict[str, Any]] = {}
    for column in columns[0] if columns else ():
        values: dict[str, list[int]] = {}
        for index, row in enumerate(columns):
            found = row[column]
            for value in (found,) if isinstance(found, str) else found:
                values.setdefault(value, []).append(index)
        slices[column] = {
            value: _scores(gold, predicted, probabilities, rows) for value, rows in sorted(values.items())
        }
    return {"overall": _scores(gold, predicted, probabilities, range(len(gold))), "slices": slices}


def _scores(
    gold: Sequence[Stance],
    predicted: Sequence[Stance],
    probabilities: NDArray[np.float64] | None,
    rows: Sequence[int],
) -> dict[str, Any]:
    g, p = [gold[i] for i in rows], [predicted[i] for i in rows]
    scores: dict[str, Any] = {
        "rows": len(g),
        "macro_f1": macro_f1(g, p),
        "accuracy": accuracy(g, p),
        "favor_against_f1": favor_against_f1(g, p),
    }
    if probabilities is not None:
        chosen = probabilities[list(rows)]
        scores["ece"] = expected_calibration_error(g, chosen)
        scores["brier"] = brier_score(g, chosen)
        scores["aurc"] = area_under_risk_coverage(g, chosen)
        scores["error_at_80"] = error_at_coverage(g, chosen, coverage=0.8)
    scores = {name: round(value, _DIGITS) for name, value in scores.items()}
    scores["per_stance"] = {
        stance.value: {name: round(value, _DIGITS) for name, value in values.items()}
        for stance, values in per_stance(g, p).items()
    }
    scores["confusion"] = {
        "labels": [stance.value for stance in STANCES],
        "rows_are": "gold",
        "counts": confusion(g, p).tolist(),
    }
    return scores
