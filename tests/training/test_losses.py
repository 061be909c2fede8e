"""What a wrong answer costs, and answers to a minimal pair that are not told apart or alike."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from stance.config import ExperimentConfig, Loss
from stance.errors import ConfigError
from stance.experiment import run
from stance.training.goals import goal
from stance.training.losses import divergence_loss, goal_loss, relation_loss
from stance.types import Stance

_ONES = torch.ones(3)
_TWO = (Stance.FAVOR, Stance.AGAINST)


def _logits(*probabilities: float) -> torch.Tensor:
    return torch.tensor([probabilities]).log()


def test_the_loss_of_plain_labels_is_weighted_cross_entropy() -> None:
    logits, labels = torch.randn(6, 3, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 1, 2, 2, 0, 1])
    weights = torch.tensor([1.0, 0.5, 2.0])
    found = goal_loss(logits, torch.tensor([goal(int(label)) for label in labels]), weights=weights)
    expected = torch.nn.functional.cross_entropy(logits, labels, weight=weights, reduction="sum")
    assert torch.allclose(found, expected)


@pytest.mark.parametrize("loss", Loss)
def test_what_is_no_choice_is_not_learnt(loss: Loss) -> None:
    logits = torch.tensor([[1.0, 5.0, 0.0]], requires_grad=True)
    goal_loss(logits, torch.tensor([goal(0, choices=_TWO)]), weights=_ONES, loss=loss).backward()
    assert logits.grad is not None
    assert logits.grad[0, 1] == 0
    assert logits.grad[0, 0] < 0 < logits.grad[0, 2]


def test_the_loss_of_two_choices_is_among_these() -> None:
    found = goal_loss(torch.tensor([[1.0, 5.0, 0.0]]), torch.tensor([goal(0, choices=_TWO)]), weights=_ONES)
    assert found.item() == pytest.approx(math.log(1 + math.exp(-1.0)))


def test_a_sure_answer_weighs_little_in_the_focal_loss() -> None:
    found = goal_loss(_logits(0.75, 0.125, 0.125), torch.tensor([goal(0)]), weights=_ONES, loss=Loss.focal)
    assert found.item() == pytest.approx(-math.log(0.75) * 0.25**2)


def test_the_other_side_costs_more_than_none_in_the_ordinal_loss() -> None:
    weights = torch.tensor([2.0, 1.0, 1.0])
    answers = (_logits(0.5, 0.4, 0.1), _logits(0.5, 0.1, 0.4))
    near, far = (
        goal_loss(given, torch.tensor([goal(0)]), weights=weights, loss=Loss.ordinal).item() for given in answers
    )
    assert near == pytest.approx(2 * (math.log(2) + 0.5**2 + 0.1**2))
    assert far == pytest.approx(2 * (math.log(2) + 0.5**2 + 0.4**2))


def test_a_pair_costs_what_its_relation_is_unlikely() -> None:
    logits = torch.cat([_logits(0.8, 0.1, 0.1), _logits(0.6, 0.2, 0.2)])
    equal = 0.8 * 0.6 + 2 * 0.1 * 0.2
    twins = torch.tensor([[0, 1]])
    same = relation_loss(logits, torch.tensor([goal(0), goal(0)]), twins)
    flip = relation_loss(logits, torch.tensor([goal(0), goal(2)]), twins)
    assert (same.item(), flip.item()) == pytest.approx((-math.log(equal), -math.log(1 - equal)))
    assert relation_loss(logits, torch.tensor([goal(0), goal(0)]), twins[:0]).item() == 0


def test_two_answers_cost_the_mean_of_both_divergences() -> None:
    one, other = (0.5, 0.25, 0.25), (0.25, 0.25, 0.5)
    forth = sum(p * math.log(p / q) for p, q in zip(one, other, strict=True))
    back = sum(q * math.log(q / p) for p, q in zip(one, other, strict=True))
    idle = [-100.0] * 3
    goals = torch.tensor([goal(0, choices=_TWO), idle])
    found = divergence_loss(_logits(*one).repeat(2, 1), _logits(*other).repeat(2, 1), goals)
    assert found.item() == pytest.approx((forth + back) / 2)


@pytest.mark.parametrize(
    ("override", "paired", "turns"),
    [
        ("training.loss=focal", False, True),
        ("training.loss=ordinal", False, True),
        ("training.pair_loss=1.0", False, False),
        ("training.pair_loss=1.0", True, True),
    ],
)
def test_it_turns_what_is_learnt(
    override: str, paired: bool, turns: bool, experiment: Callable[..., ExperimentConfig], tmp_path: Path
) -> None:
    heads = []
    for number, overrides in enumerate(([], [override])):
        # Each step is over all rows: their order plays no part.
        whole = ("checkpoint=full", "training.batch_size=64", "training.evaluations=1", "training.epochs=4")
        config = experiment(tmp_path / str(number), *whole, *overrides)
        if paired:
            config.data.sources[0].path = str(_with_pairs(Path(config.data.root) / "sentences.jsonl", tmp_path))
        folder = run(config, command="pytest", log=print).folder
        heads.append(load_file(folder / "model.safetensors")["score.weight"])
    assert turns is not torch.allclose(*heads, atol=1e-6)


def _with_pairs(sentences: Path, folder: Path) -> Path:
    """The same sentences, each beside one that says the same in other words."""
    rows = [json.loads(line) for line in sentences.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row |= {"pair_id": row["id"], "relation": "same"}
    twins = [row | {"id": f"{row['id']}-b", "text": f"{row['text']} So it was said."} for row in rows]
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, *twins]), encoding="utf-8")
    return path


def test_an_encoder_learns_from_no_pairs(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    config = experiment(tmp_path, "checkpoint=full", f"model.base={tiny_base('xlm-roberta')}", "training.pair_loss=1")
    with pytest.raises(ConfigError, match="only decoders learn from pairs of texts"):
        run(config, command="pytest", log=print)
