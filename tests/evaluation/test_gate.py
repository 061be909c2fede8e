"""The verdict is right: a demand that is met passes, a missed one fails, what cannot be judged is an error."""

from pathlib import Path
from typing import Any

import pytest

from stance.data.training_texts import TrainingTexts
from stance.errors import ConfigError
from stance.evaluation.gate import check_gate, require_slices
from stance.evaluation.gate_file import METRICS, Gate
from stance.evaluation.judging import Judged
from tests.evaluation.judged_rows import judged_row, many_rows, report_of

_PATH = Path("gate.yaml")


def _verdict(gate: Gate, judged: list[Judged], **more: Any) -> tuple[bool, list[dict[str, Any]]]:
    require_slices(gate, [item.row for item in judged])
    report = report_of(judged, slices=gate.columns)
    found = check_gate(gate, report, judged, **more)
    assert found["passed"] is all(check["passed"] for check in found["checks"])
    return found["passed"], found["checks"]


@pytest.mark.parametrize(("bound", "passed"), [(0.9, True), (0.91, False)])
def test_a_minimum_passes_from_its_value_on(bound: float, passed: bool) -> None:
    verdict, (check,) = _verdict(Gate(_PATH, thresholds={"accuracy": bound}), many_rows(27, 3))
    assert verdict is passed
    assert (check["found"], check["wanted"]) == (0.9, f"at least {bound:g}")
    assert "0.9 on 30 rows of 30 documents, 95 % interval" in check["detail"]


@pytest.mark.parametrize(("bound", "passed"), [(0.3, True), (0.05, False)])
def test_an_error_has_a_maximum(bound: float, passed: bool) -> None:
    verdict, (check,) = _verdict(Gate(_PATH, thresholds={"ece": bound}), many_rows(30, 0))
    assert verdict is passed  # all are right at a confidence of 0.8: the gap is 0.2
    assert check["found"] == pytest.approx(0.2)
    assert check["wanted"] == f"at most {bound:g}"


def test_a_lower_bound_asks_the_worse_end_of_the_interval() -> None:
    judged = many_rows(27, 3)
    low = report_of(judged)["overall"]["metrics"]["accuracy"]["low"]
    assert low < 0.9
    assert _verdict(Gate(_PATH, lower_bounds={"accuracy": low}), judged)[0]
    verdict, (check,) = _verdict(Gate(_PATH, lower_bounds={"accuracy": 0.9}), judged)
    assert not verdict
    assert (check["name"], check["found"]) == ("lower bound of accuracy", low)
    verdict, (check,) = _verdict(Gate(_PATH, lower_bounds={"brier": 0.5}), judged)
    assert check["name"] == "upper bound of brier"
    assert check["found"] > report_of(judged)["overall"]["metrics"]["brier"]["value"]


def test_one_failure_does_not_hide_the_others() -> None:
    gate = Gate(_PATH, thresholds={"accuracy": 0.99, "macro_f1": 0.1, "neutral_recall": 0.99})
    verdict, checks = _verdict(gate, many_rows(27, 3))
    assert not verdict
    assert [(check["name"], check["passed"]) for check in checks] == [
        ("accuracy", False),
        ("macro_f1", True),
        ("neutral_recall", False),
    ]


def test_slices_are_gated_by_column_value_and_by_two_columns() -> None:
    judged = [
        *(judged_row(f"s{n}", "favor", "favor", lang="sq") for n in range(4)),
        *(judged_row(f"e{n}", "favor", "against", lang="en") for n in range(4)),
    ]
    gate = Gate(_PATH, slices={"lang": {"sq": {"accuracy": 0.9}, "en": {"accuracy": 0.9}}})
    verdict, checks = _verdict(gate, judged)
    assert not verdict
    assert [(c["name"], c["passed"]) for c in checks] == [
        ("accuracy of lang sq", True),
        ("accuracy of lang en", False),
    ]
    assert _verdict(Gate(_PATH, slices={"lang x actor": {"sq x given": {"accuracy": 0.9}}}), judged)[0]


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        (Gate(_PATH, slices={"lang": {"sk": {"accuracy": 0.5}}}), "no row has the value 'sk'"),
        (Gate(_PATH, slices={"colour": {"red": {"accuracy": 0.5}}}), "colour"),
        (Gate(_PATH, thresholds={"ece": 0.5}), "thresholds.ece: this evaluation has no such figure"),
        (Gate(_PATH, thresholds={"selective_macro_f1": 0.5}), "do not say `abstained`"),
        (Gate(_PATH, no_leak=True), "the training sentences are not known"),
    ],
)
def test_what_cannot_be_judged_is_an_error_and_no_pass(gate: Gate, message: str) -> None:
    judged = many_rows(5, 1, sure=None)
    with pytest.raises(ConfigError, match=message):
        _verdict(gate, judged)


def test_the_bound_of_an_unknown_interval_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"lower_bounds.accuracy: its interval is not known \(1 documents, 6 rows\)"):
        _verdict(Gate(_PATH, lower_bounds={"accuracy": 0.1}), many_rows(6, 0, doc_id="d"))


def test_every_metric_that_a_gate_may_name_can_be_found() -> None:
    judged = [
        Judged(item.row, item.stance, item.probabilities, {**item.fields, "abstained": number % 4 == 0})
        for number, item in enumerate(many_rows(27, 3))
    ]
    _, checks = _verdict(Gate(_PATH, thresholds=dict.fromkeys(METRICS, 0.5)), judged)
    assert [check["name"] for check in checks] == list(METRICS)


def test_pinned_cases_must_all_be_right() -> None:
    right, wrong = judged_row("p1", "favor", "favor"), judged_row("p2", "favor", "neutral")
    gate = Gate(_PATH, pinned=Path("pinned.jsonl"))
    assert _verdict(gate, many_rows(3, 0), pinned=[right])[0]
    verdict, (check,) = _verdict(gate, many_rows(3, 0), pinned=[right, wrong])
    assert not verdict
    assert check["found"] == "1 of 2 right"
    assert check["detail"] == "p2 (said neutral, must be favor)"


def test_other_rows_than_expected_fail() -> None:
    judged = many_rows(3, 0)
    assert _verdict(Gate(_PATH, sha256=report_of(judged)["rows_sha256"]), judged)[0]
    verdict, (check,) = _verdict(Gate(_PATH, sha256=report_of(judged)["rows_sha256"]), judged[:2])
    assert not verdict
    assert (
        f"other rows than the gate expects: 2 rows of rows.jsonl, {report_of(judged[:2])['rows_sha256']}"
        in check["detail"]
    )


def test_a_row_that_was_trained_on_fails() -> None:
    judged = many_rows(3, 0)
    gate = Gate(_PATH, no_leak=True)
    others = TrainingTexts.of(["Another sentence about a tunnel through the mountain."])
    assert _verdict(gate, judged, trained_on=others)[0]
    verdict, (check,) = _verdict(gate, judged, trained_on=TrainingTexts.of([judged[1].row.query.context.text.upper()]))
    assert not verdict
    assert (check["found"], check["detail"]) == (1.0, "r1")
