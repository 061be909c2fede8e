"""`stance evaluate --gate`: exit code, text, JSON and JUnit say the same."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from stance.cli.app import run
from stance.types import STANCES

_NAMES = [stance.value for stance in STANCES]


class Work:
    """A folder with gold rows and predictions of which some are wrong."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.gold = [
            {
                "id": f"r{number}",
                "doc_id": f"d{number // 2}",
                "text": f"Ana says what she thinks of bridge {number}.",
                "actor": "Ana",
                "target": "the bridge",
                "lang": "en" if number % 2 else "sq",
                "stance": _NAMES[number % 3],
            }
            for number in range(120)
        ]
        self.lines("gold.jsonl", self.gold)

    def lines(self, name: str, records: Sequence[dict[str, Any]]) -> Path:
        path = self.folder / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        return path

    def answers(self, *, n_wrong: int, name: str = "said.jsonl") -> Path:
        said = [
            {"id": row["id"], "stance": _NAMES[(number + (number < n_wrong)) % 3]}
            for number, row in enumerate(self.gold)
        ]
        return self.lines(name, said)

    def evaluate(self, gate: str | None, said: Path, *more: str, report: str = "report") -> tuple[int, str, str]:
        arguments = ["evaluate", self.folder / "gold.jsonl", "--predictions", said, "--report", self.folder / report]
        if gate is not None:
            (self.folder / "gate.yaml").write_text(gate, encoding="utf-8")
            arguments += ["--gate", self.folder / "gate.yaml"]
        code = run([*map(str, arguments), *more])
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def report(self, name: str = "report") -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / name / "report.json").read_text(encoding="utf-8"))
        return found


@pytest.fixture
def work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Work:
    return Work(tmp_path, capsys)


@pytest.mark.parametrize(("n_wrong", "passed"), [(6, True), (30, False)])
def test_all_four_verdicts_agree(n_wrong: int, passed: bool, work: Work) -> None:
    gate = "thresholds: {accuracy: 0.90, macro_f1: 0.1}\nslices: {lang: {sq: {accuracy: 0.5}}}\n"
    code, out, _ = work.evaluate(gate, work.answers(n_wrong=n_wrong))
    found = work.report()["gate"]
    suite = ElementTree.parse(work.folder / "report" / "junit.xml").getroot()[0]
    assert code == (0 if passed else 1)
    assert ("Gate: passed" if passed else "Gate: FAILED (1 of 3 checks)") in out
    assert found["passed"] is passed
    assert [check["passed"] for check in found["checks"]] == [passed, True, True]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "0" if passed else "1")


def test_without_a_gate_the_junit_file_is_there_and_passes(work: Work) -> None:
    code, _, _ = work.evaluate(None, work.answers(n_wrong=60))
    assert code == 0
    assert work.report()["gate"] is None
    assert ElementTree.parse(work.folder / "report" / "junit.xml").getroot().get("failures") == "0"


def test_a_baseline_fails_on_a_significant_fall_alone(work: Work) -> None:
    gate = "baseline: {report: main, metric: accuracy, margin: 0.01}\n"
    work.evaluate(None, work.answers(n_wrong=6), report="main")
    code, out, _ = work.evaluate(gate, work.answers(n_wrong=8))
    assert code == 0  # two rows of 120 may be chance
    assert "accuracy against the baseline" in out
    code, _, _ = work.evaluate(gate, work.answers(n_wrong=40))
    (check,) = work.report()["gate"]["checks"]
    assert code == 1
    assert check["found"] == "-0.2833"
    assert "95 % interval -0." in check["detail"]
    code, _, _ = work.evaluate(gate.replace("0.01", "0.5"), work.answers(n_wrong=40))
    assert code == 0


def test_a_baseline_of_other_rows_is_an_error(work: Work) -> None:
    work.evaluate(None, work.answers(n_wrong=6), report="main")
    work.gold[0]["text"] = "Another text."
    work.lines("gold.jsonl", work.gold)
    code, _, err = work.evaluate("baseline: {report: main}\n", work.answers(n_wrong=6))
    assert code == 2
    assert "gold stances must be the same in both" in err


def test_pinned_rows_are_looked_up_among_the_predictions(work: Work) -> None:
    work.lines("pinned.jsonl", [work.gold[0], work.gold[119]])
    code, out, _ = work.evaluate("pinned: pinned.jsonl\n", work.answers(n_wrong=1))
    assert code == 1
    assert "1 of 2 right" in out
    assert work.evaluate("pinned: pinned.jsonl\n", work.answers(n_wrong=0))[0] == 0
    work.lines("pinned.jsonl", [work.gold[0] | {"id": "new"}])
    code, _, err = work.evaluate("pinned: pinned.jsonl\n", work.answers(n_wrong=0))
    assert code == 2
    assert "'new' is none of the 120 rows" in err
    work.lines("pinned.jsonl", [work.gold[0] | {"target": "the tunnel"}])
    code, _, err = work.evaluate("pinned: pinned.jsonl\n", work.answers(n_wrong=0))
    assert code == 2
    assert "'r0' is another text, actor or target" in err


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ("treshold: {macro_f1: 0.7}", "did you mean `thresholds`?"),
        ("thresholds: {macro_f2: 0.7}", "did you mean macro_f1?"),
        ("slices: {lang: {sr: {macro_f1: 0.1}}}", "no row has the value 'sr'"),
        ("slices: {langs: {sq: {macro_f1: 0.1}}}", "did you mean lang?"),
        ("thresholds: {ece: 0.5}", "the predictions have no probabilities"),
        ("data: {no_leak: true}", "a file of predictions has none"),
        ("baseline: {report: nowhere}", "nowhere"),
        ("pinned: nowhere.jsonl", "nowhere.jsonl: no such file"),
        ("", "nothing is demanded"),
        ("thresholds: [", "no valid YAML"),
    ],
)
def test_a_gate_that_cannot_be_judged_ends_with_2_and_no_report(gate: str, message: str, work: Work) -> None:
    code, _, err = work.evaluate(gate, work.answers(n_wrong=0))
    assert code == 2
    assert message in err
    assert "gate.yaml" in err or "nowhere" in err
    assert not (work.folder / "report").exists()


def test_no_rows_are_an_error_and_no_pass(work: Work) -> None:
    code, _, err = work.evaluate("thresholds: {macro_f1: 0.0}", work.answers(n_wrong=0), "--split", "test")
    assert code == 2
    assert "no row of split 'test'" in err


def test_a_model_is_asked_about_pinned_rows_and_knows_its_training_sentences(
    work: Work, tiny_checkpoint: Path, sentences_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def evaluate(split: str, gate: str) -> tuple[int, dict[str, Any]]:
        (work.folder / "gate.yaml").write_text(gate, encoding="utf-8")
        arguments = (
            "evaluate", sentences_file, "--split", split, "--model", tiny_checkpoint,
            "--gate", work.folder / "gate.yaml", "--report", work.folder / split,
        )  # fmt: skip
        code = run([*map(str, arguments)])
        capsys.readouterr()
        return code, work.report(split)["gate"]["checks"][0]

    assert evaluate("dev", "data: {no_leak: true}")[0] == 0
    code, check = evaluate("train", "data: {no_leak: true}")
    assert code == 1
    assert check["found"] == 9.0
    work.lines("pinned.jsonl", work.gold[:6])
    code, check = evaluate("dev", "pinned: pinned.jsonl")
    assert check["found"].endswith(" of 6 right")
    assert (code == 0) is check["passed"]
