"""Agreement of annotators against values worked out by hand, and the label that counts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stance.cli.app import run
from stance.data.agreement import agreement_of, cohen_kappa, fleiss_kappa, krippendorff_alpha, most_disputed
from stance.data.formats import read_sentences
from stance.data.judgements import examples_of, resolve, settle
from stance.data.losses import LossReport
from stance.data.ratings import Unit, article_units, sentence_units
from stance.data.suspects import suspects_of
from stance.data.writing import write_native
from stance.errors import DataError
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
    assert [dict(unit.given) for unit in sentence_units(sentence)] == [{"a1": "favor", "a2": "against"}]


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
    assert [list(unit.given.values()) for unit in article_units(record, name="a")] == [
        ["favor", "against"],
        ["absent", "absent"],
    ]


def test_fleiss_own_example() -> None:
    # Fleiss 1971, table 1 (ten subjects, fourteen raters, five categories): kappa 0.210.
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(np.array(counts, dtype=float)) == pytest.approx(0.210, abs=5e-4)


def test_cohens_kappa_by_hand() -> None:
    # observed (20 + 15) / 50 = 0.7; expected 0.5 * 0.6 + 0.5 * 0.4 = 0.5; kappa 0.4.
    assert cohen_kappa(np.array([[20.0, 5.0], [10.0, 15.0]])) == pytest.approx(0.4)
    assert cohen_kappa(np.array([[9.0, 0.0], [0.0, 0.0]])) == 1.0


def _unit(number: int, first: str, second: str, *, lang: str = "en") -> Unit:
    return Unit({"a1": first, "a2": second}, f"s{number}", lang, "A", "t", "x")


def test_an_interval_holds_its_value_and_narrows_with_more_units() -> None:
    some = [_unit(n, "favor", "favor" if n % 5 else "against") for n in range(20)]
    some += [_unit(100 + n, "against", "against") for n in range(20)]
    many = [replace(unit, source=f"{unit.source}-{copy}") for copy in range(9) for unit in some]
    few, more = agreement_of(some).alpha, agreement_of(many).alpha
    assert few.low < few.value < few.high
    assert more.high - more.low < (few.high - few.low) / 2
    assert agreement_of(some).agreed == pytest.approx(36 / 40)


def test_units_of_one_sentence_are_resampled_together() -> None:
    alone = [_unit(n, "favor", "favor" if n % 4 else "against") for n in range(40)]
    together = [replace(unit, source=f"s{number // 8}") for number, unit in enumerate(sorted(alone, key=str))]
    assert agreement_of(together).alpha.value == agreement_of(alone).alpha.value
    assert agreement_of(together).alpha.high != agreement_of(alone).alpha.high


def test_the_most_disputed_come_first_and_agreed_units_never() -> None:
    split = Unit({"a1": "favor", "a2": "against", "a3": "neutral"}, "s1", "en", "A", "t", "x")
    lone = Unit({"a1": "favor", "a2": "favor", "a3": "neutral"}, "s2", "en", "A", "t", "x")
    assert most_disputed([_unit(3, "favor", "favor"), lone, split], n=5) == [split, lone]


@pytest.mark.parametrize(
    ("rule", "expert", "expected"),
    [
        ("majority", None, [("t", "favor"), ("v", "against")]),
        ("drop", None, [("v", "against")]),
        ("expert", "a2", [("t", "neutral"), ("u", "neutral"), ("v", "against")]),
    ],
)
def test_disputes_are_resolved_by_a_rule(rule: str, expert: str | None, expected: list[tuple[str, str]]) -> None:
    given = [_given("favor", "a1"), _given("neutral", "a2"), _given("favor", "a3")]
    given += [
        _given("favor", "a1", target="u"),
        _given("neutral", "a2", target="u"),
        _given("against", "a1", target="v"),
    ]
    resolved = resolve(given, rule=rule, expert=expert)
    assert [(a.target.name, a.stance.value) for a in resolved] == expected
    assert [a.annotator for a in resolved][-1] == "a1"
    assert all(a.annotator == "adjudicated" for a in resolved[:-1])


def test_flipped_labels_are_suspects() -> None:
    verbs = {
        Stance.FAVOR: "praised and welcomed",
        Stance.AGAINST: "condemned and rejected",
        Stance.NEUTRAL: "mentioned",
    }
    sentences = [
        AnnotatedSentence(f"s{n}", f"Speaker {n} {verbs[stance]} the plan {n % 7} again.", (_given(stance, "a1"),))
        for n in range(90)
        for stance in [list(verbs)[n % 3]]
    ]
    wrong = replace(sentences[30], annotations=(_given("against", "a1"),))
    examples = [e for s in [*sentences[:30], wrong, *sentences[31:]] for e in examples_of(s)]
    (suspect,) = suspects_of(examples, n=1)
    assert (suspect.example.origin.id, suspect.suggested) == ("s30", Stance.FAVOR)
    with pytest.raises(DataError, match="10 examples each"):
        suspects_of(examples[:20], n=1)


def test_the_command_shows_agreement_and_writes_resolved_sentences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = (_given("favor", "a1"), _given("against", "a2"))
    sentences = [AnnotatedSentence(f"s{n}", f"Text {n}.", twice if n == 3 else twice[:1] * 1) for n in range(4)]
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_native(path, sentences)
    assert run(["data", "agreement", str(path), "--resolve", "expert=a2", "-o", str(out)]) == 0
    captured = capsys.readouterr()
    assert "Krippendorff's alpha" in captured.out
    assert "a1 favor, a2 against" in captured.out
    assert "4 pairs with one label" in captured.err
    last = list(read_sentences(out, format=None, losses=LossReport()))[-1]
    assert [(a.stance, a.annotator) for a in last.annotations] == [(Stance.AGAINST, "adjudicated")]
    assert run(["data", "agreement", str(path), "--resolve", "expert=b7", "-o", str(out)]) == 2
    assert run(["data", "agreement", str(path), "--resolve", "majority"]) == 2
