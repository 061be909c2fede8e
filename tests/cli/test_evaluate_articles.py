"""`stance evaluate` on annotated articles with a real, tiny model."""

import json
from pathlib import Path
from typing import Any

import pytest

from stance.cli.app import run
from stance.cli.end_to_end import actors_of
from stance.types import Actor

_TEXT = "Ana Ross said that the bridge was needed. Leo Kent rejected the tunnel."


def _article(folder: Path, name: str, **more: Any) -> Path:
    record = {
        "doc_id": name,
        "lang": "en",
        "text": _TEXT,
        "split": "dev",
        "sentences": [{"start": 0, "end": 41}, {"start": 42, "end": 71}],
        "quotes": [],
        "mentions": [{"start": 0, "end": 8, "actor": {"id": f"{name}.ross", "name": "Ana Ross"}}],
        "gold": [
            {
                "actor": {"id": f"{name}.ross", "name": "Ana Ross"},
                "target": {"id": "bridge", "name": "the bridge"},
                "stance": "favor",
                "evidence": [{"start": 0, "end": 41}],
            },
        ],
        "absent": [],
        **more,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    return path


def test_articles_are_scored_from_their_text_and_every_gold_pair_is_accounted_for(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    _article(gold, "a1")
    _article(gold, "a2")
    _article(gold, "a3", split="test")
    arguments = ["evaluate", str(gold), "--split", "dev", "--model", str(tiny_checkpoint), "--min-probability", "0"]
    assert run([*arguments, "--report", str(tmp_path / "r")]) == 0
    out = capsys.readouterr().out
    report = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))
    found = report["stages"]
    assert report["n_rows"] == found["gold"] == 2
    assert found["gold"] == found["right"] + found["lost"]["stance"]  # the rules read it rightly
    assert "Whole articles" in out
    (tmp_path / "p.yaml").write_text("positions:\n  - {id: bridge, name: the viaduct}\n", encoding="utf-8")
    assert run([*arguments, "--positions", str(tmp_path / "p.yaml"), "--report", str(tmp_path / "s")]) == 0
    found = json.loads((tmp_path / "s" / "report.json").read_text(encoding="utf-8"))["stages"]
    assert (found["right"], found["lost"]["candidate"]) == (0, 2)


def test_options_of_articles_are_refused_for_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": "r", "text": "Ana is for it.", "actor": "Ana", "target": "it", "stance": "favor"}
    (tmp_path / "gold.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert run(["evaluate", str(tmp_path / "gold.jsonl"), "--in-context"]) == 2
    assert "need annotated articles and a model" in capsys.readouterr().err


def test_an_article_has_its_own_actors_and_those_of_nobody_else(tmp_path: Path) -> None:
    record = json.loads(_article(tmp_path, "a1").read_text(encoding="utf-8"))
    known = [Actor("Una", "a1.una"), Actor("Bo", "a2.bo"), Actor("NATO", "nato"), Actor("Eve", "other.eve")]
    found = actors_of(record, known, documents={"a1", "a2"})
    assert [actor.name for actor in found] == ["Una", "NATO", "Eve", "Ana Ross"]
