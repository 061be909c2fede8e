"""Which actors are on the same side, over the positions on which both take one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stance.batch.report.statements import Ints
from stance.batch.report.tally import Floats

# One article may be misread; two are not often misread in the same way.
MIN_ARTICLES = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """Two actors by number, the positions on which both take a side, and how far they agree there, in [-1, 1]."""

    first: int
    second: int
    shared: int
    agreement: float


def sides(values: Floats, articles: Ints, cells: Ints, *, actors: Sequence[int], n_positions: int) -> Floats:
    """[actors, positions]: the mean side of some actors; NaN where fewer than MIN_ARTICLES give one.

    Args:
        values, articles, cells: [cells], the last as actor * n_positions + position.
    """
    places = {actor: place for place, actor in enumerate(actors)}
    table = np.full((len(actors), n_positions), np.nan)
    for value, n_articles, cell in zip(values, articles, cells, strict=True):
        place = places.get(int(cell) // n_positions)
        if place is not None and n_articles >= MIN_ARTICLES:
            table[place, int(cell) % n_positions] = value
    return table


def pairs(table: Floats, *, min_shared: int) -> list[Pair]:
    """Each two rows that share enough positions, those of the largest agreement first.

    Agreement is the mean over shared positions of 1 - |a - b|, where a and b are the two mean sides in [-1, 1]: 1 for
    the same sides, -1 for opposite ones, 0 for a difference of a half way between.

    Args:
        table: [actors, positions], as of `sides`.
    """
    found = []
    for first in range(len(table)):
        agreements = 1 - np.abs(table[first + 1 :] - table[first])
        shared = np.isfinite(agreements).sum(axis=1)
        for place in np.flatnonzero(shared >= max(1, min_shared)):
            mean = float(np.nanmean(agreements[place]))
            found.append(Pair(first, first + 1 + int(place), int(shared[place]), mean))
    return sorted(found, key=lambda pair: (-pair.agreement, -pair.shared, pair.first, pair.second))


def circle_order(found: Sequence[Pair], members: Sequence[int]) -> list[int]:
    """The members in an order in which those who agree stand next to each other.

    Average-linkage clustering of the distances 1 - agreement (1 where nothing is known), its leaves in the order of
    least distance. Source: Bar-Joseph, Gifford and Jaakkola 2001, Fast optimal leaf ordering for hierarchical
    clustering.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(members) < 3:
        return list(members)
    places = {member: place for place, member in enumerate(members)}
    distances = np.ones((len(members), len(members)))
    np.fill_diagonal(distances, 0.0)
    for pair in found:
        if pair.first in places and pair.second in places:
            one, other = places[pair.first], places[pair.second]
            distances[one, other] = distances[other, one] = 1 - pair.agreement
    tree = linkage(squareform(distances), method="average", optimal_ordering=True)
    return [members[place] for place in leaves_list(tree)]
