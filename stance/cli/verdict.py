"""What `stance evaluate` says of a gate, of the robustness tests and of whole articles, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stance.cli.output import print_table
from stance.pages.wording import metric_label

ALL = "all"


def print_gate(gate: Mapping[str, Any]) -> None:
    """Every check with its verdict; the title is that of all."""
    rows = [
        (
            "passed" if check["passed"] else "FAILED",
            check["name"],
            "-" if check["found"] is None else str(check["found"]),
            check["wanted"],
            check["detail"],
        )
        for check in gate["checks"]
    ]
    n_failed = sum(not check["passed"] for check in gate["checks"])
    verdict = "passed" if gate["passed"] else f"FAILED ({n_failed} of {len(rows)} checks)"
    print_table(f"Gate: {verdict}", ("", "Check", "Found", "Wanted", "Detail"), rows, wide="Detail")


def print_robustness(entries: Sequence[Mapping[str, Any]]) -> None:
    """Of every test the share of violated expectations, and the language with the highest one."""
    rows = []
    for entry in entries:
        if entry["lang"] == ALL:
            langs = [other for other in entries if other["test"] == entry["test"] and other["lang"] != ALL]
            worst = max(langs, key=lambda other: (other["share"], other["cases"]))
            interval = f"{entry['low']:.3f} to {entry['high']:.3f}"
            most = f"{worst['lang']} {worst['violated']} of {worst['cases']}"
            rows.append((entry["test"], str(entry["cases"]), f"{entry['share']:.3f}", interval, most))
    columns = ("Test", "Cases", "Violated", "95 % interval", "Most in")
    print_table("Robustness: share of cases whose answer changes as it must not", columns, rows, wide="Most in")


def print_stages(found: Mapping[str, Any]) -> None:
    """Gold triples, what was found, and at which stage the others were lost; overall and by language."""
    rows = [_stages_row(ALL, found), *(_stages_row(lang, entry) for lang, entry in found["by_lang"].items())]
    columns = ("Articles", "Gold", "Found", *(stage.capitalize() for stage in found["stages"]), "Prec.", "Recall", "F1")
    title = "Whole articles: (actor, position, stance) triples found, and lost first at"
    print_table(title, columns, rows, wide="")
    named = {**{name: found[name] for name in ("precision", "recall", "f1")}, **found["opinions"]}
    figures = [(metric_label(name), *_figure(figure)) for name, figure in named.items()]
    print_table("Whole articles: figures", ("Figure", "Value", "95 % interval"), figures, wide="")


def _figure(figure: Mapping[str, Any]) -> tuple[str, str]:
    value, low, high = (figure[name] for name in ("value", "low", "high"))
    interval = "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"
    return "-" if value is None else f"{value:.3f}", interval


def _stages_row(name: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    figures = (entry[metric]["value"] for metric in ("precision", "recall", "f1"))
    return (
        f"{name} ({entry['articles']})",
        str(entry["gold"]),
        str(entry["right"]),
        *(str(n) for n in entry["lost"].values()),
        *("-" if value is None else f"{value:.3f}" for value in figures),
    )
