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
    before, after = _scores(gold, [first, second], groups, seed=seed)
    return _interval(after - before, level)


def macro_f1_interval(
    gold: NDArray[np.int64],
    answers: NDArray[np.int64],
    groups: Sequence[Hashable],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Macro-F1 with the percentile interval of a cluster bootstrap; see `macro_f1_difference`.

    Raises:
        ValueError: the rows differ in number or there are none.
    """
    (scores,) = _scores(gold, [answers], groups, seed=seed)
    return _interval(scores, level)


def _interval(scores: NDArray[np.float64], level: float) -> Interval:
    low, high = np.quantile(scores[1:], [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(scores[0]), float(low), float(high))


def _scores(
    gold: NDArray[np.int64], systems: Sequence[NDArray[np.int64]], groups: Sequence[Hashable], *, seed: int
) -> list[NDArray[np.float64]]:
    """Of each system the macro-F1 of all rows, then of every resample (the same for all): [1 + N_RESAMPLES]."""
    if not len(gold) or any(len(gold) != len(other) for other in (*systems, groups)):
        raise ValueError(f"rows: {len(gold)} gold, {[len(s) for s in systems]} answers, {len(groups)} groups")
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    index = np.array([numbers[group] for group in groups])
    n_classes = int(max(gold.max(), *(answers.max() for answers in systems))) + 1
    draws = np.random.default_rng(seed).multinomial(len(numbers), [1 / len(numbers)] * len(numbers), N_RESAMPLES)
    weights = np.concatenate([np.ones((1, len(numbers))), draws])
    tables = (_confusions(gold, answers, index, len(numbers), n_classes) for answers in systems)
    return [_macro_f1(np.tensordot(weights, table, axes=1)) for table in tables]


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
