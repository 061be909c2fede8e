"""Every command as its user runs it: output, files, and one paragraph with exit code 2 for wrong input."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stance.cli.app import run
from stance.config import ExperimentConfig
from stance.data.rows import Row
from stance.data.schemas import load_schema
from stance.experiment import run as train
from stance.inference.classifier import StanceClassifier
from stance.modeling.gguf import GGUF_NAME, PART_PACKAGES
from stance.types import StancePrediction

_EVIL = "<script>alert(1)</script> \x1b[31m =cmd()"
_POSITIONS = "positions:\n  - {id: bridge, name: the bridge}\n  - {id: tunnel, name: the tunnel}\n"
_ARTICLE = "Ana Ross said that the bridge was needed. Leo Kent rejected the tunnel.\n"


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with an article, positions, actors and rows."""
    (tmp_path / "a.txt").write_text(_ARTICLE, encoding="utf-8")
    (tmp_path / "p.yaml").write_text(_POSITIONS, encoding="utf-8")
    (tmp_path / "actors.yaml").write_text("actors:\n  - {id: ross, name: Ana Ross}\n", encoding="utf-8")
    rows = [
        {"id": "r1", "text": "Ana backs it.", "actor": "Ana", "target": "it", "lang": "en", "stance": "favor", "x": 1},
        {"id": "r2", "text": "Bo says no.", "actor": None, "target": "it", "lang": "en", "stance": "against"},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


@pytest.fixture
def stance(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command with the tiny model; gives exit code, stdout, stderr."""

    def call(*arguments: str | Path, model: bool = True) -> tuple[int, str, str]:
        extra = ["--model", str(tiny_checkpoint)] if model else []
        code = run([*map(str, arguments), *extra])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


Stance = Callable[..., tuple[int, str, str]]


def test_score_gives_records_that_fit_the_schema(stance: Stance, workplace: Path) -> None:
    code, out, _ = stance("score", workplace / "a.txt", "--positions", workplace / "p.yaml", "--format", "jsonl")
    records = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(r["actor"]["name"], r["target"]["id"]) for r in records] == [
        ("Ana Ross", "bridge"),
        ("Leo Kent", "tunnel"),
    ]
    for record in records:
        jsonschema.validate(record, load_schema("statement"))


def test_score_gives_every_article_of_many_its_own_statements(stance: Stance, workplace: Path) -> None:
    texts = [_ARTICLE if number % 3 else "It rained.\n" for number in range(35)]
    lines = [json.dumps({"doc_id": f"d{number}", "text": text}) + "\n" for number, text in enumerate(texts)]
    (workplace / "many.jsonl").write_text("".join(lines), encoding="utf-8")
    code, out, _ = stance("score", workplace / "many.jsonl", "--positions", workplace / "p.yaml", "--format", "jsonl")
    assert code == 0
    found = [(record["doc_id"], record["target"]["id"]) for record in map(json.loads, out.splitlines())]
    spoken = [number for number in range(35) if number % 3]
    assert found == [(f"d{number}", target) for number in spoken for target in ("bridge", "tunnel")]


def test_score_summarises_and_writes_files(stance: Stance, workplace: Path) -> None:
    out = workplace / "out" / "s.html"
    code, _, err = stance(
        "score", workplace / "a.txt", "--position", "the bridge", "--actors", workplace / "actors.yaml",
        "--format", "html", "-o", out,
    )  # fmt: skip
    assert code == 0
    assert f"Wrote {out}" in err
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    code, table, _ = stance("score", workplace / "a.txt", "--positions", workplace / "p.yaml", "--summary")
    assert code == 0
    assert "Ana Ross" in table
    assert "the tunnel" in table


def test_score_says_when_nothing_is_discussed(stance: Stance, workplace: Path) -> None:
    code, _, err = stance("score", workplace / "a.txt", "--position", "the airport")
    assert code == 0
    assert "none of the positions is discussed" in err


@pytest.mark.parametrize("shape", ["table", "html", "jsonl"])
def test_hostile_articles_come_out_harmless(stance: Stance, workplace: Path, shape: str) -> None:
    article = {"doc_id": "d", "title": f"T {_EVIL}", "text": f"{_EVIL} Ana Ross said the bridge {_EVIL} is needed."}
    (workplace / "e.jsonl").write_text(json.dumps(article) + "\n", encoding="utf-8")
    actors = json.dumps({"actors": [{"name": f"Ana Ross {_EVIL}", "aliases": {"en": ["Ana Ross"]}}]})
    (workplace / "e.yaml").write_text(actors, encoding="utf-8")
    code, out, _ = stance(
        "score", workplace / "e.jsonl", "--positions", workplace / "p.yaml", "--actors", workplace / "e.yaml",
        "--format", shape,
    )  # fmt: skip
    assert code == 0
    assert "bridge" in out
    assert "\x1b" not in out
    if shape == "html":
        assert "<script>alert" not in out
    if shape == "jsonl":
        record = json.loads(out.splitlines()[0])
        assert record["evidence"][0]["text"] in article["text"]


def test_predict_keeps_rows_order_and_columns(stance: Stance, workplace: Path) -> None:
    code, out, _ = stance("predict", workplace / "rows.jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [row["id"] for row in rows] == ["r1", "r2"]
    assert rows[0]["x"] == 1
    for row in rows:
        assert row["stance"] == max(row["probabilities"], key=row["probabilities"].__getitem__)
        assert row["truncated"] is False


def test_predict_holds_a_part_of_the_rows_at_a_time(
    stance: Stance, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = {"id": "r3", "text": "Ana backs it. " * 400, "actor": "Ana", "target": "it"}
    with (workplace / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(long) + "\n")
    _, at_once, err = stance("predict", workplace / "rows.jsonl")
    assert "1 of 3 rows were longer" in err
    sizes: list[int] = []
    whole = StanceClassifier.predict

    def watched(self: StanceClassifier, rows: list[Row], **options: Any) -> list[StancePrediction]:
        sizes.append(len(rows))
        return whole(self, rows, **options)

    monkeypatch.setattr(StanceClassifier, "predict", watched)
    monkeypatch.setattr("stance.cli.rows._ROWS_AT_ONCE", 2)
    _, _, err = stance("predict", workplace / "rows.jsonl", "-o", workplace / "out.jsonl")
    assert sizes == [2, 1]
    assert "1 of 3 rows were longer" in err
    in_parts = [json.loads(line) for line in (workplace / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    expected = [json.loads(line) for line in at_once.splitlines()]
    assert [row["id"] for row in in_parts] == ["r1", "r2", "r3"]
    for one, other in zip(in_parts, expected, strict=True):
        assert one.pop("probabilities") == pytest.approx(other.pop("probabilities"), abs=1e-5)
        assert one == other


@pytest.mark.parametrize(("threshold", "withheld"), [("0", False), ("1", True)])
def test_sides_that_are_not_sure_enough_are_withheld(
    threshold: str,
    withheld: bool,
    stance: Stance,
    workplace: Path,
    experiment: Callable[..., ExperimentConfig],
    tiny_base: Callable[[str], Path],
) -> None:
    no_neutral = ("data.sources.0.keep_neutral=0.0", "training.epochs=8", "training.head_learning_rate=0.05")
    config = experiment(workplace / "run", f"model.base={tiny_base('gemma3_text')}", *no_neutral)
    model = ("--model", train(config, command="pytest", log=[].append).folder)
    rows = workplace / "rows.jsonl"
    _, out, _ = stance("predict", rows, "--min-probability", threshold, *model, model=False)
    records = [json.loads(line) for line in out.splitlines()]
    sides = [record for record in records if record["stance"] != "neutral"]
    assert sides
    assert {record["abstained"] for record in sides} <= {withheld}
    assert {record["reason"] for record in sides} <= {"low_confidence" if withheld else None}
    assert all(record["stance"] in record["prediction_set"] for record in records)
    arguments = ("--min-probability", threshold, "--report", workplace / "r")
    code, _, _ = stance("evaluate", rows, *arguments, *model, model=False)
    selective = json.loads((workplace / "r" / "report.json").read_text())["overall"]["selective"]
    assert code == 0
    assert selective["abstained"] == (len(sides) if withheld else 0)
    assert selective["sides"] == (0 if withheld else len(sides))


def test_evaluate_judges_a_model_and_any_predictions(stance: Stance, workplace: Path) -> None:
    report = workplace / "report"
    code, out, _ = stance("evaluate", workplace / "rows.jsonl", "--report", report)
    assert code == 0
    assert "Macro-F1" in out
    assert json.loads((report / "report.json").read_text(encoding="utf-8"))["overall"]["rows"] == 2
    said = [{"id": "r1", "stance": "favor"}, {"id": "r2", "stance": "favor"}]
    (workplace / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said), encoding="utf-8")
    again = workplace / "again"
    code, _, _ = stance(
        "evaluate", workplace / "rows.jsonl", "--predictions", workplace / "p.jsonl", "--report", again, model=False
    )
    assert code == 0
    assert (
        json.loads((again / "report.json").read_text(encoding="utf-8"))["overall"]["metrics"]["accuracy"]["value"]
        == 0.5
    )


def test_compare_tells_two_reports_apart(stance: Stance, workplace: Path) -> None:
    text = _EVIL.replace("\x1b", "\\u001b")
    rows = [f'{{"id": "r{n}", "text": "{text} {n}", "target": "it", "stance": "favor"}}\n' for n in range(20)]
    (workplace / "gold.jsonl").write_text("".join(rows), encoding="utf-8")
    for name, stances in (("a", ("favor", "against")), ("b", ("favor", "favor"))):
        said = [{"id": f"r{n}", "stance": stances[n % 2]} for n in range(20)]
        (workplace / name).write_text("".join(json.dumps(row) + "\n" for row in said), encoding="utf-8")
        arguments = ("--predictions", workplace / name, "--report", workplace / f"report-{name}")
        assert stance("evaluate", workplace / "gold.jsonl", *arguments, model=False)[0] == 0
    code, out, _ = stance("compare", workplace / "report-a", workplace / "report-b", model=False)
    assert code == 0
    assert "better" in out
    assert "10 rows fixed, 0 broken" in out
    assert "\x1b" not in out
    code, out, _ = stance("compare", workplace / "report-a", workplace / "report-a", "--json", model=False)
    (compared,) = map(json.loads, out.splitlines())
    assert code == 0
    assert compared["metrics"]["macro_f1"]["verdict"] == "no difference"
    code, _, err = stance("compare", workplace / "report-a", workplace / "nowhere", model=False)
    assert code == 2
    assert "nowhere/report.json: no such file" in err


def test_evaluate_takes_a_folder_and_slices_by_split(stance: Stance, workplace: Path) -> None:
    folder = workplace / "gold"
    folder.mkdir()
    for split in ("dev", "test"):
        row = {"id": split, "text": "Ana backs it.", "actor": "Ana", "target": "it", "stance": "favor", "split": split}
        (folder / f"{split}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    code, _, _ = stance("evaluate", folder, "--report", workplace / "r")
    report = json.loads((workplace / "r" / "report.json").read_text(encoding="utf-8"))
    assert code == 0
    assert {split: scores["rows"] for split, scores in report["slices"]["split"].items()} == {"dev": 1, "test": 1}
    code, _, _ = stance("evaluate", folder, "--split", "test", "--report", workplace / "t")
    assert code == 0
    assert json.loads((workplace / "t" / "report.json").read_text(encoding="utf-8"))["overall"]["rows"] == 1
    code, _, err = stance("evaluate", folder, "--split", "tset")
    assert code == 2
    assert "no row of split 'tset'" in err


def test_data_check_lists_defects_and_ends_with_2(stance: Stance, workplace: Path) -> None:
    bad = {"text": "Short", "actor": {"name": "A", "start": 0, "end": 99}, "target": "t", "stance": "favor"}
    (workplace / "bad.jsonl").write_text(json.dumps(bad) + "\n", encoding="utf-8")
    code, out, err = stance("data", "check", workplace / "bad.jsonl", model=False)
    assert code == 2
    assert "error: past_end (1)" in out
    assert "bad.jsonl:1: actor: span [0, 99) ends past the text (5 characters)" in out
    assert "1 error in 1 file" in err
    code, out, _ = stance("data", "check", workplace / "bad.jsonl", "--json", model=False)
    assert code == 2
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["past_end"]


def test_data_check_and_convert(stance: Stance, workplace: Path) -> None:
    code, out, _ = stance("data", "check", workplace / "rows.jsonl", model=False)
    assert code == 0
    assert "rows.jsonl" in out
    tsv = workplace / "d.txt"
    tsv.write_text("[Ana] praised [Bo].\tAna\tBo\t1\n", encoding="utf-8")
    code, _, err = stance("data", "convert", tsv, workplace / "n.jsonl", "--format", "dse", model=False)
    assert code == 0
    assert "Wrote 1 sentences" in err
    assert json.loads((workplace / "n.jsonl").read_text(encoding="utf-8"))["annotations"][0]["stance"] == "favor"


def test_models_and_version(stance: Stance) -> None:
    code, out, _ = stance("models", model=False)
    assert code == 0
    assert "gemma-3-270m" in out
    assert stance("--version", model=False)[:2] == (0, "stance 0.1.0\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "none.txt", "--positions", "p.yaml"], "none.txt: no such file"),
        (["score", "binary.txt", "--positions", "p.yaml"], "binary.txt"),
        (["score", "empty.txt", "--positions", "p.yaml"], "empty.txt"),
        (["score", "a.txt", "--positions", "broken.yaml"], "broken.yaml:2: this is no valid YAML"),
        (["score", "a.txt", "--positions", "typo.yaml"], "unknown key `statment`; did you mean `statement`?"),
        (["score", "a.txt", "--positions", "p.yaml", "--select", "brige"], "did you mean bridge?"),
        (["score", "a.txt"], "Nothing to score on"),
        (["score", "a.pdf", "--positions", "p.yaml"], ".txt, .md, .html or .jsonl"),
        (["predict", "past.jsonl"], "past.jsonl:1: actor: span [0, 99) ends past the text (5 characters)"),
        (["predict", "rows.jsonl", "--device", "abacus"], "device is 'abacus'"),
        (["predict", "rows.jsonl", "--model", "."], "no stance.json in it"),
        (["evaluate", "nostance.jsonl"], "nostance.jsonl:1: stance"),
        (["train", "debug=nope"], "nope"),
        (["export", "hf", "nowhere", "dst"], "nowhere: no such folder"),
        (["score", "--nonsense"], "--nonsense"),
        (["scor"], "No such command"),
    ],
)
def test_wrong_input_ends_in_one_paragraph_and_exit_2(
    arguments: list[str],
    message: str,
    workplace: Path,
    tiny_checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (workplace / "a.pdf").write_bytes(b"%PDF")
    (workplace / "binary.txt").write_bytes(b"\x00\x01\xff\xfe" * 9)
    (workplace / "empty.txt").write_text(" \n", encoding="utf-8")
    (workplace / "broken.yaml").write_text("positions: [\n", encoding="utf-8")
    (workplace / "typo.yaml").write_text("positions:\n  - {id: a, name: b, statment: c}\n", encoding="utf-8")
    past = {"text": "Short", "actor": {"name": "A", "start": 0, "end": 99}, "target": "t", "stance": "favor"}
    (workplace / "past.jsonl").write_text(json.dumps(past) + "\n", encoding="utf-8")
    (workplace / "nostance.jsonl").write_text(
        json.dumps({"text": "Short", "actor": None, "target": "t"}) + "\n", encoding="utf-8"
    )
    monkeypatch.chdir(workplace)
    takes_model = arguments[0] in ("score", "predict", "evaluate") and "--model" not in arguments
    code = run([*arguments, *(["--model", str(tiny_checkpoint)] if takes_model else [])])
    captured = capsys.readouterr()
    assert code == 2, captured.err
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def _fresh(arguments: list[str], *, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = f"from stance.cli.app import run; import sys; sys.exit(run({arguments!r}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"not the model", "damaged or not the published ones"), (None, "pip install 'stance-news[gemma]'")],
)
def test_a_damaged_or_missing_base_is_told(content: bytes | None, message: str, workplace: Path) -> None:
    # Packages of the same names, found first, whose data file is wrong or missing.
    for number, package in enumerate(PART_PACKAGES):
        data = workplace / "fake" / package / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").write_text("raise RuntimeError('its code must not run')\n", encoding="utf-8")
        if content is not None:
            (data / f"{GGUF_NAME}.part{number:02d}").write_bytes(content)
    done = _fresh(
        ["predict", "rows.jsonl"],
        cwd=workplace,
        PYTHONPATH=str(workplace / "fake"),
        STANCE_CACHE=str(workplace / "cache"),
    )
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((workplace / "cache" / "bases").glob("*part-*"))


def test_training_shows_its_way_and_its_checkpoint_predicts(
    sentences_file: Path, workplace: Path, stance: Stance
) -> None:
    code, _, err = stance(
        "train", "debug=tiny", "data=own", f"data.root={sentences_file.parent}",
        f"output_dir={workplace / 'run'}", model=False,
    )  # fmt: skip
    assert code == 0
    assert "dev macro-F1" in err
    code, out, _ = stance("predict", workplace / "rows.jsonl", "--model", workplace / "run" / "checkpoint", model=False)
    assert code == 0
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["-m", "data=nope"], "nope"), (["-m", "debug=tiny", "data=own", "data.use=ship"], "data.use is ship")],
)
def test_a_wrong_sweep_ends_in_one_paragraph_and_exit_2(
    arguments: list[str], message: str, sentences_file: Path, stance: Stance
) -> None:
    root = [f"data.root={sentences_file.parent}"] if "data=own" in arguments else []
    out_dir = sentences_file.parent / "sweep"
    code, _, err = stance("train", *arguments, *root, f"hydra.sweep.dir={out_dir}", model=False)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
