"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How the result is given."""

    table = "table"
    jsonl = "jsonl"
    html = "html"


Articles = Annotated[list[str], typer.Argument(help=".txt, .md, .html or .jsonl files, or - for standard input.")]
Positions = Annotated[Path | None, typer.Option("--positions", help="YAML file of the positions to follow.")]
PositionWords = Annotated[list[str] | None, typer.Option("--position", help="A position in words; repeatable.")]
Select = Annotated[
    list[str] | None, typer.Option("--select", help="Only these position ids of --positions; repeatable.")
]
Actors = Annotated[Path | None, typer.Option("--actors", help="YAML file of known actors; without it they are found.")]
OutputFormat = Annotated[Format, typer.Option("--format", help="table for people, jsonl, or one HTML page.")]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Checkpoint folder, or `small`; without it the default model that ships with stance."),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
BatchTokens = Annotated[
    int, typer.Option("--batch-tokens", help="Tokens per batch, padding included: memory against speed.")
]
Dtype = Annotated[
    str,
    typer.Option(
        "--dtype",
        help="fp32 (exact, the same on every machine) or bf16 (several times as fast on processors that calculate in "
        "it; probabilities move by about 0.01). auto: that of an exported folder, else fp32.",
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        help="torch, or onnx: exported at first use, faster on the CPU. auto: onnx for `default` on a CPU, else torch.",
    ),
]
MinProbability = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=1.0,
        help="Give no side below this probability; without it the model's own, for a stated error rate.",
    ),
]
Semantic = Annotated[
    bool,
    typer.Option("--semantic", help="Look for positions that are not named by meaning too (en, de, fr, ru; slower)."),
]
Latin = Annotated[
    bool, typer.Option("--latin/--as-written", help="Give Serbian Cyrillic to the model in Latin letters, or as it is.")
]
Out = Annotated[Path | None, typer.Option("-o", "--out", help="Write to this file instead of the screen.")]
