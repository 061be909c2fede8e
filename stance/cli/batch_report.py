"""`stance report`: the result of a batch job as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    dst: Annotated[Path, typer.Argument(metavar="DST", help="Folder of a job of `stance batch`, finished or not.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write to this file; without it to DST/report.html.")
    ] = None,
    max_statements: Annotated[
        int,
        typer.Option(
            min=0, help="Statements whose words the page holds; all are counted. Fewer where it passes 15 MB."
        ),
    ] = 50_000,
    min_shared: Annotated[
        int,
        typer.Option(min=1, help="Positions on which two actors must both take a side to be compared."),
    ] = 2,
) -> None:
    """Show who takes which side on what: one HTML file that needs no network and no other file.

    It holds a heat map of actors and positions, the course over time of each, and a circle of the actors by agreement.
    A cell opens its statements: the sentence, the article with its date and link, the probability.

    Intervals come from articles, not sentences. What was withheld, has failed or is left out is said at the top. A job
    that still runs is read up to its last finished shard.

    Example: stance report out/job

    Example: stance report out/job --max-statements 5000 --out small.html
    """
    from stance.batch.output import REPORT
    from stance.batch.report.job_report import write_report
    from stance.cli.output import note, watched

    with watched("Reading", total=None) as watch:
        written = write_report(
            dst, out or dst / REPORT, max_statements=max_statements, min_shared=min_shared, watch=watch
        )
    said = f"Wrote {written.path} ({written.n_bytes / 1e6:.1f} MB): {written.n_statements:,} statements"
    if written.n_shown < written.n_statements:
        said += f", {written.n_shown:,} of them with their words"
    if written.state != "finished":
        said += f". The job is not finished ({written.state})"
    note(said + ".")
