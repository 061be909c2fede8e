"""`stance data leaks`: sentences that stand in two places."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def leaks(
    paths: Annotated[list[Path], typer.Argument(help="Annotated files, plain text files or folders.")],
) -> None:
    """Sentences that stand in two of the files, or in two splits of one. Exit code 1 if there are any."""
    from stance.cli.output import note, print_table
    from stance.data.leaks import find_leaks

    found = find_leaks(paths)
    if not found:
        note("No sentence stands in two places.")
        return
    rows = [(leak.first, leak.second, str(leak.n_shared), leak.example) for leak in found]
    print_table(None, ("In", "And in", "Sentences", "For example"), rows, wide="For example")
    raise typer.Exit(1)
