"""The mean of several runs is one checkpoint, calibrated on rows that none of them was trained on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stance.averaging import average
from stance.cli.app import run as stance
from stance.config import ExperimentConfig
from stance.data.training_texts import FILE as TRAINING_TEXTS
from stance.data.training_texts import TrainingTexts
from stance.errors import CheckpointError, DataError
from stance.experiment import Outcome, run
from stance.inference.classifier import StanceClassifier
from stance.modeling.calibration import fit_temperature
from stance.modeling.checkpoint import load_checkpoint, read_delta, read_info
from stance.modeling.encoding import encode_queries
from stance.modeling.runtime import predict_logits
from stance.types import STANCES

if TYPE_CHECKING:
    from torch import Tensor

_LEARN = ("training.epochs=6", "training.learning_rate=3e-3", "training.head_learning_rate=1e-2")
_FROZEN = ("model.freeze_embeddings=true", "model.frozen_layers=1")


@pytest.fixture
def trained(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> Callable[..., tuple[list[Path], ExperimentConfig]]:
    """Checkpoints of one recipe with the seeds 1, 2 and 3, and the recipe."""

    def make(*overrides: str) -> tuple[list[Path], ExperimentConfig]:
        settings = (f"model.base={tiny_base('gemma3_text')}", *_LEARN, *overrides)
        configs = [experiment(tmp_path / str(seed), *settings, f"seed={seed}") for seed in (1, 2, 3)]
        return [run(config, command="pytest", log=print).folder for config in configs], configs[0]

    return make


def _average(folders: list[Path], config: ExperimentConfig, destination: Path) -> Outcome:
    return average(folders, destination, config=config, command="pytest", log=print)


def _weights(folder: Path) -> dict[str, "Tensor"]:
    weights: dict[str, Tensor] = load_checkpoint(folder).model.state_dict()
    return weights


def test_full_weights_are_the_mean(trained: Callable[..., tuple[list[Path], ExperimentConfig]], tmp_path: Path) -> None:
    folders, config = trained()
    outcome = _average(folders, config, tmp_path / "mean")
    one, two, three, mean = (_weights(folder) for folder in (*folders, outcome.folder))
    assert any(not one[name].equal(two[name]) for name in one)
    for name, weight in mean.items():
        assert weight.allclose((one[name] + two[name] + three[name]) / 3, atol=1e-6)


def test_a_mean_of_deltas_is_the_best_delta_of_their_rank(
    trained: Callable[..., tuple[list[Path], ExperimentConfig]], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    from safetensors.numpy import load_file

    folders, config = trained("checkpoint=delta", "checkpoint.delta_rank=4", *_FROZEN)
    outcome = _average(folders, config, tmp_path / "mean")
    delta = read_delta(outcome.folder)
    # What no run changed is not in the delta, however many there are.
    assert not [name for name in delta if "embed" in name or "layers.0." in name]
    base = load_file(tiny_base("gemma3_text") / "model.safetensors")
    name = "layers.1.mlp.up_proj.weight"
    mean = np.mean([_weights(folder)[f"model.{name}"].numpy() for folder in folders], axis=0) - base[name]
    left, values, right = np.linalg.svd(mean, full_matrices=False)
    expected = (left[:, :4] * values[:4]) @ right[:4]
    found = _weights(outcome.folder)[f"model.{name}"].numpy() - base[name]
    assert values[4] > 1e-3  # three deltas of rank 4 do not fit into one by themselves
    assert np.allclose(found, expected, atol=3e-2 * float(np.abs(expected).max()))  # eight bits


def test_the_mean_is_calibrated_by_its_own_answers_and_names_its_parents(
    trained: Callable[..., tuple[list[Path], ExperimentConfig]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, config = trained("checkpoint=delta", "checkpoint.delta_rank=4")
    monkeypatch.setattr("stance.experiment.MIN_DEV_ROWS", 1)
    outcome = _average(folders, config, tmp_path / "mean")
    loaded = load_checkpoint(outcome.folder)
    encoded = encode_queries([e.query for e in outcome.dev], loaded.tokenizer, options=loaded.info.encoding)
    logits = predict_logits(loaded.model, encoded, batch_tokens=4096)
    gold = np.array([STANCES.index(e.stance) for e in outcome.dev])
    assert loaded.info.temperature == pytest.approx(fit_temperature(logits, gold), abs=1e-6)
    rows = [{"text": e.query.context.text, "actor": "Leo", "target": "the bridge"} for e in outcome.dev]
    predicted = [p.probabilities for p in StanceClassifier.from_pretrained(outcome.folder).predict(rows)]
    assert np.allclose(predicted, outcome.dev_probabilities, atol=1e-5)
    card = (outcome.folder / "README.md").read_text(encoding="utf-8")
    for folder, parent in zip(folders, loaded.info.averaged, strict=True):
        assert parent["model_id"] == load_checkpoint(folder).model_id
        assert f"average of the weights of: `{parent['model_id']}`" in card
    assert "The weights of 3 such models were averaged." in (outcome.folder / "MODIFICATIONS.md").read_text()


def test_few_dev_rows_leave_the_calibration_of_the_first_one(
    trained: Callable[..., tuple[list[Path], ExperimentConfig]], tmp_path: Path
) -> None:
    folders, config = trained()
    description = folders[0] / "stance.json"
    known = {"temperature": 1.7, "thresholds": {"min_probability": 0.66, "set_probability": 0.2}}
    description.write_text(json.dumps(json.loads(description.read_text(encoding="utf-8")) | known), encoding="utf-8")
    said: list[str] = []
    outcome = average(folders, tmp_path / "mean", config=config, command="pytest", log=said.append)
    info = read_info(outcome.folder)
    assert {"temperature": info.temperature, "thresholds": info.thresholds} == known
    assert any("3 dev rows are too few to calibrate" in line and "those of tiny, the first" in line for line in said)


def test_rows_that_a_run_was_trained_on_do_not_judge_the_mean(
    trained: Callable[..., tuple[list[Path], ExperimentConfig]], tmp_path: Path
) -> None:
    words = {"favor": "supports", "against": "rejects", "neutral": "mentions"}
    rows = [
        {"text": f"Ana {words[stance]} bridge {n}.", "actor": "Ana", "target": f"bridge {n}", "stance": stance}
        for n in range(60)
        for stance in words
    ]
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    own = (f"data.root={tmp_path / 'rows'}", "data.sources.0.path=rows.jsonl", "data.sources.0.format=rows")
    own += ("data.max_train_rows=null", "data.test_fraction=0.0", "training.epochs=1")
    # Each seed draws a dev part of its own, of which the others have most in training.
    folders, config = trained(*own, "data.dev_fraction=0.4")
    trained_on = {text for f in folders for text in _training_texts(config, read_info(f).seed)}
    outcome = _average(folders, config, tmp_path / "mean")
    texts = {example.origin.text for example in outcome.dev}
    assert texts
    assert not texts & trained_on
    assert len(texts) < read_info(folders[0]).metrics["dev"]["overall"]["rows"]
    assert sum(read_info(outcome.folder).metrics["rows"]["dev"].values()) == len(outcome.dev)

    folders, config = trained(*own, "data.dev_fraction=0.05")
    with pytest.raises(DataError, match="none is left to calibrate"):
        _average(folders, config, tmp_path / "none")


def _training_texts(config: ExperimentConfig, seed: int | None) -> set[str]:
    from stance.data.dataset import load_dataset

    assert seed is not None
    return {example.origin.text for example in load_dataset(config.data, seed=seed).train}


def test_a_run_on_other_rows_is_asked_for_its_own_sentences(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    base = f"model.base={tiny_base('gemma3_text')}"
    config = experiment(tmp_path / "one", base)
    one = run(config, command="pytest", log=print)
    other = run(experiment(tmp_path / "other", base, "data.max_train_rows=6"), command="pytest", log=print)
    assert read_info(one.folder).data_sha256 != read_info(other.folder).data_sha256
    taken = one.dev[0].query.context.text
    TrainingTexts.of([taken]).write(other.folder)
    left = _average([one.folder, other.folder], config, tmp_path / "mean").dev
    assert left
    assert {e.query.context.text for e in one.dev} - {e.query.context.text for e in left} == {taken}


def test_other_data_another_kind_and_a_folder_that_is_there_are_refused(
    experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    base = f"model.base={tiny_base('gemma3_text')}"
    config = experiment(tmp_path, base)
    other = run(experiment(tmp_path / "o", base, "data.max_train_rows=6"), command="pytest", log=print).folder
    (other / TRAINING_TEXTS).unlink()
    with pytest.raises(DataError, match=r"o/checkpoint: it was not trained on the rows"):
        _average([tiny_checkpoint, other], config, tmp_path / "mean")
    alone = run(experiment(tmp_path / "s", base, "checkpoint=delta"), command="pytest", log=print).folder
    with pytest.raises(CheckpointError, match=r"kind is delta, but that of .* is full"):
        _average([tiny_checkpoint, alone], config, tmp_path / "mean")
    with pytest.raises(CheckpointError, match="exists already"):
        _average([tiny_checkpoint, tiny_checkpoint], config, tmp_path)
    assert not (tmp_path / "mean").exists()


def test_the_command_averages_and_says_what_it_needs(
    trained: Callable[..., tuple[list[Path], ExperimentConfig]],
    sentences_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folders, _ = trained()
    recipe = ["debug=tiny", "data=own", f"data.root={sentences_file.parent}", "data.random_actor=0.0", "seed=1"]
    assert stance(["export", "average", *map(str, folders), str(tmp_path / "mean"), *recipe]) == 0
    assert "dev: 3 rows" in capsys.readouterr().err
    assert read_info(tmp_path / "mean").seed == 1
    assert stance(["export", "average", str(folders[0]), str(tmp_path / "m"), *recipe]) == 2
    assert "two or more checkpoints" in capsys.readouterr().err
