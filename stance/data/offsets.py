"""Offsets of other tools: UTF-16 units (JavaScript, Java) and UTF-8 bytes, to and from code points."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
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
        if span is not None and same_words(span.of(text), words):
            return unit, span
    return None


# Where canonical compositions lie; Hangul is composed by rule.
_COMPOSED_BLOCKS = (range(0xC0, 0x3100), range(0xFB00, 0xFB50), range(0x11000, 0x12000), range(0x1D100, 0x1D200))


def same_words(one: str, other: str) -> bool:
    """Whether two strings are the same text, one of them perhaps decomposed."""
    return one == other or unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


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
    joining = _joining_starters()
    ends = [
        index for index in range(1, len(text)) if not unicodedata.combining(text[index]) and text[index] not in joining
    ]
    return [*ends, len(text)] if text else []


@lru_cache(maxsize=1)
def _joining_starters() -> frozenset[str]:
    """Characters that are no combining marks and yet are composed with what stands before them."""
    hangul = {*map(chr, range(0x1161, 0x1176)), *map(chr, range(0x11A8, 0x11C3))}
    pairs = (unicodedata.decomposition(chr(code)).split() for block in _COMPOSED_BLOCKS for code in block)
    seconds = {chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and not pair[0].startswith("<")}
    return frozenset(hangul | {second for second in seconds if not unicodedata.combining(second)})
