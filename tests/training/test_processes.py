"""Two real processes learn what one does from the same batches, write one folder, and fail with one word."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import is_zipfile

import pytest
import torch

from stance.cli.app import run
from stance.modeling.tiny import write_tiny_base
from stance.training.trainer import collate_share

_DEADLINE = 300.0
_ALONE = [sys.executable, "-m", "stance", "train"]
_TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
_TOGETHER = [*_TORCHRUN, "-m", "stance", "train"]


def _start(command: Sequence[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # torchrun warns where it is not set
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def _finish(run: subprocess.Popen[str]) -> str:
    stdout, stderr = run.communicate(timeout=_DEADLINE)
    assert run.returncode == 0, stderr
    assert stdout == ""
    return stderr


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 21 rows of 16 texts to learn from, and 8 rows of 6 texts for dev.

    Texts hold one or two questions and differ in length; the last of the batches that they make has one item.
    """
    words = {"favor": "supports", "against": "rejects", "neutral": "mentions"}
    folder = tmp_path_factory.mktemp("rows")
    lines = []
    for index, (name, stance) in enumerate(
        (n, s) for n in ("Ana", "Bo", "Iva", "Eva", "Nik", "Leo", "Tom") for s in words
    ):
        annotations = [{"actor": {"name": name}, "target": {"name": "the bridge"}, "stance": stance}]
        if stance == "against":
            annotations.append({"actor": {"name": name}, "target": {"name": "the road"}, "stance": "neutral"})
        text = f"{name} {words[stance]} the bridge {index}{' of the long road' * (index % 4)}."
        split = "dev" if name in ("Leo", "Tom") else "train"
        row = {"id": f"r{index}", "lang": "en", "text": text, "annotations": annotations, "split": split}
        lines.append(json.dumps(row | {"source": "composed"}) + "\n")
    extra = {"id": "x", "lang": "en", "text": "Zoe supports the bridge.", "split": "train", "source": "composed"}
    annotation = {"actor": {"name": "Zoe"}, "target": {"name": "the bridge"}, "stance": "favor"}
    lines.append(json.dumps(extra | {"annotations": [annotation]}) + "\n")
    (folder / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def steady_base(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Random bases without dropout, whose noise is another for each process."""

    def make(architecture: str) -> Path:
        folder = tmp_path_factory.mktemp(architecture)
        write_tiny_base(folder, architecture=architecture, seed=3)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        steady = {name: 0.0 if "dropout" in name else value for name, value in config.items()}
        (folder / "config.json").write_text(json.dumps(steady), encoding="utf-8")
        return folder

    return make


def _arguments(rows: Path, base: Path, *more: str) -> list[str]:
    common = ["debug=tiny", "data=own", f"data.root={rows}", "checkpoint=full", f"model.base={base}"]
    rates = ["training.learning_rate=0.001", "training.head_learning_rate=0.003", "training.precision=fp32"]
    return [*common, *rates, "training.batch_size=4", *more]


def _curve(told: str) -> list[tuple[str, float]]:
    """What a run said of each step: its name and place, and the figure."""
    said = re.findall(r"^(step \d+/\d+) .*: (loss|dev macro-F1) ([\d.]+)$", told, flags=re.MULTILINE)
    return [(f"{step}: {what}", float(figure)) for step, what, figure in said]


def _history(folder: Path) -> list[dict[str, float]]:
    (state,) = folder.glob("steps/checkpoint-*/trainer_state.json")
    history: list[dict[str, float]] = json.loads(state.read_text(encoding="utf-8"))["log_history"]
    timing = ("_runtime", "_per_second")
    return [{name: value for name, value in entry.items() if not name.endswith(timing)} for entry in history]


@pytest.mark.parametrize("architecture", ["gemma3_text", "xlm-roberta"])
def test_two_processes_learn_what_one_does(
    architecture: str, rows: Path, steady_base: Callable[[str], Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    base = steady_base(architecture)
    arguments = _arguments(rows, base, "training.epochs=3", "training.evaluations=3", "training.patience=9")
    one, two = tmp_path / "one", tmp_path / "two"
    alone = _finish(_start([*_ALONE, *arguments, f"output_dir={one}"]))
    together = _finish(_start([*_TOGETHER, *arguments, f"output_dir={two}"]))

    # Every step and evaluation is told once, by one of the two, and nothing beside that.
    curve = _curve(alone)
    assert [place for place, _ in _curve(together)] == [place for place, _ in curve]
    assert len(curve) == 18 + 3
    assert [figure for _, figure in _curve(together)] == pytest.approx([figure for _, figure in curve], abs=0.0011)
    assert len(together.splitlines()) == len(alone.splitlines())
    # Two sums of halves differ from one sum in the last bits of single precision only; Adam, whose step is as large
    # where a gradient is mere rounding, lets them grow over 18 steps; a gradient's norm shows it before the loss does.
    for mine, theirs in zip(_history(one), _history(two), strict=True):
        assert theirs.pop("grad_norm", 0.0) == pytest.approx(mine.pop("grad_norm", 0.0), rel=1e-2)
        assert theirs == pytest.approx(mine, abs=1e-3)

    files = [{f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()} for folder in (one, two)]
    assert {f for f in files[1] if "rng_state" not in f} == {f for f in files[0] if "rng_state" not in f}
    after, after_two = (load_file(folder / "checkpoint" / "model.safetensors") for folder in (one, two))
    before = load_file(base / "model.safetensors")
    learnt = sum(
        float((after[n] - before[n.partition(".")[2]]).abs().sum()) for n in after if n.partition(".")[2] in before
    )
    apart = sum(float((after[name] - after_two[name]).abs().sum()) for name in after)
    # Adam's first steps have the size of the learning rate even where a gradient is mere rounding.
    assert apart < 0.03 * learnt
    assert "torchrun --nproc-per-node 2 -m stance train" in (two / "checkpoint" / "README.md").read_text("utf-8")


def test_stopped_processes_go_on_to_the_same_weights(
    rows: Path, tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    # Dropout is on: each process takes up its own noise where it was.
    arguments = _arguments(rows, tiny_base("xlm-roberta"), "training.evaluations=12", "training.patience=99")
    arguments += ["training.epochs=24", "training.learning_rate=0.0003"]
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    curve = _curve(_finish(_start([*_TOGETHER, *arguments, f"output_dir={whole}"])))

    started = _start([*_TOGETHER, *arguments, f"output_dir={stopped}"])
    begun = time.monotonic()
    while not _saved_by_both(stopped) and started.poll() is None:
        assert time.monotonic() - begun < _DEADLINE
        time.sleep(0.01)
    started.terminate()  # torchrun ends what it started
    started.communicate(timeout=_DEADLINE)
    assert not (stopped / "checkpoint").exists(), "the run was over before it could be stopped"

    rest = _curve(_finish(_start([*_TOGETHER, *arguments, f"output_dir={stopped}", "resume=true"])))
    # The weights that are kept may be older than the stop; the steps after it are told too.
    assert 1 < len(rest) < len(curve)
    assert rest == curve[-len(rest) :]
    weights = [(folder / "checkpoint" / "model.safetensors").read_bytes() for folder in (whole, stopped)]
    assert weights[0] == weights[1]


def _saved_by_both(folder: Path) -> bool:
    """Whether there is a state that either process has written its part of."""
    states = [path.parent for path in folder.glob("steps/checkpoint-*/trainer_state.json")]
    return any(all(is_zipfile(state / f"rng_state_{index}.pth") for index in (0, 1)) for state in states)


def test_a_batch_that_cannot_be_shared_out_is_refused_once(
    rows: Path, tiny_base: Callable[[str], Path], tmp_path: Path
) -> None:
    arguments = _arguments(rows, tiny_base("gemma3_text"), f"output_dir={tmp_path / 'out'}", "training.batch_size=5")
    started = _start([*_TOGETHER, *arguments])
    _, told = started.communicate(timeout=_DEADLINE)
    assert started.returncode != 0
    assert re.findall(r"^stance: .*", told, flags=re.MULTILINE) == [
        "stance: training.batch_size is 5, which 2 processes cannot share evenly. It counts the rows of all processes "
        "together: give a multiple of 2, or another number of processes."
    ]
    assert re.search(r"exitcode +: 2 ", told)
    assert not (tmp_path / "out").exists()


def test_what_one_process_cannot_read_ends_all(rows: Path, tiny_base: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "rows0").symlink_to(rows)
    base, out = tiny_base("gemma3_text"), tmp_path / "out"
    train = [sys.executable, "-m", "stance", "train", *_arguments(rows, base, f"output_dir={out}")]
    script = " ".join(train).replace(f"data.root={rows}", f"data.root={tmp_path}/rows$RANK")
    started = _start([*_TORCHRUN, "--no-python", "bash", "-c", script])
    _, told = started.communicate(timeout=_DEADLINE)
    assert started.returncode != 0
    paragraphs = re.findall(r"^stance: .*", told, flags=re.MULTILINE)
    assert len(paragraphs) == 1
    assert f"{tmp_path}/rows1" in paragraphs[0]
    assert not (out / "checkpoint").exists()


@pytest.mark.parametrize("asked", ["-m", "sweep=optuna"])
def test_runs_that_each_process_would_choose_alone_are_refused(
    asked: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, value in (("RANK", "0"), ("LOCAL_RANK", "0"), ("WORLD_SIZE", "2"), ("LOCAL_WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert run(["train", asked, "debug=tiny"]) == 2
    assert "under torchrun, train one run at a time" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("n_items", [1, 2, 3, 7, 8])
def test_shares_hold_every_item_of_a_batch_once(n_items: int) -> None:
    def collate(items: list[dict[str, int]]) -> dict[str, torch.Tensor]:
        return {"labels": torch.tensor([[item["number"]] for item in items])}

    batch = [{"number": number} for number in range(n_items)]
    shares = [collate_share(batch, collate=collate, index=index, n_shares=3)["labels"] for index in range(3)]
    assert all(len(share) for share in shares)
    counted = torch.cat(shares)
    assert sorted(counted[counted != -100].tolist()) == list(range(n_items))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
