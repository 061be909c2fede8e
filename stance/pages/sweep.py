"""The page of a search: how its scores went, which options mattered, and every trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.pages.render import render_page

WIDTH, HEIGHT = 760, 260
BAR_UNITS, ROW_UNITS = 480, 24
_N_TICKS = 5


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """One trial: its number, how it ended, its score in [0, 1] (None: it has none), and its cells in the table."""

    number: int
    state: str
    score: float | None
    cells: Sequence[str]


def sweep_page(
    *,
    title: str,
    best: str,
    columns: Sequence[str],
    trials: Sequence[TrialPoint],
    importances: Mapping[str, float],
    complete: str,
) -> str:
    """One page with the history of the scores, the importance of each option and a sortable table of all trials.

    Args:
        best: what the page says of the best trial.
        importances: by option, in [0, 1]; empty where there are too few trials to tell.
        complete: the state of trials that count for the best so far.
    """
    values = {
        "title": title,
        "best": best,
        "columns": columns,
        "rows": [trial.cells for trial in trials],
        "history": _history(trials, complete=complete),
        "bars": [
            {"label": key, "value": f"{value:.2f}", "width": round(BAR_UNITS * value, 1), "top": number * ROW_UNITS}
            for number, (key, value) in enumerate(importances.items())
        ],
        "height": len(importances) * ROW_UNITS,
    }
    return render_page("sweep.html", values, title=title, styles=("sweep.css",))


def _history(trials: Sequence[TrialPoint], *, complete: str) -> dict[str, Any]:
    """Points, the line of the best score so far, and the marks of the axis, in the drawing's units."""
    scored = [(trial, trial.score) for trial in trials if trial.score is not None]
    scores = [score for _, score in scored]
    low, high = (min(scores), max(scores)) if scores else (0.0, 1.0)
    spread = (high - low) or 1.0
    step = WIDTH / max(1, len(trials))

    def x(number: int) -> float:
        return round((number + 0.5) * step, 1)

    def y(score: float) -> float:
        return round(HEIGHT * (1 - (score - low) / spread), 1)

    line, best = [], None
    for trial, score in scored:
        if trial.state == complete and (best is None or score > best):
            best = score
        if best is not None:
            line.append(f"{x(trial.number)},{y(best)}")
    return {
        "points": [
            {"x": x(t.number), "y": y(s), "kind": t.state, "label": f"trial {t.number}: {s:.3f}, {t.state}"}
            for t, s in scored
        ],
        "line": " ".join(line),
        "ticks": [
            {"y": y(mark), "label": f"{mark:.3f}"}
            for mark in (low + spread * n / (_N_TICKS - 1) for n in range(_N_TICKS))
        ],
    }
