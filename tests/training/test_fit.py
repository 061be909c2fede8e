"""What the settings of a run do to the weights that it learns."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stance.config import ExperimentConfig
from stance.errors import ConfigError
from stance.experiment import run

if TYPE_CHECKING:
    from torch import Tensor

Train = Callable[..., dict[str, "Tensor"]]


@pytest.fixture
def train(experiment: Callable[..., ExperimentConfig], tmp_path: Path) -> Train:
    """Weights after a run of an epoch or two; each run has a folder of its own."""
    from safetensors.torch import load_file

    def run_with(*overrides: str) -> dict[str, "Tensor"]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        found: dict[str, Tensor] = load_file(
            run(experiment(folder, "checkpoint=full", *overrides), command="pytest", log=print).folder
            / "model.safetensors"
        )
        return found

    return run_with


@pytest.mark.parametrize("method", ["full", "lora", "dora"])
@pytest.mark.parametrize("architecture", ["gemma3_text", "xlm-roberta"])
def test_frozen_layers_stay_and_the_others_learn(
    architecture: str, method: str, train: Train, tiny_base: Callable[[str], Path]
) -> None:
    from safetensors.torch import load_file

    folder = tiny_base(architecture)
    frozen = ("model.freeze_embeddings=true", "model.frozen_layers=1", f"model.method={method}")
    after = train(f"model.base={folder}", *frozen)
    before = load_file(folder / "model.safetensors")
    changed = {number: set[bool]() for number in (0, 1)}
    for name, weight in after.items():
        bare = name.partition(".")[2]
        for number in changed:
            if f"layers.{number}." in name or f"layer.{number}." in name:
                changed[number].add(not weight.equal(before[bare]))
    assert changed[0] == {False}
    assert True in changed[1]


def test_more_layers_than_there_are_cannot_be_frozen(train: Train, tiny_base: Callable[[str], Path]) -> None:
    base = f"model.base={tiny_base('gemma3_text')}"
    with pytest.raises(ConfigError, match="the model has 2 layers"):
        train(base, "model.freeze_embeddings=true", "model.frozen_layers=2")
    with pytest.raises(ConfigError, match=r"needs model\.freeze_embeddings"):
        train(base, "model.freeze_embeddings=false", "model.frozen_layers=1")


@pytest.mark.parametrize("architecture", ["gemma3_text", "xlm-roberta"])
def test_activations_computed_anew_change_no_weight(
    architecture: str, train: Train, tiny_base: Callable[[str], Path]
) -> None:
    base = f"model.base={tiny_base(architecture)}"
    plain, checkpointed = train(base), train(base, "training.gradient_checkpointing=true")
    assert all(weight.allclose(checkpointed[name], atol=1e-6) for name, weight in plain.items())


def test_accumulated_batches_make_the_step_of_one_large_batch(train: Train, tiny_base: Callable[[str], Path]) -> None:
    # A whole epoch is one step: whatever the order of the rows, the sum of their gradients is the same.
    common = (f"model.base={tiny_base('gemma3_text')}", "training.evaluations=1", "training.warmup_ratio=0.0")
    large = train(*common, "training.batch_size=9")
    small = train(*common, "training.batch_size=3", "training.accumulate=3")
    before = train(*common, "training.learning_rate=0", "training.head_learning_rate=0", "training.weight_decay=0")

    def distance(one: dict[str, "Tensor"], other: dict[str, "Tensor"]) -> float:
        return sum(float((one[name] - other[name]).abs().sum()) for name in one)

    # Adam's first step has the size of the learning rate even where a gradient is mere rounding.
    assert distance(large, small) < 0.01 * distance(large, before)
