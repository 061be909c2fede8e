"""Pairs of texts are scored as pairs: one lucky member is not enough."""

from stance.evaluation.minimal_pairs import FLIP, SAME, Member, PairScores, pair_scores
from stance.types import Stance

F, N, A = Stance.FAVOR, Stance.NEUTRAL, Stance.AGAINST


def test_scores_by_hand() -> None:
    members = [
        Member("p1", FLIP, "one", "Ana", gold=F, predicted=F),
        Member("p1", FLIP, "two", "Ana", gold=A, predicted=A),
        Member("p2", FLIP, "one", "Ana", gold=F, predicted=F),
        Member("p2", FLIP, "two", "Ana", gold=A, predicted=F),
        Member("p2", FLIP, "two", "Bo", gold=N, predicted=N),  # only one text is asked about him
        Member("p3", SAME, "one", "Ana", gold=F, predicted=N),
        Member("p3", SAME, "two", "Ana", gold=F, predicted=N),
    ]
    assert pair_scores(members) == {FLIP: PairScores(2, 0.5, 0.5), SAME: PairScores(1, 0.0, 1.0)}


def test_questions_are_matched_by_name_whatever_their_order() -> None:
    members = [
        Member("p", SAME, "one", "Ana", gold=F, predicted=F),
        Member("p", SAME, "one", "Bo", gold=A, predicted=A),
        Member("p", SAME, "two", "Bo", gold=A, predicted=A),
        Member("p", SAME, "two", "Ana", gold=F, predicted=A),
    ]
    assert pair_scores(members) == {SAME: PairScores(2, 0.5, 0.5)}


def test_names_in_another_script_are_matched_by_their_order() -> None:
    members = [
        Member("p", SAME, "one", "Ana", gold=F, predicted=F),
        Member("p", SAME, "one", "Bo", gold=A, predicted=A),
        Member("p", SAME, "two", "Ана", gold=F, predicted=F),
        Member("p", SAME, "two", "Бо", gold=A, predicted=N),
        Member("q", SAME, "one", "Ana", gold=F, predicted=F),  # nothing tells which of the two she is
        Member("q", SAME, "two", "Ана", gold=F, predicted=F),
        Member("q", SAME, "two", "Бо", gold=A, predicted=N),
    ]
    assert pair_scores(members) == {SAME: PairScores(2, 0.5, 0.5)}


def test_three_texts_must_all_be_right() -> None:
    members = [Member("p", FLIP, str(n), "Ana", gold, said) for n, (gold, said) in enumerate(((F, F), (A, A), (N, A)))]
    assert pair_scores(members) == {FLIP: PairScores(1, 0.0, 0.0)}


def test_no_pairs_give_no_scores() -> None:
    assert pair_scores([]) == {}
    assert pair_scores([Member("p", SAME, "one", "Ana", F, F)]) == {}
