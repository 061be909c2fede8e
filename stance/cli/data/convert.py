"""`stance data convert`: from any format to ours, and to those of the annotation tools."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from stance.cli.data.options import Columns, Format, Labels, Lang, read_options


def convert(
    source: Annotated[Path, typer.Argument(help="The annotated file or folder.")],
    destination: Annotated[Path, typer.Argument(help="A file, or a folder for brat, arrow and examples.")],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="native, parquet, arrow, labelstudio, doccano, brat, dna, examples (Hugging Face rows to train on); "
            "without it, told from the destination's ending: .jsonl, .parquet, .json, .dna.",
        ),
    ] = None,
    format: Format = None,  # noqa: A002
    label: Labels = None,
    column: Columns = None,
    lang: Lang = None,
) -> None:
    """Turn an annotated file into another format, and say what could not be carried over.

    A data card with counts, licences and hashes is written beside it.
    """
    from stance.cli.output import note, watched
    from stance.data.conversion import convert_set
    from stance.data.lines import count_lines

    options = read_options(label, column, lang)
    with watched("sentences", total=count_lines(source)) as watch:
        done = convert_set(
            source,
            destination,
            to=to,
            format=format,
            options=options,
            command=shlex.join(["stance", *sys.argv[1:]]),
            watch=watch,
        )
    note(f"{source}: {done.source_format.summary} ({done.reason})")
    n_annotations = done.summary.n_annotations
    note(f"Wrote {done.n_written:,} sentences with {n_annotations:,} annotations to {destination}; card: {done.card}")
    note("Not carried over:\n" + done.losses.summary() if done.losses.counts else "Nothing was lost.")
