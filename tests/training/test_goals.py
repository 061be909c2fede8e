"""Label sets of two and five classes beside ours, smoothed labels, and what a teacher says."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stance.config import ExperimentConfig
from stance.errors import ConfigError
from stance.experiment import run
from stance.inference.classifier import StanceClassifier
from stance.training.goals import NO_CHOICE, follow, goal, soften
from stance.types import Context, Reference, Span, Stance, StanceQuery

Experiment = Callable[..., ExperimentConfig]
_TWO = (Stance.FAVOR, Stance.AGAINST)
_FIVE = {"++": "favor", "+": "favor", "0": "neutral", "-": "against", "--": "against"}


def test_a_part_of_the_goal_goes_to_all_choices_or_to_what_the_teacher_says() -> None:
    goals = [goal(0), goal(2, choices=_TWO)]
    assert soften(goals, smoothing=0.3) == [pytest.approx((0.8, 0.1, 0.1)), pytest.approx((0.15, NO_CHOICE, 0.85))]
    teacher = np.array([[0.2, 0.3, 0.5], [0.3, 0.6, 0.1]])
    followed = follow(goals, teacher, weight=0.5)
    assert followed == [pytest.approx((0.6, 0.15, 0.25)), pytest.approx((0.375, NO_CHOICE, 0.625))]


def _label_sets(experiment: Experiment, folder: Path, *, choices: list[str] | None, base: Path) -> ExperimentConfig:
    """Our three classes, beside a file of two and one of five."""
    with (folder / "five.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["text", "actor", "target", "degree"])
        for number, degree in enumerate(_FIVE):
            writer.writerow([f"Ann speaks of the dam, answer {number}.", "Ann", "the dam", degree])
    rows = [
        {"id": f"b{n}", "text": f"Zoe {w} the mall number {n}.", "actor": "Zoe", "target": "the mall", "stance": s}
        for n, (w, s) in enumerate([("backs", "favor"), ("fights", "against")] * 16)
    ]
    (folder / "two.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = experiment(folder / "out", f"model.base={base}", "training.epochs=12", "training.evaluations=1")
    ours = replace(config.data.sources[0], path=f"{config.data.root}/sentences.jsonl")
    two = replace(ours, path=f"{folder}/two.jsonl", format="rows", choices=choices)
    five = replace(
        ours, path=f"{folder}/five.csv", format="csv", labels=_FIVE, columns={"stance": "degree"}, choices=None
    )
    config.data = replace(config.data, sources=[ours, two, five])
    return config


def _neutral(folder: Path) -> float:
    """Mean P(neutral) over some sentences."""
    text = "Bo mentions the bridge."
    query = StanceQuery(Context(text, Span(0, len(text))), Reference("Bo"), Reference("the bridge"), lang="en")
    return StanceClassifier.from_pretrained(folder).predict([query])[0].probabilities[1]


def test_sets_of_two_three_and_five_classes_train_side_by_side(
    experiment: Experiment, tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    found = {}
    for name, choices in (("two", ["favor", "against"]), ("three", None)):
        (tmp_path / name).mkdir()
        config = _label_sets(experiment, tmp_path / name, choices=choices, base=tiny_base("gemma3_text"))
        outcome = run(config, command="pytest", log=print)
        assert sum(outcome.metrics["rows"]["train"].values()) > 20
        found[name] = _neutral(outcome.folder)
    assert found["two"] > found["three"] + 0.02


def test_a_stance_beyond_the_choices_is_refused(
    experiment: Experiment, tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    config = _label_sets(experiment, tmp_path, choices=["favor", "neutral"], base=tiny_base("gemma3_text"))
    with pytest.raises(ConfigError, match=r"two\.jsonl: choices are favor, neutral, but sentence b\d+ is against"):
        run(config, command="pytest", log=print)
    with pytest.raises(ConfigError, match="it holds two or three of favor, neutral, against"):
        run(_label_sets(experiment, tmp_path, choices=["yes", "no"], base=Path()), command="pytest", log=print)


def test_with_all_the_weight_on_the_teacher_the_labels_say_nothing(
    experiment: Experiment, tiny_base: Callable[[str], Path], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    def weights(name: str, *, share: float) -> bytes:
        settings = ["training.class_weights=false", "training.evaluations=1", f"training.teacher_weight={share}"]
        config = experiment(
            tmp_path / "out", f"model.base={tiny_base('gemma3_text')}", f"training.teacher={tiny_checkpoint}", *settings
        )
        config.data.sources[0].path = str(tmp_path / name)
        return (run(config, command="pytest", log=print).folder / "model.safetensors").read_bytes()

    right = (Path(experiment(tmp_path).data.root) / "sentences.jsonl").read_text(encoding="utf-8")
    (tmp_path / "right.jsonl").write_text(right, encoding="utf-8")
    (tmp_path / "wrong.jsonl").write_text(right.replace('"favor"', '"against"'), encoding="utf-8")
    assert weights("right.jsonl", share=1.0) == weights("wrong.jsonl", share=1.0)
    assert weights("right.jsonl", share=0.5) != weights("wrong.jsonl", share=0.5)
