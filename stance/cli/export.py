"""`stance export`: checkpoints in other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Write a checkpoint in another form.")


@app.callback()
def root() -> None:
    """Write a checkpoint in another form."""


@app.command("hf")
def hf(
    checkpoint: Annotated[str, typer.Argument(help="Checkpoint folder, or `default` for the one that ships.")],
    destination: Annotated[Path, typer.Argument(help="Folder to write; it must not exist yet.")],
) -> None:
    """Merge a checkpoint into a full Hugging Face folder for transformers.pipeline("text-classification")."""
    from stance.cli.output import note
    from stance.exporting.huggingface import export_hf
    from stance.modeling.checkpoint import checkpoint_folder

    example = export_hf(checkpoint_folder(checkpoint), destination)
    note(f"Wrote {destination}. Give the pipeline prompts such as {example!r}.")
