"""What a Hydra command line asks for: one run, or each cell of a grid in a folder of its own and a table at the end."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from stance.cli.output import print_error, print_table
from stance.config import ExperimentConfig, SweepMethod
from stance.errors import ConfigError, StanceError
from stance.hydra_schema import Cell, run_hydra_app
from stance.training.processes import n_local_processes, n_processes

Train = Callable[[ExperimentConfig, str], float]
SOME_FAILED, ALL_FAILED = 1, 2


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a cell ended: its folder and dev macro-F1, or the error that ended it."""

    cell: Cell
    folder: str = ""
    score: float | None = None
    error: Exception | None = None


def run_app(arguments: Sequence[str], train: Train) -> None:
    """Run `train` once, or with `-m` on every combination of the values given.

    Args:
        train: takes a config and the command that gives it; returns dev macro-F1, NaN where there are no dev rows.

    Raises:
        StanceError: the single run, or the grid as a whole, cannot be run.
        typer.Exit: some cells could not be run (1), or none (2); each one's reason was printed.
    """
    ended: list[_Ended] = []

    def task(compose: Callable[[], ExperimentConfig], cell: Cell | None) -> float:
        if cell is None:
            return train(compose(), train_command(arguments))
        try:
            config = compose()
            config = replace(config, output_dir=str(Path(config.output_dir) / str(cell.number)))
            if config.sweep.method is not SweepMethod.none:
                raise ConfigError("sweep=optuna is a search of its own; start one without -m for each.")
            score = train(config, train_command([*cell.overrides, f"output_dir={config.output_dir}"]))
        except Exception as error:
            # Hydra goes on with the next cell; at the end it raises the first error again and forgets the others.
            ended.append(_Ended(cell, error=error))
            raise
        ended.append(_Ended(cell, config.output_dir, score))
        return score

    try:
        run_hydra_app(arguments, task)
    except StanceError as error:
        if all(error is not cell.error for cell in ended):
            raise
    finally:
        if ended:
            _print(ended)
    _leave_if_failed(ended)


def train_command(overrides: Sequence[str]) -> str:
    """The command line that starts a run, for the model card."""
    started = f"torchrun --nproc-per-node {n_local_processes()} -m stance" if n_processes() > 1 else "stance"
    return f"{started} train {shlex.join(overrides)}".rstrip()


def _print(ended: Sequence[_Ended]) -> None:
    common = set.intersection(*(set(one.cell.overrides) for one in ended)) if len(ended) > 1 else set()
    rows = [
        (
            str(one.cell.number),
            " ".join(override for override in one.cell.overrides if override not in common),
            "failed" if one.score is None else "no dev rows" if math.isnan(one.score) else f"{one.score:.3f}",
            one.folder or "-",
        )
        for one in ended
    ]
    print_table(None, ("Cell", "Overrides", "Dev macro-F1", "Folder"), rows, wide="Overrides")


def _leave_if_failed(ended: Sequence[_Ended]) -> None:
    failed = [(one.cell, one.error) for one in ended if one.error is not None]
    for _, error in failed:
        if not isinstance(error, StanceError):
            raise error
    for cell, error in failed:
        print_error(f"cell {cell.number} ({' '.join(cell.overrides)}): {error}")
    if failed:
        raise typer.Exit(ALL_FAILED if len(failed) == len(ended) else SOME_FAILED)
