"""Quotes are paired by evidence; a stray mark costs its own paragraph at most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.text.quotes import find_quotes
from stance.types import QuoteKind

_WORDS = "we shall build the bridge this year"


@pytest.mark.parametrize("marks", ["„“", "„”", "“”", "«»", "»«", '""', '„"'])
def test_every_style_of_marks_is_paired(marks: str) -> None:
    text = f"She said: {marks[0]}{_WORDS}{marks[1]} and left."
    (quote,) = find_quotes(text)
    assert quote.inner.of(text) == _WORDS
    assert quote.kind is QuoteKind.SPEECH
    assert quote.closed


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_french_marks_stand_with_a_space_inside(space: str) -> None:
    text = f"Elle dit : «{space}{_WORDS}{space}», puis «{space}{_WORDS} encore{space}»."
    assert [q.inner.of(text).strip() for q in find_quotes(text)] == [_WORDS, f"{_WORDS} encore"]


def test_two_quotes_of_one_line_stay_apart() -> None:
    text = f"„{_WORDS}“, he said. „{_WORDS} and the next“, she said."
    assert [q.inner.of(text) for q in find_quotes(text)] == [_WORDS, f"{_WORDS} and the next"]


def test_a_stray_mark_costs_one_paragraph() -> None:
    text = f'A 5" pipe burst.\n\n“{_WORDS}” he said.'
    assert [q.inner.of(text) for q in find_quotes(text)] == [_WORDS]


def test_a_quote_runs_on_over_paragraphs() -> None:
    text = f"„{_WORDS}.\n\n„{_WORDS} again.“"
    first, second = find_quotes(text)
    assert not first.closed
    assert second.continues == 0


def test_apostrophes_are_no_quotes() -> None:
    assert find_quotes("Serbia's path isn't Kosovo’s, the Kents' house said.") == []


def test_one_word_in_marks_is_no_speech() -> None:
    (quote,) = find_quotes("The „provocation“ was reported.")
    assert quote.kind is QuoteKind.SCARE


@given(st.text(alphabet="aB .\n„“”\"'«»‘’‚‹›😀я", max_size=60))
def test_spans_are_valid_and_in_order(text: str) -> None:
    quotes = find_quotes(text)
    ends = [0, *(q.span.end for q in quotes)]
    for before, quote in zip(ends, quotes, strict=False):
        assert before <= quote.span.start < quote.inner.start <= quote.inner.end <= quote.span.end <= len(text)
