"""A checkpoint as a full Hugging Face folder: the delta merged into its base, the tokenizer beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stance.data.training_texts import TrainingTexts
from stance.errors import CheckpointError
from stance.modeling.bases import locate_base
from stance.modeling.card import render_card
from stance.modeling.checkpoint import DELTA, FULL, load_checkpoint, save_checkpoint


def export_hf(checkpoint: Path, destination: Path) -> str:
    """Write the folder and return an example of the prompt that its pipeline takes.

    The logits are those of the checkpoint; the pipeline's softmax leaves the temperature out.

    Raises:
        CheckpointError: the destination exists, or the checkpoint cannot be loaded.
        EnvironmentMissing: its base is not installed.
    """
    if destination.exists():
        raise CheckpointError(f"{destination}: exists already; name a new folder.")
    loaded = load_checkpoint(checkpoint)
    info = replace(loaded.info, kind=FULL, base_sha256=None)
    tokenizer_folder = locate_base(loaded.info.base) if loaded.info.kind == DELTA else checkpoint
    save_checkpoint(
        destination,
        info=info,
        card=render_card(info, command=f"stance export hf {checkpoint.name} {destination.name}"),
        model=loaded.model,
        delta=None,
        tokenizer_folder=tokenizer_folder,
        modification="a stance checkpoint was merged into full weights with a three-way classification head.",
        trained_on=TrainingTexts.read(checkpoint),
    )
    question = info.encoding.question.replace("{actor}", "ACTOR").replace("{target}", "TARGET")
    return "TEXT" + question
