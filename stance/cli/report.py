"""An evaluation report as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stance.cli.output import print_table
from stance.pages.wording import metric_label

_MAX_VALUES = 15
_MAX_WORST = 5
_COLUMNS = ("Slice", "Rows", "Documents", "Macro-F1", "Accuracy", "F1 favor", "F1 neutral", "F1 against")


def print_report(report: Mapping[str, Any]) -> None:
    """Overall figures, slices, and the confusion of gold (rows) and predicted (columns)."""
    overall = report["overall"]
    title = f"{report['model_id']} on {report['rows_file']}"
    share = f"{100 * report['confidence']:.0f} % interval"
    figures = [(metric_label(name), *_figure(found)) for name, found in overall["metrics"].items()]
    print_table(
        f"{title}: {report['n_rows']} rows of {report['n_documents']} documents",
        ("Figure", "Value", share),
        figures,
        wide="",
    )
    _print_selective(overall["selective"], share)
    print_table("Slices", _COLUMNS, _slice_rows(report), wide="Slice")
    _print_worst(report["worst"][:_MAX_WORST])
    if report["minimal_pairs"]:
        pairs = [
            (relation, str(scores["questions"]), *(_with_bounds(scores, name) for name in ("all_right", "all_equal")))
            for relation, scores in report["minimal_pairs"].items()
        ]
        print_table("Minimal pairs", ("Relation", "Questions", "All right", "All equal"), pairs, wide="")
    confusion = overall["confusion"]
    counts = [
        (f"gold {label}", *map(str, line)) for label, line in zip(confusion["labels"], confusion["counts"], strict=True)
    ]
    print_table("Confusion", ("", *(f"said {label}" for label in confusion["labels"])), counts, wide="")


def _print_selective(selective: Mapping[str, Any] | None, share: str) -> None:
    if selective is None:
        return
    coverage = (f"{selective['coverage']:.3f}", _bounds(selective["coverage_interval"]))
    rows = [("Coverage (rows not abstained)", *coverage)]
    rows += [(metric_label(name), *_figure(figure)) for name, figure in selective["metrics"].items()]
    title = f"Of the rows that are answered ({selective['abstained']} abstained, {selective['sides']} sides given)"
    print_table(title, ("Figure", "Value", share), rows, wide="")


def _slice_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = [_row("all", report["overall"])]
    for column, values in {**report["slices"], **report["two_way"]}.items():
        ordered = sorted(values.items(), key=lambda item: -item[1]["rows"])
        rows += [_row(f"{column}: {value}", block) for value, block in ordered[:_MAX_VALUES]]
        left_out = report["slices_left_out"].get(column, {"values": 0})["values"]
        if len(ordered) > _MAX_VALUES:
            more = f"{column}: {len(ordered) - _MAX_VALUES} more in report.json"
            rows.append((more + (f", {left_out} left out" if left_out else ""), *[""] * (len(_COLUMNS) - 1)))
    return rows


def _row(name: str, block: Mapping[str, Any]) -> tuple[str, ...]:
    metrics, per = block["metrics"], block["per_stance"]
    return (
        f"{name} (few rows)" if block["small"] else name,
        str(block["rows"]),
        str(block["documents"]),
        " ".join(_figure(metrics["macro_f1"])),
        " ".join(_figure(metrics["accuracy"])),
        *(f"{per[stance]['f1']:.3f}" for stance in ("favor", "neutral", "against")),
    )


def _print_worst(worst: list[Mapping[str, Any]]) -> None:
    rows = [
        (
            f"{found['column']}: {found['value']}",
            str(found["rows"]),
            f"{found['value_of_metric']:.3f}",
            f"{found['difference']:+.3f} {_bounds((found['difference_low'], found['difference_high']))}",
            f"{found['p_holm']:.3f}",
        )
        for found in worst
    ]
    if rows:
        columns = ("Slice", "Rows", "Macro-F1", "Less than the rest", "p (Holm)")
        print_table("Slices with the lowest macro-F1", columns, rows, wide="Slice")


def _figure(figure: Mapping[str, Any]) -> tuple[str, str]:
    return f"{figure['value']:.3f}", _bounds((figure["low"], figure["high"]))


def _with_bounds(scores: Mapping[str, Any], name: str) -> str:
    return f"{scores[name]:.3f} {_bounds(scores['intervals'][name])}"


def _bounds(bounds: Any) -> str:
    low, high = bounds
    return "(one document)" if low is None else f"({low:.3f} to {high:.3f})"
