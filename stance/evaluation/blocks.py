"""The figures of sets of rows (all, slices), each with its interval, as `report.json` holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stance.evaluation.bootstrap import LEVEL, Interval, bounds, cluster_sums, deviations, resampled
from stance.evaluation.features import (
    N_FEATURES,
    PROBABILITY_METRICS,
    SELECTIVE_METRICS,
    STANCE_METRICS,
    figures_of,
    label_tables,
    parts_of,
    probability_values,
)
from stance.evaluation.metrics import LABEL_METRICS, Floats, macro_f1_of, per_stance
from stance.evaluation.sample import Sample
from stance.types import STANCES, Stance

FEW_ROWS = 30
_DIGITS = 4
_TO_REST = "macro_f1 less that of the rest"
_OPEN = frozenset({"ece", "brier", "nll", _TO_REST})


class Block(NamedTuple):
    """The figures of one set of rows, and its macro-F1 less that of all other rows with its standard error.

    The difference is NaN where there are no other rows.
    """

    figures: dict[str, Any]
    to_rest: Interval
    to_rest_error: float


def blocks(sample: Sample, sets: Sequence[NDArray[np.int64]]) -> list[Block]:
    """Of each set of rows (indices) its figures; the first set is all rows."""
    influenced = _probability_values(sample, sets)
    sums = _sums(sample, sets)
    n_documents = np.array([len(np.unique(sample.clusters[rows])) for rows in sets])
    whole = (sums @ np.ones((sample.n_clusters, 1), dtype=np.float64)).reshape(len(sets), N_FEATURES, 1)
    names = list(_figures(whole, sample, influenced))

    def statistic(totals: Floats) -> Floats:
        found = _figures(totals.reshape(len(sets), N_FEATURES, -1), sample, influenced)
        return np.stack([found[name] for name in names], axis=1)

    drawn = resampled(sums, statistic)
    values = statistic(whole.reshape(-1, 1))[..., 0]
    for name, exact in influenced.items():
        values[:, names.index(name)] = exact
    low, high = bounds(drawn, n_documents[:, None])
    if "ece" in names:
        low, high = _both_ways(low, high, values, at=names.index("ece"))
    errors = deviations(drawn[:, names.index(_TO_REST)])
    tables = label_tables(whole)[:, 0]
    found = []
    for index, rows in enumerate(sets):
        table, n = tables[index], int(n_documents[index])
        trials = _trials(table, answered=_answered_table(sample, rows))
        figures = {
            name: _opened(
                name,
                Interval(*(float(part[index, place]) for part in (values, low, high))),
                n_trials=min(n, trials.get(name, len(rows))),
            )
            for place, name in enumerate(names)
        }
        block = _block(figures, table, n_documents=n) | {"selective": _selective(figures, sample, rows)}
        found.append(Block(block, figures[_TO_REST], float(errors[index])))
    return found


def _sums(sample: Sample, sets: Sequence[NDArray[np.int64]]) -> Any:
    parts = [parts_of(sample, rows) for rows in sets]
    return cluster_sums(
        np.concatenate([part.features + index * N_FEATURES for index, part in enumerate(parts)]),
        np.concatenate([part.clusters for part in parts]),
        np.concatenate([part.values for part in parts]),
        n_features=len(sets) * N_FEATURES,
        n_clusters=sample.n_clusters,
    )


def _probability_values(sample: Sample, sets: Sequence[NDArray[np.int64]]) -> dict[str, Floats]:
    found = [probability_values(sample, rows) for rows in sets]
    return {name: np.array([values[name] for values in found]) for name in found[0]}


def _figures(sums: Floats, sample: Sample, influenced: dict[str, Floats]) -> dict[str, Floats]:
    found = figures_of(sums, selective=sample.abstained is not None, influenced=influenced)
    tables = label_tables(sums)
    found[_TO_REST] = found["macro_f1"] - macro_f1_of(tables[:1] - tables)
    return found


def _both_ways(low: Floats, high: Floats, values: Floats, *, at: int) -> tuple[Floats, Floats]:
    """The bounds; those of the calibration error span both its percentiles and these turned round its value.

    Gaps count without their sign, so that chance adds to the error of a sample, and again to that of its resamples:
    percentiles alone lie too high, turned ones (the basic interval: Davison and Hinkley 1997, section 5.2) too low.
    scripts/simulate_intervals.py shows what both together cover.
    """
    low, high, value = low.copy(), high.copy(), values[:, at]
    turned = 2 * value - high[:, at], 2 * value - low[:, at]
    low[:, at], high[:, at] = np.maximum(np.minimum(low[:, at], turned[0]), 0.0), np.maximum(high[:, at], turned[1])
    return low, high


def _trials(table: Floats, *, answered: Floats | None) -> dict[str, int]:
    """How many rows a figure rests on, where that is not all of them."""
    found = {"side_error": _n_sides(table)}
    for index, stance in enumerate(STANCES):
        found[f"precision {stance.value}"] = int(table[:, index].sum())
        found[f"recall {stance.value}"] = found[f"f1 {stance.value}"] = int(table[index].sum())
    if answered is not None:
        found |= {f"selective {name}": int(answered.sum()) for name in SELECTIVE_METRICS}
        found["selective side_error"] = _n_sides(answered)
    return found


def _answered_table(sample: Sample, rows: NDArray[np.int64]) -> Floats | None:
    if sample.abstained is None:
        return None
    answered = rows[~sample.abstained[rows]]
    table = np.zeros((len(STANCES), len(STANCES)))
    np.add.at(table, (sample.gold[answered], sample.predicted[answered]), 1)
    return table


def _n_sides(table: Floats) -> int:
    return int(table.sum() - table[:, STANCES.index(Stance.NEUTRAL)].sum())


def _opened(name: str, figure: Interval, *, n_trials: int) -> Interval:
    """A figure that is 0 or 1 in every resample, with the bound of so many trials without a failure (or a success).

    Where no row is wrong the bootstrap has nothing to vary, and no width would claim certainty. Source: Clopper and
    Pearson 1934.
    """
    if name in _OPEN or n_trials < 2 or not figure.low == figure.value == figure.high:
        return figure
    bound = ((1 - LEVEL) / 2) ** (1 / n_trials)
    if figure.value == 1:
        return figure._replace(low=bound)
    return figure._replace(high=1 - bound) if figure.value == 0 and name != "mcc" else figure


def _block(figures: dict[str, Interval], table: Floats, *, n_documents: int) -> dict[str, Any]:
    metrics = {name: _shown(figures[name]) for name in (*LABEL_METRICS, *PROBABILITY_METRICS) if name in figures}
    of_stances: dict[str, dict[str, Any]] = {}
    for stance, scores in per_stance(table).items():
        intervals = {name: _bounds(figures[f"{name} {stance.value}"]) for name in STANCE_METRICS}
        rounded: dict[str, Any] = {name: round(value, _DIGITS) for name, value in scores.items()}
        of_stances[stance.value] = rounded | {"intervals": intervals}
    n_rows = int(table.sum())
    return {
        "rows": n_rows,
        "documents": n_documents,
        "small": n_rows < FEW_ROWS,
        "metrics": {name: shown for name, shown in metrics.items() if shown is not None},
        "selective": None,
        "per_stance": of_stances,
        "confusion": {"labels": [stance.value for stance in STANCES], "counts": table.astype(int).tolist()},
    }


def _selective(figures: dict[str, Interval], sample: Sample, rows: NDArray[np.int64]) -> dict[str, Any] | None:
    """The figures of the rows that were answered, None where nothing is said of abstaining."""
    if sample.abstained is None:
        return None
    answered = _answered_table(sample, rows)
    assert answered is not None
    metrics = {name: _shown(figures[f"selective {name}"]) for name in SELECTIVE_METRICS}
    return {
        "coverage": round(figures["coverage"].value, _DIGITS),
        "coverage_interval": _bounds(figures["coverage"]),
        "abstained": len(rows) - int(answered.sum()),
        "sides": _n_sides(answered),
        "metrics": {name: shown for name, shown in metrics.items() if shown is not None},
    }


def _shown(figure: Interval) -> dict[str, float | None] | None:
    """A figure as the report holds it; None where it is not defined."""
    if np.isnan(figure.value):
        return None
    low, high = _bounds(figure)
    return {"value": round(figure.value, _DIGITS), "low": low, "high": high}


def _bounds(figure: Interval) -> list[float | None]:
    return [None if np.isnan(bound) else round(bound, _DIGITS) for bound in (figure.low, figure.high)]
