"""Offsets of other units against what str.encode counts, and offsets through Unicode NFC."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stance.data.offsets import WIDTHS, OffsetMap, compose, span_in_units, utf16_map
from stance.data.records import span_in_other_units
from stance.types import Span

_CODECS = {"utf16": ("utf-16-le", 2), "utf8": ("utf-8", 1)}
_SCRIPTS = "aZ ė\u0301e\u0301\u0308\u0323мѐи\u0306اشֶ博桥𠀀🙂👩\u200d👧🇲🇰👍🏽\u2028\u212b\u0958\ufb01\U0001d15f\t\n"
_CHARACTERS = st.characters(exclude_categories=("Cs",))
_TEXTS = st.text(st.one_of(st.sampled_from(_SCRIPTS), _CHARACTERS), max_size=25)


def _joiners() -> frozenset[str]:
    """Starters that NFC may join to a starter before them: vowels and finals of Hangul, and some signs of India."""
    found = {*map(chr, range(0x1161, 0x1176)), *map(chr, range(0x11A8, 0x11C3))}
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            second = chr(int(parts[1], 16))
            found |= set() if unicodedata.combining(second) else {second}
    return frozenset(found)


_JOINERS = _joiners()


def _units(text: str, unit: str) -> int:
    """How many units the text takes, by the codec of Python."""
    codec, n_bytes = _CODECS[unit]
    return len(text.encode(codec)) // n_bytes


# --- units ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", WIDTHS)
@given(text=_TEXTS, data=st.data())
@settings(deadline=None)
def test_offsets_in_units_are_those_of_the_encoded_text_and_lead_back(
    unit: str, text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    offsets = OffsetMap(text, WIDTHS[unit])
    found = offsets.from_code_points(Span(start, end))
    assert found == (_units(text[:start], unit), _units(text[:end], unit))
    assert offsets.to_code_points(*found) == (Span(start, end) if start < end else None)


@pytest.mark.parametrize("unit", WIDTHS)
@given(text=_TEXTS)
@settings(deadline=None)
def test_an_offset_inside_a_character_or_past_the_end_is_none(unit: str, text: str) -> None:
    offsets = OffsetMap(text, WIDTHS[unit])
    borders = {_units(text[:index], unit) for index in range(len(text) + 1)}
    end = max(borders)
    for offset in range(-1, end + 3):
        assert (offsets.to_code_points(offset, end) is not None) == (offset in borders and offset < end)
        assert (offsets.to_code_points(0, offset) is not None) == (offset in borders and offset > 0)


@given(text=_TEXTS)
@settings(deadline=None)
def test_a_span_in_units_covers_the_words_of_the_encoded_text(text: str) -> None:
    encoded = text.encode("utf-16-le")
    offsets = utf16_map(text)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            first, last = offsets.from_code_points(Span(start, end))
            assert encoded[2 * first : 2 * last].decode("utf-16-le") == text[start:end]


@pytest.mark.parametrize("unit", WIDTHS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("🙂 Жељко и Ана", "Ана"),
        ("🙂 Ana backs", "Ana"),
        ("博🙂支持桥", "桥"),
        ("هذا 🙂 جسر", "جسر"),
        ("🇲🇰 e\u0301 ė x", "x"),
    ],
)
def test_the_unit_of_a_span_is_told_by_its_words(text: str, words: str, unit: str) -> None:
    right = Span(text.index(words), text.index(words) + len(words))
    start, end = OffsetMap(text, WIDTHS[unit]).from_code_points(right)
    assert span_in_units(text, start, end, words=words) == (unit, right)
    assert span_in_units(text, start, end, words=f"{words}?") is None


def test_in_ascii_all_units_are_one() -> None:
    assert span_in_units("Ana backs Bo", 0, 3, words="Ana") is None


# --- NFC -----------------------------------------------------------------------------------------------------


@given(text=_TEXTS)
@settings(deadline=None)
def test_a_composed_text_is_its_nfc_and_offsets_keep_their_order(text: str) -> None:
    composed, offsets = compose(text, range(len(text) + 1))
    assert composed == unicodedata.normalize("NFC", text)
    assert offsets[0] == 0
    assert offsets[-1] == len(composed)
    assert offsets == sorted(offsets)


@given(text=_TEXTS)
@settings(deadline=None)
def test_a_text_in_nfc_keeps_every_offset(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    assert compose(text, range(len(text) + 1)) == (text, list(range(len(text) + 1)))


@given(before=_TEXTS, words=_TEXTS.filter(bool), after=_TEXTS)
@settings(deadline=None)
def test_words_in_nfc_between_starters_keep_their_span(before: str, words: str, after: str) -> None:
    words = unicodedata.normalize("NFC", words)
    assume(not unicodedata.combining(words[0]) and words[0] not in _JOINERS)
    start = len(before) + 1
    composed, (first, last) = compose(f"{before} {words} {after}", [start, start + len(words)])
    assert composed[first:last] == words


@pytest.mark.parametrize(
    ("text", "words", "composed_words"),
    [
        ("Cafe\u0301 backs Ana", "Ana", "Ana"),
        ("Cafe\u0301 backs Ana", "Cafe\u0301", "Café"),
        ("и\u0306 Ана", "Ана", "Ана"),
        ("и\u0306 Ана", "и\u0306", "й"),
        ("o\u0323\u0302 🙂 Bo", "o\u0323\u0302", "ộ"),
        ("\u1112\u1161 박", "\u1112\u1161", "하"),
        ("\u0cc6\u0cc2 x", "x", "x"),
        ("\u212b 博", "博", "博"),
        ("ש\u05b6 جسر", "جسر", "جسر"),
    ],
)
def test_spans_move_with_the_text(text: str, words: str, composed_words: str) -> None:
    start = text.index(words)
    composed, (first, last) = compose(text, [start, start + len(words)])
    assert composed == unicodedata.normalize("NFC", text)
    assert composed[first:last] == composed_words


def test_an_offset_inside_a_composed_character_moves_to_its_start() -> None:
    assert compose("xe\u0301y", [2, 3, 1, 4, 0]) == ("xéy", [1, 2, 1, 3, 0])


def test_an_inflected_word_with_as_many_letters_as_its_name_has_bytes_is_no_byte_offset() -> None:
    text = "Koga pitate o brzoj pruzi? Župana, da."
    assert span_in_other_units(text, 27, 33, words="Župan") is None
