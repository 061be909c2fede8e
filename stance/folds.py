"""Cross-validation: a run for each part of train and dev, which is its dev; test is left as it is."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from stance.config import ExperimentConfig, check_experiment
from stance.experiment import run


@dataclass(frozen=True, slots=True)
class Fold:
    """One run: its number from 1, its checkpoint, and what that scores on its dev rows."""

    number: int
    checkpoint: Path
    dev_rows: int
    macro_f1: float


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """All runs, with mean and sample standard deviation of their dev macro-F1.

    The runs share most of their training rows, so the deviation is no standard error of the mean. Source: Bengio and
    Grandvalet 2004, No Unbiased Estimator of the Variance of K-Fold Cross-Validation.
    """

    folds: tuple[Fold, ...]
    mean: float
    deviation: float


def cross_validate(config: ExperimentConfig, *, command: str, log: Callable[[str], None]) -> CrossValidation:
    """Run every fold of `data.folds`, each into `output_dir/fold-NUMBER`.

    Raises:
        ConfigError, DataError, CheckpointError, EnvironmentMissing: the user's input does not fit.
    """
    check_experiment(_of_fold(config, 1))
    assert config.data.folds is not None
    folds = []
    for number in range(1, config.data.folds + 1):
        log(f"Fold {number} of {config.data.folds}")
        outcome = run(_of_fold(config, number), command=f"{command} data.fold={number}", log=log)
        score = float(outcome.metrics["dev"]["overall"]["macro_f1"])
        folds.append(Fold(number, outcome.folder, len(outcome.dev), score))
    scores = [fold.macro_f1 for fold in folds]
    return CrossValidation(tuple(folds), statistics.mean(scores), statistics.stdev(scores))


def _of_fold(config: ExperimentConfig, number: int) -> ExperimentConfig:
    output_dir = str(Path(config.output_dir) / f"fold-{number}")
    return replace(config, output_dir=output_dir, data=replace(config.data, fold=number))
