"""Dropout set by the user, and answers that are to be the same under two draws of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from stance.config import ExperimentConfig
from stance.errors import ConfigError
from stance.experiment import run
from stance.modeling.model import load_classifier, load_config
from stance.training.dropout import TwoPasses, set_dropout

_IDS = torch.tensor([[2, 11, 12, 13, 14, 15]])


@pytest.mark.parametrize("architecture", ["gemma3_text", "qwen3", "xlm-roberta", "deberta-v2"])
def test_two_passes_differ_by_dropout_alone_and_only_while_it_learns(
    architecture: str, tiny_base: Callable[[str], Path]
) -> None:
    folder = tiny_base(architecture)
    model = TwoPasses(load_classifier(folder, config=load_config(folder)))
    inputs = {"input_ids": _IDS, "attention_mask": torch.ones_like(_IDS)}
    set_dropout(model, 0.0)
    same = model.train()(**inputs)
    assert same["again"].equal(same["logits"])
    set_dropout(model, 0.5)
    other = model(**inputs)
    assert not other["again"].allclose(other["logits"])
    assert "again" not in model.eval()(**inputs)


def test_a_model_without_room_for_dropout_is_told() -> None:
    with pytest.raises(ConfigError, match="no dropout that could be set"):
        set_dropout(torch.nn.Linear(2, 3), 0.1)


def _head(config: ExperimentConfig) -> torch.Tensor:
    return load_file(run(config, command="pytest", log=print).folder / "model.safetensors")["score.weight"]


def test_it_turns_what_is_learnt(experiment: Callable[..., ExperimentConfig], tmp_path: Path) -> None:
    # Of one dropout and two passes each, the last two differ by the weight alone.
    noise = "model.dropout=0.3"
    overrides = ([], [noise], [noise, "training.r_drop=1.0"], [noise, "training.r_drop=8.0"])
    heads = [_head(experiment(tmp_path / str(n), "checkpoint=full", *o)) for n, o in enumerate(overrides)]
    assert not heads[0].equal(heads[1])
    assert not heads[1].equal(heads[2])
    assert not heads[2].equal(heads[3])


def test_adapters_have_dropout_of_their_own(experiment: Callable[..., ExperimentConfig], tmp_path: Path) -> None:
    overrides = ("checkpoint=full", "model.method=lora", "training.r_drop=1.0")
    run(experiment(tmp_path, *overrides), command="pytest", log=print)
    with pytest.raises(ConfigError, match=r"model\.dropout=0\.1"):
        run(experiment(tmp_path, *overrides, "model.lora_dropout=0.0"), command="pytest", log=print)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.dropout=1.0", "it lies in"),
        ("training.r_drop=-1", "must not be negative"),
        ("training.r_drop=1", "this model has none"),
    ],
)
def test_what_cannot_be_is_refused(
    override: str, message: str, experiment: Callable[..., ExperimentConfig], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        run(experiment(tmp_path, override), command="pytest", log=print)
