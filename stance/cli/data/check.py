"""`stance data check`: all that is wrong with annotated files, at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    paths: Annotated[list[Path], typer.Argument(help="Annotated sentences, rows or articles: files or folders.")],
) -> None:
    """Check annotated files; every bad row is named as file:line, with what was found and what was expected."""
    from stance.cli.output import print_table
    from stance.data.lines import expand
    from stance.data.validation import check_file
    from stance.errors import DataError

    reports, problems = [], []
    for path in expand(paths):
        try:
            reports.append(check_file(path))
        except DataError as error:
            problems.append(str(error))
    if problems:
        raise DataError("\n".join(problems))
    rows = [
        (
            str(r.path),
            str(r.n_rows),
            *map(str, r.stances.values()),
            ", ".join(f"{k} {n}" for k, n in r.languages.items()),
        )
        for r in reports
    ]
    print_table(None, ("File", "Rows", "Favor", "Neutral", "Against", "Languages"), rows, wide="File")
