"""One resource file per language; Serbian, Croatian and Bosnian share one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from stance.text.script import fold

_FILES = {"en": "en", "sr": "sr", "hr": "sr", "bs": "sr", "mk": "mk", "sq": "sq", "ru": "ru", "de": "de", "fr": "fr"}
_MIN_STEM = 3


@dataclass(frozen=True, slots=True)
class Language:
    """Folded word lists; verbs and heads are patterns over a whole folded word.

    according_to_them: phrases with a pronoun inside (`according to her`). particles: small words that stand between a
    name and its verb (`Kelmani e mbështeti`, `Ross has said`). linking: small words inside a noun phrase that change
    with its case (Albanian i, e, të, së). closing_abbreviations: those that may end a sentence (`etc.`). countries:
    adjective or genitive -> English name of the country. endings: of inflection.
    """

    code: str
    speech_verb: re.Pattern[str]
    stance_verb: re.Pattern[str]
    according_to: tuple[tuple[str, ...], ...]
    according_to_them: tuple[tuple[str, ...], ...]
    pronouns: frozenset[str]
    particles: frozenset[str]
    articles: frozenset[str]
    linking: frozenset[str]
    prepositions: frozenset[str]
    title_head: re.Pattern[str]
    title_fill: frozenset[str]
    countries: Mapping[str, str]
    endings: frozenset[str]
    longest_ending: int
    abbreviations: frozenset[str]
    closing_abbreviations: frozenset[str]
    not_names: frozenset[str]

    @property
    def capitalises_nouns(self) -> bool:
        """German writes every noun with a capital: there it tells no name."""
        return self.code == "de"

    def stem(self, word: str) -> str:
        """A folded word without its longest inflectional ending; at least three letters stay."""
        for length in range(min(self.longest_ending, len(word) - _MIN_STEM), 0, -1):
            if word[-length:] in self.endings:
                return word[:-length]
        return word

    def is_verb(self, word: str) -> bool:
        """Whether a folded word says or judges."""
        return bool(self.speech_verb.fullmatch(word) or self.stance_verb.fullmatch(word))


def language_of(tag: str) -> Language:
    """The resources for a BCP 47 tag; English where the language is not one of ours."""
    return _load(_FILES.get(tag.partition("-")[0].lower(), "en"))


@lru_cache(maxsize=16)
def _load(name: str) -> Language:
    text = files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    # BaseLoader keeps every scalar a string: `no` and `on` are words here, not booleans.
    lists = yaml.load(text, Loader=yaml.BaseLoader)
    return Language(
        code=name,
        speech_verb=_pattern(lists["speech_verbs"]),
        stance_verb=_pattern(lists["stance_verbs"]),
        according_to=_phrases(lists["according_to"]),
        according_to_them=_phrases(lists["according_to_them"]),
        pronouns=_folded(lists["pronouns"]),
        particles=_folded(lists["particles"]),
        articles=_folded(lists["articles"]),
        linking=_folded(lists["linking"]),
        prepositions=_folded(lists["prepositions"]),
        title_head=_pattern(lists["title_heads"]),
        title_fill=_folded(lists["title_fill"]),
        countries={fold(word): country for word, country in lists["countries"].items()},
        # Signs such as the soft sign fold to nothing; an empty ending would leave nothing of any word.
        endings=_folded(lists["endings"]) - {""},
        longest_ending=max(map(len, _folded(lists["endings"]))),
        abbreviations=_folded(lists["abbreviations"]),
        closing_abbreviations=_folded(lists["closing_abbreviations"]),
        not_names=_folded(lists["not_names"]),
    )


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _phrases(phrases: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Word tuples, the longest first."""
    return tuple(sorted((_words(phrase) for phrase in phrases), key=len, reverse=True))


def _words(phrase: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", fold(phrase)))


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    # Of a phrase such as "u pergjigj" the last word carries the meaning.
    parts = {fold(word.split()[-1]) for word in words}
    alternatives = (re.escape(part[:-1]) + r"\w{0,6}" if part.endswith("*") else re.escape(part) for part in parts)
    return re.compile("|".join(sorted(alternatives, key=len, reverse=True)))
