"""Rows that must stay right, found again among rows that a file of predictions answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stance.data.defects import raise_problems
from stance.data.rows import Row
from stance.evaluation.judging import Judged


def pinned_among(pinned: Sequence[Row], judged: Sequence[Judged], *, place: Path) -> list[Judged]:
    """What was answered to the pinned rows, judged by their own gold stance.

    Raises:
        DataError: a pinned row was not asked, or something else was asked under its id.
    """
    by_id = {item.row.id: item for item in judged}
    problems = []
    for row in pinned:
        asked = by_id.get(row.id)
        if asked is None:
            problems.append(
                f"{place}: {row.id!r} is none of the {len(judged)} rows that were evaluated; a file of predictions "
                "answers no others. Add it to them, or evaluate a model."
            )
        elif _question(asked.row) != _question(row):
            problems.append(f"{place}: {row.id!r} is another text, actor or target than in the rows evaluated.")
    raise_problems(problems)
    return [replace(by_id[row.id], row=row) for row in pinned]


def _question(row: Row) -> tuple[str, str | None, str]:
    query = row.query
    actor = None if query.actor is None else query.actor.name
    return query.context.evidence.of(query.context.text), actor, query.target.name
