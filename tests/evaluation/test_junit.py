"""The JUnit file says what the gate says, in a form that Jenkins and GitLab read, whatever names it holds."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from stance.evaluation.junit import render_junit
from tests.evaluation.judged_rows import many_rows, report_of

_SCHEMA = Path(__file__).parent / "junit.xsd"
_HOSTILE = '</testcase> & "quoted" ]]> \x1b[31m \x00\x0b\ufffe\ud800 \u202e <script>alert(1)</script> Вучић 😀'


def _report(**gate: Any) -> dict[str, Any]:
    return {**report_of(many_rows(27, 3)), "gate": gate or None}


def _check(name: str, *, passed: bool) -> dict[str, Any]:
    return {"name": name, "passed": passed, "found": 0.7, "wanted": "at least 0.7", "detail": f"detail of {name}"}


def _valid(text: str) -> ElementTree.Element:
    etree = pytest.importorskip("lxml.etree")
    raw = text.encode("utf-8")
    etree.XMLSchema(etree.parse(str(_SCHEMA))).assertValid(etree.fromstring(raw))
    return ElementTree.fromstring(raw)


def test_each_check_is_a_case_and_a_missed_one_a_failure() -> None:
    checks = [_check("macro_f1", passed=True), _check("ece", passed=False)]
    suite = _valid(render_junit(_report(passed=False, checks=checks)))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    assert [case.get("name") for case in suite.iter("testcase")] == ["macro_f1", "ece"]
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "found 0.7, wanted at least 0.7"
    assert failure.text == "detail of ece"


def test_without_a_gate_one_passed_case_holds_the_figures() -> None:
    suite = _valid(render_junit(_report()))[0]
    (case,) = suite.iter("testcase")
    assert suite.get("failures") == "0"
    assert "accuracy 0.9 (" in (case.findtext("system-out") or "")


def test_hostile_names_are_text_and_nothing_else() -> None:
    check = _check(_HOSTILE, passed=False) | {"found": _HOSTILE, "wanted": _HOSTILE, "detail": _HOSTILE}
    report = _report(passed=False, checks=[check]) | {"rows_file": _HOSTILE, "model_id": _HOSTILE}
    text = render_junit(report)
    suite = _valid(text)[0]
    (case,) = suite.iter("testcase")
    assert '</testcase> & "quoted" ]]>' in (case.get("name") or "")
    assert "<script>alert(1)</script> Вучић 😀" in (case.get("name") or "")
    assert not set(text) & set("\x1b\x00\x0b\ufffe\ud800\u202e")


def test_the_schema_refuses_what_the_servers_would() -> None:
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.parse(str(_SCHEMA)))
    good = render_junit(_report()).encode("utf-8")
    assert schema.validate(etree.fromstring(good))
    for before, after in ((b' name="figures"', b""), (b"testcase", b"test"), (b' tests="1"', b"")):
        assert not schema.validate(etree.fromstring(good.replace(before, after)))
