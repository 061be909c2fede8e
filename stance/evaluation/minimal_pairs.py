"""Minimal pairs: texts that differ in few words, of which a `flip` turns a stance and a `same` leaves all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from stance.types import Stance, StanceQuery

FLIP, SAME = "flip", "same"


class Member(NamedTuple):
    """One question to one text of a pair.

    question: such as actor and target; the texts of a pair are compared by it where they share any, else (names of
    another language or script) by the order of their questions.
    """

    pair: str
    relation: str
    text: str
    question: Hashable
    gold: Stance
    predicted: Stance


def member(pair: str, relation: str, query: StanceQuery, *, gold: Stance, predicted: Stance) -> Member:
    """The query as a member of its pair; its question are the actor and the target."""
    question = (query.actor and query.actor.key, query.target.key)
    return Member(pair, relation, query.context.text, question, gold, predicted)


class PairScores(NamedTuple):
    """Of the questions put to all members of a pair: how many, and in [0, 1] how often all are right, all equal."""

    questions: int
    all_right: float
    all_equal: float


class Outcome(NamedTuple):
    """One question to all members of a pair: whether all answers are right, and whether all are equal."""

    pair: str
    all_right: bool
    all_equal: bool


def pair_scores(members: Sequence[Member]) -> dict[str, PairScores]:
    """Scores of each relation. A flip wants all right; equal answers are what a `same` wants, right or not.

    Source: Gardner et al. 2020, Evaluating Models' Local Decision Boundaries via Contrast Sets (contrast consistency).
    """
    return {relation: _scores(outcomes) for relation, outcomes in pair_outcomes(members).items()}


def pair_outcomes(members: Sequence[Member]) -> dict[str, list[Outcome]]:
    """Of each relation the questions that were put to all members of a pair."""
    return {relation: [_outcome(group) for group in groups] for relation, groups in pair_groups(members).items()}


def pair_groups(members: Sequence[Member]) -> dict[str, list[list[Member]]]:
    """Of each relation the questions that were put to all members of a pair, as the members."""
    pairs: dict[tuple[str, str], dict[str, list[Member]]] = defaultdict(lambda: defaultdict(list))
    for member in members:
        pairs[member.relation, member.pair][member.text].append(member)
    by_relation: dict[str, list[list[Member]]] = defaultdict(list)
    for (relation, _), texts in sorted(pairs.items()):
        by_relation[relation] += _questions(list(texts.values()))
    return {relation: groups for relation, groups in by_relation.items() if groups}


def _questions(texts: Sequence[Sequence[Member]]) -> Iterator[list[Member]]:
    """Of the questions that every text of a pair was asked, the members."""
    if len(texts) < 2:
        return
    named = [{member.question: member for member in text} for text in texts]
    shared = set.intersection(*(set(by_name) for by_name in named))
    if shared or len({len(text) for text in texts}) > 1:
        yield from ([by_name[q] for by_name in named] for q in named[0] if q in shared)
    else:
        yield from map(list, zip(*texts, strict=True))


def _outcome(group: Sequence[Member]) -> Outcome:
    right = all(member.gold is member.predicted for member in group)
    return Outcome(group[0].pair, right, len({member.predicted for member in group}) == 1)


def _scores(outcomes: Sequence[Outcome]) -> PairScores:
    right, equal = sum(outcome.all_right for outcome in outcomes), sum(outcome.all_equal for outcome in outcomes)
    return PairScores(len(outcomes), round(right / len(outcomes), 4), round(equal / len(outcomes), 4))
