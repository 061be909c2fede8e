"""An evaluation report as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stance.cli.output import print_table

_MAX_TARGETS = 15
_COLUMNS = ("Slice", "Rows", "Macro-F1", "Accuracy", "F1 favor", "F1 neutral", "F1 against", "Recall neutral")


def print_report(report: Mapping[str, Any]) -> None:
    """Overall figures, slices, and the confusion of gold (rows) and predicted (columns)."""
    rows = [_row("all", report["overall"])]
    for column, values in report["slices"].items():
        ordered = sorted(values.items(), key=lambda item: -item[1]["rows"])
        rows += [_row(f"{column}: {value}", scores) for value, scores in ordered[:_MAX_TARGETS]]
        if len(ordered) > _MAX_TARGETS:
            rows.append((f"{column}: {len(ordered) - _MAX_TARGETS} more in report.json", *[""] * 7))
    print_table(f"{report['model_id']} on {report['rows_file']}", _COLUMNS, rows, wide="Slice")
    confusion, overall = report["overall"]["confusion"], report["overall"]
    if "ece" in overall:
        figures = (1 - overall["accuracy"], overall["error_at_80"], overall["aurc"], overall["ece"])
        columns = ("Error", "Error on the surest 80 %", "Area under risk-coverage", "Expected calibration error")
        print_table("Does it know when it errs?", columns, [tuple(f"{figure:.3f}" for figure in figures)], wide="")
    if "sides" in report:
        sides = report["sides"]
        figures = (
            str(sides["forced"]),
            f"{sides['forced_error']:.3f}",
            str(sides["given"]),
            f"{sides['given_error']:.3f}",
        )
        columns = ("Sides if none is withheld", "Of these wrong", "Sides given", "Of these wrong")
        print_table("Sides given and withheld", columns, [figures], wide="")
    if report["minimal_pairs"]:
        pairs = [
            (relation, str(scores["questions"]), f"{scores['all_right']:.3f}", f"{scores['all_equal']:.3f}")
            for relation, scores in report["minimal_pairs"].items()
        ]
        print_table("Minimal pairs", ("Relation", "Questions", "Both right", "Both equal"), pairs, wide="")
    counts = [
        (f"gold {label}", *map(str, line)) for label, line in zip(confusion["labels"], confusion["counts"], strict=True)
    ]
    print_table("Confusion", ("", *(f"said {label}" for label in confusion["labels"])), counts, wide="")


def _row(name: str, scores: Mapping[str, Any]) -> tuple[str, ...]:
    per = scores["per_stance"]
    return (
        name,
        str(scores["rows"]),
        f"{scores['macro_f1']:.3f}",
        f"{scores['accuracy']:.3f}",
        *(f"{per[stance]['f1']:.3f}" for stance in ("favor", "neutral", "against")),
        f"{per['neutral']['recall']:.3f}",
    )
