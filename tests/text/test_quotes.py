"""Quotes are paired by evidence; a stray mark costs its own paragraph at most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.text.languages import language_of
from stance.text.quotes import find_quotes
from stance.types import QuoteKind

_ENGLISH = language_of("en")
_WORDS = "we shall build the bridge this year"


@pytest.mark.parametrize("marks", ["„“", "„”", "“”", "«»", "»«", '""', '„"'])
def test_every_style_of_marks_is_paired(marks: str) -> None:
    text = f"She said: {marks[0]}{_WORDS}{marks[1]} and left."
    (quote,) = find_quotes(text, _ENGLISH)
    assert quote.inner.of(text) == _WORDS
    assert quote.kind is QuoteKind.SPEECH
    assert quote.closed


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_french_marks_stand_with_a_space_inside(space: str) -> None:
    text = f"Elle dit : «{space}{_WORDS}{space}», puis «{space}{_WORDS} encore{space}»."
    assert [q.inner.of(text).strip() for q in find_quotes(text, _ENGLISH)] == [_WORDS, f"{_WORDS} encore"]


def test_two_quotes_of_one_line_stay_apart() -> None:
    text = f"„{_WORDS}“, he said. „{_WORDS} and the next“, she said."
    assert [q.inner.of(text) for q in find_quotes(text, _ENGLISH)] == [_WORDS, f"{_WORDS} and the next"]


def test_a_stray_mark_costs_one_paragraph() -> None:
    text = f'A 5" pipe burst.\n\n“{_WORDS}” he said.'
    assert [q.inner.of(text) for q in find_quotes(text, _ENGLISH)] == [_WORDS]


def test_a_quote_runs_on_over_paragraphs() -> None:
    text = f"„{_WORDS}.\n\n„{_WORDS} again.“"
    first, second = find_quotes(text, _ENGLISH)
    assert not first.closed
    assert second.continues == 0


def test_a_quote_inside_a_quote_of_the_same_marks_does_not_end_it() -> None:
    text = f"«{_WORDS}, «but not now» he says», she said."
    assert [q.span.of(text) for q in find_quotes(text, _ENGLISH)] == [f"«{_WORDS}, «but not now» he says»"]


@pytest.mark.parametrize(
    "text",
    [
        "‘We back the workers’ demands,’ she said.",
        "'We back the workers' demands,' she said.",
        "‘It’s “theirs” as much as it’s ours,’ she said.",
    ],
)
def test_single_marks_are_told_from_apostrophes(text: str) -> None:
    (quote,) = find_quotes(text, _ENGLISH)
    assert quote.span.end == text.index(" she")


@pytest.mark.parametrize(
    "text",
    [
        "Udruženje „Naša reka“ je podnelo žalbu.",
        "U selu još radi rudnik „Stari jarak“, koji se po planu gasi.",
    ],
)
def test_a_name_in_marks_is_no_quote(text: str) -> None:
    assert find_quotes(text, language_of("sr")) == []


def test_two_words_before_a_comma_and_a_verb_of_saying_are_said() -> None:
    text = "Iz sale se čulo „Nećemo nikada“, rekla je Ana Kostić."
    assert [q.inner.of(text) for q in find_quotes(text, language_of("sr"))] == ["Nećemo nikada"]


def test_who_tells_goes_on_to_tell_of_himself() -> None:
    text = "– Dua ligj, jo tavan që pikon, – thotë ajo, dhe nga fondi, na betohet, s’ka parë asnjë lek."
    assert [q.span.of(text) for q in find_quotes(text, language_of("sq"))] == ["– Dua ligj, jo tavan që pikon"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("– We shall not leave, said Ana Ross. – Never.", ["– We shall not leave,", "– Never."]),
        ("— He is late, she said.\n\n— He always is.", ["— He is late,", "— He always is."]),
        ("– first point\n– second point", []),
    ],
)
def test_dialogue_after_dashes(text: str, said: list[str]) -> None:
    assert [q.span.of(text) for q in find_quotes(text, _ENGLISH)] == said


@pytest.mark.parametrize(
    ("lang", "text", "aside"),
    [
        ("ru", "«Мост нужен, — сказал Котов. — Без него нельзя».", "сказал Котов"),
        ("fr", "« Le pont, dit-elle, viendra cette année. »", "dit-elle"),
        ("fr", "« Le pont, a-t-il ajouté, viendra cette année. »", "a-t-il ajouté"),
        ("en", "“The bridge, you say, will come, I hope, this year.”", None),
    ],
)
def test_a_reporting_clause_inside_the_marks_is_set_apart(lang: str, text: str, aside: str | None) -> None:
    (quote,) = find_quotes(text, language_of(lang))
    assert [span.of(text) for span in quote.asides] == ([aside] if aside else [])


def test_apostrophes_are_no_quotes() -> None:
    assert find_quotes("Serbia's path isn't Kosovo’s, the Kents' house said.", _ENGLISH) == []


def test_one_word_in_marks_is_no_speech() -> None:
    (quote,) = find_quotes("The „provocation“ was reported.", _ENGLISH)
    assert quote.kind is QuoteKind.SCARE


@given(st.text(alphabet="aB .\n„“”\"'«»‘’‚‹›😀я", max_size=60))
def test_spans_are_valid_and_in_order(text: str) -> None:
    quotes = find_quotes(text, _ENGLISH)
    ends = [0, *(q.span.end for q in quotes)]
    for before, quote in zip(ends, quotes, strict=False):
        assert before <= quote.span.start <= quote.inner.start <= quote.inner.end <= quote.span.end <= len(text)
