"""`stance evaluate --robustness` with a real, tiny model."""

import json
from pathlib import Path

import pytest

from stance.cli.app import run


def test_every_test_is_counted_and_shown(
    tiny_checkpoint: Path, sentences_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(sentences_file), "--model", str(tiny_checkpoint), "--robustness"]
    assert run([*arguments, "--robustness-rows", "4", "--report", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    entries = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["robustness"]
    by_test = {entry["test"]: entry for entry in entries if entry["lang"] == "all"}
    assert {"typos", "capitals", "negated", "minimal pairs: flip", "minimal pairs: same"} <= by_test.keys()
    assert by_test["capitals"]["cases"] == 4
    for entry in entries:
        assert 0 <= entry["low"] <= entry["share"] <= entry["high"] <= 1
        assert len(entry["examples"]) == min(3, entry["violated"])
    assert "Robustness" in out
    assert "minimal pairs: flip" in out


def test_a_file_of_predictions_cannot_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": "r", "text": "Ana is for it.", "actor": "Ana", "target": "it", "stance": "favor"}
    for name in ("gold", "said"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    arguments = ["evaluate", str(tmp_path / "gold.jsonl"), "--predictions", str(tmp_path / "said.jsonl")]
    assert run([*arguments, "--robustness"]) == 2
    assert "a file of predictions cannot answer" in capsys.readouterr().err
