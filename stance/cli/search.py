"""`stance train sweep=optuna`: runs the search, then shows its trials and how to use the best."""

from __future__ import annotations

import typer

from stance.cli.output import note, print_error, print_table
from stance.config import ExperimentConfig
from stance.sweep import search

SOME_FAILED, NONE_COMPLETE = 1, 2


def run_search(config: ExperimentConfig, command: str) -> float:
    """The best dev macro-F1.

    Raises:
        StanceError: the search cannot be run.
        typer.Exit: some trials could not be run (1), or none came to its end (2).
    """
    found = search(config, command=command, log=note)
    rows = [
        (str(trial.number), trial.overrides, trial.state, "-" if trial.score is None else f"{trial.score:.3f}")
        for trial in found.trials
    ]
    print_table(None, ("Trial", "Overrides", "State", "Dev macro-F1"), rows, wide="Overrides")
    for trial in found.trials:
        if trial.reason is not None:
            print_error(f"trial {trial.number} ({trial.overrides}): {trial.reason}")
    note(f"Wrote {found.page}")
    if found.best is None or found.best.score is None:
        print_error("No trial came to its end.")
        raise typer.Exit(NONE_COMPLETE)
    note(f"Best: trial {found.best.number}, its checkpoint is {found.best.folder / 'checkpoint'}; as overrides:")
    print(found.best.overrides)
    note(f"Or with all other values: stance train --config-dir {config.output_dir} experiment=best output_dir=FOLDER")
    if any(trial.reason is not None for trial in found.trials):
        raise typer.Exit(SOME_FAILED)
    return found.best.score
