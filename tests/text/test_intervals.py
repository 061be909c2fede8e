"""An index of spans gives what a look at every span gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stance.text.intervals import SpanIndex
from stance.types import Span

_SPANS = st.builds(lambda start, length: Span(start, start + length), st.integers(0, 40), st.integers(1, 30))


@given(st.lists(_SPANS, max_size=30), _SPANS)
def test_the_spans_that_touch_a_place_are_those_that_overlap_it(spans: list[Span], place: Span) -> None:
    expected = [number for number, span in enumerate(spans) if span.overlaps(place)]
    assert SpanIndex(spans).touching(place) == expected
