"""From the statements of an article to one stance per (actor, position)."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from stance.types import STANCES, ArticleStance, Reason, Stance, StancePrediction

_FAVOR, _AGAINST = STANCES.index(Stance.FAVOR), STANCES.index(Stance.AGAINST)
SIDE_MARGIN = 0.25
CONFLICT_SHARE = 0.4


def aggregate(predictions: Sequence[StancePrediction]) -> list[ArticleStance]:
    """One ArticleStance per (actor, position), in the order of first appearance.

    Args:
        predictions: of one article, each with its statement.
    """
    groups: dict[tuple[str | None, str, bool], list[StancePrediction]] = {}
    for prediction in predictions:
        actor, target = prediction.query.actor, prediction.query.target
        unknown_holder = prediction.reason is Reason.NO_SPEAKER
        groups.setdefault((actor.key if actor else None, target.key, unknown_holder), []).append(prediction)
    return [_combine(tuple(group)) for group in groups.values()]


def score_of(prediction: StancePrediction) -> float:
    """P(favor) - P(against), in [-1, 1]."""
    return prediction.probabilities[_FAVOR] - prediction.probabilities[_AGAINST]


def _combine(group: tuple[StancePrediction, ...]) -> ArticleStance:
    query = group[0].query
    assert query.statement is not None
    judged = [prediction for prediction in group if not prediction.abstained]
    score = fsum(map(score_of, judged)) / len(judged) if judged else None
    reason = None if judged else group[0].reason
    stance = None if score is None else _stance(score)
    if stance not in (None, Stance.NEUTRAL) and all(prediction.stance is not stance for prediction in judged):
        # Leaning statements that are all called neutral add up to no side: none was sure enough to take it.
        stance = Stance.NEUTRAL
    if stance is Stance.NEUTRAL and _contradict(judged):
        stance, reason = None, Reason.CONFLICT
    return ArticleStance(
        article=query.statement.article,
        actor=query.actor,
        target=query.target,
        stance=stance,
        score=score,
        predictions=group,
        reason=reason,
    )


def _stance(score: float) -> Stance:
    if abs(score) < SIDE_MARGIN:
        return Stance.NEUTRAL
    return Stance.FAVOR if score > 0 else Stance.AGAINST


def _contradict(judged: Sequence[StancePrediction]) -> bool:
    """Whether statements of both sides stand against each other: that is no neutral stance."""
    favor = sum(prediction.stance is Stance.FAVOR for prediction in judged)
    against = sum(prediction.stance is Stance.AGAINST for prediction in judged)
    return min(favor, against) > 0 and min(favor, against) >= CONFLICT_SHARE * (favor + against)
