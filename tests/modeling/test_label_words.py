"""A head that starts from the words that stand for the stances."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stance.config import ExperimentConfig
from stance.errors import ConfigError
from stance.experiment import run
from stance.modeling.model import head_from_words, load_classifier, load_config, load_tokenizer

_WORDS = ("good", "same", "bad")


def test_it_says_what_the_base_would_say_of_the_words(tiny_base: Callable[[str], Path]) -> None:
    from transformers import AutoModelForCausalLM

    folder = tiny_base("gemma3_text")
    model, tokenizer = load_classifier(folder, config=load_config(folder)), load_tokenizer(folder)
    head_from_words(model, tokenizer, _WORDS)
    ids = torch.tensor([[2, 11, 12, 13]])
    speaker = AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
    said = speaker(ids).logits[0, -1]
    tokens = [tokenizer.encode(f" {word}", add_special_tokens=False).ids for word in _WORDS]
    expected = torch.stack([said[own].mean() for own in tokens]).softmax(dim=-1)
    assert torch.allclose(model(ids).logits[0].softmax(dim=-1), expected, atol=1e-6)


def test_equal_words_are_refused(tiny_base: Callable[[str], Path]) -> None:
    folder = tiny_base("gemma3_text")
    model = load_classifier(folder, config=load_config(folder))
    with pytest.raises(ConfigError, match="the same to the model"):
        head_from_words(model, load_tokenizer(folder), ("good", "same", "good"))


def test_an_encoder_has_no_next_token(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    config = experiment(tmp_path, f"model.base={tiny_base('xlm-roberta')}", f"model.label_words=[{','.join(_WORDS)}]")
    with pytest.raises(ConfigError, match="guesses no next tokens"):
        run(config, command="pytest", log=print)


def test_a_run_starts_from_them_but_no_checkpoint_does(
    experiment: Callable[..., ExperimentConfig], tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    heads = []
    for number, overrides in enumerate(([], [f"model.label_words=[{','.join(_WORDS)}]"])):
        config = experiment(tmp_path / str(number), "checkpoint=full", *overrides)
        folder = run(config, command="pytest", log=print).folder
        heads.append(load_file(folder / "model.safetensors")["score.weight"])
    assert not heads[0].allclose(heads[1], atol=1e-3)
    config = experiment(
        tmp_path / "on", "checkpoint=full", f"model.label_words=[{','.join(_WORDS)}]", f"model.base={folder}"
    )
    with pytest.raises(ConfigError, match="a checkpoint with its own"):
        run(config, command="pytest", log=print)
    with pytest.raises(ConfigError, match="one is needed for each"):
        run(experiment(tmp_path / "two", "model.label_words=[good,bad]"), command="pytest", log=print)
