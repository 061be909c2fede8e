"""A checkpoint as a full Hugging Face folder: the delta merged into its base, the tokenizer beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stance.data.training_texts import TrainingTexts
from stance.errors import CheckpointError
from stance.modeling.bases import locate_base
from stance.modeling.card import render_card
from stance.modeling.checkpoint import DELTA, FULL, CheckpointInfo, load_checkpoint, save_checkpoint
from stance.modeling.model import scale_head

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def export_hf(checkpoint: Path, destination: Path) -> str:
    """Write the folder and return an example of the prompt that its pipeline takes.

    A temperature of all rows goes into the head, so that the pipeline's softmax gives calibrated probabilities; what
    stance does better, by language group and with the smoothing undone, stays in what it reads beside it.

    Raises:
        CheckpointError: the destination exists, or the checkpoint cannot be loaded.
        EnvironmentMissing: its base is not installed.
    """
    if destination.exists():
        raise CheckpointError(f"{destination}: exists already; name a new folder.")
    loaded = load_checkpoint(checkpoint)
    info = _with_temperature_in_head(loaded.model, replace(loaded.info, kind=FULL, base_sha256=None))
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


def _with_temperature_in_head(model: PreTrainedModel, info: CheckpointInfo) -> CheckpointInfo:
    """Divide the logits by what fits a softmax best; the description is of what is left to divide by."""
    if info.temperature is None:
        return info
    divisor = info.softmax_temperature or info.temperature
    scale_head(model, 1 / divisor)
    left = {group: value / divisor for group, value in info.temperatures.items()}
    return replace(info, temperature=info.temperature / divisor, temperatures=left, softmax_temperature=1.0)
