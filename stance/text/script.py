"""Fold every script onto one plain Latin, so that `Вучићем`, `Vučićem` and `Vucicem` are matched alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "ђ": "dj", "е": "e", "ж": "z", "з": "z", "и": "i", "ј": "j",
    "к": "k", "л": "l", "љ": "lj", "м": "m", "н": "n", "њ": "nj", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "ћ": "c", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "c", "џ": "dz", "ш": "s", "ѓ": "g", "ќ": "k", "ѕ": "dz",
    "й": "j", "щ": "sc", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "ju", "я": "ja", "ё": "e", "і": "i", "ї": "ji",
    "є": "e", "ѐ": "e", "ѝ": "i",
}  # fmt: skip
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
_LATIN = {"đ": "dj", "ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i"}


_MAX_WORD = 40  # letters: only words are remembered, not whole texts


@lru_cache(maxsize=4096)
def fold_character(character: str) -> str:
    """One character in lower-case plain Latin; empty for combining marks and the Cyrillic signs."""
    lower = character.lower()
    known = _CYRILLIC.get(lower) or _LATIN.get(lower)
    if known is not None or lower in _CYRILLIC:
        return known or ""
    plain = unicodedata.normalize("NFKD", lower)
    return "".join(c for c in plain if not unicodedata.combining(c))


def fold(text: str) -> str:
    """The text in lower-case plain Latin: without diacritics, Cyrillic transliterated."""
    return _fold_word(text) if len(text) <= _MAX_WORD else _fold(text)


def _fold(text: str) -> str:
    return "".join(fold_character(character) for character in text)


@lru_cache(maxsize=1 << 16)
def _fold_word(word: str) -> str:
    return _fold(word)


def script_of(text: str) -> str:
    """ISO 15924 code of the script that most letters are in: `Cyrl` or `Latn`."""
    cyrillic = len(_CYRILLIC_LETTER.findall(text))
    letters = sum(map(str.isalpha, text))
    return "Cyrl" if 2 * cyrillic > letters else "Latn"
