"""Offsets of other tools: UTF-16 units (JavaScript, Java) and UTF-8 bytes, to and from code points."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import accumulate

from stance.types import Span


def utf16_width(character: str) -> int:
    """UTF-16 units of one character: 2 beyond the basic plane, as emoji are, else 1."""
    return 2 if ord(character) > 0xFFFF else 1


def utf8_width(character: str) -> int:
    """UTF-8 bytes of one character, 1 to 4."""
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


# The units that other tools count in.
WIDTHS = {"utf16": utf16_width, "utf8": utf8_width}


class OffsetMap:
    """Offsets of one text in units of `width`, to and from code points; built once, asked often."""

    def __init__(self, text: str, width: Callable[[str], int]) -> None:
        self._units = [0, *accumulate(map(width, text))]
        self._points = {unit: point for point, unit in enumerate(self._units)}

    def to_code_points(self, start: int, end: int) -> Span | None:
        """The span of [start, end) in units; None where one of them lies inside a character or past the end."""
        first, last = self._points.get(start), self._points.get(end)
        return Span(first, last) if first is not None and last is not None and first < last else None

    def from_code_points(self, span: Span) -> tuple[int, int]:
        """Start and end in units."""
        return self._units[span.start], self._units[span.end]


def utf16_map(text: str) -> OffsetMap:
    """The offsets that Java and JavaScript tools count."""
    return OffsetMap(text, utf16_width)


def span_in_units(text: str, start: int, end: int, *, words: str) -> tuple[str, Span] | None:
    """The unit, `utf16` or `utf8`, in which [start, end) covers exactly `words`, with the right span.

    None where neither does. Code points are not tried: the caller knows that they do not.
    """
    if text.isascii():
        return None
    for unit, width in WIDTHS.items():
        span = OffsetMap(text, width).to_code_points(start, end)
        if span is not None and span.of(text) == words:
            return unit, span
    return None


def compose(text: str, offsets: Sequence[int]) -> tuple[str, list[int]]:
    """The text in Unicode NFC, and where each offset lies in it.

    An offset inside a composed character moves to that character's start.
    """
    pieces: list[str] = []
    starts: dict[int, int] = {}
    position = length = 0
    for end in _stable_ends(text):
        piece = unicodedata.normalize("NFC", text[position:end])
        for offset in range(position, end):
            # Inside a cluster offsets cannot be told apart any more, unless nothing in it changed.
            starts[offset] = length + (offset - position if len(piece) == end - position else 0)
        pieces.append(piece)
        length += len(piece)
        position = end
    starts[len(text)] = length
    return "".join(pieces), [starts[offset] for offset in offsets]


def _stable_ends(text: str) -> list[int]:
    """Ends of the clusters that NFC treats on their own: each but the first begins with a starter that never joins."""
    ends = [
        index
        for index in range(1, len(text))
        if not unicodedata.combining(text[index]) and unicodedata.is_normalized("NFC", text[index - 1 : index + 1])
    ]
    return [*ends, len(text)] if text else []
