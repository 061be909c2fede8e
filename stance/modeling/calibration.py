"""Temperature scaling: one number, fitted on held-out rows, makes the probabilities match the hit rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.2, 10.0


def fit_temperature(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """The temperature T that minimises the negative log-likelihood of softmax(logits / T).

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
        return negative_log_likelihood(logits / np.exp(log_temperature), gold)

    bounds = (float(np.log(MIN_TEMPERATURE)), float(np.log(MAX_TEMPERATURE)))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def negative_log_likelihood(logits: NDArray[np.float64], gold: NDArray[np.int64]) -> float:
    """Mean -log softmax(logits)[gold], in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_probabilities[np.arange(len(gold)), gold].mean())


def calibrated_probabilities(logits: NDArray[np.float64], *, temperature: float) -> NDArray[np.float64]:
    """softmax(logits / temperature), [rows, classes], rows sum to 1."""
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return result
