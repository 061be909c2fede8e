"""A run that is killed and goes on ends with the very weights of one that was not."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

_DEADLINE = 600.0


def _train(arguments: list[str]) -> subprocess.Popen[bytes]:
    code = "import sys; from stance.cli.app import main; sys.argv = ['stance', 'train', *sys.argv[1:]]; main()"
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stderr=subprocess.PIPE)


@pytest.mark.parametrize(("base", "rate"), [("gemma3_text", 0.0001), ("xlm-roberta", 0.001)])
def test_a_killed_run_goes_on_to_the_same_weights(
    base: str, rate: float, tiny_base: Callable[[str], Path], sentences_file: Path, tmp_path: Path
) -> None:
    common = ["debug=tiny", "data=own", f"data.root={sentences_file.parent}", "data.random_actor=0.0"]
    common += [
        f"model.base={tiny_base(base)}",
        "training.epochs=120",
        "training.evaluations=16",  # every 15 steps of which two make an epoch: in the middle of every other one
        "training.patience=99",
    ]
    # Learnt slowly enough that the best step, whose weights are kept, comes long after the kill.
    common += [f"training.learning_rate={rate}", f"training.head_learning_rate={3 * rate}"]
    whole, killed = _whole_and_killed(common, tmp_path)
    weights = [(folder / "checkpoint" / "model.safetensors").read_bytes() for folder in (whole, killed)]
    assert weights[0] == weights[1]
    kept = [folder.name for folder in (killed / "steps").glob("checkpoint-*")]
    assert kept == [folder.name for folder in (whole / "steps").glob("checkpoint-*")] != ["checkpoint-15"]


@pytest.mark.long
@pytest.mark.timeout(3 * _DEADLINE)
def test_so_does_one_of_the_shipped_model(sentences_file: Path, tmp_path: Path) -> None:
    common = ["data=own", f"data.root={sentences_file.parent}", "model.base=default", "model.frozen_layers=6"]
    common += ["training.epochs=2", "training.evaluations=4", "training.patience=99", "training.batch_size=4"]
    whole, killed = _whole_and_killed(common, tmp_path)
    weights = [(folder / "checkpoint" / "delta.safetensors").read_bytes() for folder in (whole, killed)]
    assert weights[0] == weights[1]


def _whole_and_killed(common: list[str], tmp_path: Path) -> tuple[Path, Path]:
    """The folders of an unbroken run and of one that was killed after its first evaluation and went on."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert _train([*common, f"output_dir={whole}"]).wait(_DEADLINE) == 0

    run = _train([*common, f"output_dir={killed}"])
    begun = time.monotonic()
    while not list(killed.glob("steps/checkpoint-*/trainer_state.json")) and run.poll() is None:
        assert time.monotonic() - begun < _DEADLINE
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    assert run.wait(_DEADLINE) == -signal.SIGKILL, "the run was over before it could be killed"
    assert not (killed / "checkpoint").exists()

    assert _train([*common, f"output_dir={killed}", "resume=true"]).wait(_DEADLINE) == 0
    return whole, killed


def test_a_state_that_was_not_written_to_its_end_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from stance.training.fit import _last_complete

    for step, text in ((9, "{}"), (10, "{}"), (11, None), (12, ""), (13, '{"global_st')):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if text is not None:
            (folder / "trainer_state.json").write_text(text, encoding="utf-8")
        for name in ("rng_state", "rng_state_0", "rng_state_1"):
            torch.save({}, folder / f"{name}.pth")
    assert _last_complete(tmp_path) == str(tmp_path / "checkpoint-10")
    assert _last_complete(tmp_path / "none") is None
    # Of two processes the second may be killed before it has written its random state, or while it does.
    for name, value in (("WORLD_SIZE", "2"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    assert _last_complete(tmp_path) == str(tmp_path / "checkpoint-10")
    (tmp_path / "checkpoint-10" / "rng_state_1.pth").write_bytes(b"PK")
    assert _last_complete(tmp_path) == str(tmp_path / "checkpoint-9")
    (tmp_path / "checkpoint-9" / "rng_state_1.pth").unlink()
    assert _last_complete(tmp_path) is None
