"""Agreement of annotators against values worked out by hand, and the label that counts."""

import pytest

from stance.data.agreement import article_ratings, krippendorff_alpha, ratings
from stance.data.judgements import settle
from stance.types import AnnotatedSentence, Annotation, Reference, Stance


def _given(stance: str, annotator: str, *, target: str = "t", actor: str | None = "A") -> Annotation:
    return Annotation(actor and Reference(actor), Reference(target), Stance(stance), annotator)


def test_alpha_of_krippendorffs_own_example() -> None:
    # Krippendorff 2011, section C: two observers, ten units, nominal alpha 0.095.
    first = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    second = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha(list(zip(first, second, strict=True))) == pytest.approx(0.095, abs=5e-4)


def test_alpha_with_missing_values() -> None:
    # o(a,a)=2, o(b,b)=2, o(a,b)=o(b,a)=1 over n=6; De = (36 - 9 - 9) / 30, Do = 2 / 6.
    assert krippendorff_alpha([("a", "a"), ("b", "b"), ("a", "b"), ("a",)]) == pytest.approx(1 - (2 / 6) / (18 / 30))


def test_alpha_at_its_ends() -> None:
    assert krippendorff_alpha([("a", "a"), ("b", "b")]) == 1.0
    assert krippendorff_alpha([("a", "a")]) == 1.0
    with pytest.raises(ValueError, match="two values"):
        krippendorff_alpha([("a",)])


def test_the_label_of_most_annotators_counts_and_a_tie_settles_nothing() -> None:
    agreed = [_given("favor", "a1"), _given("favor", "a2")]
    tied = [_given("favor", "a1", target="u"), _given("neutral", "a2", target="u")]
    decided = [_given(s, a, target="v") for s, a in (("favor", "a1"), ("neutral", "a2"), ("neutral", "adjudicated"))]
    settled = settle([*agreed, *tied, *decided])
    assert [(a.target.name, a.stance.value) for a in settled] == [("t", "favor"), ("v", "neutral")]


def test_ratings_keep_pairs_that_two_annotators_judged() -> None:
    twice = (_given("favor", "a1"), _given("against", "a2"), _given("favor", "adjudicated"))
    sentence = AnnotatedSentence(id="s", text="x", annotations=(*twice, _given("favor", "a1", actor=None)))
    assert ratings([sentence]) == [{"a1": Stance.FAVOR, "a2": Stance.AGAINST}]


def test_an_articles_judgements_stand_against_its_gold_and_its_absent_pairs() -> None:
    actor, target = {"name": "A"}, {"id": "t"}
    record = {
        "gold": [{"actor": actor, "target": target, "stance": "favor", "annotator": "a1"}],
        "absent": [{"actor": None, "target": target}],
        "judgements": [
            {"actor": "A", "target": "t", "stance": "against", "annotator": "a2"},
            {"actor": None, "target": "t", "stance": "absent", "annotator": "a2"},
            {"actor": "B", "target": "t", "stance": "favor", "annotator": "a2"},
        ],
    }
    assert [list(given.values()) for given in article_ratings(record)] == [["favor", "against"], ["absent", "absent"]]
