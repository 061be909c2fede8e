"""A search tries what its seed says, goes on where it was stopped, stops poor trials early and hands on the best."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.cli.app import run
from stance.config import ExperimentConfig
from stance.errors import ConfigError, DataError, EnvironmentMissing
from stance.sweep import COMPLETE, PRUNED, SweepResult, search

_DEADLINE = 300.0
_RATES = "sweep.floats=[{key: training.learning_rate, low: 1e-4, high: 1e-2, log: true}]"
_HEADS = "sweep.choices=[{key: training.head_learning_rate, values: [1e-9, 1e-2]}]"
Search = Callable[..., SweepResult]


@pytest.fixture
def searched(experiment: Callable[..., ExperimentConfig], tiny_base: Callable[[str], Path], tmp_path: Path) -> Search:
    """Runs a search on the tiny base; only the given ranges are searched."""

    def call(folder: str, *overrides: str) -> SweepResult:
        empty = ("sweep=optuna", "sweep.floats=[]", "sweep.ints=[]", "sweep.choices=[]")
        config = experiment(tmp_path / folder, f"model.base={tiny_base('gemma3_text')}", *empty, *overrides)
        return search(config, command="pytest", log=print)

    return call


def _evaluations(folder: Path) -> list[dict[int, float]]:
    """Dev macro-F1 by evaluation, of each trial that ended by itself."""
    import optuna

    study = optuna.load_study(study_name="stance", storage=f"sqlite:///{folder / 'study.db'}")
    return [trial.intermediate_values for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


def test_a_killed_search_goes_on_to_the_same_trials(
    searched: Search, tiny_base: Callable[[str], Path], sentences_file: Path, tmp_path: Path
) -> None:
    settings = ["sweep.n_trials=3", "sweep.n_random=2", _RATES, "training.epochs=30", "training.evaluations=6"]
    settings += ["training.patience=99", "training.head_learning_rate=1e-4"]
    whole = searched("whole", *settings)

    common = ["debug=tiny", "data=own", f"data.root={sentences_file.parent}", "data.random_actor=0.0"]
    common += ["sweep=optuna", "sweep.ints=[]", "sweep.choices=[]", *settings]
    common += [f"model.base={tiny_base('gemma3_text')}", f"output_dir={tmp_path / 'killed'}"]
    code = "import sys; from stance.cli.app import main; sys.argv = ['stance', 'train', *sys.argv[1:]]; main()"
    process = subprocess.Popen([sys.executable, "-c", code, *common], stderr=subprocess.DEVNULL)
    begun = time.monotonic()
    while not list(tmp_path.glob("killed/trial-1/steps/checkpoint-*/trainer_state.json")) and process.poll() is None:
        assert time.monotonic() - begun < _DEADLINE
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(_DEADLINE) == -signal.SIGKILL, "the search was over before it could be killed"
    first = (tmp_path / "killed" / "trial-0" / "checkpoint" / "model.safetensors").stat().st_mtime_ns

    resumed = searched("killed", *settings)
    assert [(t.number, t.state, t.values, t.score) for t in resumed.trials] == [
        (t.number, t.state, t.values, t.score) for t in whole.trials
    ]
    assert len(resumed.trials) == 3
    assert len({t.overrides for t in resumed.trials}) == 3
    assert _evaluations(tmp_path / "killed") == _evaluations(tmp_path / "whole")
    for number in (0, 1):
        files = [
            tmp_path / name / f"trial-{number}" / "checkpoint" / "model.safetensors" for name in ("whole", "killed")
        ]
        assert files[0].read_bytes() == files[1].read_bytes()
    assert (resumed.trials[0].folder / "checkpoint" / "model.safetensors").stat().st_mtime_ns == first
    # More trials may be asked for later; other settings need another folder.
    assert len(searched("killed", *settings, "sweep.n_trials=4").trials) == 4
    with pytest.raises(ConfigError, match="was begun with other settings"):
        searched("killed", *settings, "training.batch_size=4")


def test_a_hopeless_trial_is_stopped_early_and_never_the_best(searched: Search) -> None:
    long = ("training.epochs=20", "training.evaluations=10", "training.learning_rate=3e-3", "training.patience=50")
    found = searched("s", _HEADS, *long, "sweep.n_trials=6", "sweep.n_random=1", "model.freeze_embeddings=true")
    pruned = [trial for trial in found.trials if trial.state == PRUNED]
    assert pruned
    assert found.best is not None
    assert found.best.score is not None
    for trial in pruned:
        assert trial.score is not None
        assert trial.score < found.best.score
        assert not (trial.folder / "checkpoint").exists()
    assert not [trial for trial in found.trials if (trial.folder / "steps").exists()]
    page = found.page.read_text(encoding="utf-8")
    assert page.count('<circle class="pruned"') == len(pruned)
    assert page.count('<circle class="complete"') == sum(trial.state == COMPLETE for trial in found.trials)
    assert "http" not in page.replace("http-equiv", "")


def test_the_best_recipe_trains_the_same_weights(
    searched: Search, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = (
        "sweep.choices=[{key: training.batch_size, values: [2, 4]}, {key: training.precision, values: [fp32, auto]}]"
    )
    found = searched("s", _RATES, heads, "sweep.n_trials=2", "training.epochs=8")
    assert found.best is not None
    again = tmp_path / "again"
    assert run(["train", "--config-dir", str(tmp_path / "s"), "experiment=best", f"output_dir={again}"]) == 0
    capsys.readouterr()
    weights = [folder / "checkpoint" / "model.safetensors" for folder in (found.best.folder, again)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_a_trial_that_cannot_be_run_is_told_and_the_search_goes_on(
    sentences_file: Path, tiny_base: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = "sweep.ints=[{key: model.frozen_layers, low: 1, high: 2}]"  # the tiny base has two; one must learn
    common = ["debug=tiny", "data=own", f"data.root={sentences_file.parent}", "model.freeze_embeddings=true"]
    common += [f"model.base={tiny_base('gemma3_text')}", f"output_dir={tmp_path}", "sweep.n_trials=4"]
    code = run(["train", *common, "sweep=optuna", "sweep.floats=[]", "sweep.choices=[]", layers])
    captured = capsys.readouterr()
    assert code == 1
    assert "the model has 2 layers" in captured.err
    assert "failed" in captured.out
    assert captured.out.splitlines()[-1] == "model.frozen_layers=1"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sweep.floats=[{key: training.nope, low: 1, high: 2, log: false}]", r"training\.nope"),
        ("sweep.ints=[{key: training.precision, low: 1, high: 2}]", r"training\.precision"),
        ("sweep.ints=[{key: training.batch_size, low: 0, high: 8}]", r"training\.batch_size is 0"),
        (
            "sweep.floats=[{key: training.epochs, low: 3, high: 2, log: false}]",
            r"training\.epochs goes from 3\.0 to 2\.0",
        ),
        ("sweep.floats=[{key: training.epochs, low: 0, high: 2, log: true}]", r"log range from 0\.0"),
        ("sweep.choices=[{key: seed, values: []}]", r"seed has the values \[\]"),
        ("sweep.n_trials=0", r"sweep\.n_trials is 0"),
        ("sweep.n_random=3", "nothing to search"),
    ],
)
def test_a_wrong_search_space_is_told_before_the_first_trial(
    override: str, message: str, searched: Search, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        searched("s", override)
    assert not (tmp_path / "s").exists()


def test_a_search_needs_dev_rows(searched: Search, tiny_checkpoint: Path, sentences_file: Path, tmp_path: Path) -> None:
    rows = [line for line in sentences_file.read_text(encoding="utf-8").splitlines() if '"train"' in line]
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "rows.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="no dev rows to compare the trials by"):
        searched("s", _RATES, f"data.root={tmp_path / 'rows'}", f"model.base={tiny_checkpoint}", "sweep.n_trials=1")


def test_an_option_stands_in_the_space_once(searched: Search) -> None:
    with pytest.raises(ConfigError, match=r"training\.learning_rate stands in the search space more than once"):
        searched("s", _RATES, "sweep.choices=[{key: training.learning_rate, values: [1e-3]}]")


def test_a_missing_optuna_is_told(searched: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(EnvironmentMissing, match=r"pip install 'stance-news\[sweep\]'"):
        searched("s", _RATES)


def test_two_processes_do_not_search_in_one_folder(searched: Search, tmp_path: Path) -> None:
    from filelock import FileLock

    (tmp_path / "s").mkdir()
    with FileLock(tmp_path / "s" / "study.lock"), pytest.raises(ConfigError, match="another process is at work"):
        searched("s", _RATES)
