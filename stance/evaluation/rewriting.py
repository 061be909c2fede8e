"""Changes of a text that must not change what it says: script, quotes, diacritics, typos, case, letters, white space.

Each takes a text and gives the changed one, or None where there is nothing to change or it would not be safe.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle

from stance.data.text_checks import ALIKE, ALIKE_BACK
from stance.data.transliteration import to_cyrillic, to_latin
from stance.text.languages import language_of
from stance.text.quotes import find_quotes
from stance.text.script import script_of
from stance.types import Span

_WORD = re.compile(r"[^\W\d_]+")
_MIN_LETTERS = 6
_MAX_WORDS = 2
# Letters that do not come apart into a plain one and a mark.
_PLAIN = {"đ": "dj", "Đ": "Dj", "ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "œ": "oe"}
_STRAIGHT = '"'
_MARKS = frozenset("„“”«»\"‚‘’‹›'")
_CURLED = ("“", "”")
# A sentence that says nothing of anybody, by language and script.
_WEATHER = {
    "en": "It will stay dry and mild until Friday.",
    "sr-Latn": "Do petka će biti suvo i prijatno toplo.",
    "sr-Cyrl": "До петка ће бити суво и пријатно топло.",
    "hr": "Do petka će biti suho i ugodno toplo.",
    "bs": "Do petka će biti suho i prijatno toplo.",
    "mk": "До петок ќе биде суво и пријатно топло.",
    "sq": "Deri të premten moti do të jetë i thatë dhe i butë.",
    "ru": "До пятницы будет сухо и тепло.",
    "de": "Bis Freitag bleibt es trocken und mild.",
    "fr": "Le temps restera sec et doux jusqu'à vendredi.",
}
# Who is for a target is against its rejection. In quotation marks the name needs no other case.
_REJECTION = {
    "en": "rejection of “{}”",
    "sr-Latn": "odbacivanje „{}“",
    "sr-Cyrl": "одбацивање „{}“",
    "hr": "odbacivanje „{}“",
    "bs": "odbacivanje „{}“",
    "mk": "отфрлање на „{}“",
    "sq": "kundërshtimi i „{}“",
    "ru": "неприятие «{}»",
    "de": "Ablehnung von „{}“",
    "fr": "rejet de « {} »",
}


def other_script(text: str, lang: str | None) -> str | None:
    """Serbian in its other script; None where Latin letters are none of Serbian's, as in a foreign name."""
    if (lang or "").partition("-")[0] != "sr":
        return None
    if script_of(text) == "Cyrl":
        return to_latin(text)
    return None if re.search("[qwxyQWXY]", text) else to_cyrillic(text)


def other_quotes(text: str, lang: str | None) -> str | None:
    """Straight marks for typographic ones, and the other way round."""
    letters = list(text)
    for quote in find_quotes(text, language_of(lang or "en")):
        first, last = quote.span.start, quote.span.end - 1
        # What is said after a dash is a quote too, and has no marks.
        if quote.closed and letters[first] in _MARKS and letters[last] in _MARKS:
            opening, closing = _CURLED if letters[first] == _STRAIGHT else (_STRAIGHT, _STRAIGHT)
            letters[first], letters[last] = opening, closing
    return _changed(text, "".join(letters))


def without_diacritics(text: str) -> str | None:
    """Latin letters without their marks, as they are typed on a foreign keyboard: `Đurić` -> `Djuric`."""
    return _changed(text, "".join(_plain(character) for character in text)) if script_of(text) == "Latn" else None


def with_typos(text: str, keep: Sequence[Span], rng: random.Random) -> str | None:
    """Two neighbouring letters inside each of two long words changed over; names and what is kept stay."""

    def typo(word: str) -> str | None:
        places = [i for i in range(1, len(word) - 2) if word[i] != word[i + 1]]
        if not places:
            return None
        place = rng.choice(places)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    return _in_some_words(text, keep, typo, rng)


def with_homoglyphs(text: str, keep: Sequence[Span], rng: random.Random) -> str | None:
    """One letter in each of two long words replaced by the one of the other script that looks the same."""
    table = ALIKE_BACK if script_of(text) == "Cyrl" else ALIKE

    def strange(word: str) -> str | None:
        places = [i for i, letter in enumerate(word) if letter in table]
        if not places:
            return None
        place = rng.choice(places)
        return word[:place] + table[word[place]] + word[place + 1 :]

    return _in_some_words(text, keep, strange, rng)


def in_capitals(text: str) -> str | None:
    """The text in capitals."""
    return _changed(text, text.upper())


def in_small_letters(text: str) -> str | None:
    """The text in small letters."""
    return _changed(text, text.lower())


def loosely_spaced(text: str) -> str | None:
    """Two spaces, a no-break space and a line end for spaces in turn, and a line end after the text."""
    spaces = cycle(("  ", "\u00a0", "\n"))
    return re.sub(" ", lambda space: next(spaces), text) + "\n"


def sentence_before(text: str, lang: str | None) -> str | None:
    """The text after a sentence on the weather."""
    weather = _in_language(_WEATHER, lang, text)
    return None if weather is None else f"{weather} {text}"


def sentence_after(text: str, lang: str | None) -> str | None:
    """The text before a sentence on the weather."""
    weather = _in_language(_WEATHER, lang, text)
    return None if weather is None else f"{text} {weather}"


def rejected(target: str, lang: str | None, text: str) -> str | None:
    """The target's rejection, in words of the text's language; of a target in the other script in English."""
    words = _in_language(_REJECTION, lang, text)
    if words is not None and script_of(target) != script_of(text):
        words = _REJECTION["en"]
    return None if words is None else words.format(target)


def _in_language(table: dict[str, str], lang: str | None, text: str) -> str | None:
    primary = (lang or "").partition("-")[0]
    return table.get(f"sr-{script_of(text)}") if primary == "sr" else table.get(primary)


def _in_some_words(
    text: str, keep: Sequence[Span], change: Callable[[str], str | None], rng: random.Random
) -> str | None:
    words = list(_long_words(text, keep))
    for word in sorted(rng.sample(words, len(words))[:_MAX_WORDS], reverse=True):
        changed = change(word.of(text))
        if changed is not None:
            text = text[: word.start] + changed + text[word.end :]
    return text if words else None


def _long_words(text: str, keep: Sequence[Span]) -> Iterator[Span]:
    """Words of six letters and more in small letters: short ones may be the `not` that turns a sentence."""
    for match in _WORD.finditer(text):
        word = Span(*match.span())
        if len(word) >= _MIN_LETTERS and match.group().islower() and not any(word.overlaps(span) for span in keep):
            yield word


def _plain(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    return "".join(part for part in unicodedata.normalize("NFD", character) if not unicodedata.combining(part))


def _changed(before: str, after: str) -> str | None:
    return None if after == before else after
