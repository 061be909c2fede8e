"""How sure a difference is: the two systems' answers to the same rows, resampled by document."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 2000


class Interval(NamedTuple):
    """An estimate with the bounds of its interval."""

    value: float
    low: float
    high: float


def macro_f1_difference(
    gold: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    groups: Sequence[Hashable],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Macro-F1 of `second` less that of `first`, with the percentile interval of a paired cluster bootstrap.

    Rows of one group (a sentence, a document) are drawn together. Source: Berg-Kirkpatrick, Burkett and Klein 2012,
    An Empirical Investigation of Statistical Significance in NLP; Field and Welsh 2007, Bootstrapping clustered data.

    Args:
        gold, first, second: [rows], class indices.
        groups: [rows], what each row belongs to.

    Raises:
        ValueError: the rows differ in number or there are none.
    """
    if not len(gold) or not len(gold) == len(first) == len(second) == len(groups):
        raise ValueError(f"rows: {len(gold)} gold, {len(first)} and {len(second)} answers, {len(groups)} groups")
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    index = np.array([numbers[group] for group in groups])
    n_classes = int(max(gold.max(), first.max(), second.max())) + 1
    counts = [_confusions(gold, answers, index, len(numbers), n_classes) for answers in (first, second)]
    draws = np.random.default_rng(seed).multinomial(len(numbers), [1 / len(numbers)] * len(numbers), N_RESAMPLES)
    weights = draws.astype(np.float64)
    resampled = np.subtract(*(_macro_f1(np.tensordot(weights, table, axes=1)) for table in reversed(counts)))
    whole = [float(_macro_f1(table.sum(axis=0)[None])[0]) for table in counts]
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return Interval(whole[1] - whole[0], float(low), float(high))


def _confusions(
    gold: NDArray[np.int64], answers: NDArray[np.int64], index: NDArray[np.int64], n_groups: int, n_classes: int
) -> NDArray[np.float64]:
    """[groups, classes, classes]: of each group the counts of gold (rows) and answers (columns)."""
    tables = np.zeros((n_groups, n_classes, n_classes))
    np.add.at(tables, (index, gold, answers), 1)
    return tables


def _macro_f1(confusions: NDArray[np.float64]) -> NDArray[np.float64]:
    """[tables] from [tables, classes, classes]; a class absent from both sides is left out of the mean."""
    hits = np.einsum("tcc->tc", confusions)
    seen = confusions.sum(axis=1) + confusions.sum(axis=2)
    scores = np.divide(2 * hits, seen, out=np.full_like(hits, np.nan), where=seen > 0)
    result: NDArray[np.float64] = np.nanmean(scores, axis=1)
    return result
