"""What `stance evaluate` says of a gate, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stance.cli.output import print_table


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
