"""`stance train`: fine-tune with Hydra overrides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from stance.config import ExperimentConfig
    from stance.experiment import Outcome


def train(context: typer.Context) -> None:
    """Fine-tune a model. Arguments are Hydra overrides, e.g.:

    stance train debug=tiny (seconds, a random base and the sentences that ship: does the whole run work here?)

    stance train data=own data.root=my/folder model.base=default output_dir=out/mine (your sentences, from the default)

    stance train experiment=few_shot data.root=my/folder (a new position, from some 8 to 64 rows per stance)

    stance train experiment=default data.root=FOLDER (one of the four runs whose mean ships: docs/models.md)

    stance train -m training.learning_rate=1e-4,2e-4 model.frozen_layers=0,6 ... (a grid: every combination, in folders
    output_dir/0, output_dir/1 ..., with a table at the end; exit code 1 if some could not be run, 2 if none)

    stance train sweep=optuna sweep.n_trials=30 ... (a search for good values; the same command goes on with it; the
    ranges stand in configs/sweep/optuna.yaml; needs pip install 'stance-news[sweep]')

    stance train data.folds=5 ... (cross-validation: train and dev in five parts, each of them dev once, in folders
    output_dir/fold-1 ...; a table with mean and standard deviation; data.fold=2 makes the second of these runs alone)

    training.tracker=tensorboard or mlflow writes the run's curves below output_dir.

    --cfg job prints the composed configuration; resume=true goes on from the last saved step.
    """
    from stance.cli.grid import run_app, train_command
    from stance.hydra_schema import compose_experiment, wants_hydra_app
    from stance.training.processes import leave_processes, require_one_process

    if wants_hydra_app(context.args):
        require_one_process("Hydra's own flags")
        run_app(context.args, _run)
    else:
        _run(compose_experiment(context.args), train_command(context.args))
    leave_processes()


def _run(config: ExperimentConfig, command: str) -> float:
    from stance.config import SweepMethod

    if config.sweep.method is SweepMethod.optuna:
        from stance.cli.search import run_search
        from stance.training.processes import require_one_process

        require_one_process("sweep=optuna")
        return run_search(config, command)
    if config.data.folds is not None and config.data.fold is None:
        return _cross_validate(config, command)
    return _run_once(config, command)


def _run_once(config: ExperimentConfig, command: str) -> float:
    from stance.cli.output import note
    from stance.experiment import run

    outcome = run(config, command=command, log=note)
    tell_outcome(outcome)
    dev = outcome.metrics["dev"]
    return float(dev["overall"]["macro_f1"]) if dev else math.nan


def tell_outcome(outcome: Outcome) -> None:
    """Say what a new checkpoint scores, where it lies and how to use it."""
    from stance.cli.output import note

    for split in ("dev", "test"):
        scores = outcome.metrics.get(split)
        if scores:
            overall = scores["overall"]
            note(
                f"{split}: {overall['rows']} rows, macro-F1 {overall['macro_f1']:.3f}, accuracy "
                f"{overall['accuracy']:.3f}, expected calibration error {overall['ece']:.3f}"
            )
    note(f"Wrote {outcome.folder}; use it with: stance predict ROWS.jsonl --model {outcome.folder}")


def _cross_validate(config: ExperimentConfig, command: str) -> float:
    from stance.cli.output import note, print_table
    from stance.folds import cross_validate

    found = cross_validate(config, command=command, log=note)
    rows = [(str(f.number), str(f.dev_rows), f"{f.macro_f1:.3f}", str(f.checkpoint)) for f in found.folds]
    summary = ("mean (SD)", "", f"{found.mean:.3f} ({found.deviation:.3f})", "")
    print_table(None, ("Fold", "Dev rows", "Dev macro-F1", "Checkpoint"), [*rows, summary], wide="Checkpoint")
    return found.mean
