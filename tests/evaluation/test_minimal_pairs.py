"""Pairs of texts are scored as pairs: one lucky member is not enough."""

from stance.evaluation.minimal_pairs import FLIP, SAME, Member, PairScores, pair_scores
from stance.types import Stance

F, N, A = Stance.FAVOR, Stance.NEUTRAL, Stance.AGAINST


def test_scores_by_hand() -> None:
    members = [
        Member("p1", FLIP, "Ana", gold=F, predicted=F),
        Member("p1", FLIP, "Ana", gold=A, predicted=A),
        Member("p2", FLIP, "Ana", gold=F, predicted=F),
        Member("p2", FLIP, "Ana", gold=A, predicted=F),
        Member("p2", FLIP, "Bo", gold=N, predicted=N),  # only one member is asked about him
        Member("p3", SAME, "Ana", gold=F, predicted=N),
        Member("p3", SAME, "Ana", gold=F, predicted=N),
    ]
    assert pair_scores(members) == {FLIP: PairScores(2, 0.5, 0.5), SAME: PairScores(1, 0.0, 1.0)}


def test_three_members_must_all_be_right() -> None:
    members = [Member("p", FLIP, "Ana", gold=gold, predicted=said) for gold, said in ((F, F), (A, A), (N, A))]
    assert pair_scores(members) == {FLIP: PairScores(1, 0.0, 0.0)}


def test_no_pairs_give_no_scores() -> None:
    assert pair_scores([]) == {}
