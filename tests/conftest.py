"""Shared fixtures: tiny random models that are made in seconds, and composed rows."""

from __future__ import annotations

import os

# Set before any library reads it: no test may reach the network.
os.environ["HF_HUB_OFFLINE"] = "1"

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from stance.config import ExperimentConfig
from stance.experiment import run
from stance.hydra_schema import compose_experiment

ARCHITECTURES = ("gemma3_text", "qwen3", "xlm-roberta", "deberta-v2")


@pytest.fixture(scope="session")
def loaded_by() -> Callable[[str, Sequence[str]], list[str]]:
    """Which of some modules a fresh process has loaded after it ran some code."""

    def ask(code: str, modules: Sequence[str]) -> list[str]:
        probe = f"{code}\nimport sys\nprint('LOADED', *(name for name in {list(modules)!r} if name in sys.modules))"
        ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
        last = ran.stdout.splitlines()[-1].split()
        assert last[0] == "LOADED"
        return last[1:]

    return ask


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A factory of random base folders, one per architecture."""
    from stance.modeling.tiny import write_tiny_base

    root = tmp_path_factory.mktemp("bases")

    def make(architecture: str) -> Path:
        folder = root / architecture
        if not folder.is_dir():
            folder.mkdir()
            write_tiny_base(folder, architecture=architecture, seed=3)
        return folder

    return make


@pytest.fixture(scope="session")
def sentences_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight composed sentences, each stance clear from one word."""
    import json

    words = {"favor": "supports", "against": "rejects", "neutral": "mentions"}
    rows = []
    for index, (name, stance) in enumerate([(n, s) for n in ("Ana", "Bo", "Iva", "Leo") for s in words]):
        rows.append(
            {
                "id": f"t{index}",
                "lang": "en",
                "text": f"{name} {words[stance]} the bridge number {index}.",
                "annotations": [{"actor": {"name": name}, "target": {"name": "the bridge"}, "stance": stance}],
                "split": "dev" if name == "Leo" else "train",
                "source": "composed",
            }
        )
    path = tmp_path_factory.mktemp("rows") / "sentences.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def experiment(sentences_file: Path) -> Callable[..., ExperimentConfig]:
    """Composes the real configuration, shrunk to the composed sentences."""

    def make(output_dir: Path, *overrides: str) -> ExperimentConfig:
        shrunk = [
            "debug=tiny",
            f"data.root={sentences_file.parent}",
            "data=own",
            "data.random_actor=0.0",
            f"output_dir={output_dir}",
        ]
        return compose_experiment([*shrunk, *overrides])

    return make


@pytest.fixture(scope="session")
def tiny_checkpoint(
    tmp_path_factory: pytest.TempPathFactory,
    experiment: Callable[..., ExperimentConfig],
    tiny_base: Callable[[str], Path],
) -> Path:
    """A checkpoint folder of a trained random decoder."""
    config = experiment(tmp_path_factory.mktemp("tiny"), f"model.base={tiny_base('gemma3_text')}")
    return run(config, command="pytest", log=print).folder
