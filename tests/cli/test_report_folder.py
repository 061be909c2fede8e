"""The folder that `evaluate` and `compare` write: the same from run to run, and the second beside the first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stance.cli.app import run

_STANCES = ("favor", "against", "neutral")
_FILES = ("junit.xml", "predictions.parquet", "report.html", "report.json", "report.md")
Evaluate = Callable[..., Path]


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    """Evaluates answers to 40 rows, of which the first `n_wrong` are wrong; gives the report folder."""
    gold = [
        {"id": f"r{n}", "doc_id": f"d{n // 2}", "text": f"Text {n}.", "target": "it", "stance": _STANCES[n % 3]}
        for n in range(40)
    ]
    rows = tmp_path / "gold.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in gold), encoding="utf-8")

    def call(name: str, *more: str | Path, n_wrong: int) -> Path:
        said = tmp_path / "said.jsonl"
        answers = [{"id": row["id"], "stance": _STANCES[(n + (n < n_wrong)) % 3]} for n, row in enumerate(gold)]
        said.write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")
        arguments = ["evaluate", rows, "--predictions", said, "--report", tmp_path / name, *more]
        assert run([*map(str, arguments)]) == 0
        return tmp_path / name

    return call


def test_two_runs_differ_in_their_time_alone(evaluate: Evaluate) -> None:
    first, second = evaluate("one", n_wrong=9), evaluate("two", n_wrong=9)
    assert tuple(sorted(path.name for path in first.iterdir())) == _FILES
    created = [json.loads((folder / "report.json").read_text())["created"] for folder in (first, second)]
    for name in _FILES:
        one, two = ((folder / name).read_bytes() for folder in (first, second))
        assert one.replace(created[0].encode(), b"") == two.replace(created[1].encode(), b"")
        assert one.count(created[0].encode()) == (1 if name in ("report.html", "report.json") else 0)


def test_compare_writes_the_second_report_beside_the_first(
    evaluate: Evaluate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = evaluate("one", n_wrong=24), evaluate("two", n_wrong=2)
    assert run(["compare", str(first), str(second), "--report", str(tmp_path / "both")]) == 0
    assert f"Wrote {tmp_path / 'both' / 'report.html'}" in capsys.readouterr().err
    page = (tmp_path / "both" / "report.html").read_text(encoding="utf-8")
    assert "0 broken, 22 fixed, 2 still wrong." in page
    assert (tmp_path / "both" / "report.md").read_text(encoding="utf-8").startswith("## Better: Macro-F1 ")
    flips = json.loads((tmp_path / "both" / "comparison.json").read_text(encoding="utf-8"))["flips"]
    assert (flips["fixed"], flips["broken"]) == (22, 0)


def test_several_comparisons_have_a_folder_each(evaluate: Evaluate, tmp_path: Path) -> None:
    first, second = evaluate("one", n_wrong=24), evaluate("two", n_wrong=2)
    assert run(["compare", *map(str, (first, second, first)), "--report", str(tmp_path / "all")]) == 0
    heads = [(tmp_path / "all" / name / "report.md").read_text(encoding="utf-8").split(":")[0] for name in "12"]
    assert heads == ["## Better", "## No difference"]


def test_a_gates_baseline_stands_in_the_report(evaluate: Evaluate, tmp_path: Path) -> None:
    first = evaluate("one", n_wrong=24)
    gate = tmp_path / "gate.yaml"
    gate.write_text(f"baseline: {{report: {json.dumps(str(first))}}}\n", encoding="utf-8")
    second = evaluate("two", "--gate", gate, n_wrong=2)
    markdown = (second / "report.md").read_text(encoding="utf-8")
    assert markdown.startswith("## Gate passed: 1 check\n")
    assert "22 rows fixed, 0 broken" in markdown
    assert "0 broken, 22 fixed, 2 still wrong." in (second / "report.html").read_text(encoding="utf-8")
