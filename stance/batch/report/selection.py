"""What of a large job is small enough for a page: which actors, and which statements of each cell."""

from __future__ import annotations

import numpy as np

from stance.batch.report.statements import NO_DAY, UNKNOWN, WITHHELD, Ints, Statements

MAX_ACTORS = 3_000
MAX_ENTRIES = 200_000


def n_actors_kept(entries: Ints, *, max_actors: int = MAX_ACTORS, max_entries: int = MAX_ENTRIES) -> int:
    """How many of the most spoken-of actors fit; one at least, where there are any.

    Args:
        entries: [actors], how many numbers each brings, the most spoken-of actor first.
    """
    fit = int(np.searchsorted(np.cumsum(entries), max_entries, side="right"))
    return min(len(entries), max(1, min(fit, max_actors)))


def kept_statements(statements: Statements, *, n_actors: int, limit: int) -> Ints:
    """Indices of at most `limit` statements, so many of each actor and position as fit for all, the same number.

    Of each, those with a side come first, the surest before others, the newest among equals. They are returned the
    newest first, those without a date last.
    """
    shown = np.flatnonzero((statements.actor != UNKNOWN) & (statements.actor < n_actors))
    cells = statements.actor[shown] * len(statements.positions) + statements.position[shown]
    sure = np.nan_to_num(statements.probability[shown], nan=-1.0)
    withheld = statements.stance[shown] == WITHHELD
    # The last key of lexsort is the first that counts.
    oldest = _age(statements.day[shown])
    order = np.lexsort((shown, oldest, -sure, withheld, cells))
    ranks = _ranks(cells[order])
    kept = order[np.argsort(ranks, kind="stable")[:limit]]
    newest = np.lexsort((shown[kept], -sure[kept], oldest[kept]))
    return shown[kept[newest]]


def _age(days: Ints) -> Ints:
    """[rows]: more for an older one, most without a date."""
    return np.where(days == NO_DAY, np.iinfo(np.int64).max, -days)


def _ranks(groups: Ints) -> Ints:
    """[rows]: the place of each row in its group, from 0; rows of a group stand together."""
    if not len(groups):
        return np.empty(0, np.int64)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    return np.arange(len(groups)) - np.repeat(starts, lengths)
