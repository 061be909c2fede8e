"""What held-out rows tell about a model's probabilities: temperatures, and thresholds for stated error rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from stance.evaluation.confidence import log_losses
from stance.types import STANCES, Stance

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.2, 10.0
MAX_SMOOTHING = 0.6
MIN_GROUP_ROWS = 100
MIN_SMOOTHING_ROWS = 500  # fewer cannot tell it from a temperature
_KEPT = 0.1  # of a probability that lies below what smoothing gives to every class, so that order stays
_SERBO_CROATIAN = ("sr", "hr", "bs", "sh", "cnr")


def language_group(lang: str | None) -> str | None:
    """The group that shares a temperature: Serbian, Croatian and Bosnian in either script are one."""
    base = (lang or "").partition("-")[0].lower()
    return "sr-hr-bs" if base in _SERBO_CROATIAN else base or None


def fit_group_temperatures(
    logits: NDArray[np.float64], gold: NDArray[np.int64], langs: Sequence[str | None], *, smoothing: float = 0.0
) -> dict[str, float]:
    """A temperature for each language group of at least MIN_GROUP_ROWS rows; the others go by that of all rows.

    Args:
        logits: [rows, classes]. gold: [rows], class indices. langs: [rows], BCP 47 tags. smoothing: that of all rows.
    """
    groups = [language_group(lang) for lang in langs]
    found = {}
    for group in sorted({group for group in groups if group}):
        rows = np.array([other == group for other in groups])
        if rows.sum() >= MIN_GROUP_ROWS:
            found[group] = fit_temperature(logits[rows], gold[rows], smoothing=smoothing)
    return found


def fit_smoothing(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """The smoothing that, with the temperature that then fits best, minimises the negative log-likelihood.

    0.0 for fewer than MIN_SMOOTHING_ROWS rows.

    Args:
        logits: [rows, classes], from rows that training never saw. gold: [rows], class indices.
    """
    from scipy.optimize import minimize_scalar

    if len(logits) < MIN_SMOOTHING_ROWS:
        return 0.0

    def loss(smoothing: float) -> float:
        temperature = fit_temperature(logits, gold, smoothing=smoothing)
        given = calibrated_probabilities(logits, temperature=temperature, smoothing=smoothing)
        return float(log_losses(gold, given).mean())

    return float(minimize_scalar(loss, bounds=(0.0, MAX_SMOOTHING), method="bounded").x)


def fit_temperature(logits: NDArray[np.float64], gold: NDArray[np.int64], *, smoothing: float = 0.0) -> float:
    """The temperature T that minimises the negative log-likelihood of softmax(logits / T), the smoothing undone.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks.

    Args:
        logits: [rows, classes], from rows that training never saw.
        gold: [rows], class indices.

    Raises:
        ValueError: there are no rows.
    """
    from scipy.optimize import minimize_scalar

    if len(logits) == 0:
        raise ValueError("a temperature cannot be fitted on no rows")

    def loss(log_temperature: float) -> float:
        given = calibrated_probabilities(logits, temperature=float(np.exp(log_temperature)), smoothing=smoothing)
        return float(log_losses(gold, given).mean())

    bounds = (float(np.log(MIN_TEMPERATURE)), float(np.log(MAX_TEMPERATURE)))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def calibrated_probabilities(
    logits: NDArray[np.float64], *, temperature: float | NDArray[np.float64], smoothing: float = 0.0
) -> NDArray[np.float64]:
    """softmax(logits / temperature) with the smoothing undone, [rows, classes], rows sum to 1.

    A model that learns smoothed goals, q = (1 - s) p + s / classes, gives every class s / classes even where it is sure
    (Szegedy et al. 2016, Rethinking the Inception Architecture, section 7). p is taken back from q; what would fall
    below a tenth of its q is that tenth: no class becomes impossible, and their order stays.

    Args:
        temperature: one, or one for each row. smoothing: s in [0, 1); 0.0 leaves the softmax as it is.
    """
    scaled = logits.astype(np.float64) / np.reshape(temperature, (-1, 1))
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    smoothed = exponentials / exponentials.sum(axis=1, keepdims=True)
    plain = np.maximum(smoothed - smoothing / logits.shape[1], _KEPT * smoothed) if smoothing else smoothed
    result: NDArray[np.float64] = plain / plain.sum(axis=1, keepdims=True)
    return result


def side_threshold(
    probabilities: NDArray[np.float64], gold: NDArray[np.int64], *, error_rate: float, confidence: float = 0.9
) -> float | None:
    """The lowest probability from which on the sides given are wrong at most so often; None where none is.

    Of the rows that get a side, the surest are kept as long as the Clopper-Pearson bound on their share of errors stays
    within the rate. Source: Geifman and El-Yaniv 2017, Selective Classification for Deep Neural Networks.

    Args:
        probabilities: [rows, 3], in the order of STANCES, of rows that training never saw.
        gold: [rows], class indices.
        error_rate: in (0, 1). confidence: that the bound holds.
    """
    from scipy.stats import beta

    answers, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    sided = np.flatnonzero(answers != STANCES.index(Stance.NEUTRAL))
    order = sided[np.argsort(-sure[sided], kind="stable")]
    errors, n = np.cumsum(answers[order] != gold[order]), np.arange(1, len(order) + 1)
    bounds = beta.ppf(confidence, errors + 1, np.maximum(n - errors, 1e-9))
    within = np.flatnonzero(bounds <= error_rate)
    return float(sure[order[within[-1]]]) if len(within) else None


def set_threshold(probabilities: NDArray[np.float64], gold: NDArray[np.int64], *, coverage: float) -> float:
    """The probability from which on a class belongs to the prediction set, which then holds the truth so often.

    Split conformal prediction with the score 1 - P(class). Source: Sadinle, Lei and Wasserman 2019, Least Ambiguous
    Set-Valued Classifiers with Bounded Error Levels. It holds on average over rows like those given here.

    Args:
        probabilities: [rows, 3], of rows that training never saw. gold: [rows], class indices.
        coverage: in (0, 1).
    """
    of_truth = np.sort(probabilities[np.arange(len(gold)), gold])
    rank = int(np.floor((len(gold) + 1) * (1 - coverage)))
    return float(of_truth[rank - 1]) if rank >= 1 else 0.0


def prediction_set(probabilities: Sequence[float], *, threshold: float) -> tuple[Stance, ...]:
    """The stances whose probability reaches the threshold, the most probable one always."""
    best = max(probabilities)
    return tuple(s for s, p in zip(STANCES, probabilities, strict=True) if p >= threshold or p == best)
