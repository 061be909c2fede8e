"""What a row adds to the sums that figures are made of, and the figures that the sums make.

Every figure of a set of rows is a function of 37 sums over its rows: the confusion of all rows and of those answered,
two losses, two influences (see `confidence`), and the gaps in 15 bins of confidence. A resample of documents weighs
the sums; so all figures of all slices of all resamples come from one sparse product.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stance.evaluation.confidence import (
    N_BINS,
    area_under_risk_coverage,
    area_under_risk_coverage_influence,
    brier_scores,
    calibration_error,
    confidence_gaps,
    equal_mass_bins,
    error_at_coverage,
    error_at_coverage_influence,
    log_losses,
)
from stance.evaluation.metrics import LABEL_METRICS, Floats, f1_of, precision_of, recall_of
from stance.evaluation.sample import Sample
from stance.types import STANCES

COVERAGE = 0.8
SELECTIVE_METRICS = ("macro_f1", "accuracy", "side_error")
PROBABILITY_METRICS = ("ece", "brier", "nll", "aurc", "error_at_80")
STANCE_METRICS = ("precision", "recall", "f1")
_N = len(STANCES)
_CELLS = _N**2
_ANSWERED, _BRIER, _NLL, _AURC, _AT_80, _GAPS = (_CELLS, *(2 * _CELLS + n for n in range(5)))
N_FEATURES = _GAPS + N_BINS


class Parts(NamedTuple):
    """What rows add: `values` [parts] to the feature and the cluster at the same place; small, for there are many."""

    features: NDArray[np.int32]
    clusters: NDArray[np.int32]
    values: NDArray[np.float32]


def parts_of(sample: Sample, rows: NDArray[np.int64]) -> Parts:
    """What the rows (indices) add to the sums of their set."""
    gold, clusters = sample.gold[rows], sample.clusters[rows]
    cells = gold * _N + sample.predicted[rows]
    features, places, values = [cells], [clusters], [np.ones(len(rows))]
    if sample.abstained is not None:
        answered = ~sample.abstained[rows]
        features.append(_ANSWERED + cells[answered])
        places.append(clusters[answered])
        values.append(np.ones(int(answered.sum())))
    if sample.probabilities is not None:
        given = sample.probabilities[rows]
        added = (
            (_BRIER, brier_scores(gold, given)),
            (_NLL, log_losses(gold, given)),
            (_AURC, area_under_risk_coverage_influence(gold, given)),
            (_AT_80, error_at_coverage_influence(gold, given, coverage=COVERAGE)),
            (_GAPS + equal_mass_bins(given), confidence_gaps(gold, given)),
        )
        for feature, value in added:
            features.append(np.broadcast_to(feature, value.shape))
            places.append(clusters)
            values.append(value)
    return Parts(
        np.concatenate(features, dtype=np.int32),
        np.concatenate(places, dtype=np.int32),
        np.concatenate(values, dtype=np.float32),
    )


def probability_values(sample: Sample, rows: NDArray[np.int64]) -> dict[str, float]:
    """The figures of PROBABILITY_METRICS over the rows (indices); empty without probabilities."""
    if sample.probabilities is None:
        return {}
    gold, given = sample.gold[rows], sample.probabilities[rows]
    return {
        "ece": calibration_error(gold, given),
        "brier": float(brier_scores(gold, given).mean()),
        "nll": float(log_losses(gold, given).mean()),
        "aurc": area_under_risk_coverage(gold, given),
        "error_at_80": error_at_coverage(gold, given, coverage=COVERAGE),
    }


def label_tables(sums: Floats) -> Floats:
    """[sets, resamples, 3, 3] from sums [sets, 37, resamples]: the confusions of all rows."""
    return _tables(sums, 0)


def figures_of(sums: Floats, *, selective: bool, influenced: dict[str, Floats]) -> dict[str, Floats]:
    """Every figure by name, [sets, resamples], from sums [sets, 37, resamples].

    Names are those of LABEL_METRICS and PROBABILITY_METRICS, `precision favor` and so on, and with `selective` also
    `coverage` and `selective macro_f1` and so on.

    Args:
        influenced: by name (`aurc`, `error_at_80`), the figure of each set [sets] that its influences move; empty
            without probabilities.
    """
    tables = label_tables(sums)
    n_rows = tables.sum(axis=(-1, -2))
    found = {name: metric(tables) for name, metric in LABEL_METRICS.items()}
    # A resample that lacks a stance says nothing of it, so that it counts as undefined and not as 0.
    of_stances = precision_of(tables, empty=np.nan), recall_of(tables, empty=np.nan), f1_of(tables)
    for name, values in zip(STANCE_METRICS, of_stances, strict=True):
        found |= {f"{name} {stance.value}": values[..., index] for index, stance in enumerate(STANCES)}
    if selective:
        answered = _tables(sums, _ANSWERED)
        found["coverage"] = _mean(answered.sum(axis=(-1, -2)), n_rows)
        found |= {f"selective {name}": LABEL_METRICS[name](answered) for name in SELECTIVE_METRICS}
    if influenced:
        found["ece"] = _mean(np.abs(sums[:, _GAPS:]).sum(axis=1), n_rows)
        found["brier"] = _mean(sums[:, _BRIER], n_rows)
        found["nll"] = _mean(sums[:, _NLL], n_rows)
        for name, feature in (("aurc", _AURC), ("error_at_80", _AT_80)):
            moved = influenced[name][:, None] + _mean(sums[:, feature], n_rows)
            found[name] = np.clip(moved, 0.0, 1.0)
    return found


def _tables(sums: Floats, first: int) -> Floats:
    cells = sums[:, first : first + _CELLS]
    return np.moveaxis(cells, 1, -1).reshape(cells.shape[0], cells.shape[2], _N, _N)


def _mean(total: Floats, n_rows: Floats) -> Floats:
    result: Floats = np.divide(total, n_rows, out=np.full(total.shape, np.nan), where=n_rows > 0)
    return result
