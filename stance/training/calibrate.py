"""What dev rows tell about a trained model's probabilities, kept in the description of its checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from stance.config import CheckpointConfig
from stance.modeling.calibration import (
    calibrated_probabilities,
    fit_group_temperatures,
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
    """The description with temperatures and thresholds of these rows.

    Args:
        logits: [rows, 3], of rows that training never saw. gold: [rows], class indices. langs: [rows].
    """
    temperatures = fit_group_temperatures(logits, gold, langs)
    info = replace(info, temperature=fit_temperature(logits, gold), temperatures=temperatures)
    given = probabilities(info, logits, langs=langs)
    thresholds = {"min_probability": DEFAULT_MIN_PROBABILITY}
    side = side_threshold(given, gold, error_rate=config.error_rate)
    if side is not None:
        thresholds = {"min_probability": max(side, DEFAULT_MIN_PROBABILITY), "error_rate": config.error_rate}
    thresholds["set_probability"] = set_threshold(given, gold, coverage=config.set_coverage)
    thresholds["set_coverage"] = config.set_coverage
    return replace(info, thresholds=thresholds)


def inherit(info: CheckpointInfo, parent: CheckpointInfo) -> CheckpointInfo:
    """The description with the parent's temperatures and thresholds."""
    return replace(info, temperature=parent.temperature, temperatures=parent.temperatures, thresholds=parent.thresholds)


def probabilities(
    info: CheckpointInfo, logits: NDArray[np.float64], *, langs: Sequence[str | None]
) -> NDArray[np.float64]:
    """Calibrated, [rows, 3]."""
    return calibrated_probabilities(logits, temperature=np.array([info.temperature_of(lang) for lang in langs]))
