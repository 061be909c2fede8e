"""Scores over all rows and over every value of chosen columns, as a checkpoint keeps them: bare, without intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stance.evaluation.confidence import calibration_error_by_chance
from stance.evaluation.features import probability_values
from stance.evaluation.metrics import (
    accuracy_of,
    class_indices,
    confusion,
    favor_against_f1_of,
    macro_f1_of,
    per_stance,
)
from stance.evaluation.sample import Sample
from stance.types import STANCES, Stance

_DIGITS = 4
_PROBABILITY_SCORES = ("ece", "brier", "aurc", "error_at_80")


def evaluate_slices(
    gold: Sequence[Stance],
    probabilities: NDArray[np.float64],
    *,
    columns: Sequence[Mapping[str, str | tuple[str, ...]]],
) -> dict[str, Any]:
    """`overall` scores of the most probable stances, and `slices`: column -> value -> scores; rounded to four digits.

    Args:
        probabilities: [rows, 3].
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
        slices[column] = {value: _scores(gold, probabilities, rows) for value, rows in sorted(values.items())}
    return {"overall": _scores(gold, probabilities, range(len(gold))), "slices": slices}


def _scores(gold: Sequence[Stance], probabilities: NDArray[np.float64], rows: Sequence[int]) -> dict[str, Any]:
    chosen = probabilities[list(rows)]
    predicted = chosen.argmax(axis=1)
    stances = [gold[row] for row in rows]
    counts = confusion(stances, [STANCES[index] for index in predicted])
    sample = Sample(class_indices(stances), predicted, chosen, None, np.arange(len(rows)))
    of_probabilities = probability_values(sample, np.arange(len(rows)))
    scores: dict[str, Any] = {
        "rows": len(rows),
        "macro_f1": float(macro_f1_of(counts)),
        "accuracy": float(accuracy_of(counts)),
        "favor_against_f1": float(favor_against_f1_of(counts)),
        **{name: of_probabilities[name] for name in _PROBABILITY_SCORES},
        "ece_by_chance": calibration_error_by_chance(chosen),
    }
    scores = {name: round(value, _DIGITS) for name, value in scores.items()}
    scores["per_stance"] = {
        stance.value: {name: round(value, _DIGITS) for name, value in values.items()}
        for stance, values in per_stance(counts).items()
    }
    scores["confusion"] = {
        "labels": [stance.value for stance in STANCES],
        "rows_are": "gold",
        "counts": counts.astype(int).tolist(),
    }
    return scores
