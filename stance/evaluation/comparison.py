"""Whether one system is better than another on the same rows: both are resampled, and shuffled, by whole documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stance.errors import DataError
from stance.evaluation.answers import Answers
from stance.evaluation.bootstrap import (
    LEVEL,
    N_RESAMPLES,
    SEED,
    Interval,
    bounds,
    chunk_sizes,
    cluster_sums,
    deviations,
    level_at_zero,
    resampled,
)
from stance.evaluation.confidence import brier_scores, log_losses
from stance.evaluation.metrics import (
    LABEL_METRICS,
    LOWER_IS_BETTER,
    Floats,
    accuracy_of,
    favor_against_f1_of,
    macro_f1_of,
)
from stance.evaluation.worst import holm
from stance.types import STANCES

NO_DIFFERENCE = "no difference"
POWER = 0.8
_COUNTED = {"macro_f1": macro_f1_of, "accuracy": accuracy_of, "favor_against_f1": favor_against_f1_of}
_LOSSES = ("brier", "nll")
_N = len(STANCES)
_DIGITS = 4
# Of a sign test: five of five on one side have p = 0.063, six of six 0.031.
_FEWEST_FLIPS = 6


def compare_all(answers: Sequence[Answers]) -> list[dict[str, Any]]:
    """Each of the further systems compared with the first one; `p_holm` is corrected for their number.

    Raises:
        DataError: two of them were not judged on the same rows.
    """
    found = [compare(answers[0], other) for other in answers[1:]]
    for name in found[0]["metrics"]:
        with_metric = [one["metrics"][name] for one in found if name in one["metrics"]]
        corrected = holm(np.array([metric["p"] for metric in with_metric]))
        for metric, p in zip(with_metric, corrected, strict=True):
            metric["p_holm"] = _significant(float(p))
    return found


def compare(first: Answers, second: Answers) -> dict[str, Any]:
    """The differences (second less first) with intervals, and the rows whose answer changed.

    `p` is the level at which the interval would end at 0; the verdict is the interval's. `detectable` is the smallest
    difference that such rows would show with 80 % power.

    Raises:
        DataError: they were not judged on the same rows.
    """
    _require_same_rows(first, second)
    kinds = _kinds(first, second)
    return {
        "first": {"name": first.name, "model_id": first.model_id},
        "second": {"name": second.name, "model_id": second.model_id},
        "rows": len(first.ids),
        "documents": first.sample.n_clusters,
        "metrics": _differences(first, second),
        "flips": {
            **{kind: int((kinds == kind).sum()) for kind in ("fixed", "broken", "other")},
            "mcnemar_p": mcnemar(int((kinds == "fixed").sum()), int((kinds == "broken").sum())),
            "randomisation_p": _randomisation(first, second),
        },
        "rows_that_flip": [_flip(first, second, int(row), str(kinds[row])) for row in np.flatnonzero(kinds != "")],
    }


def paired_difference(first: Answers, second: Answers, *, metric: str = "macro_f1") -> Interval:
    """A metric of `second` less that of `first` with its interval; of one document the bounds are NaN.

    Raises:
        DataError: they were not judged on the same rows.
        ValueError: no such metric, or one of probabilities where these are not given.
    """
    _require_same_rows(first, second)
    values, drawn, names = _resampled_differences(first, second)
    if metric not in names:
        raise ValueError(f"metric {metric!r}; there are {', '.join(names)}")
    place = names.index(metric)
    low, high = bounds(drawn[place], first.sample.n_clusters)
    return Interval(float(values[place]), float(low), float(high))


def mcnemar(n_fixed: int, n_broken: int) -> float:
    """Two-sided p of the exact test that as many rows are fixed as broken; takes rows as independent.

    Source: McNemar 1947; exact as in Edwards 1948 by the binomial distribution.
    """
    from scipy.stats import binomtest

    if n_fixed + n_broken == 0:
        return 1.0
    return _significant(float(binomtest(n_fixed, n_fixed + n_broken).pvalue))


def _require_same_rows(first: Answers, second: Answers) -> None:
    if first.rows_sha256 != second.rows_sha256 or first.ids != second.ids:
        shared = len(set(first.ids) & set(second.ids))
        raise DataError(
            f"{second.name}: {len(second.ids)} rows were judged, in {first.name} {len(first.ids)}; {shared} have the "
            "same id. Texts, documents, actors, targets and gold stances must be the same in both; evaluate both on "
            "one file."
        )


def _kinds(first: Answers, second: Answers) -> NDArray[np.str_]:
    """[rows]: fixed, broken, other (wrong in two ways) or nothing for an answer that stays."""
    before, after = first.sample.predicted, second.sample.predicted
    right_before, right_after = before == first.sample.gold, after == first.sample.gold
    changed = np.where(right_after, "fixed", np.where(right_before, "broken", "other"))
    return np.where(before == after, "", changed)


def _differences(first: Answers, second: Answers) -> dict[str, dict[str, Any]]:
    values, drawn, names = _resampled_differences(first, second)
    n_documents = first.sample.n_clusters
    low, high = bounds(drawn, n_documents)
    p, errors = level_at_zero(drawn, n_documents), deviations(drawn)
    scores = [_scores(one, names) for one in (first, second)]
    return {
        name: {
            "first": round(scores[0][name], _DIGITS),
            "second": round(scores[1][name], _DIGITS),
            "difference": round(float(values[place]), _DIGITS),
            "low": _rounded(low[place]),
            "high": _rounded(high[place]),
            "p": _significant(float(p[place])),
            "verdict": _verdict(name, low[place], high[place]),
            "detectable": _rounded(_detectable(name, float(errors[place]), n_documents)),
        }
        for place, name in enumerate(names)
    }


def _verdict(name: str, low: float, high: float) -> str:
    if not (low > 0 or high < 0):
        return NO_DIFFERENCE
    return "better" if (low > 0) != (name in LOWER_IS_BETTER) else "worse"


def _detectable(name: str, error: float, n_documents: int) -> float:
    """The difference found with 80 % power: (t + z) standard errors, and no fewer documents than a sign test needs.

    Source: Card et al. 2020, With Little Power Comes Great Responsibility; Bloom 1995 (minimum detectable effects).
    """
    from scipy.stats import norm, t

    if n_documents < 2 or (error == 0 and name not in _COUNTED):
        return float("nan")
    found = float((t.ppf((1 + LEVEL) / 2, n_documents - 1) + norm.ppf(POWER)) * error)
    return max(found, _FEWEST_FLIPS / n_documents) if name in _COUNTED else found


def _resampled_differences(first: Answers, second: Answers) -> tuple[Floats, NDArray[np.float32], list[str]]:
    """The differences [metrics], those of every resample [metrics, resamples], and the metrics' names."""
    losses = [_losses(one) for one in (first, second)] if _with_losses(first, second) else []
    sums = _paired_sums(first, second, losses)
    names = [*_COUNTED, *(_LOSSES if losses else ())]

    def statistic(totals: Floats) -> Floats:
        before, after = (_table(totals, system) for system in (0, 1))
        found = [metric(after) - metric(before) for metric in _COUNTED.values()]
        n_rows = before.sum(axis=(-1, -2))
        return np.stack([*found, *(totals[2 * _N**2 + n] / n_rows for n in range(len(names) - len(_COUNTED)))])

    whole = statistic((sums @ np.ones((first.sample.n_clusters, 1))).astype(np.float64))[:, 0]
    return whole, resampled(sums, statistic), names


def _paired_sums(first: Answers, second: Answers, losses: Sequence[Floats]) -> Any:
    """Sparse [features, documents]: the confusions of both systems, then what the losses of the second are more."""
    gold, clusters = first.sample.gold, first.sample.clusters
    cells = [system * _N**2 + gold * _N + one.sample.predicted for system, one in enumerate((first, second))]
    more = (losses[1] - losses[0]).T if losses else np.empty((0, len(gold)))
    return cluster_sums(
        np.concatenate([*cells, *(np.full(len(gold), 2 * _N**2 + n) for n in range(len(more)))]),
        np.tile(clusters, 2 + len(more)),
        np.concatenate([np.ones(2 * len(gold)), *more]),
        n_features=2 * _N**2 + len(more),
        n_clusters=first.sample.n_clusters,
    )


def _table(totals: Floats, system: int) -> Floats:
    cells = totals[system * _N**2 : (system + 1) * _N**2]
    return np.moveaxis(cells, 0, -1).reshape(-1, _N, _N)


def _with_losses(first: Answers, second: Answers) -> bool:
    return first.sample.probabilities is not None and second.sample.probabilities is not None


def _losses(answers: Answers) -> Floats:
    """[rows, 2]: Brier score and log loss."""
    gold, given = answers.sample.gold, answers.sample.probabilities
    assert given is not None
    return np.stack([brier_scores(gold, given), log_losses(gold, given)], axis=1)


def _scores(answers: Answers, names: Sequence[str]) -> dict[str, float]:
    counts = np.zeros((_N, _N))
    np.add.at(counts, (answers.sample.gold, answers.sample.predicted), 1)
    found = {name: float(LABEL_METRICS[name](counts)) for name in _COUNTED}
    if "nll" in names:
        found |= dict(zip(_LOSSES, map(float, _losses(answers).mean(axis=0)), strict=True))
    return found


def _randomisation(first: Answers, second: Answers) -> float:
    """Two-sided p that the macro-F1 differ as they do if the systems' answers to whole documents were exchanged.

    Source: Noreen 1989, Computer-Intensive Methods for Testing Hypotheses (approximate randomisation); Yeh 2000.
    """
    sums = _paired_sums(first, second, [])
    apart = sums[_N**2 :] - sums[: _N**2]
    before, after = (np.asarray(part.sum(axis=1), dtype=np.float64) for part in (sums[: _N**2], sums[_N**2 :]))
    observed = abs(float((_macro_f1(after[:, None]) - _macro_f1(before[:, None]))[0]))
    rng = np.random.default_rng(SEED)
    as_far = 0
    for size in chunk_sizes(first.sample.n_clusters, N_RESAMPLES):
        exchanged = rng.integers(0, 2, size=(first.sample.n_clusters, size), dtype=np.int8)
        moved = np.asarray(apart @ exchanged.astype(np.float32), dtype=np.float64)
        found = _macro_f1(before[:, None] + moved) - _macro_f1(after[:, None] - moved)
        as_far += int((np.abs(found) >= observed - 1e-9).sum())
    return _significant((as_far + 1) / (N_RESAMPLES + 1))


def _macro_f1(cells: Floats) -> Floats:
    """[columns] from cells [9, columns]."""
    return macro_f1_of(cells.T.reshape(-1, _N, _N))


def _flip(first: Answers, second: Answers, row: int, kind: str) -> dict[str, Any]:
    record = first.record(row)
    after = STANCES[second.sample.predicted[row]].value
    return {**record, "before": STANCES[first.sample.predicted[row]].value, "after": after, "kind": kind}


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), _DIGITS)


def _significant(p: float) -> float:
    """Three significant digits."""
    return float(f"{p:.3g}")
