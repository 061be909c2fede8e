"""The page of a job's result: who takes which side on what, when, with whom, and the words that prove it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from stance.pages.circle import SIDE, Circle
from stance.pages.clean import visible
from stance.pages.job_words import JobFigures, facts, remarks
from stance.pages.render import render_page

N_ROWS, N_COLUMNS = 20, 8
_LEVELS = 5
_SCRIPTS = ("packed.js", "job_heat.js", "job_timeline.js", "job_statements.js", "job.js")


@dataclass(frozen=True, slots=True)
class Cell:
    """Statements of one actor on one position.

    articles: in which a side is given. value, low, high: mean side in [-1, 1] with its interval; None without a side.
    """

    favor: int
    neutral: int
    against: int
    withheld: int
    articles: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class HeatRow:
    """An actor with the number of its statements and a cell per position; None where nothing was said."""

    name: str
    n_statements: int
    cells: Sequence[Cell | None]


@dataclass(frozen=True, slots=True)
class JobPage:
    """What the page shows; `summary` and `statements` are `packed` for its script.

    positions, rows: the beginning of the heat map, for readers without a script. unit: of the periods.
    """

    figures: JobFigures
    positions: Sequence[str]
    rows: Sequence[HeatRow]
    circle: Circle
    summary: Markup
    statements: Markup


def job_page(page: JobPage) -> str:
    """The whole page."""
    figures = page.figures
    values: dict[str, Any] = {
        "name": figures.name,
        "facts": facts(figures),
        "remarks": remarks(figures),
        "failures": figures.failures,
        "positions": page.positions,
        "rows": [_row(row) for row in page.rows],
        "n_actors": figures.n_actors,
        "n_positions": figures.n_positions,
        "circle": page.circle,
        "side": SIDE,
        "summary": page.summary,
        "statements": page.statements,
    }
    title = f"Stances: {visible(figures.name, one_line=True)}"
    return render_page("job.html", values, title=title, styles=("job.css",), scripts=_SCRIPTS)


def level(cell: Cell) -> int | None:
    """How deep a cell is coloured: 1 to 5 in favor, -1 to -5 against, by the end of its interval that is nearer to 0.

    0 where the interval holds 0: a few articles can't tell. None where no side is given.
    """
    if cell.low is None or cell.high is None:
        return None
    if cell.low > 0:
        return _depth(cell.low)
    return -_depth(-cell.high) if cell.high < 0 else 0


def shade(depth: int | None) -> str:
    """The class of a cell of this level; `job_heat.js` does the same."""
    if depth is None:
        return "sideless"
    return f"for{depth}" if depth > 0 else f"opp{-depth}" if depth < 0 else "open"


def mean(value: float | None) -> str:
    """`+0.62`, `−0.50`, `0.00`; a dash without a side."""
    if value is None:
        return "–"
    shown = f"{abs(value):.2f}"
    return shown if shown == "0.00" else ("+" if value > 0 else "−") + shown


def cell_words(cell: Cell) -> str:
    """All that is known of a cell, in words."""
    counts = f"{cell.favor} favor, {cell.against} against, {cell.neutral} neutral, {cell.withheld} withheld"
    if cell.value is None:
        return f"{counts}; no side given"
    return (
        f"{counts}; mean side {mean(cell.value)}, 95 % interval {mean(cell.low)} to {mean(cell.high)}, "
        f"from {cell.articles} {'article' if cell.articles == 1 else 'articles'}"
    )


def known(value: float) -> float | None:
    """None for NaN, which JSON has no word for."""
    return None if math.isnan(value) else value


def _depth(bound: float) -> int:
    return min(_LEVELS, 1 + int(bound * _LEVELS))


def _row(row: HeatRow) -> Mapping[str, Any]:
    return {"name": row.name, "n_statements": row.n_statements, "cells": [_cell(cell) for cell in row.cells]}


def _cell(cell: Cell | None) -> Mapping[str, Any] | None:
    if cell is None:
        return None
    depth = level(cell)
    return {
        "shade": shade(depth),
        "mean": mean(cell.value) + ("?" if depth == 0 else ""),
        "n": cell.favor + cell.against if cell.value is not None else cell.neutral + cell.withheld,
        "words": cell_words(cell),
    }
