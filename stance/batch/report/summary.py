"""All counts of a job's page: cells of actor and position, and their course over the periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stance.batch.report.periods import Periods
from stance.batch.report.selection import n_actors_kept
from stance.batch.report.statements import AGAINST, FAVOR, NEUTRAL, UNKNOWN, WITHHELD, Ints, Statements
from stance.batch.report.tally import Balance, Tally, balance, tally
from stance.pages.job import Cell, known, level

_ALL = -1


@dataclass(frozen=True, slots=True)
class Summary:
    """The most spoken-of actors that fit.

    cells: keys are actor * n_positions + position. series: keys are of `_split`; the periods of each cell, and of each
    actor over all its positions.
    """

    n_actors: int
    n_positions: int
    n_statements: Ints
    periods: Periods
    cells: Tally
    series: Tally


def summarise(statements: Statements, periods: Periods, period: Ints) -> Summary:
    """Count the statements by cell and period.

    Args:
        period: [statements], numbers of periods, UNDATED without a date.
    """
    spoken = statements.actor != UNKNOWN
    actor, position = statements.actor[spoken], statements.position[spoken]
    stance, document = statements.stance[spoken], statements.document[spoken]
    n_positions, n_periods = len(statements.positions), len(periods.names)
    cells = tally(actor * n_positions + position, stance, document)
    within = period[spoken] + 1
    lines = [(actor * (n_positions + 1) + line) * (n_periods + 1) + within for line in (0, position + 1)]
    series = tally(np.concatenate(lines), np.tile(stance, 2), np.tile(document, 2))
    owners = [cells.keys // max(1, n_positions), series.keys // ((n_positions + 1) * (n_periods + 1))]
    entries = np.bincount(np.concatenate(owners), minlength=len(statements.actors))
    n_actors = n_actors_kept(entries)
    cells, series = (_first(found, owner < n_actors) for found, owner in zip((cells, series), owners, strict=True))
    return Summary(n_actors, n_positions, np.bincount(actor, minlength=len(statements.actors)), periods, cells, series)


def cell_grid(summary: Summary, *, n_rows: int, n_columns: int) -> list[list[Cell | None]]:
    """[rows, columns]: the cells of the first actors and positions; None where nothing was said."""
    by_key = dict(zip(summary.cells.keys.tolist(), cells_of(summary.cells), strict=True))
    return [
        [by_key.get(actor * summary.n_positions + position) for position in range(n_columns)] for actor in range(n_rows)
    ]


def cells_of(found: Tally) -> list[Cell]:
    """The groups of a tally as the page knows them."""
    values, lows, highs = (column.tolist() for column in balance(found.counts, found.effective))
    counts, articles = found.counts.tolist(), found.articles.tolist()
    return [
        Cell(favor, neutral, against, withheld, n_articles, known(value), known(low), known(high))
        for (favor, neutral, against, withheld), n_articles, value, low, high in zip(
            counts, articles, values, lows, highs, strict=True
        )
    ]


def summary_columns(summary: Summary) -> dict[str, Any]:
    """The cells and series as columns; means and bounds in hundredths, null without a side."""
    cell_actor, cell_position = np.divmod(summary.cells.keys, max(1, summary.n_positions))
    actor, position, period = _split(summary)
    levels = [level(cell) for cell in cells_of(summary.cells)]
    return {
        "cells": {
            "actor": cell_actor.tolist(),
            "position": cell_position.tolist(),
            "level": levels,
            **_columns(summary.cells),
        },
        "series": {
            "actor": actor.tolist(),
            "position": position.tolist(),
            "period": period.tolist(),
            **_columns(summary.series),
        },
        "periods": {"unit": summary.periods.unit, "names": summary.periods.names},
    }


def _split(summary: Summary) -> tuple[Ints, Ints, Ints]:
    """[series] each: actor, position (-1 for all of them), period (-1 without a date)."""
    lines, period = np.divmod(summary.series.keys, len(summary.periods.names) + 1)
    actor, line = np.divmod(lines, summary.n_positions + 1)
    return actor, line + _ALL, period - 1


def _columns(found: Tally) -> dict[str, list[Any]]:
    sides: Balance = balance(found.counts, found.effective)
    counts = {"favor": FAVOR, "neutral": NEUTRAL, "against": AGAINST, "withheld": WITHHELD}
    return {
        **{name: found.counts[:, place].tolist() for name, place in counts.items()},
        "articles": found.articles.tolist(),
        **{
            name: [None if np.isnan(value) else round(100 * value) for value in values.tolist()]
            for name, values in sides._asdict().items()
        },
    }


def _first(found: Tally, kept: np.ndarray[Any, Any]) -> Tally:
    return Tally(found.keys[kept], found.counts[kept], found.articles[kept], found.effective[kept])
