"""`stance export`: checkpoints in other forms."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Write a checkpoint in another form.")


class Kept(StrEnum):
    """What a trimmed vocabulary is kept for."""

    corpus = "corpus"
    languages = "languages"


@app.callback()
def root() -> None:
    """Write a checkpoint in another form."""


@app.command("hf")
def hf(
    checkpoint: Annotated[str, typer.Argument(help="Checkpoint folder, or `default` for the one that ships.")],
    destination: Annotated[Path, typer.Argument(help="Folder to write; it must not exist yet.")],
) -> None:
    """Merge a checkpoint into a full Hugging Face folder for transformers.pipeline("text-classification").

    The pipeline's scores are calibrated by one temperature; `stance` goes on to calibrate by
    language group.
    """
    from stance.cli.output import note
    from stance.exporting.huggingface import export_hf
    from stance.modeling.checkpoint import checkpoint_folder

    example = export_hf(checkpoint_folder(checkpoint), destination)
    note(f"Wrote {destination}. Give the pipeline prompts such as {example!r}.")


@app.command("onnx")
def onnx(
    checkpoint: Annotated[str, typer.Argument(help="Checkpoint folder, or `default` for the one that ships.")],
    destination: Annotated[Path, typer.Argument(help="Folder to write; it must not exist yet.")],
    int8: Annotated[
        bool,
        typer.Option("--int8", help="In eight bits, run by OpenVINO: a quarter of the size, fastest, nearly the same."),
    ] = False,
    bf16: Annotated[
        bool,
        typer.Option("--bf16", help="In bfloat16, run by OpenVINO: half the size, fast where the processor has AMX."),
    ] = False,
    trim_vocab: Annotated[
        Kept | None,
        typer.Option(
            "--trim-vocab",
            help="Keep only the pieces of words in Latin, Cyrillic and Greek letters (languages: texts in them are "
            "read as before), or only those of the texts that ship with stance (corpus: smallest, other texts are cut "
            "into smaller pieces).",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write it even if its answers differ too much; the folder says so.")
    ] = False,
    rows: Annotated[int, typer.Option(min=1, help="Held-out rows that it is compared with torch on.")] = 1000,
) -> None:
    """Write a checkpoint as an ONNX graph that runs without torch: --model takes the folder like any checkpoint.

    It is compared with the checkpoint in torch on rows of the shipped test split, and refused where fewer than 98.5 %
    of the stances agree or macro-F1 falls by more than 0.005.
    """
    from stance.cli.output import note, progress
    from stance.modeling.checkpoint import checkpoint_folder
    from stance.modeling.engine import Form, require_engine

    if int8 and bf16:
        raise typer.BadParameter("give --int8 or --bf16, not both")
    form = Form.int8 if int8 else Form.bf16 if bf16 else Form.fp32
    require_engine(form, to_write=True)
    from stance.exporting.onnx import export_onnx
    from stance.exporting.vocabulary import Scope

    comparison = export_onnx(
        checkpoint_folder(checkpoint),
        destination,
        form=form,
        scope=Scope.ALL if trim_vocab is None else Scope(trim_vocab),
        force=force,
        n_rows=rows,
        log=note,
        bar=progress,
    )
    note(f"Wrote {destination}: {comparison}.")


@app.command("average")
def average(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="CHECKPOINT CHECKPOINT ... DESTINATION [OVERRIDE ...]",
            help="Two or more checkpoint folders, a new folder, and the overrides that they were trained with.",
        ),
    ],
) -> None:
    """Average the weights of several runs of one recipe, e.g. with different seeds, into one checkpoint:

    stance export average out/one/checkpoint out/two/checkpoint out/mean data=own data.root=my/folder

    What holds a `=` is an override of `stance train`. The mean is calibrated and evaluated on the recipe's dev and test
    rows, without those that any of the runs was trained on; with fewer than 100 dev rows it keeps the first one's
    calibration.
    """
    from stance.averaging import average
    from stance.cli.output import note
    from stance.cli.train import tell_outcome
    from stance.hydra_schema import compose_experiment
    from stance.modeling.checkpoint import checkpoint_folder

    overrides = [argument for argument in arguments if "=" in argument]
    folders = [argument for argument in arguments if "=" not in argument]
    if len(folders) < 3:
        raise typer.BadParameter("give two or more checkpoints, and a new folder for their mean")
    command = shlex.join(["stance", "export", "average", *arguments])
    config = compose_experiment(overrides)
    checkpoints = [checkpoint_folder(folder) for folder in folders[:-1]]
    tell_outcome(average(checkpoints, Path(folders[-1]), config=config, command=command, log=note))
