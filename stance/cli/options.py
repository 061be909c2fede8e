"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str | None,
    typer.Option("--model", help="Checkpoint folder; without it the default model that ships with stance."),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
BatchTokens = Annotated[
    int, typer.Option("--batch-tokens", help="Tokens per batch, padding included: memory against speed.")
]
Dtype = Annotated[str, typer.Option("--dtype", help="fp32 (exact) or bf16 (faster; probabilities move by about 0.01).")]
Out = Annotated[Path | None, typer.Option("-o", "--out", help="Write to this file instead of the screen.")]
