"""Which of many spans touch a place, without looking at all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from stance.types import Span


class SpanIndex:
    """Spans by place; a question costs the logarithm of their number and the length of the answer."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._order = sorted(range(len(spans)), key=lambda index: spans[index])
        self._spans = [spans[index] for index in self._order]
        self._starts = [span.start for span in self._spans]
        # How far the spans up to here reach: beyond that nothing before can touch.
        self._reach = list(accumulate((span.end for span in self._spans), max))

    def touching(self, place: Span) -> list[int]:
        """Numbers of the spans that overlap `place`, in the order in which the spans were given."""
        found = []
        for index in range(bisect_left(self._starts, place.end) - 1, -1, -1):
            if self._reach[index] <= place.start:
                break
            if self._spans[index].overlaps(place):
                found.append(self._order[index])
        return sorted(found) if len(found) > 1 else found
