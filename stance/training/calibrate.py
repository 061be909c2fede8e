"""What dev rows tell about a trained model's probabilities, kept in the description of its checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from stance.config import CheckpointConfig
from stance.modeling.calibration import (
    fit_group_temperatures,
    fit_smoothing,
    fit_temperature,
    set_threshold,
    side_threshold,
)
from stance.modeling.checkpoint import CheckpointInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT_MIN_PROBABILITY = 0.5
MIN_DEV_ROWS = 100  # with fewer, a checkpoint that training went on from knows better


def calibrate(
    info: CheckpointInfo,
    logits: NDArray[np.float64],
    gold: NDArray[np.int64],
    *,
    langs: Sequence[str | None],
    config: CheckpointConfig,
) -> CheckpointInfo:
    """The description with the calibration and thresholds of these rows.

    Args:
        logits: [rows, 3], of rows that training never saw. gold: [rows], class indices. langs: [rows].
    """
    smoothing = fit_smoothing(logits, gold)
    info = replace(
        info,
        smoothing=smoothing,
        temperature=fit_temperature(logits, gold, smoothing=smoothing),
        temperatures=fit_group_temperatures(logits, gold, langs, smoothing=smoothing),
        softmax_temperature=fit_temperature(logits, gold),
    )
    given = info.probabilities(logits, langs=langs)
    thresholds = {"min_probability": DEFAULT_MIN_PROBABILITY}
    side = side_threshold(given, gold, error_rate=config.error_rate)
    if side is not None:
        thresholds = {"min_probability": max(side, DEFAULT_MIN_PROBABILITY), "error_rate": config.error_rate}
    thresholds["set_probability"] = set_threshold(given, gold, coverage=config.set_coverage)
    thresholds["set_coverage"] = config.set_coverage
    return replace(info, thresholds=thresholds)


def inherit(info: CheckpointInfo, parent: CheckpointInfo) -> CheckpointInfo:
    """The description with the parent's calibration."""
    return replace(
        info,
        smoothing=parent.smoothing,
        temperature=parent.temperature,
        temperatures=parent.temperatures,
        softmax_temperature=parent.softmax_temperature,
        thresholds=parent.thresholds,
    )
