"""How the figures of a report are put into words: the page and the Markdown say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LOWER = " (lower is better)"
_LABELS = {
    "macro_f1": "Macro-F1",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "mcc": "Matthews' correlation",
    "favor_against_f1": "Mean F1 of favor and against",
    "side_error": "Wrong among the sides given" + _LOWER,
    "ece": "Expected calibration error" + _LOWER,
    "brier": "Brier score" + _LOWER,
    "nll": "Negative log likelihood" + _LOWER,
    "aurc": "Area under risk-coverage" + _LOWER,
    "error_at_80": "Error on the surest 80 %" + _LOWER,
    "precision": "Triples given that are right",
    "recall": "Gold triples that are found",
    "f1": "F1 of triples",
    "tuple_f1": "Tuple F1 of sides with their words (RuOpinionNE)",
    "attitude_f1": "F1 of sides, favor and against apart, by document (RuSentRel)",
    "side_precision": "Sides that are right",
    "ranking": "Average precision of sides, largest |score| first",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report comes to: `kind` is passed, failed or none; `words` one sentence without a full stop."""

    kind: str
    words: str


def verdict(report: Mapping[str, Any], compared: Mapping[str, Any] | None) -> Verdict:
    """The gate's word where there is a gate, else the comparison's, else that there is neither."""
    gate = report["gate"]
    if gate is not None:
        checks = gate["checks"]
        n_failed = sum(not check["passed"] for check in checks)
        if gate["passed"]:
            return Verdict("passed", f"Gate passed: {counted(len(checks), 'check')}")
        return Verdict("failed", f"Gate failed: {n_failed} of {counted(len(checks), 'check')}")
    if compared is not None:
        found = compared["metrics"]["macro_f1"]
        kind = {"better": "passed", "worse": "failed"}.get(found["verdict"], "none")
        return Verdict(kind, f"{found['verdict'].capitalize()}: {change('macro_f1', found)}")
    return Verdict("none", "No gate: figures only")


def change(metric: str, found: Mapping[str, Any]) -> str:
    """`Macro-F1 0.612 → 0.640, +0.028 [+0.010, +0.046]`."""
    return f"{metric_label(metric)} {figure(found['first'])} → {figure(found['second'])}, {difference(found)}"


def metric_label(name: str) -> str:
    """What people call a metric, and whether less of it is better; an unknown one is called by its own name."""
    return _LABELS.get(name, name.replace("_", " "))


def figure(value: float | None) -> str:
    """Three digits; a dash where there is no value."""
    return "–" if value is None else f"{value:.3f}"


def bounds(interval: Mapping[str, Any]) -> str:
    """`[0.580, 0.640]`; empty where no interval is known."""
    if interval.get("low") is None or interval.get("high") is None:
        return ""
    return f"[{interval['low']:.3f}, {interval['high']:.3f}]"


def with_bounds(interval: Mapping[str, Any]) -> str:
    """`0.612 [0.580, 0.640]`."""
    return f"{figure(interval['value'])} {bounds(interval)}".rstrip()


def difference(found: Mapping[str, Any]) -> str:
    """`+0.028 [+0.010, +0.046]`."""
    if found["difference"] is None:
        return "–"
    if found.get("low") is None or found.get("high") is None:
        return f"{found['difference']:+.3f}"
    return f"{found['difference']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"


def p_value(value: float | None) -> str:
    """Three digits, never 0: `<0.001`."""
    if value is None:
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,319 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def extent(report: Mapping[str, Any]) -> str:
    """`1,319 rows in 640 documents`, and how the intervals come to be."""
    return (
        f"{counted(report['n_rows'], 'row')} in {counted(report['n_documents'], 'document')}; "
        f"{percent(report['confidence'])} intervals from {report['resamples']:,} resamples of documents, "
        f"seed {report['seed']}"
    )


def percent(share: float) -> str:
    """`12 %`."""
    return f"{share:.0%}".replace("%", " %")
