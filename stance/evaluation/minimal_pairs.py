"""Minimal pairs: texts that differ in few words, of which a `flip` turns a stance and a `same` leaves all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from stance.types import Stance

FLIP, SAME = "flip", "same"


class Member(NamedTuple):
    """One question to one member of a pair.

    question: what members of a pair have in common, such as actor and target.
    """

    pair: str
    relation: str
    question: Hashable
    gold: Stance
    predicted: Stance


class PairScores(NamedTuple):
    """Of the questions put to all members of a pair: how many, and in [0, 1] how often all are right, all equal."""

    questions: int
    all_right: float
    all_equal: float


def pair_scores(members: Sequence[Member]) -> dict[str, PairScores]:
    """Scores of each relation. A flip wants all right; equal answers are what a `same` wants, right or not.

    Source: Gardner et al. 2020, Evaluating Models' Local Decision Boundaries via Contrast Sets (contrast consistency).
    """
    groups: dict[tuple[str, str, Hashable], list[Member]] = defaultdict(list)
    for member in members:
        groups[member.relation, member.pair, member.question].append(member)
    by_relation: dict[str, list[list[Member]]] = defaultdict(list)
    for (relation, _, _), group in sorted(groups.items(), key=lambda item: item[0][:2]):
        if len(group) > 1:
            by_relation[relation].append(group)
    return {relation: _scores(found) for relation, found in by_relation.items()}


def _scores(groups: Sequence[Sequence[Member]]) -> PairScores:
    right = sum(all(member.gold is member.predicted for member in group) for group in groups)
    equal = sum(len({member.predicted for member in group}) == 1 for group in groups)
    return PairScores(len(groups), round(right / len(groups), 4), round(equal / len(groups), 4))
