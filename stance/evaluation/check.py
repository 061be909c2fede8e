"""One demand of a gate, checked."""

from __future__ import annotations

from typing import NamedTuple


class Check(NamedTuple):
    """What was found, what was wanted, and what to look at."""

    name: str
    passed: bool
    found: float | str | None
    wanted: str
    detail: str
