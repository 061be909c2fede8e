"""A run that cannot fit is refused before it starts; one that may not fit is told so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stance.config import ExperimentConfig
from stance.errors import ConfigError
from stance.modeling.encoding import EncodedQuery
from stance.modeling.model import load_classifier, load_config
from stance.training.feed import TrainingRow
from stance.training.memory import MemoryNeed, available_memory, estimate_memory, memory_line, require_memory

GIB = 1024**3


@pytest.fixture
def config(experiment: Callable[..., ExperimentConfig], tmp_path: Path) -> ExperimentConfig:
    return experiment(tmp_path)


def _row(length: int) -> TrainingRow:
    return TrainingRow(
        EncodedQuery(tuple(range(length)), length - 1, 0, truncated=False), label=0, goal=(1.0, 0.0, 0.0)
    )


def test_only_what_learns_needs_gradients(config: ExperimentConfig, tiny_base: Callable[[str], Path]) -> None:
    folder = tiny_base("gemma3_text")
    model = load_classifier(folder, config=load_config(folder))
    size = sum(parameter.numel() for parameter in model.parameters())
    whole = estimate_memory(model, [_row(10)], training=config.training)
    assert whole.lasting == 12 * size  # a gradient and two states of Adam, four bytes each
    embeddings = model.get_input_embeddings()
    embeddings.requires_grad_(False)
    frozen = estimate_memory(model, [_row(10)], training=config.training)
    assert frozen.lasting == 12 * (size - embeddings.weight.numel())


def test_each_of_two_processes_has_half_the_batch_and_half_the_machine(
    config: ExperimentConfig, tiny_base: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_base("gemma3_text")
    model = load_classifier(folder, config=load_config(folder))
    alone, free = estimate_memory(model, [_row(10)] * 100, training=config.training), available_memory()
    for name, value in (("RANK", "1"), ("LOCAL_RANK", "1"), ("WORLD_SIZE", "2"), ("LOCAL_WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    each = estimate_memory(model, [_row(10)] * 100, training=config.training)
    assert each.activations == alone.activations / 2
    assert each.lasting == alone.lasting * 4 / 3  # gradients a second time, beside two states of Adam
    assert "of each of 2 processes" in memory_line(each, available=None)
    free_now = available_memory()
    assert free is not None
    assert free_now is not None
    assert free_now < 0.75 * free


def test_the_longest_batch_counts(config: ExperimentConfig, tiny_base: Callable[[str], Path]) -> None:
    folder = tiny_base("gemma3_text")
    model = load_classifier(folder, config=load_config(folder))
    rows = [_row(10)] * 100

    def activations(*more: TrainingRow) -> int:
        return estimate_memory(model, [*rows, *more], training=config.training).activations

    assert activations(_row(100)) > 10 * activations()
    assert activations(*[_row(10)] * 100) == activations()
    plain = activations()
    config.training.gradient_checkpointing = True
    assert activations() < plain


def test_what_cannot_fit_is_refused_and_what_may_not_is_told() -> None:
    need = MemoryNeed(lasting=3 * GIB, activations=2 * GIB)
    with pytest.raises(ConfigError, match=r"takes about 5\.0 GiB .* but 2\.0 GiB are free"):
        require_memory(need, available=2 * GIB)
    require_memory(need, available=4 * GIB)
    assert "gradient_checkpointing" in memory_line(need, available=4 * GIB)
    assert memory_line(need, available=8 * GIB).endswith("of 8.0 GiB free")
    require_memory(need, available=None)
    assert "free" not in memory_line(need, available=None)


def test_this_machine_tells() -> None:
    found = available_memory()
    assert found is not None
    assert found > 0
