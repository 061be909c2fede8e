"""Scores of predicted stances against gold, each in [0, 1] unless it says otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stance.types import STANCES, Stance


def accuracy(gold: Sequence[Stance], predicted: Sequence[Stance]) -> float:
    """Share of equal labels.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    _check(gold, predicted)
    return sum(g == p for g, p in zip(gold, predicted, strict=True)) / len(gold)


def macro_f1(gold: Sequence[Stance], predicted: Sequence[Stance]) -> float:
    """Mean F1 of the three stances; a stance absent from both sides is left out of the mean.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    scores = [score["f1"] for score in per_stance(gold, predicted).values() if score["support"] or score["predicted"]]
    return float(np.mean(scores))


def favor_against_f1(gold: Sequence[Stance], predicted: Sequence[Stance]) -> float:
    """Mean F1 of FAVOR and AGAINST; NEUTRAL counts only through its errors.

    A class absent from both sides scores 0. Source: Mohammad et al. 2016, SemEval-2016 Task 6.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    scores = per_stance(gold, predicted)
    return (scores[Stance.FAVOR]["f1"] + scores[Stance.AGAINST]["f1"]) / 2


def per_stance(gold: Sequence[Stance], predicted: Sequence[Stance]) -> dict[Stance, dict[str, float]]:
    """Precision, recall, F1, support (gold rows) and predicted rows of each stance; 0 where undefined.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    matrix = confusion(gold, predicted)
    result = {}
    for index, stance in enumerate(STANCES):
        hits = int(matrix[index, index])
        support, n_predicted = int(matrix[index].sum()), int(matrix[:, index].sum())
        result[stance] = {
            "precision": hits / n_predicted if n_predicted else 0.0,
            "recall": hits / support if support else 0.0,
            "f1": 2 * hits / (support + n_predicted) if support + n_predicted else 0.0,
            "support": support,
            "predicted": n_predicted,
        }
    return result


def confusion(gold: Sequence[Stance], predicted: Sequence[Stance]) -> NDArray[np.int64]:
    """Counts [3, 3]: rows are gold, columns predicted, in the order of STANCES.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    _check(gold, predicted)
    matrix = np.zeros((len(STANCES), len(STANCES)), dtype=np.int64)
    for g, p in zip(gold, predicted, strict=True):
        matrix[STANCES.index(g), STANCES.index(p)] += 1
    return matrix


def expected_calibration_error(
    gold: Sequence[Stance], probabilities: NDArray[np.float64], *, n_bins: int = 15
) -> float:
    """Mean gap between confidence and hit rate over equal-width bins, weighted by their rows.

    Source: Guo et al. 2017, equation 3.

    Args:
        probabilities: [rows, 3], in the order of STANCES.

    Raises:
        ValueError: rows differ in number or there are none.
    """
    if len(gold) != len(probabilities) or not len(gold):
        raise ValueError(f"{len(gold)} gold labels, {len(probabilities)} rows of probabilities")
    confidence = probabilities.max(axis=1)
    hits = probabilities.argmax(axis=1) == np.array([STANCES.index(stance) for stance in gold])
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gaps = [abs(confidence[bins == b].mean() - hits[bins == b].mean()) * (bins == b).sum() for b in np.unique(bins)]
    return float(np.sum(gaps) / len(gold))


def brier_score(gold: Sequence[Stance], probabilities: NDArray[np.float64]) -> float:
    """Mean squared distance between the probabilities and the gold class, in [0, 2]. Source: Brier 1950."""
    truth = np.eye(len(STANCES))[[STANCES.index(stance) for stance in gold]]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def error_at_coverage(gold: Sequence[Stance], probabilities: NDArray[np.float64], *, coverage: float) -> float:
    """Share of wrong answers among the most confident rows, the rest being left unanswered.

    Source: El-Yaniv and Wiener 2010, On the Foundations of Noise-free Selective Classification (selective risk).

    Args:
        probabilities: [rows, 3], in the order of STANCES.
        coverage: share of the rows that is answered, in (0, 1]; rounded up to whole rows.
    """
    errors = _errors_by_confidence(gold, probabilities)
    return float(errors[: max(1, int(np.ceil(coverage * len(errors))))].mean())


def area_under_risk_coverage(gold: Sequence[Stance], probabilities: NDArray[np.float64]) -> float:
    """Mean of `error_at_coverage` over every number of answered rows; lower is better.

    Source: Geifman, Uziel and El-Yaniv 2019, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers.
    """
    errors = _errors_by_confidence(gold, probabilities)
    return float((np.cumsum(errors) / np.arange(1, len(errors) + 1)).mean())


def sides_given(gold: Sequence[Stance], predicted: Sequence[Stance], abstained: Sequence[bool]) -> dict[str, float]:
    """How many rows get a side, how many keep it where a system may abstain, and how often each is wrong.

    Returns:
        `forced`, `given`: rows; `forced_error`, `given_error`: shares of them, 0 where there are none.
    """
    sides = [(g is p, a) for g, p, a in zip(gold, predicted, abstained, strict=True) if p is not Stance.NEUTRAL]
    given = [right for right, withheld in sides if not withheld]
    return {
        "forced": len(sides),
        "forced_error": sum(not right for right, _ in sides) / max(1, len(sides)),
        "given": len(given),
        "given_error": sum(not right for right in given) / max(1, len(given)),
    }


def _errors_by_confidence(gold: Sequence[Stance], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 for each wrong row, the most confident row first; equal ones stay in order."""
    if len(gold) != len(probabilities) or not len(gold):
        raise ValueError(f"{len(gold)} gold labels, {len(probabilities)} rows of probabilities")
    wrong = probabilities.argmax(axis=1) != np.array([STANCES.index(stance) for stance in gold])
    errors: NDArray[np.float64] = wrong[np.argsort(-probabilities.max(axis=1), kind="stable")].astype(np.float64)
    return errors


def _check(gold: Sequence[Stance], predicted: Sequence[Stance]) -> None:
    if len(gold) != len(predicted) or not gold:
        raise ValueError(f"{len(gold)} gold labels, {len(predicted)} predictions; both need the same number, above 0")
