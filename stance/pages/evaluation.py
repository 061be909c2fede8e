"""The page of an evaluation: the verdict, every figure with its interval, and the wrong answers to look through."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.pages.clean import visible
from stance.pages.mistakes import mistakes
from stance.pages.plots import (
    SIDE,
    Axis,
    calibration_points,
    confusion_cells,
    difference_axis,
    polyline,
    risk_points,
    share_axis,
    whisker,
)
from stance.pages.render import render_page
from stance.pages.wording import (
    bounds,
    counted,
    difference,
    extent,
    figure,
    metric_label,
    p_value,
    percent,
    verdict,
    with_bounds,
)

_STRIP = 200
_MAX_SLICES, _MAX_EXAMPLES, _MAX_WORST = 12, 3, 10
_RISK_STEPS = 4
_ALL = "all"
_OF_TRIPLES = ("precision", "recall", "f1")
_FATE = ("doc_id", "actor", "target", "stance", "said", "evidence")
_COLUMNS = (
    ("actor", "Actor"),
    ("target", "Target"),
    ("text", "Text"),
    ("gold", "Gold"),
    ("said", "Said"),
    ("sure", "Sure"),
    ("lang", "Language"),
    ("id", "Row"),
)
_COMPARED_COLUMNS = (("change", "Change"), *_COLUMNS[:4], ("before", "Before"), ("said", "After"), *_COLUMNS[5:])

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Before:
    """What a report is compared with: the other report, its predictions, and what `compare` found between the two."""

    report: Mapping[str, Any]
    records: Sequence[Record]
    compared: Mapping[str, Any]


def evaluation_page(report: Mapping[str, Any], records: Sequence[Record], *, before: Before | None = None) -> str:
    """One page; where two reports are compared, both stand side by side, the one in hand second.

    Args:
        report: `report.json`.
        records: the rows of `predictions.parquet`.
    """
    sides = [("after", report)] if before is None else [("before", before.report), ("after", report)]
    compared = None if before is None else before.compared
    curves = [(side, each["overall"]["reliability"]) for side, each in sides]
    values = {
        "verdict": verdict(report, compared),
        "comparing": before is not None,
        "names": [{"side": side, "model_id": _line(each["model_id"])} for side, each in sides],
        "rows_file": _line(report["rows_file"]),
        "extent": extent(report),
        "created": report["created"],
        "checks": [_check(check) for check in (report["gate"] or {"checks": ()})["checks"]],
        "metrics": _metrics([each for _, each in sides]),
        "selective": [_selective(each) for _, each in sides],
        "changes": None if compared is None else _changes(compared),
        "sides": [_side(side, each) for side, each in sides],
        "reliability": [_curve(side, calibration_points(bins)) for side, bins in curves],
        "risk": _risk(sides),
        "side_units": SIDE,
        "forests": list(_forests(report, None if before is None else before.report)),
        "worst": [_worst(entry) for entry in report["worst"][:_MAX_WORST]],
        "pairs": report["minimal_pairs"],
        "robustness": _robustness(report["robustness"] or ()),
        "stages": None if report["stages"] is None else _stages(report["stages"]),
        "strip": _STRIP,
        "columns": _COMPARED_COLUMNS if before is not None else _COLUMNS,
        "mistakes": mistakes(records, None if before is None else before.records),
    }
    title = "Evaluation" if before is None else "Comparison"
    return render_page("evaluation.html", values, title=title, styles=("evaluation.css",), scripts=("mistakes.js",))


def _check(check: Mapping[str, Any]) -> dict[str, str]:
    found = check["found"]
    return {
        "kind": "passed" if check["passed"] else "failed",
        "name": _line(check["name"]),
        "found": figure(found) if isinstance(found, float) else _line("–" if found is None else found),
        "wanted": _line(check["wanted"]),
        "detail": _line(check["detail"]),
    }


def _metrics(reports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of each metric its values with intervals: of every report, then of the last one's rows that are not withheld."""
    last = reports[-1]["overall"]
    selective = (last["selective"] or {"metrics": {}})["metrics"]
    found = [each["overall"]["metrics"] for each in reports]
    return [
        {
            "name": metric_label(name),
            "values": [with_bounds(metrics[name]) if name in metrics else "–" for metrics in found],
            "selective": with_bounds(selective[name]) if name in selective else "",
        }
        for name in last["metrics"]
    ]


def _changes(compared: Mapping[str, Any]) -> dict[str, Any]:
    """The differences, after less before, on one axis, and how many rows flipped."""
    axis = _change_axis(compared)
    rows = [
        {
            "name": metric_label(name),
            "difference": difference(found),
            "sort": found["difference"],
            "p": p_value(found["p_holm"]),
            "verdict": found["verdict"],
            "detectable": figure(found["detectable"]),
            "whisker": whisker(axis, found["difference"], found["low"], found["high"]),
        }
        for name, found in compared["metrics"].items()
    ]
    return {"rows": rows, "axis": axis.marks, "flips": _flips(compared["flips"])}


def _change_axis(compared: Mapping[str, Any]) -> Axis:
    found = compared["metrics"].values()
    return difference_axis(
        (one[key] for one in found for key in ("difference", "low", "high") if one[key] is not None), _STRIP
    )


def _flips(flips: Mapping[str, Any]) -> str:
    mcnemar, randomisation = p_value(flips["mcnemar_p"]), p_value(flips["randomisation_p"])
    return (
        f"Of the rows {flips['fixed']} were fixed, {flips['broken']} broken and {flips['other']} stayed wrong in "
        f"another way (McNemar p {mcnemar}, approximate randomisation p {randomisation})."
    )


def _selective(report: Mapping[str, Any]) -> str:
    """One sentence about the rows that the system withheld; empty where it withheld none, or does not say which."""
    found = report["overall"]["selective"]
    if not found or not found["abstained"]:
        return ""
    return f"{counted(found['abstained'], 'row')} withheld, {percent(found['coverage'])} answered."


def _side(side: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """Of one report the confusion and the figures of each stance."""
    overall = report["overall"]
    return {
        "side": side,
        "labels": overall["confusion"]["labels"],
        "confusion": confusion_cells(overall["confusion"]),
        "per_stance": [
            {
                "name": name,
                "figures": [figure(scores[key]) for key in ("precision", "recall", "f1")],
                "rows": scores["support"],
            }
            for name, scores in overall["per_stance"].items()
        ],
    }


def _curve(side: str, points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"side": side, "points": points, "line": polyline(points)}


def _risk(sides: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    curves = [(side, each["overall"]["risk_coverage"]) for side, each in sides]
    highest = max((point["error"] for _, curve in curves for point in curve), default=1.0)
    step = max(0.01, math.ceil(highest / _RISK_STEPS * 100) / 100)
    top, marks = step * _RISK_STEPS, [step * number for number in range(_RISK_STEPS + 1)]
    return {
        "curves": [_curve(side, risk_points(curve, top=top)) for side, curve in curves],
        "marks": [{"y": round(SIDE * (1 - mark / top), 1), "label": f"{mark:.2f}"} for mark in marks],
    }


def _forests(report: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Of each column its values with the most rows, their macro-F1 on one axis for all; small ones may leave it."""
    columns = {**report["slices"], **report["two_way"]}
    old = {**earlier["slices"], **earlier["two_way"]} if earlier is not None else {}
    shown = {column: _largest(values) for column, values in columns.items() if values}
    large = [block for values in shown.values() for _, block in values if not block["small"]]
    axis = share_axis(_ends(report["overall"], *large), _STRIP)
    left_out = report["slices_left_out"]
    for column, values in shown.items():
        n_more = len(columns[column]) - len(values) + left_out.get(column, {}).get("values", 0)
        yield {
            "title": _line(column.replace("_", " ")),
            "axis": axis.marks,
            "overall": axis.at(report["overall"]["metrics"]["macro_f1"]["value"]),
            "rows": [_slice(axis, value, block, old.get(column, {}).get(value)) for value, block in values],
            "n_more": n_more,
        }


def _largest(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(values.items(), key=lambda item: (-item[1]["rows"], item[0]))[:_MAX_SLICES]


def _ends(*blocks: Mapping[str, Any]) -> Iterator[float]:
    for block in blocks:
        found = block["metrics"]["macro_f1"]
        yield from (found[key] for key in ("value", "low", "high") if found[key] is not None)


def _slice(axis: Axis, value: str, block: Mapping[str, Any], old: Mapping[str, Any] | None) -> dict[str, Any]:
    found = block["metrics"]["macro_f1"]
    earlier = old["metrics"]["macro_f1"] if old is not None else None
    return {
        "name": _line(value),
        "rows": block["rows"],
        "small": block["small"],
        "value": figure(found["value"]),
        "sort": found["value"],
        "bounds": bounds(found),
        "whisker": whisker(axis, found["value"], found["low"], found["high"]),
        "before": figure(earlier["value"]) if earlier else "",
        "before_whisker": whisker(axis, earlier["value"], earlier["low"], earlier["high"]) if earlier else None,
    }


def _worst(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{_line(entry['column'])}: {_line(entry['value'])}",
        "rows": entry["rows"],
        "value": with_bounds({"value": entry["value_of_metric"], "low": entry["low"], "high": entry["high"]}),
        "sort": entry["value_of_metric"],
        "difference": "–" if entry["difference"] is None else f"{entry['difference']:+.3f}",
        "difference_sort": entry["difference"],
        "p": p_value(entry["p_holm"]),
        "p_sort": entry["p_holm"],
    }


def _robustness(tests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of broken expectations as bars from 0, of each test and of each language in it; with examples."""
    ends = [end for test in tests for end in (test["share"], test["high"]) if end is not None]
    axis = Axis(0.0, share_axis([0.0, *ends], _STRIP).high, _STRIP)
    rows = [_robustness_row(test, axis) for test in tests]
    examples = [
        {"test": _line(test["test"]), **_example(example)}
        for test in tests
        if test["lang"] == _ALL
        for example in test["examples"][:_MAX_EXAMPLES]
    ]
    return {
        "parts": [
            {"title": "", "rows": [row for row in rows if row["lang"] == _ALL]},
            {"title": "By language", "rows": [row for row in rows if row["lang"] != _ALL]},
        ],
        "axis": axis.marks,
        "examples": examples,
    }


def _robustness_row(test: Mapping[str, Any], axis: Axis) -> dict[str, Any]:
    return {
        "test": _line(test["test"]),
        "lang": _line(test["lang"]),
        "cases": test["cases"],
        "violated": test["violated"],
        "share": with_bounds({**test, "value": test["share"]}),
        "sort": test["share"],
        "whisker": whisker(axis, test["share"], test["low"], test["high"]),
    }


def _stages(found: Mapping[str, Any]) -> dict[str, Any]:
    """Gold triples of whole articles: found, or at which stage they were lost; the parts sum to the gold triples."""
    gold = max(1, found["gold"])
    parts = {"found": found["right"], **found["lost"]}
    entries = {_ALL: found, **found["by_lang"]}
    figures = {**{name: found[name] for name in _OF_TRIPLES}, **found["opinions"]}
    return {
        "gold": found["gold"],
        "parts": [
            {"name": name, "count": n, "share": percent(n / gold), "width": round(_STRIP * n / gold, 2)}
            for name, n in parts.items()
        ],
        "rows": [
            {
                "lang": _line(lang),
                "counts": [entry[name] for name in ("articles", "gold", "right")],
                "figures": [with_bounds(entry[name]) for name in _OF_TRIPLES],
            }
            for lang, entry in entries.items()
        ],
        "figures": [{"name": metric_label(name), "value": with_bounds(one)} for name, one in figures.items()],
        "examples": [
            {"stage": stage, **{name: _line("–" if one[name] is None else one[name]) for name in _FATE}}
            for stage, examples in found["examples"].items()
            for one in examples[:_MAX_EXAMPLES]
        ],
    }


def _example(example: Mapping[str, Any]) -> dict[str, str]:
    return {name: _line(example[name]) for name in ("id", "before", "after", "said_before", "said_after", "expected")}


def _line(value: object) -> str:
    return visible(str(value), one_line=True)
