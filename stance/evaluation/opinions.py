"""What is said of whole documents: who holds which stance towards what, and the words that carry it.

Three ways of counting that the field uses side by side; each is a function of sums over documents.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stance.evaluation.bootstrap import Interval, bounds, resampled
from stance.evaluation.metrics import Floats
from stance.types import Stance

SIDES = (Stance.FAVOR, Stance.AGAINST)
AUTHOR = "AUTHOR"


class Opinion(NamedTuple):
    """A stance of a document.

    holder, target: what names them: the numbers of words, or one identity ({AUTHOR} for the text's own voice).
    expression: the numbers of the words that carry it. score: in [-1, 1], None for gold.
    """

    holder: frozenset[Hashable]
    target: frozenset[Hashable]
    expression: frozenset[Hashable]
    stance: Stance
    score: float | None = None


def opinion_figures(gold: Sequence[Sequence[Opinion]], given: Sequence[Sequence[Opinion]]) -> dict[str, Interval]:
    """Figures over documents, with the intervals of a bootstrap over them.

    `triple_f1`: (holder, target, stance), which must all be the same, NEUTRAL too. `tuple_f1`: see `tuple_overlaps`.
    `attitude_f1`: see `attitude_shares`. `side_precision`: of the sides given, how many are right; `ranking`: see
    `ranking_precision`. A figure without anything to count is NaN.

    Args:
        gold, given: of each document its opinions, in the same order of documents.

    Raises:
        ValueError: the documents differ in number or there are none.
    """
    from scipy.sparse import eye_array

    if len(gold) != len(given) or not gold:
        raise ValueError(f"{len(gold)} documents with gold, {len(given)} with answers; as many are needed, above 0")
    sums = np.array([_sums(wanted, found) for wanted, found in zip(gold, given, strict=True)]).T
    sides = [
        (place, opinion, gold[place]) for place, found in enumerate(given) for opinion in found if _is_side(opinion)
    ]
    documents = np.array([place for place, _, _ in sides], dtype=np.int64)
    right = np.array([_is_right(opinion, wanted) for _, opinion, wanted in sides], dtype=np.bool_)
    scores = np.array([opinion.score or 0.0 for _, opinion, _ in sides])

    def statistic(weights: Floats) -> Floats:
        ranking = ranking_precision(right, scores, weights[documents])
        return np.stack([*_figures(sums @ weights), ranking])

    low, high = bounds(resampled(eye_array(len(gold), format="csr", dtype=np.float32), statistic), len(gold))
    values = statistic(np.ones((len(gold), 1)))[:, 0]
    names = ("triple_f1", "tuple_f1", "attitude_f1", "side_precision", "ranking")
    return {name: Interval(*map(float, found)) for name, *found in zip(names, values, low, high, strict=True)}


def tuple_overlaps(gold: Sequence[Opinion], given: Sequence[Opinion]) -> tuple[float, float]:
    """The sums over given opinions, then over gold ones, of how well the best of the other ones covers each.

    Only sides count. An opinion is matched where one of the other kind has its stance and shares something of holder,
    target and expression; it then counts with the mean share of its three parts that the best one covers (whose stance
    is not looked at again). Over the numbers of given and of gold opinions these are precision and recall.
    Source: Barnes et al. 2022, SemEval-2022 Task 10 (sentiment graph F1), as RuOpinionNE-2024 (Loukachevitch et al.)
    takes it in its evaluation.py.
    """
    return _covered(given, by=gold), _covered(gold, by=given)


def attitude_shares(gold: Sequence[Opinion], given: Sequence[Opinion]) -> list[float]:
    """Of one document: precision for favor and against, then recall for favor and against.

    Where none is given (or gold) it is 1 if gold knows none of that side either, else 0. RuSentRel takes the means over
    documents, of these F1 for each side, and of these the mean. Source: Loukachevitch and Rusnachenko 2018, Extracting
    sentiment attitudes from analytical texts; RuSentRel-Leaderboard, two classes.
    """
    precision, recall = [], []
    for side in SIDES:
        wanted, found = (_pairs(opinions, side) for opinions in (gold, given))
        right = len(wanted & found)
        precision.append(right / len(found) if found else float(not wanted))
        recall.append(right / len(wanted) if wanted else 1.0)
    return [*precision, *recall]


def ranking_precision(right: NDArray[np.bool_], scores: Floats, weights: Floats) -> Floats:
    """[resamples]: average precision of the sides, those with the largest |score| first; NaN if none is right.

    With scores that tell nothing it is about the share that is right. Equal scores stand together. Source: Zhu 2004,
    Recall, precision and average precision; as `sklearn.metrics.average_precision_score`.

    Args:
        right, scores: [sides]. weights: [sides, resamples].
    """
    order = np.argsort(-np.abs(scores), kind="stable")
    sure, hits, drawn = np.abs(scores)[order], right[order], weights[order]
    last_equal = np.searchsorted(-sure, -sure, side="right") - 1
    n_right = np.cumsum(drawn * hits[:, None], axis=0)
    n_given = np.cumsum(drawn, axis=0)
    precision = np.divide(n_right, n_given, out=np.zeros(drawn.shape), where=n_given > 0)[last_equal]
    total = (drawn * hits[:, None]).sum(axis=0)
    return _share((drawn * hits[:, None] * precision).sum(axis=0), total, empty=np.nan)


def _sums(gold: Sequence[Opinion], given: Sequence[Opinion]) -> list[float]:
    wanted, found = ({(o.holder, o.target, o.stance) for o in opinions} for opinions in (gold, given))
    sides = [[opinion for opinion in opinions if _is_side(opinion)] for opinions in (gold, given)]
    return [
        *(len(wanted & found), len(wanted) + len(found)),
        *(*tuple_overlaps(*sides), len(sides[1]), len(sides[0])),
        *(*attitude_shares(*sides), 1.0),
        *(sum(_is_right(opinion, gold) for opinion in sides[1]), len(sides[1])),
    ]


def _figures(sums: Floats) -> list[Floats]:
    """Triple, tuple and attitude F1 and the precision of sides, each [resamples], from sums [13, resamples]."""
    matched, in_all, of_given, of_gold, n_given, n_gold = sums[:6]
    means = sums[6:10] / sums[10]
    attitudes = _f1(means[:2], means[2:]).mean(axis=0)
    tuples = _f1(_share(of_given, n_given, empty=0.0), _share(of_gold, n_gold, empty=0.0))
    return [_share(2 * matched, in_all, empty=np.nan), tuples, attitudes, _share(sums[11], sums[12], empty=np.nan)]


def _f1(precision: Floats, recall: Floats) -> Floats:
    return _share(2 * precision * recall, precision + recall, empty=0.0)


def _share(part: Floats, whole: Floats, *, empty: float) -> Floats:
    result: Floats = np.divide(part, whole, out=np.full(np.shape(part), empty), where=whole > 0)
    return result


def _covered(opinions: Sequence[Opinion], *, by: Sequence[Opinion]) -> float:
    total = 0.0
    for opinion in opinions:
        touching = [other for other in by if all(a & b for a, b in zip(opinion[:3], other[:3], strict=True))]
        if any(other.stance is opinion.stance for other in touching):
            total += max(_overlap(opinion, other) for other in touching)
    return total


def _overlap(opinion: Opinion, other: Opinion) -> float:
    return sum(len(a & b) / len(a) for a, b in zip(opinion[:3], other[:3], strict=True)) / 3


def _pairs(opinions: Sequence[Opinion], side: Stance) -> set[tuple[frozenset[Hashable], frozenset[Hashable]]]:
    return {(opinion.holder, opinion.target) for opinion in opinions if opinion.stance is side}


def _is_side(opinion: Opinion) -> bool:
    return opinion.stance in SIDES


def _is_right(opinion: Opinion, gold: Sequence[Opinion]) -> bool:
    return any(opinion[:2] == wanted[:2] and opinion.stance is wanted.stance for wanted in gold)
