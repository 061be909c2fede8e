"""A report as Markdown for a pull request: the verdict first, never more than MAX_LINES lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stance.pages.clean import visible
from stance.pages.wording import (
    bounds,
    counted,
    difference,
    extent,
    figure,
    metric_label,
    p_value,
    verdict,
    with_bounds,
)

MAX_LINES = 60
_MAX_CELL = 80
_ALL = "all"
_MAX_CHECKS, _MAX_METRICS, _MAX_WORST, _MAX_TESTS = 10, 6, 6, 5
_FIGURES = ("macro_f1", "accuracy", "favor_against_f1", "side_error", "ece", "brier")
# Where GitHub and GitLab would link or notify: @name, #12, !12, ~label, www., ://
_LINKED = re.compile(r"(?<=[@#!~$%&])(?=\w)|(?<=www)(?=\.)|(?<=:)(?=//)|(?<=GH)(?=-\d)", re.IGNORECASE)
_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")
_PLAIN = frozenset(",.:;/()+-=%'\"?")
_APART = "\u200b"


def render_markdown(report: Mapping[str, Any], *, compared: Mapping[str, Any] | None = None) -> str:
    """The report as GitHub and GitLab show it; names and texts of users come out as plain text.

    Args:
        report: `report.json`; where two are compared, the second.
        compared: what `compare` found between an earlier report and this one.
    """
    parts = (
        _head(report, compared),
        _checks(report),
        _changes(compared) if compared is not None else _figures(report),
        _worst(report),
        _robustness(report),
        ["Every figure, slice and wrong answer: `report.html` and `report.json`."],
    )
    lines = [line for part in parts if part for line in (*part, "")]
    assert len(lines) <= MAX_LINES
    return "\n".join(lines[:-1]) + "\n"


def escaped(value: object) -> str:
    """A value as plain text within a table's cell: no markup, no mention, no link, on one line, cut where long."""
    text = visible(str(value), one_line=True)
    text = text if len(text) <= _MAX_CELL else text[: _MAX_CELL - 1] + "…"
    apart = _LINKED.sub(_APART, text)
    return _MARKUP.sub(lambda found: found[0] if found[0] in _PLAIN else f"&#{ord(found[0])};", apart)


def _head(report: Mapping[str, Any], compared: Mapping[str, Any] | None) -> Iterator[str]:
    found = verdict(report, compared)
    yield f"## {found.words}"
    yield ""
    model = escaped(report["model_id"])
    if compared is not None:
        model = f"{escaped(compared['first']['model_id'])} → {escaped(compared['second']['model_id'])}"
    yield f"**{model}** on {escaped(report['rows_file'])}: {extent(report)}."


def _checks(report: Mapping[str, Any]) -> list[str]:
    """The gate's checks, the failed ones first."""
    if report["gate"] is None:
        return []
    checks = sorted(report["gate"]["checks"], key=lambda check: check["passed"])
    rows = (
        (
            "passed" if check["passed"] else "**failed**",
            escaped(check["name"]),
            figure(check["found"]) if isinstance(check["found"], float) else escaped(check["found"] or "–"),
            escaped(check["wanted"]),
            escaped(check["detail"]),
        )
        for check in checks[:_MAX_CHECKS]
    )
    return _table(("Result", "Check", "Found", "Wanted", "Detail"), rows, n_more=len(checks) - _MAX_CHECKS)


def _figures(report: Mapping[str, Any]) -> list[str]:
    metrics = report["overall"]["metrics"]
    rows = (
        (escaped(metric_label(name)), figure(metrics[name]["value"]), bounds(metrics[name]))
        for name in _FIGURES
        if name in metrics
    )
    return _table(("Metric", "Value", "Interval"), rows)


def _changes(compared: Mapping[str, Any]) -> list[str]:
    """Before and after, and the rows that flipped."""
    head = ("Metric", "Before", "After", "Difference", "p", "Verdict")
    rows = (
        (
            escaped(metric_label(name)),
            figure(found["first"]),
            figure(found["second"]),
            difference(found),
            p_value(found["p_holm"]),
            found["verdict"],
        )
        for name, found in list(compared["metrics"].items())[:_MAX_METRICS]
    )
    flips, detectable = compared["flips"], compared["metrics"]["macro_f1"]["detectable"]
    told = f"{counted(flips['fixed'], 'row')} fixed, {flips['broken']} broken; McNemar p {p_value(flips['mcnemar_p'])}."
    if detectable is not None:
        told += f" So many rows would show a difference of {figure(detectable)} in macro-F1."
    return ["### What changed", "", *_table(head, rows), "", told]


def _worst(report: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            escaped(f"{entry['column']}: {entry['value']}"),
            str(entry["rows"]),
            with_bounds({"value": entry["value_of_metric"], "low": entry["low"], "high": entry["high"]}),
            "–" if entry["difference"] is None else f"{entry['difference']:+.3f}",
            p_value(entry["p_holm"]),
        )
        for entry in report["worst"][:_MAX_WORST]
    ]
    head = ("Slice", "Rows", "Macro-F1", "Against the rest", "p (Holm)")
    return ["### Worst slices", "", *_table(head, rows)] if rows else []


def _robustness(report: Mapping[str, Any]) -> list[str]:
    """The tests that were broken most."""
    overall = (test for test in report["robustness"] or () if test["lang"] == _ALL)
    tests = sorted(overall, key=lambda test: -test["share"])
    rows = (
        (escaped(test["test"]), str(test["cases"]), with_bounds({**test, "value": test["share"]}))
        for test in tests[:_MAX_TESTS]
    )
    head = ("Changed text", "Cases", "Share of answers that moved as they must not")
    return ["### Robustness", "", *_table(head, rows, n_more=len(tests) - _MAX_TESTS)] if tests else []


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, n_more: int = 0) -> list[str]:
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    return [*lines, "", f"and {n_more} more in report.json"] if n_more > 0 else lines


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
