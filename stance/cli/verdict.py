"""What `stance evaluate` says of a gate and of the robustness tests, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stance.cli.output import print_table

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
