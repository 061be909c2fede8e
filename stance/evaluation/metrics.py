"""Scores of predicted stances against gold, each in [0, 1] unless it says otherwise.

The formulas work on counts [..., 3, 3], gold in rows and answers in columns, whole numbers or weights: one table gives
a score, a stack of them (slices, resamples) as many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from stance.types import STANCES, Stance

Floats = NDArray[np.float64]
_FAVOR, _NEUTRAL, _AGAINST = range(len(STANCES))


def accuracy_of(counts: Floats) -> Floats:
    """Share of equal labels; NaN without rows."""
    return _share(np.einsum("...cc->...", counts), counts.sum(axis=(-1, -2)), empty=np.nan)


def precision_of(counts: Floats, *, empty: float = 0.0) -> Floats:
    """[..., 3]: of the rows that are given a stance, how many have it; `empty` where it is never given."""
    return _share(_hits(counts), counts.sum(axis=-2), empty=empty)


def recall_of(counts: Floats, *, empty: float = 0.0) -> Floats:
    """[..., 3]: of the rows that have a stance, how many are given it; `empty` where none has it."""
    return _share(_hits(counts), counts.sum(axis=-1), empty=empty)


def f1_of(counts: Floats) -> Floats:
    """[..., 3]: harmonic mean of precision and recall; 0 where both are. Source: van Rijsbergen 1979, chapter 7."""
    return _share(2 * _hits(counts), counts.sum(axis=-2) + counts.sum(axis=-1), empty=0.0)


def macro_f1_of(counts: Floats) -> Floats:
    """Mean F1 of the stances that gold or answers hold, as `sklearn.metrics.f1_score(average="macro")` takes it.

    Of two classes, as in x-stance, it is the score of Vamvas and Sennrich 2020 (their evaluate.py). NaN without rows.
    """
    seen = (counts.sum(axis=-2) + counts.sum(axis=-1)) > 0
    return _share(f1_of(counts).sum(axis=-1), seen.sum(axis=-1), empty=np.nan)


def favor_against_f1_of(counts: Floats) -> Floats:
    """Mean F1 of FAVOR and AGAINST; NEUTRAL counts only through its errors. A class absent from both sides scores 0.

    Source: Mohammad et al. 2016, SemEval-2016 Task 6; RuSentNE-2023 (Golubev et al.) calls the same F1(P,N).
    """
    scores = f1_of(counts)
    return (scores[..., _FAVOR] + scores[..., _AGAINST]) / 2


def balanced_accuracy_of(counts: Floats) -> Floats:
    """Mean recall of the stances that gold holds; NaN without rows. Source: Brodersen et al. 2010."""
    held = counts.sum(axis=-1) > 0
    return _share(recall_of(counts).sum(axis=-1), held.sum(axis=-1), empty=np.nan)


def mcc_of(counts: Floats) -> Floats:
    """Matthews' correlation of gold and answers, in [-1, 1]; 0 where one of them never varies.

    Source: Gorodkin 2004, Comparing two K-category assignments by a K-category correlation coefficient.
    """
    total, hits = counts.sum(axis=(-1, -2)), np.einsum("...cc->...", counts)
    gold, said = counts.sum(axis=-1), counts.sum(axis=-2)
    spread = (total**2 - (gold**2).sum(axis=-1)) * (total**2 - (said**2).sum(axis=-1))
    return _share(hits * total - (gold * said).sum(axis=-1), np.sqrt(np.maximum(spread, 0.0)), empty=0.0)


def side_error_of(counts: Floats) -> Floats:
    """Share of wrong answers among the rows that are given FAVOR or AGAINST; lower is better, NaN where none is.

    Source: El-Yaniv and Wiener 2010 (selective risk), with NEUTRAL as the answer that takes no risk.
    """
    given = counts[..., _FAVOR].sum(axis=-1) + counts[..., _AGAINST].sum(axis=-1)
    right = counts[..., _FAVOR, _FAVOR] + counts[..., _AGAINST, _AGAINST]
    return _share(given - right, given, empty=np.nan)


LABEL_METRICS: MappingProxyType[str, Callable[[Floats], Floats]] = MappingProxyType(
    {
        "macro_f1": macro_f1_of,
        "accuracy": accuracy_of,
        "balanced_accuracy": balanced_accuracy_of,
        "mcc": mcc_of,
        "favor_against_f1": favor_against_f1_of,
        "side_error": side_error_of,
    }
)
LOWER_IS_BETTER = frozenset({"side_error", "ece", "brier", "nll", "aurc", "error_at_80"})


def accuracy(gold: Sequence[Stance], predicted: Sequence[Stance]) -> float:
    """`accuracy_of` two lists of stances.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    return float(accuracy_of(confusion(gold, predicted)))


def macro_f1(gold: Sequence[Stance], predicted: Sequence[Stance]) -> float:
    """`macro_f1_of` two lists of stances.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    return float(macro_f1_of(confusion(gold, predicted)))


def favor_against_f1(gold: Sequence[Stance], predicted: Sequence[Stance]) -> float:
    """`favor_against_f1_of` two lists of stances.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    return float(favor_against_f1_of(confusion(gold, predicted)))


def per_stance(counts: Floats) -> dict[Stance, dict[str, float]]:
    """Precision, recall, F1 and support (gold rows) of each stance, from one table [3, 3]; 0 where undefined."""
    precision, recall, f1 = precision_of(counts), recall_of(counts), f1_of(counts)
    support = counts.sum(axis=1)
    return {
        stance: {
            "precision": float(precision[index]),
            "recall": float(recall[index]),
            "f1": float(f1[index]),
            "support": int(support[index]),
        }
        for index, stance in enumerate(STANCES)
    }


def confusion(gold: Sequence[Stance], predicted: Sequence[Stance]) -> Floats:
    """Counts [3, 3]: rows are gold, columns predicted, in the order of STANCES.

    Raises:
        ValueError: the sequences differ in length or are empty.
    """
    if len(gold) != len(predicted) or not gold:
        raise ValueError(f"{len(gold)} gold labels, {len(predicted)} predictions; both need the same number, above 0")
    counts = np.zeros((len(STANCES), len(STANCES)))
    np.add.at(counts, (class_indices(gold), class_indices(predicted)), 1)
    return counts


def class_indices(stances: Sequence[Stance]) -> NDArray[np.int64]:
    """[rows]: the place of each stance in STANCES."""
    places = {stance: index for index, stance in enumerate(STANCES)}
    return np.array([places[stance] for stance in stances], dtype=np.int64)


def _hits(counts: Floats) -> Floats:
    hits: Floats = np.einsum("...cc->...c", counts)
    return hits


def _share(part: Floats, whole: Floats, *, empty: float) -> Floats:
    """`part` over `whole`, `empty` where that is 0."""
    result: Floats = np.divide(part, whole, out=np.full(np.shape(part), empty), where=np.asarray(whole) > 0)
    return result
