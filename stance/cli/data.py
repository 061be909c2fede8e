"""`stance data`: check and convert annotated files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check and convert annotated files.")
_FORMATS = "native, newsmtsc, dse, rusentne, ruopinionne, xstance"


@app.command("check")
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


@app.command("convert")
def convert(
    source: Annotated[Path, typer.Argument(help="The annotated file, or a folder of native *.jsonl.")],
    destination: Annotated[Path, typer.Argument(help="Where to write native JSON Lines.")],
    format: Annotated[  # noqa: A002
        str | None, typer.Option("--format", help=f"{_FORMATS}; without it, told from the first line.")
    ] = None,
) -> None:
    """Turn an annotated file into the native format, and say what could not be carried over."""
    from stance.cli.output import note
    from stance.data.formats import read_sentences
    from stance.data.losses import LossReport
    from stance.data.writing import write_native

    losses = LossReport()
    n_written = write_native(destination, read_sentences(source, format=format, losses=losses))
    note(f"Wrote {n_written} sentences to {destination}")
    note("Not carried over:\n" + losses.summary() if losses.counts else "Nothing was lost.")
