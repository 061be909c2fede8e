"""Learning to go on with the texts beside answering questions about them."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stance.config import ExperimentConfig
from stance.errors import ConfigError
from stance.experiment import run
from stance.modeling.model import load_classifier, load_config
from stance.training.next_tokens import NextTokens
from stance.training.sharing import SharedText, SharedTextClassifier, collate_shared

_GOAL = (1.0, 0.0, 0.0)


def test_the_loss_is_that_of_each_next_token_among_those_that_occur() -> None:
    # Two tokens occur, 1 and 3, so each guess has two outcomes; hidden states are chosen so that scores are 0 and 1.
    embeddings = torch.tensor([[9.0], [0.0], [9.0], [1.0]])
    loss = NextTokens(embeddings, [[1, 3], [3, 1]])
    hidden = torch.tensor([[[1.0], [1.0], [1.0]]])
    found = loss(hidden, torch.tensor([[1, 3, 1]]), torch.tensor([[True, True, True]]))
    right, wrong = math.log(1 + math.exp(-1)), math.log(1 + math.e)
    assert float(found) == pytest.approx((right + wrong) / 2, abs=1e-6)


def test_tokens_of_questions_are_neither_guessed_nor_in_the_vocabulary(tiny_base: Callable[[str], Path]) -> None:
    folder = tiny_base("gemma3_text")
    model = load_classifier(folder, config=load_config(folder))
    texts = [SharedText((2, 11, 12), ((31,),), (_GOAL,), (None,)), SharedText((2, 13), ((32, 33),), (_GOAL,), (None,))]
    batch = collate_shared(texts, pad_id=0)
    batch.pop("labels")
    assert batch["is_text"].tolist() == [[True, True, True, False], [True, True, False, False]]
    loss = NextTokens(model.get_input_embeddings().weight, (text.text for text in texts))
    assert loss.vocabulary.tolist() == [2, 11, 12, 13]
    classifier = SharedTextClassifier(model, next_tokens=loss)
    other = batch | {"input_ids": batch["input_ids"].where(batch["is_text"], 40)}
    losses = [classifier.train()(**given)["text_loss"] for given in (batch, other)]
    assert losses[0] == losses[1]
    assert "text_loss" not in classifier.eval()(**batch)


def test_it_turns_what_is_learnt(experiment: Callable[..., ExperimentConfig], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    heads = []
    for weight in ("0.0", "0.5"):
        config = experiment(tmp_path / weight, "checkpoint=full", f"training.text_loss={weight}")
        folder = run(config, command="pytest", log=print).folder
        heads.append(load_file(folder / "model.safetensors")["model.norm.weight"])
    assert not heads[0].equal(heads[1])


@pytest.mark.parametrize(
    ("override", "message"),
    [("training.text_loss=-1", "must not be negative"), ("training.text_loss=0.2", "does not read from left to")],
)
def test_a_run_that_cannot_learn_it_is_refused(
    override: str,
    message: str,
    experiment: Callable[..., ExperimentConfig],
    tiny_base: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    base = f"model.base={tiny_base('xlm-roberta')}"
    with pytest.raises(ConfigError, match=message):
        run(experiment(tmp_path, "checkpoint=full", base, override), command="pytest", log=print)
