"""How sure a figure is: documents drawn with replacement, the rows of one document always together.

Rows of one document are no independent witnesses, so that whole documents are drawn. A statistic is computed from sums
over documents (counts of a confusion, losses), so that a resample is a vector of weights, and many are one product of
two matrices. Source: Davison and Hinkley 1997, Bootstrap Methods and their Application, chapter 3.8; Field and Welsh
2007, Bootstrapping clustered data.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stance.evaluation.metrics import Floats, macro_f1_of
from stance.types import STANCES

N_RESAMPLES = 2000
LEVEL = 0.95
SEED = 13
# Weights of documents in memory at once, for 40 MB in all.
_MAX_WEIGHTS = 2_000_000


class Interval(NamedTuple):
    """An estimate with the bounds of its interval; they are NaN where there is one document only."""

    value: float
    low: float
    high: float


def cluster_numbers(groups: Sequence[Hashable]) -> NDArray[np.int64]:
    """[rows]: the number, from 0, of the group that each row belongs to."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    return np.array([numbers[group] for group in groups], dtype=np.int64)


def cluster_sums(
    features: NDArray[np.integer[Any]],
    clusters: NDArray[np.integer[Any]],
    values: NDArray[np.floating[Any]],
    *,
    n_features: int,
    n_clusters: int,
) -> Any:
    """Sparse [features, clusters] (`scipy.sparse.csr_array`): the sums of `values` that fall on each place."""
    from scipy.sparse import coo_array

    places = (features, clusters)
    return coo_array((values.astype(np.float32, copy=False), places), shape=(n_features, n_clusters)).tocsr()


def resampled(
    sums: Any,
    statistic: Callable[[Floats], Floats],
    *,
    seed: int = SEED,
    n_resamples: int = N_RESAMPLES,
) -> NDArray[np.float32]:
    """[..., resamples]: the statistic of every resample of the clusters.

    Args:
        sums: sparse [features, clusters]. statistic: takes the features summed over the clusters of some resamples,
            [features, resamples], and gives [..., resamples].
    """
    n_clusters = sums.shape[1]
    rng = np.random.default_rng(seed)
    parts = []
    for size in chunk_sizes(n_clusters, n_resamples):
        weights = _weights(rng, n_clusters, size)
        parts.append(statistic((sums @ weights).astype(np.float64)).astype(np.float32))
    return np.concatenate(parts, axis=-1)


def chunk_sizes(n_clusters: int, n_resamples: int) -> list[int]:
    """How many resamples to take at a time, so that their weights of all clusters stay small; they add up to all."""
    size = max(1, min(n_resamples, _MAX_WEIGHTS // n_clusters))
    whole, rest = divmod(n_resamples, size)
    return [size] * whole + ([rest] if rest else [])


def _weights(rng: np.random.Generator, n_clusters: int, n_resamples: int) -> NDArray[np.float32]:
    """[clusters, resamples]: how often each cluster was drawn."""
    draws = rng.integers(n_clusters, size=(n_resamples, n_clusters), dtype=np.int32)
    places = draws.astype(np.int64) * n_resamples + np.arange(n_resamples)[:, None]
    counts = np.bincount(places.ravel(), minlength=n_clusters * n_resamples)
    return counts.reshape(n_clusters, n_resamples).astype(np.float32)


def bounds(
    values: NDArray[np.floating[Any]], n_clusters: NDArray[np.int64] | int, *, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """Lower and upper bounds [...] of the expanded percentile interval of resampled values [..., resamples].

    Plain percentiles are too narrow for few clusters, as a normal interval with the uncorrected standard deviation is;
    their levels are moved out by as much as the t interval is wider. Resamples in which a statistic is not defined
    (NaN) are left out. Source: Hesterberg 2015, What Teachers Should Know About the Bootstrap, section 3.4.

    Args:
        n_clusters: [...] or one number; where it is 1, the bounds are NaN: nothing is known of the spread.
    """
    from scipy.stats import norm, t

    n = np.broadcast_to(np.asarray(n_clusters), values.shape[:-1]).astype(np.float64)
    several = np.maximum(n, 2.0)
    tail = norm.cdf(np.sqrt(several / (several - 1)) * t.ppf((1 - level) / 2, several - 1))
    ordered = np.sort(values, axis=-1)
    n_valid = (~np.isnan(values)).sum(axis=-1)
    known = (n > 1) & (n_valid > 1)
    low, high = (_quantile(ordered, n_valid, share) for share in (tail, 1 - tail))
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _quantile(ordered: NDArray[np.floating[Any]], n_valid: NDArray[np.int64], share: Floats) -> Floats:
    """[...]: the quantile of the first `n_valid` of sorted values, between two of them by their distance."""
    place = share * np.maximum(n_valid - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(n_valid - 1, 0))
    low, high = (
        np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0].astype(np.float64) for at in (below, above)
    )
    result: Floats = low + (place - below) * (high - low)
    return result


def level_at_zero(values: NDArray[np.floating[Any]], n_clusters: int) -> Floats:
    """[...]: the two-sided p at which the interval of `bounds` would end at 0; 1 where there is one cluster only.

    Args:
        values: [..., resamples] of differences, none NaN.
    """
    from scipy.stats import norm, t

    if n_clusters < 2:
        return np.ones(values.shape[:-1])
    ordered = np.sort(values.astype(np.float64), axis=-1)
    tail = np.minimum(_share_up_to_zero(ordered), _share_up_to_zero(-ordered[..., ::-1]))
    # No resample lies beyond 0: as if the next one did.
    tail = np.clip(tail, 1 / (values.shape[-1] + 1), 1.0)
    level: Floats = 2 * t.cdf(norm.ppf(tail) / np.sqrt(n_clusters / (n_clusters - 1)), n_clusters - 1)
    return np.minimum(level, 1.0)


def _share_up_to_zero(ordered: Floats) -> Floats:
    """[...]: the largest share whose quantile is at most 0, between two values by distance; 0 if all exceed it."""
    last = ordered.shape[-1] - 1
    n_up_to = (ordered <= 0).sum(axis=-1)
    below, above = np.clip(n_up_to - 1, 0, last), np.clip(n_up_to, 0, last)
    low, high = (np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0] for at in (below, above))
    part = np.divide(-low, high - low, out=np.zeros(low.shape), where=high > low)
    found: Floats = np.where(n_up_to == 0, 0.0, (below + part) / last)
    return found


def deviations(values: NDArray[np.floating[Any]]) -> Floats:
    """[...]: standard deviation of the resamples in which a figure is defined; NaN where there are none."""
    known = np.isfinite(values)
    n, filled = known.sum(axis=-1), np.where(known, values, 0.0).astype(np.float64)
    n_at_least_one = np.maximum(n, 1)
    centre = filled.sum(axis=-1) / n_at_least_one
    spread = (np.where(known, filled - centre[..., None], 0.0) ** 2).sum(axis=-1) / n_at_least_one
    return np.where(n > 0, np.sqrt(spread), np.nan)


def macro_f1_difference(
    gold: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    groups: Sequence[Hashable],
    *,
    level: float = LEVEL,
    seed: int = SEED,
) -> Interval:
    """Macro-F1 of `second` less that of `first`, with the interval of a paired cluster bootstrap.

    Source: Berg-Kirkpatrick, Burkett and Klein 2012, An Empirical Investigation of Statistical Significance in NLP.

    Args:
        gold, first, second: [rows], class indices.
        groups: [rows], what each row belongs to (a sentence, a document).

    Raises:
        ValueError: the rows differ in number or there are none.
    """
    return _interval(gold, (first, second), groups, lambda both: both[1] - both[0], level=level, seed=seed)


def macro_f1_interval(
    gold: NDArray[np.int64],
    answers: NDArray[np.int64],
    groups: Sequence[Hashable],
    *,
    level: float = LEVEL,
    seed: int = SEED,
) -> Interval:
    """Macro-F1 with the interval of a cluster bootstrap; see `macro_f1_difference`.

    Raises:
        ValueError: the rows differ in number or there are none.
    """
    return _interval(gold, (answers,), groups, lambda one: one[0], level=level, seed=seed)


def _interval(
    gold: NDArray[np.int64],
    systems: Sequence[NDArray[np.int64]],
    groups: Sequence[Hashable],
    combine: Callable[[Floats], Floats],
    *,
    level: float,
    seed: int,
) -> Interval:
    if not len(gold) or any(len(gold) != len(other) for other in (*systems, groups)):
        raise ValueError(f"rows: {len(gold)} gold, {[len(s) for s in systems]} answers, {len(groups)} groups")
    clusters = cluster_numbers(groups)
    n_classes, n_clusters = len(STANCES), int(clusters.max()) + 1
    cells = np.concatenate([(number * n_classes + gold) * n_classes + said for number, said in enumerate(systems)])
    sums = cluster_sums(
        cells,
        np.tile(clusters, len(systems)),
        np.ones(len(cells)),
        n_features=len(systems) * n_classes**2,
        n_clusters=n_clusters,
    )

    def statistic(totals: Floats) -> Floats:
        tables = np.moveaxis(totals.reshape(len(systems), n_classes, n_classes, -1), -1, 1)
        return combine(macro_f1_of(tables))

    low, high = bounds(resampled(sums, statistic, seed=seed), n_clusters, level=level)
    value = statistic((sums @ np.ones((n_clusters, 1))).astype(np.float64))
    return Interval(float(value[0]), float(low), float(high))
