"""Two curves of all rows with probabilities: how often each confidence is right, and the error at each coverage."""

from __future__ import annotations

from typing import Any

import numpy as np

from stance.evaluation.bootstrap import bounds, cluster_sums, resampled
from stance.evaluation.confidence import (
    N_BINS,
    confidence_gaps,
    equal_mass_bins,
    error_at_coverage,
    error_at_coverage_influence,
)
from stance.evaluation.metrics import Floats
from stance.evaluation.sample import Sample

COVERAGES = tuple(number / 20 for number in range(1, 21))
_DIGITS = 4


def curves(sample: Sample) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """`reliability` (mean confidence, accuracy and rows of bins of equal mass) and `risk_coverage`; both with bounds.

    Empty without probabilities.
    """
    if sample.probabilities is None:
        return [], []
    gold, given = sample.gold, sample.probabilities
    n_rows, bins = len(gold), equal_mass_bins(given)
    n_bins = int(bins.max()) + 1
    hits = (given.argmax(axis=1) == gold).astype(np.float64)
    errors = np.array([error_at_coverage(gold, given, coverage=share) for share in COVERAGES])
    influences = [error_at_coverage_influence(gold, given, coverage=share) for share in COVERAGES]
    n_features = 2 * N_BINS + len(COVERAGES) + 1
    sums = cluster_sums(
        np.concatenate([bins, N_BINS + bins, *(np.full(n_rows, 2 * N_BINS + n) for n in range(len(COVERAGES) + 1))]),
        np.tile(sample.clusters, len(COVERAGES) + 3),
        np.concatenate([np.ones(n_rows), hits, *influences, np.ones(n_rows)]),
        n_features=n_features,
        n_clusters=sample.n_clusters,
    )

    def statistic(totals: Floats) -> Floats:
        in_bin, right = totals[:n_bins], totals[N_BINS : N_BINS + n_bins]
        accuracy = np.divide(right, in_bin, out=np.full(in_bin.shape, np.nan), where=in_bin > 0)
        moved = errors[:, None] + totals[2 * N_BINS : -1] / totals[-1]
        return np.concatenate([accuracy, np.clip(moved, 0.0, 1.0)])

    n_in_bin = np.bincount(bins)
    n_documents = [len(np.unique(sample.clusters[bins == number])) for number in range(n_bins)]
    low, high = bounds(
        resampled(sums, statistic), np.array([*n_documents, *[sample.n_clusters] * len(COVERAGES)], dtype=np.int64)
    )
    confidence = np.bincount(bins, weights=given.max(axis=1)) / n_in_bin
    accuracy = confidence - np.bincount(bins, weights=confidence_gaps(gold, given)) / n_in_bin
    reliability = [
        {"confidence": _shown(c), "accuracy": _shown(a), "low": _shown(low[n]), "high": _shown(high[n]), "rows": int(r)}
        for n, (c, a, r) in enumerate(zip(confidence, accuracy, n_in_bin, strict=True))
    ]
    risk_coverage = [
        {"coverage": share, "error": _shown(error), "low": _shown(low[n_bins + n]), "high": _shown(high[n_bins + n])}
        for n, (share, error) in enumerate(zip(COVERAGES, errors, strict=True))
    ]
    return reliability, risk_coverage


def _shown(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), _DIGITS)
