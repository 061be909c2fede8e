"""How far probabilities can be trusted: calibration, proper scores, and which errors a threshold keeps out.

Confidence is the probability of the most probable class; an error is a row whose most probable class is not gold.
The scores that depend on the order of the rows come with their influence functions, by which a resample's score is
its rows' mean: the bootstrap then needs no sorting. Source: Hampel 1974, The Influence Curve and its Role in Robust
Estimation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
N_BINS = 15
_ROWS_PER_BIN = 30
_LEAST = 1e-15
# Rows around a cut, as a share of all, from which the error rate at the cut itself is taken.
_AROUND = 0.1


def brier_scores(gold: NDArray[np.int64], probabilities: Floats) -> Floats:
    """[rows]: squared distance between the probabilities and the gold class, in [0, 2]. Source: Brier 1950.

    Args:
        gold: [rows], class indices. probabilities: [rows, classes].
    """
    scores: Floats = ((probabilities - np.eye(probabilities.shape[1])[gold]) ** 2).sum(axis=1)
    return scores


def log_losses(gold: NDArray[np.int64], probabilities: Floats) -> Floats:
    """[rows]: negative natural logarithm of the gold class's probability, which counts as 1e-15 at least.

    Source: Good 1952, Rational Decisions.
    """
    losses: Floats = -np.log(np.maximum(probabilities[np.arange(len(gold)), gold], _LEAST))
    return losses


def confidence_gaps(gold: NDArray[np.int64], probabilities: Floats) -> Floats:
    """[rows]: confidence less 1 for a hit and 0 for an error, in [-1, 1]."""
    gaps: Floats = probabilities.max(axis=1) - (probabilities.argmax(axis=1) == gold)
    return gaps


def equal_mass_bins(probabilities: Floats, *, n_bins: int | None = None) -> NDArray[np.int64]:
    """[rows]: the bin of each row, by confidence; bins differ by one row at most.

    Args:
        n_bins: without it 15, of fewer than 450 rows as many as hold 30 rows each, and always one.
    """
    n_rows = len(probabilities)
    if n_bins is None:
        n_bins = min(N_BINS, max(1, n_rows // _ROWS_PER_BIN))
    bins = np.empty(n_rows, dtype=np.int64)
    bins[_surest_first(probabilities)[::-1]] = np.arange(n_rows) * n_bins // max(1, n_rows)
    return bins


def calibration_error(gold: NDArray[np.int64], probabilities: Floats, *, n_bins: int | None = None) -> float:
    """Expected calibration error over equal-mass bins: mean gap of confidence and hit rate, weighted by rows.

    The fewer rows a bin has, the more chance adds to its gap: of few rows it is too high. Source: Nguyen and O'Connor
    2015, Posterior calibration and exploratory analysis (adaptive binning); Guo et al. 2017, equation 3, with bins of
    equal width.
    """
    bins = equal_mass_bins(probabilities, n_bins=n_bins)
    return float(np.abs(np.bincount(bins, weights=confidence_gaps(gold, probabilities))).sum() / len(gold))


def calibration_error_by_chance(probabilities: Floats, *, n_bins: int | None = None) -> float:
    """The `calibration_error` to be expected on these rows of a model whose confidence is the hit rate.

    A bin's hits then scatter with the variance of as many throws of coins, about normally, so that the mean of their
    gap's size is that of a half-normal. Source: Broecker and Smith 2007, Increasing the Reliability of Reliability
    Diagrams (consistency bars).
    """
    sure = probabilities.max(axis=1)
    variances = np.bincount(equal_mass_bins(probabilities, n_bins=n_bins), weights=sure * (1.0 - sure))
    return float(np.sqrt(2.0 / np.pi * variances).sum() / len(probabilities))


def error_at_coverage(gold: NDArray[np.int64], probabilities: Floats, *, coverage: float) -> float:
    """Share of wrong answers among the most confident rows, the rest being left unanswered.

    Source: El-Yaniv and Wiener 2010, On the Foundations of Noise-free Selective Classification (selective risk).

    Args:
        coverage: share of the rows that is answered, in (0, 1]; rounded up to whole rows.
    """
    errors = _errors(gold, probabilities)[_surest_first(probabilities)]
    return float(errors[: _answered(len(errors), coverage)].mean())


def area_under_risk_coverage(gold: NDArray[np.int64], probabilities: Floats) -> float:
    """Mean of `error_at_coverage` over every number of answered rows; lower is better.

    Source: Geifman, Uziel and El-Yaniv 2019, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers.
    """
    return float(_risks(_errors(gold, probabilities)[_surest_first(probabilities)]).mean())


def error_at_coverage_influence(gold: NDArray[np.int64], probabilities: Floats, *, coverage: float) -> Floats:
    """[rows], of mean 0: what a row's weight changes of `error_at_coverage`.

    The cut moves with the weights, by which rows near it come in or leave; they err as the tenth of the rows around
    the cut does.
    """
    order = _surest_first(probabilities)
    errors = _errors(gold, probabilities)[order]
    n_rows, n_answered = len(errors), _answered(len(errors), coverage)
    half = max(1, round(_AROUND * n_rows / 2))
    at_cut = errors[max(0, n_answered - half) : n_answered + half].mean() if n_answered < n_rows else 0.0
    answered = np.arange(n_rows) < n_answered
    influence = np.empty(n_rows)
    influence[order] = np.where(answered, errors - at_cut, 0.0) * (n_rows / n_answered)
    influence -= influence.mean()
    return influence


def area_under_risk_coverage_influence(gold: NDArray[np.int64], probabilities: Floats) -> Floats:
    """[rows], of mean 0: what a row's weight changes of `area_under_risk_coverage`.

    With R_j the error of the j surest rows: R_i for its own place, and (error_i - R_j) / j for each place j from its
    own on, where it is among the answered.
    """
    order = _surest_first(probabilities)
    errors = _errors(gold, probabilities)[order]
    risks, places = _risks(errors), np.arange(1, len(errors) + 1)
    from_here = np.cumsum((1 / places)[::-1])[::-1]
    risk_from_here = np.cumsum((risks / places)[::-1])[::-1]
    influence = np.empty(len(errors))
    influence[order] = risks + errors * from_here - risk_from_here
    influence -= influence.mean()
    return influence


def _errors(gold: NDArray[np.int64], probabilities: Floats) -> Floats:
    errors: Floats = (probabilities.argmax(axis=1) != gold).astype(np.float64)
    return errors


def _risks(errors: Floats) -> Floats:
    """[rows]: the error of the 1, 2, ... first rows."""
    risks: Floats = np.cumsum(errors) / np.arange(1, len(errors) + 1)
    return risks


def _surest_first(probabilities: Floats) -> NDArray[np.int64]:
    """The order of falling confidence; equal ones stay in order."""
    return np.argsort(-probabilities.max(axis=1), kind="stable")


def _answered(n_rows: int, coverage: float) -> int:
    return max(1, int(np.ceil(coverage * n_rows - 1e-9)))
