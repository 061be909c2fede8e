"""A place to run jobs in: ten articles, a position, and shards of three rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stance.batch import job as job_module
from stance.cli.app import run
from tests.batch.articles import POSITIONS, article_line


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with `in.jsonl` and `p.yaml`."""
    (tmp_path / "in.jsonl").write_text("".join(article_line(i) + "\n" for i in range(10)), encoding="utf-8")
    (tmp_path / "p.yaml").write_text(POSITIONS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    cut = job_module.cut
    monkeypatch.setattr(job_module, "cut", lambda rows, **_: cut(rows, max_rows=3, max_bytes=1 << 20))
    return tmp_path


@pytest.fixture
def batch(workplace: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs `stance batch` in this process, with the tiny model where one is wanted; exit code, stdout, stderr."""

    def call(*arguments: str, model: bool = True) -> tuple[int, str, str]:
        more = []
        if model:
            checkpoint = request.getfixturevalue("tiny_checkpoint")
            more = ["--positions", "p.yaml", "--model", str(checkpoint), "--processes", "1"]
        code = run(["batch", *arguments, *more])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
