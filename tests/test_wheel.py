"""The built wheel works without the clone: from another folder, with the default model's papers beside its weights."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stance.modeling.notices import NOTICE_FILES

_ROOT = Path(__file__).parent.parent
_MAX_BYTES = 41 << 20
_USER_FILE = """
from stance import ArticleScorer, Position, StanceClassifier


def sides(text: str) -> list[str]:
    scorer = ArticleScorer(StanceClassifier.from_pretrained())
    return [str(found.stance) for found in scorer.score(text, [Position("bridge", "the bridge")]).stances]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=_ROOT, check=True
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files alone, to be put before everything else on the path."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _stance(installed: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; from stance.cli.app import run; sys.exit(run({list(arguments)!r}))"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_is_small_and_complete(wheel: Path) -> None:
    assert wheel.stat().st_size < _MAX_BYTES
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "stance/py.typed" in names
    assert "stance/configs/config.yaml" in names
    for paper in (*NOTICE_FILES, "README.md", "stance.json", "delta.safetensors"):
        assert f"stance/checkpoints/default/{paper}" in names
    for paper in ("NOTICE", "README.md", "stance.json", "delta.safetensors"):
        assert f"stance/checkpoints/small/{paper}" in names
    assert not [name for name in names if name.endswith((".pkl", ".bin", ".pt"))]


def test_it_trains_without_the_clone(installed: Path, tmp_path: Path) -> None:
    done = _stance(installed, tmp_path, "train", "debug=tiny", "data.max_train_rows=16")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "tiny" / "checkpoint" / "stance.json").is_file()


def test_it_says_what_is_installed(installed: Path, tmp_path: Path) -> None:
    done = _stance(installed, tmp_path, "doctor")
    assert done.returncode == 0, done.stdout
    assert "delta" in done.stdout


def test_a_users_strictly_typed_file_passes(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(_USER_FILE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "user.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
