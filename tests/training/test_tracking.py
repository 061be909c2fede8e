"""A tracker's store lies below the run's folder and holds loss and dev macro-F1; a missing one stops the run."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.config import ExperimentConfig
from stance.errors import EnvironmentMissing
from stance.experiment import run


def _curves_of_tensorboard(folder: Path) -> dict[str, list[float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    names = {"loss": "train/loss", "macro_f1": "eval/macro_f1"}
    return {key: [scalar.value for scalar in events.Scalars(name)] for key, name in names.items()}


def _curves_of_mlflow(folder: Path) -> dict[str, list[float]]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("stance")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.status == "FINISHED"
    names = {"loss": "loss", "macro_f1": "eval_macro_f1"}
    return {key: [m.value for m in client.get_metric_history(found.info.run_id, name)] for key, name in names.items()}


@pytest.mark.parametrize(
    ("tracker", "curves"), [("tensorboard", _curves_of_tensorboard), ("mlflow", _curves_of_mlflow)]
)
def test_the_store_holds_what_the_terminal_shows(
    tracker: str,
    curves: Callable[[Path], dict[str, list[float]]],
    experiment: Callable[..., ExperimentConfig],
    tiny_base: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    settings = ("training.epochs=4", "training.evaluations=2", f"training.tracker={tracker}")
    # Two runs in one process: the second must not end up in the first one's store.
    for name in ("one", "two"):
        said.clear()
        config = experiment(tmp_path / name, f"model.base={tiny_base('gemma3_text')}", *settings)
        run(config, command="pytest", log=said.append)
    for name in ("one", "two"):
        found = curves(tmp_path / name)
        for key, words in (("loss", ": loss "), ("macro_f1", "dev macro-F1 ")):
            shown = [float(line.rpartition(words)[2]) for line in said if words in line]
            assert shown
            assert found[key] == pytest.approx(shown, abs=0.0006)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


@pytest.mark.parametrize(("tracker", "package"), [("tensorboard", "tensorboard"), ("mlflow", "mlflow")])
def test_a_missing_tracker_is_told_before_anything_is_read(
    tracker: str,
    package: str,
    experiment: Callable[..., ExperimentConfig],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    config = experiment(tmp_path / "run", f"training.tracker={tracker}", "data.root=nowhere")
    with pytest.raises(EnvironmentMissing, match=rf"{package} is not installed.*pip install 'stance-news\[tracking\]'"):
        run(config, command="pytest", log=print)


def test_the_tracker_is_no_part_of_the_recipe(experiment: Callable[..., ExperimentConfig], tmp_path: Path) -> None:
    from stance.experiment import config_sha256

    plain, watched = (experiment(tmp_path, f"training.tracker={tracker}") for tracker in ("none", "tensorboard"))
    assert config_sha256(plain) == config_sha256(watched)
