"""`report.html`: the result of a job, finished or not, as one page of bounded size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from stance.batch import output
from stance.batch.report.agreement import MIN_ARTICLES, circle_order, pairs, sides
from stance.batch.report.figures import figures_of
from stance.batch.report.periods import periods_of
from stance.batch.report.selection import kept_statements
from stance.batch.report.statements import Ints, Named, Statements, read_statements
from stance.batch.report.summary import Summary, cell_grid, summarise, summary_columns
from stance.batch.report.tables import committed_files
from stance.batch.report.tally import balance
from stance.batch.report.words import words_of
from stance.batch.totals import status_of
from stance.data.writing import write_text
from stance.pages.circle import Agreement, Circle, circle
from stance.pages.job import N_COLUMNS, N_ROWS, HeatRow, JobPage, job_page
from stance.pages.job_statements import ShownStatement, shortened, statement_columns
from stance.pages.job_words import JobFigures
from stance.pages.packed import packed
from stance.pages.wording import counted

MAX_BYTES = 15_000_000
N_ON_CIRCLE = 24
# Among so many of the most spoken-of actors those that stand on the circle are looked for.
_N_COMPARED = 200
Watch = Callable[[Iterable[Path]], Iterable[Path]]


@dataclass(frozen=True, slots=True)
class Written:
    """A report: its size, and how many of all statements it holds the words of."""

    path: Path
    n_bytes: int
    n_shown: int
    n_statements: int
    state: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A job as it was read; actors and positions as the page calls them."""

    figures: JobFigures
    actors: Sequence[str]
    positions: Sequence[str]
    statements: Statements
    files: Sequence[Path]
    summary: Summary
    period: Ints


def write_report(root: Path, out: Path, *, max_statements: int, min_shared: int, watch: Watch) -> Written:
    """Write the page of what a job's finished shards hold; it is never larger than MAX_BYTES.

    Args:
        max_statements: so many statements have their words in the page, fewer where they would make it too large.
        min_shared: positions that two actors must both take a side on to be compared.
        watch: passes the files of statements on while they are read.

    Raises:
        DataError: there is no job in `root`, a file of it is damaged, or `out` cannot be written.
    """
    found = _read(root, watch)
    summary = packed(_summary(found))
    drawn = _circle(found, min_shared=min_shared)
    limit = max_statements
    while True:
        kept = kept_statements(found.statements, n_actors=found.summary.n_actors, limit=limit)
        html = job_page(_page(found, kept, summary=summary, drawn=drawn))
        n_bytes = len(html.encode())
        if n_bytes <= MAX_BYTES or not len(kept):
            break
        limit = int(0.9 * len(kept) * MAX_BYTES / n_bytes)
    write_text(out, [html])
    return Written(out, n_bytes, len(kept), len(found.statements), found.figures.state)


def _read(root: Path, watch: Watch) -> _Found:
    status = status_of(root)
    shards = list(output.read_shards(root).values())
    files = committed_files(root, shards)
    statements = read_statements(watch(files["statements"]))
    periods, period = periods_of(statements.day)
    summary = summarise(statements, periods, period)
    figures = figures_of(root, status, shards, files=files, statements=statements, summary=summary)
    actors, positions = labels(statements.actors[: summary.n_actors]), labels(statements.positions)
    return _Found(figures, actors, positions, statements, files["statements"], summary, period)


def _summary(found: _Found) -> dict[str, Any]:
    return {
        "actors": found.actors,
        "counts": found.summary.n_statements[: found.summary.n_actors].tolist(),
        "positions": found.positions,
        **summary_columns(found.summary),
    }


def labels(named: Sequence[Named]) -> list[str]:
    """What the page calls some actors or positions; where two have one name, their ids stand behind it."""
    names = [shortened(one.name) or "(no name)" for one in named]
    counts = Counter(names)
    return [
        f"{name} ({shortened(one.key[1:])})" if counts[name] > 1 and one.key.startswith("i") else name
        for name, one in zip(names, named, strict=True)
    ]


def _page(found: _Found, kept: Ints, *, summary: Any, drawn: Circle) -> JobPage:
    n_rows = min(N_ROWS, found.summary.n_actors)
    n_columns = min(N_COLUMNS, found.summary.n_positions)
    counts = found.summary.n_statements.tolist()
    grid = cell_grid(found.summary, n_rows=n_rows, n_columns=n_columns)
    return JobPage(
        figures=replace(found.figures, n_statements_shown=len(kept)),
        positions=found.positions[:n_columns],
        rows=[HeatRow(found.actors[row], counts[row], cells) for row, cells in enumerate(grid)],
        circle=drawn,
        summary=summary,
        statements=packed(statement_columns(_shown(found, kept))),
    )


def _shown(found: _Found, kept: Ints) -> Iterator[ShownStatement]:
    statements = found.statements
    for index, words in zip(kept.tolist(), words_of(statements, kept, found.files), strict=True):
        sure = float(statements.probability[index])
        yield ShownStatement(
            actor=int(statements.actor[index]),
            position=int(statements.position[index]),
            stance=int(statements.stance[index]),
            sure=None if np.isnan(sure) else sure,
            period=int(found.period[index]),
            article=int(statements.document[index]),
            words=words,
        )


def _circle(found: _Found, *, min_shared: int) -> Circle:
    cells, n_positions = found.summary.cells, found.summary.n_positions
    named = found.statements.actors[: min(_N_COMPARED, len(found.actors))]
    # The voice of the articles is many authors'.
    compared = [number for number, actor in enumerate(named) if actor.key]
    values = balance(cells.counts, cells.effective).value
    table = sides(values, cells.articles, cells.keys, actors=compared, n_positions=n_positions)
    every = pairs(table, min_shared=min_shared)
    met = {member for pair in every for member in (pair.first, pair.second)}
    members = sorted(met)[:N_ON_CIRCLE]
    on_it = set(members)
    shown = [pair for pair in every if pair.first in on_it and pair.second in on_it]
    order = [compared[member] for member in circle_order(shown, members)]
    names = {number: found.actors[number] for number in compared}
    agreements = [Agreement(compared[p.first], compared[p.second], p.shared, p.agreement) for p in shown]
    return circle(order, names, agreements, note=_note(min_shared, len(met), len(members)))


def _note(min_shared: int, n_met: int, n_members: int) -> str:
    said = (
        f"Two actors are compared where both take a side on at least {counted(min_shared, 'position')}, each in at "
        f"least {MIN_ARTICLES} articles. Agreement is the mean over these positions of 1 − |a − b|, where a and b are "
        "their mean sides: +1 for the same sides, −1 for opposite ones."
    )
    return said + (f" Shown are {n_members} of {n_met} such actors, the most spoken-of." if n_met > n_members else "")
