"""A run overfits a handful of sentences, and what it saves answers as what it trained."""

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest

from stance.config import ExperimentConfig
from stance.errors import CheckpointError, ConfigError
from stance.experiment import run
from stance.hydra_schema import compose_experiment
from stance.inference.classifier import StanceClassifier
from stance.modeling.checkpoint import read_info
from stance.modeling.notices import NOTICE_FILES

_OVERFIT = ("training.epochs=60", "training.learning_rate=0.003", "training.head_learning_rate=0.01")
_ROWS = [
    {"text": "Ana supports the bridge number 0.", "actor": "Ana", "target": "the bridge"},
    {"text": "Bo rejects the bridge number 4.", "actor": "Bo", "target": "the bridge"},
    {"text": "Iva mentions the bridge number 8.", "actor": "Iva", "target": "the bridge"},
]


@pytest.mark.parametrize(
    ("architecture", "overrides"),
    [
        ("gemma3_text", ("checkpoint=delta", "checkpoint.delta_rank=4")),
        ("gemma3_text", ("checkpoint=full",)),
        ("qwen3", ("checkpoint=delta", "model.method=lora", "model.lora_rank=4")),
        ("xlm-roberta", ("checkpoint=full",)),
        ("xlm-roberta", ("checkpoint=full", "model.method=lora", "model.lora_rank=4")),
        ("deberta-v2", ("checkpoint=delta", "checkpoint.delta_rank=4")),
        ("modernbert", ("checkpoint=delta", "checkpoint.delta_rank=4")),
        ("eurobert", ("checkpoint=full",)),
    ],
)
def test_every_kind_of_checkpoint_answers_the_same_after_save_and_load(
    architecture: str,
    overrides: tuple[str, ...],
    experiment: Callable[..., ExperimentConfig],
    tiny_base: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    config = experiment(tmp_path, f"model.base={tiny_base(architecture)}", "training.epochs=2", *overrides)
    outcome = run(config, command="pytest", log=print)
    once = StanceClassifier.from_pretrained(outcome.folder).predict(_ROWS)
    # The run evaluated the very weights that it saved: the same rows must score the same after loading.
    reloaded = StanceClassifier.from_pretrained(outcome.folder)
    assert [p.probabilities for p in once] == [p.probabilities for p in reloaded.predict(_ROWS)]
    assert reloaded.info.metrics["dev"]["overall"]["rows"] == 3
    dev = [
        {"text": f"Leo {verb} the bridge number {n}.", "actor": "Leo", "target": "the bridge"}
        for n, verb in ((9, "supports"), (10, "rejects"), (11, "mentions"))
    ]
    predicted = [p.stance.value for p in reloaded.predict(dev)]
    confusion = outcome.metrics["dev"]["overall"]["confusion"]
    counts = [sum(column) for column in zip(*confusion["counts"], strict=True)]
    assert [predicted.count(stance) for stance in confusion["labels"]] == counts


def test_a_run_is_evaluated_on_what_the_classifier_reads(
    experiment: Callable[..., ExperimentConfig], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    config = experiment(tmp_path, f"model.base={tiny_checkpoint}", "training.evaluations=1", "checkpoint=full")
    rows = (Path(config.data.root) / "sentences.jsonl").read_text(encoding="utf-8")
    cyrillic = rows.replace("Leo", "Ђорђе").replace("the bridge", "мост").replace("supports", "хвали")
    refused = rows.replace('{"name": "the bridge"}', '{"name": "The bridge should not be built."}')
    hard = cyrillic.replace('"en"', '"sr-Cyrl"') + refused.replace('"id": "t', '"id": "r').replace("Leo", "Mia")
    (tmp_path / "hard.jsonl").write_text(hard, encoding="utf-8")
    config.data.sources[0].path = str(tmp_path / "hard.jsonl")
    watched: list[float] = []
    outcome = run(config, command="pytest", log=print, watch=lambda _, macro_f1: watched.append(macro_f1))
    scored = StanceClassifier.from_pretrained(outcome.folder).predict([example.query for example in outcome.dev])
    assert {p.query.lang for p in scored} == {"sr-Cyrl", "en"}
    assert outcome.dev_probabilities == pytest.approx(np.array([p.probabilities for p in scored]), abs=1e-5)
    assert watched == [pytest.approx(outcome.metrics["dev"]["overall"]["macro_f1"], abs=1e-4)]


@pytest.mark.parametrize(("n_dev", "split"), [(3, "dev"), (0, "train")])
def test_few_rows_teach_a_checkpoint_and_leave_its_calibration_alone(
    n_dev: int, split: str, experiment: Callable[..., ExperimentConfig], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    overrides = ("model.freeze_embeddings=true", "model.frozen_layers=1", f"model.base={tiny_checkpoint}")
    config = experiment(tmp_path, "experiment=few_shot", *overrides)
    rows = (Path(config.data.root) / "sentences.jsonl").read_text(encoding="utf-8").replace('"dev"', f'"{split}"')
    (tmp_path / "few.jsonl").write_text(rows, encoding="utf-8")
    config.data.sources[0].path = str(tmp_path / "few.jsonl")
    outcome = run(config, command="pytest", log=said.append)
    assert (outcome.metrics["dev"] is None) == (n_dev == 0)
    before, after = read_info(tiny_checkpoint), read_info(outcome.folder)
    kept = attrgetter("temperature", "temperatures", "softmax_temperature", "smoothing", "thresholds")
    assert kept(after) == kept(before)
    assert any(f"{n_dev} dev rows are too few to calibrate" in line for line in said)
    parent, child = (StanceClassifier.from_pretrained(f).predict(_ROWS) for f in (tiny_checkpoint, outcome.folder))
    assert [p.probabilities for p in parent] != [p.probabilities for p in child]


@pytest.mark.parametrize("name", ["few_shot", "update"])
def test_what_goes_on_from_the_default_model_keeps_the_goals_that_its_calibration_expects(name: str) -> None:
    def smoothing(experiment: str) -> float:
        return compose_experiment([f"experiment={experiment}", "data.root=."]).training.label_smoothing

    assert smoothing(name) == smoothing("default") > 0


def test_a_bare_base_does_not_say_what_it_has_seen(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    config = experiment(tmp_path, f"model.base={tiny_base('gemma3_text')}", "data.seen_fraction=0.5")
    with pytest.raises(ConfigError, match=r"data.seen_fraction is 0\.5"):
        run(config, command="pytest", log=print)


def test_a_tiny_model_learns_a_handful_of_sentences(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    config = experiment(tmp_path, f"model.base={tiny_base('gemma3_text')}", *_OVERFIT, "training.patience=50")
    folder = run(config, command="pytest", log=print).folder
    found = [p.stance.value for p in StanceClassifier.from_pretrained(folder).predict(_ROWS)]
    assert found == ["favor", "against", "neutral"]


def test_the_same_seed_gives_the_same_weights(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    base = f"model.base={tiny_base('gemma3_text')}"
    folders = [run(experiment(tmp_path / n, base), command="pytest", log=print).folder for n in ("one", "two")]
    first, second = ((folder / "model.safetensors").read_bytes() for folder in folders)
    assert first == second


def test_weights_derived_from_gemma_carry_their_papers(tiny_checkpoint: Path) -> None:
    for name in NOTICE_FILES:
        assert (tiny_checkpoint / name).is_file(), f"{name} is missing beside the weights"
    notice = (tiny_checkpoint / "NOTICE").read_text(encoding="utf-8")
    assert "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms" in notice
    changes = (tiny_checkpoint / "MODIFICATIONS.md").read_text(encoding="utf-8")
    assert "section 3.2" in changes
    assert "Prohibited Use Policy" in changes


def test_a_checkpoint_can_be_trained_on(
    experiment: Callable[..., ExperimentConfig], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    outcome = run(experiment(tmp_path, f"model.base={tiny_checkpoint}"), command="pytest", log=print)
    before, after = (StanceClassifier.from_pretrained(folder) for folder in (tiny_checkpoint, outcome.folder))
    assert after.info.name == "tiny"
    assert after.info.parent is not None
    assert after.info.parent["model_id"] == before.model_id
    assert before.model_id in (outcome.folder / "README.md").read_text(encoding="utf-8")


def test_a_delta_on_another_base_is_refused(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    import shutil

    from stance.modeling.tiny import write_tiny_base

    base = tmp_path / "base"
    shutil.copytree(tiny_base("gemma3_text"), base)
    config = experiment(tmp_path / "run", f"model.base={base}", "checkpoint=delta", "checkpoint.delta_rank=4")
    folder = run(config, command="pytest", log=print).folder
    write_tiny_base(base, seed=99)
    with pytest.raises(CheckpointError, match="belongs to a base with SHA-256"):
        StanceClassifier.from_pretrained(folder)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.dev_fraction=1.5", r"data\.dev_fraction is 1\.5"),
        ("training.batch_size=0", r"training\.batch_size is 0"),
        ("encoding.question=hello", "must contain {actor}"),
        ("model.method=magic", "magic"),
        ("+data.foo=1", r"foo"),
        ("nonsense=1", "nonsense"),
        ("experiment=nope", "nope"),
    ],
)
def test_a_wrong_override_is_named(
    override: str, message: str, experiment: Callable[..., ExperimentConfig], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        run(experiment(tmp_path, override), command="pytest", log=print)


def test_the_shipped_recipe_composes() -> None:
    config = compose_experiment(["experiment=default", "data.root=somewhere"])
    assert config.model.base
    with pytest.raises(ConfigError, match=r"data\.root is not set"):
        compose_experiment(["experiment=default"])
