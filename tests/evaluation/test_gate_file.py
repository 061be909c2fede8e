"""A gate file says what it means or is refused: a typo never passes."""

import re
from pathlib import Path

import pytest

from stance.data.rows import read_rows
from stance.errors import DataError
from stance.evaluation.gate_file import Baseline, Gate, load_gate

_ROOT = Path(__file__).parent.parent.parent


def _gate(tmp_path: Path, text: str) -> Gate:
    path = tmp_path / "gate.yaml"
    path.write_text(text, encoding="utf-8")
    return load_gate(path)


def test_every_part_is_read(tmp_path: Path) -> None:
    text = f"""
thresholds: {{macro_f1: 0.70, ece: 0.05, neutral_recall: 0.6}}
lower_bounds: {{macro_f1: 0.65}}
slices: {{lang: {{sq: {{macro_f1: 0.60}}}}, "lang x actor": {{"sq x none": {{accuracy: 0.5}}}}}}
baseline: {{report: reports/main, metric: accuracy, margin: 0.01}}
pinned: pinned.jsonl
data: {{sha256: {"ab" * 32}, no_leak: true}}
"""
    gate = _gate(tmp_path, text)
    assert gate.thresholds == {"macro_f1": 0.70, "ece": 0.05, "neutral_recall": 0.6}
    assert gate.lower_bounds == {"macro_f1": 0.65}
    assert gate.slices["lang"] == {"sq": {"macro_f1": 0.60}}
    assert gate.columns == ("lang", "lang,actor")
    assert gate.baseline == Baseline(tmp_path / "reports/main", "accuracy", 0.01)
    assert gate.pinned == tmp_path / "pinned.jsonl"
    assert (gate.sha256, gate.no_leak) == ("ab" * 32, True)


def test_what_is_not_said_of_the_baseline_is_macro_f1_and_no_margin(tmp_path: Path) -> None:
    assert _gate(tmp_path, "baseline: {report: main}").baseline == Baseline(tmp_path / "main", "macro_f1", 0.0)


def test_the_gates_of_the_project_and_of_its_documentation_can_be_read(tmp_path: Path) -> None:
    gate = load_gate(_ROOT / "data" / "gates" / "default.yaml")
    assert gate.no_leak
    assert gate.pinned is not None
    assert len(read_rows(gate.pinned, need_stance=True)) > 20
    (example, *_) = re.findall(r"```yaml\n(.*?)```", (_ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL)
    assert _gate(tmp_path, example).baseline == Baseline(tmp_path / "baseline", "macro_f1", 0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing is demanded"),
        ("thresholds: {}", "thresholds: {}, expected one or more keys"),
        ("treshold: {macro_f1: 0.7}", "unknown key `treshold`; did you mean `thresholds`?"),
        ("thresholds: {macro_f: 0.7}", "no such metric: 'macro_f'; did you mean macro_f1?"),
        ("thresholds: {macro_f1: 70}", "thresholds.macro_f1: 70, expected a number from 0 to 1"),
        ("thresholds: {macro_f1: yes}", "thresholds.macro_f1: True, expected a number"),
        ("thresholds: {macro_f1: .nan}", "thresholds.macro_f1: nan, expected a number"),
        ("lower_bounds: {ece: -0.1}", "lower_bounds.ece: -0.1"),
        ("slices: {lang: {sq: {macro: 0.6}}}", "slices.lang.sq: no such metric: 'macro'"),
        ("slices: {lang: {sq: 0.6}}", "slices.lang.sq: 0.6, expected one or more keys"),
        ("slices: {lang: {}}", "slices.lang: {}"),
        ("baseline: {metric: macro_f1}", "baseline.report: None"),
        ("baseline: {report: x, metric: ece}", "baseline.metric: no such metric: 'ece'"),
        ("baseline: {report: x, margin: -1}", "baseline.margin: -1"),
        ("baseline: {report: x, margn: 0.1}", "unknown key `margn`; did you mean `margin`?"),
        ("pinned: 3", "pinned: 3, expected a file of rows"),
        ("data: {sha256: abc}", "data.sha256: 'abc', expected the 64 hex digits"),
        ("data: {no_leak: false}", "data: nothing is demanded"),
        ("data: {no_leak: 1}", "data.no_leak: 1, expected true or false"),
        ("data: {noleak: true}", "unknown key `noleak`; did you mean `no_leak`?"),
        ("thresholds: {macro_f1: 0.7}\nthresholds: {macro_f1: 0.1}", "`thresholds` is there twice"),
        ("- macro_f1", "nothing is demanded"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        _gate(tmp_path, text)
    assert message in str(error.value)
    assert "gate.yaml" in str(error.value)
