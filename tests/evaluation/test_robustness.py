"""Changed rows carry the expectation that their answers are judged by; the sample is the same every time."""

from collections.abc import Mapping
from typing import Any

import pytest

from stance.data.rows import Row, parse_row
from stance.evaluation.pair_robustness import has_pairs, pair_outcomes_of, pair_rows
from stance.evaluation.robustness import (
    Case,
    Expectation,
    outcomes,
    robustness_cases,
    robustness_report,
    wilson,
)
from stance.types import STANCES, Stance, StancePrediction, StanceQuery
from tests.evaluation.judged_rows import judged_row

F, N, A = Stance.FAVOR, Stance.NEUTRAL, Stance.AGAINST


def _row(identifier: str = "r", **columns: Any) -> Row:
    text = "Marko Ilić kaže da je „most potreban svima“, a Petar Simić traži tunel ispod reke."
    record: Mapping[str, Any] = {
        "id": identifier,
        "text": text,
        "actor": {"name": "Marko Ilić", "start": 0, "end": 10},
        "target": {"name": "most", "start": text.index("most"), "end": text.index("most") + 4},
        "lang": "sr-Latn",
        "stance": "favor",
        **columns,
    }
    return parse_row(record, place=identifier, need_stance=True)


def _other_actor() -> Row:
    return _row("o", text="Jovan Lukić je za tunel.", actor="Jovan Lukić", target="tunel")


def _cases(*rows: Row, per_test: int = 9) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in robustness_cases(rows, per_test=per_test):
        found.setdefault(case.test, []).append(case)
    return found


def _said(query: StanceQuery, stance: Stance, sure: float = 0.8) -> StancePrediction:
    a, b, c = (sure if stance is each else (1 - sure) / 2 for each in STANCES)
    return StancePrediction(query, (a, b, c), stance, calibrated=True, truncated=False)


def test_a_row_gives_every_test_that_fits_it() -> None:
    found = _cases(_row(), _other_actor())
    assert list(found) == [
        "script", "quote style", "diacritics", "typos", "name", "sentence before", "sentence after", "capitals",
        "small letters", "homoglyphs", "white space", "swapped", "negated",
    ]  # fmt: skip
    for cases in found.values():
        for case in cases:
            assert case.after != case.before
            assert case.row.query.context.text == case.before.context.text


def test_the_question_stays_where_the_text_changes_and_turns_where_it_must() -> None:
    found = _cases(_row())
    for test, (case,) in found.items():
        actor, target = case.after.actor, case.after.target
        assert actor is not None
        if test == "swapped":
            assert (actor.name, target.name) == ("most", "Marko Ilić")
            assert case.expectation is Expectation.LESS
        elif test == "negated":
            assert (actor.name, target.name) == ("Marko Ilić", "odbacivanje „most“")
            assert case.expectation is Expectation.OPPOSITE
        elif test == "script":
            assert (actor.name, target.name) == ("Марко Илић", "мост")
        else:
            assert (actor.name, target.name) == ("Marko Ilić", "most")
            assert case.expectation is Expectation.SAME


def test_in_the_other_script_a_name_from_outside_the_text_stays_latin() -> None:
    (case,) = _cases(_row(target="NATO membership"))["script"]
    assert case.after.target.name == "NATO membership"
    cyrillic = _row(text="Марко Илић је за мост.", actor="Марко Илић", target="изградња моста", lang="sr-Cyrl")
    (case,) = _cases(cyrillic)["script"]
    assert case.after.actor is not None
    names = (case.after.context.text, case.after.actor.name, case.after.target.name)
    assert names == ("Marko Ilić je za most.", "Marko Ilić", "izgradnja mosta")


def test_a_name_is_replaced_by_one_of_the_same_gender_where_nothing_else_names_it() -> None:
    (case,) = [case for case in _cases(_row(), _other_actor())["name"] if case.row.id == "r"]
    assert case.after.actor is not None
    assert case.after.actor.name == "Jovan Lukić"
    assert case.after.context.text == case.before.context.text.replace("Marko Ilić", "Jovan Lukić")
    again = _row("r", text="Marko Ilić je za most. Ilića prate svi.", actor="Marko Ilić", target="most")
    woman = _row("w", text="Ana Lukić je za tunel.", actor="Ana Lukić", target="tunel")
    assert "name" not in _cases(again, woman)
    assert "name" not in _cases(_row(), woman)


def test_a_pair_that_is_judged_both_ways_is_not_swapped() -> None:
    text = "Ana and Bo support each other."
    ana, bo = ({"name": name, "start": text.index(name), "end": text.index(name) + len(name)} for name in ("Ana", "Bo"))
    there = _row("1", text=text, actor=ana, target=bo, lang="en")
    back = _row("2", text=text, actor=bo, target=ana, lang="en")
    assert "swapped" in _cases(there)
    assert "swapped" not in _cases(there, back)
    assert "swapped" not in _cases(_row("3", text=text, actor=ana, target=bo, lang="en", stance="neutral"))


def test_the_sample_is_bounded_and_the_same_whatever_the_order() -> None:
    rows = [_row(f"r{number}") for number in range(20)]
    first = robustness_cases(rows, per_test=5)
    assert robustness_cases(rows[::-1], per_test=5) == first
    assert robustness_cases(rows, per_test=5, seed=2) != first
    assert max(len(cases) for cases in _cases(*rows, per_test=5).values()) == 5


@pytest.mark.parametrize(
    ("expectation", "before", "after", "violated"),
    [
        (Expectation.SAME, (F, 0.8), (F, 0.5), False),
        (Expectation.SAME, (F, 0.8), (N, 0.5), True),
        (Expectation.OPPOSITE, (F, 0.8), (A, 0.8), False),
        (Expectation.OPPOSITE, (F, 0.8), (N, 0.8), True),
        (Expectation.OPPOSITE, (N, 0.8), (N, 0.8), False),
        (Expectation.OPPOSITE, (N, 0.8), (A, 0.8), True),
        (Expectation.LESS, (F, 0.8), (F, 0.7), False),
        (Expectation.LESS, (F, 0.8), (F, 0.8), True),
        (Expectation.LESS, (F, 0.8), (A, 0.9), False),
        (Expectation.LESS, (N, 0.8), (N, 0.9), False),
    ],
)
def test_an_expectation_is_judged_by_the_two_answers(
    expectation: Expectation, before: tuple[Stance, float], after: tuple[Stance, float], violated: bool
) -> None:
    query = _row().query
    case = Case("t", expectation, _row(), query, query)
    (outcome,) = outcomes([case], [_said(query, *before)], [_said(query, *after)])
    assert outcome.violated is violated
    assert outcome.lang == "sr-Latn"


def test_shares_are_counted_by_test_and_language_with_an_interval() -> None:
    rows = [_row(f"r{number}") for number in range(4)] + [_row("e", lang="en")]
    cases = [case for case in robustness_cases(rows, per_test=9) if case.test == "capitals"]
    after = [_said(case.after, A if case.row.id in ("r0", "e") else F) for case in cases]
    found = list(outcomes(cases, [_said(case.before, F) for case in cases], after))
    entries = {entry["lang"]: entry for entry in robustness_report(found)}
    assert [(e["cases"], e["violated"], e["share"]) for e in entries.values()] == [
        (5, 2, 0.4),
        (1, 1, 1.0),
        (4, 1, 0.25),
    ]
    assert list(entries) == ["all", "en", "sr-Latn"]
    (example,) = entries["en"]["examples"]
    assert (example["id"], example["said_before"], example["said_after"]) == ("e", "favor", "against")
    assert example["after"] == example["before"].upper()


def test_the_interval_of_a_share_is_that_of_wilson() -> None:
    # Worked by hand: n = 10, p = 0.2, z = 1.96: centre (0.2 + z²/20) / (1 + z²/10) = 0.2832, half-width 0.2266.
    assert wilson(2, 10) == pytest.approx((0.0567, 0.5098), abs=1e-4)
    assert wilson(0, 5)[0] == 0.0
    with pytest.raises(ValueError, match="0 trials"):
        wilson(0, 0)


def test_minimal_pairs_want_all_right_or_all_equal() -> None:
    def pair(identifier: str, relation: str, gold: str, said: str, text: str) -> Any:
        return judged_row(f"{identifier}{text}", gold, said, text=text, pair_id=identifier, relation=relation)

    judged = [
        pair("a", "flip", "favor", "favor", "Ana is for the bridge."),
        pair("a", "flip", "against", "favor", "Ana is not for the bridge."),
        pair("b", "same", "favor", "neutral", "Ana wants the bridge."),
        pair("b", "same", "favor", "neutral", "The bridge is wanted by Ana."),
        judged_row("alone", "favor", "against"),
    ]
    assert has_pairs(judged)
    assert len(pair_rows([item.row for item in judged], per_relation=1)) == 4
    again = pair("c", "same", "favor", "favor", "Bo wants it.")
    assert len(pair_rows([*(item.row for item in judged), again.row], per_relation=1)) in (3, 4)
    assert not has_pairs(judged[-1:])
    found = {outcome.test: outcome for outcome in pair_outcomes_of(judged)}
    assert {test: outcome.violated for test, outcome in found.items()} == {
        "minimal pairs: flip": True,
        "minimal pairs: same": False,
    }
    assert found["minimal pairs: flip"].example["after"] == "Ana is not for the bridge."
