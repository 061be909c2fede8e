"""One resource file per language; Serbian, Croatian and Bosnian share one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Flag, StrEnum, auto
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar

import yaml

from stance.text.script import fold

_FILES = {
    "bg": "bg",
    "en": "en",
    "sr": "sr",
    "hr": "sr",
    "bs": "sr",
    "mk": "mk",
    "sq": "sq",
    "ru": "ru",
    "de": "de",
    "fr": "fr",
}
_MIN_STEM = 3
_MAX_ENDING = 6
_MIN_STEADY = 4
_MAX_REMEMBERED = 200_000
_VOWELS = "aeiou"


class Gender(Flag):
    """What a pronoun, title or name may stand for."""

    MASCULINE = auto()
    FEMININE = auto()
    PLURAL = auto()


class Trait(StrEnum):
    """Habits of a language that its file lists under `traits`."""

    NOUN_CAPITALS = "noun_capitals"  # every noun has a capital: it tells no name
    ADJECTIVE_CAPITALS = "adjective_capitals"  # so has `Serbian` before a title
    NOUN_ADJUNCTS = "noun_adjuncts"  # a name may qualify the noun after it: `EU accession`
    NAME_CASES = "name_cases"  # a name in another form than its first one is no subject
    GENDERED_TITLES = "gendered_titles"  # a title without a feminine form means a man
    DROPPED_SUBJECTS = "dropped_subjects"  # a verb may stand without its subject
    COMMA_INSIDE_QUOTES = "comma_inside_quotes"  # the comma before `he said` belongs to the words said
    ASIDES_BETWEEN_COMMAS = "asides_between_commas"  # `– On essaie, répond-elle, mais`: the words go on


class WordSet:
    """Folded words, some with a free ending of up to six letters: `speech_verbs: [said, emphasi*]`.

    Of an entry of several words the last one counts: in `u përgjigj` it carries the meaning.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        last = [entry.split()[-1] for entry in entries]
        self._exact = frozenset(fold(word) for word in last if not word.endswith("*"))
        self._stems = frozenset(fold(word[:-1]) for word in last if word.endswith("*"))
        self._lengths = sorted({len(stem) for stem in self._stems})
        self._known: dict[str, bool] = {}

    def __contains__(self, word: str) -> bool:
        if word in self._exact:
            return True
        if not self._stems:
            return False
        found = self._known.get(word)
        if found is None:
            fitting = (length for length in self._lengths if 0 <= len(word) - length <= _MAX_ENDING)
            found = any(word[:length] in self._stems for length in fitting)
            remember(self._known, word, found)
        return found

    def __bool__(self) -> bool:
        return bool(self._exact or self._stems)


class PhraseSet:
    """Phrases of folded words, found by their first or their last word; the longest first."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._by_last: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for phrase in sorted({_words(phrase) for phrase in phrases} - {()}, key=lambda phrase: (-len(phrase), phrase)):
            self._by_first[phrase[0]].append(phrase)
            self._by_last[phrase[-1]].append(phrase)

    def starting(self, word: str) -> Sequence[tuple[str, ...]]:
        """Those whose first word is this one."""
        return self._by_first.get(word, ())

    def ending(self, word: str) -> Sequence[tuple[str, ...]]:
        """Those whose last word is this one."""
        return self._by_last.get(word, ())


Known = TypeVar("Known")


def remember(memory: dict[str, Known], word: str, value: Known) -> None:
    """Keep what was found out of a word; the memory is emptied before it grows without end."""
    if len(memory) >= _MAX_REMEMBERED:
        memory.clear()
    memory[word] = value


@dataclass(frozen=True, slots=True)
class Language:
    """Folded word lists.

    according_to_them: phrases with a pronoun inside (`according to her`). particles: small words that stand between a
    name and its verb (`Kelmani e mbështeti`, `Ross has said`). linking: small words inside a noun phrase that change
    with its case (Albanian i, e, të, së). closing_abbreviations: those that may end a sentence (`etc.`). countries:
    adjective or genitive -> English name of the country. endings: of inflection. boilerplate: phrases of lines that
    are no part of an article. small_words: prepositions, conjunctions, articles and linking words together.
    """

    code: str
    traits: frozenset[Trait]
    speech_verbs: WordSet
    stance_verbs: WordSet
    according_to: PhraseSet
    according_to_them: PhraseSet
    stance_nouns: WordSet
    pronouns: Mapping[str, Gender]
    oblique_pronouns: Mapping[str, Gender]
    own_words: frozenset[str]
    viewpoint: frozenset[str]
    subordinators: frozenset[str]
    relative_pronouns: frozenset[str]
    feminine_titles: WordSet
    body_nouns: WordSet
    group_nouns: WordSet
    government_nouns: WordSet
    first_names: Mapping[str, Gender]
    name_endings: Mapping[str, Gender]
    verb_endings: Mapping[str, Gender]
    both: frozenset[str]
    indefinite: frozenset[str]
    conjunctions: frozenset[str]
    boilerplate: PhraseSet
    credits: frozenset[str]
    particles: frozenset[str]
    articles: frozenset[str]
    linking: frozenset[str]
    prepositions: frozenset[str]
    title_heads: WordSet
    title_fill: frozenset[str]
    countries: Mapping[str, str]
    endings: frozenset[str]
    longest_ending: int
    fleeting_vowels: frozenset[str]
    abbreviations: frozenset[str]
    closing_abbreviations: frozenset[str]
    sentence_openers: frozenset[str]
    not_names: frozenset[str]
    stems: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    small_words: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        small = self.prepositions | self.conjunctions | self.linking | self.articles
        object.__setattr__(self, "small_words", small)

    def has(self, trait: Trait) -> bool:
        """Whether the language has a habit."""
        return trait in self.traits

    def stem(self, word: str) -> str:
        """A folded word without its longest inflectional ending; at least three letters stay."""
        found = self.stems.get(word)
        if found is None:
            found = self._steady(self._without_ending(word))
            remember(self.stems, word, found)
        return found

    def _without_ending(self, word: str) -> str:
        for length in range(min(self.longest_ending, len(word) - _MIN_STEM), 0, -1):
            if word[-length:] in self.endings:
                return word[:-length]
        return word

    def _steady(self, stem: str) -> str:
        """A stem without the vowel that comes and goes before its last letter: `ministar`, `ministra`."""
        if len(stem) > _MIN_STEADY and stem[-2] in self.fleeting_vowels and stem[-3] not in _VOWELS:
            return stem[:-2] + stem[-1]
        return stem

    def is_verb(self, word: str) -> bool:
        """Whether a folded word says or judges."""
        return word in self.speech_verbs or word in self.stance_verbs


def language_of(tag: str) -> Language:
    """The resources for a BCP 47 tag; English where the language is not one of ours."""
    return _load(_FILES.get(tag.partition("-")[0].lower(), "en"))


@lru_cache(maxsize=16)
def _load(name: str) -> Language:
    text = files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    # BaseLoader keeps every scalar a string: `no` and `on` are words here, not booleans.
    lists = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    return Language(
        code=name,
        traits=frozenset(Trait(trait) for trait in lists["traits"]),
        speech_verbs=WordSet(lists["speech_verbs"]),
        stance_verbs=WordSet(lists["stance_verbs"]),
        according_to=PhraseSet(lists["according_to"]),
        according_to_them=PhraseSet(lists["according_to_them"]),
        stance_nouns=WordSet(lists["stance_nouns"]),
        pronouns=_gendered(lists["pronouns"]),
        oblique_pronouns=_gendered(lists["oblique_pronouns"]),
        own_words=_folded(lists["own_words"]),
        viewpoint=_folded(lists["viewpoint"]),
        subordinators=_folded(lists["subordinators"]),
        relative_pronouns=_folded(lists["relative_pronouns"]),
        feminine_titles=WordSet(lists["feminine_titles"]),
        body_nouns=WordSet(lists["body_nouns"]),
        group_nouns=WordSet(lists["group_nouns"]),
        government_nouns=WordSet(lists["government_nouns"]),
        first_names=_gendered(lists["first_names"]),
        name_endings=_gendered(lists["name_endings"]),
        verb_endings=_gendered(lists["verb_endings"]),
        both=_folded(lists["both"]),
        indefinite=_folded(lists["indefinite"]),
        conjunctions=_folded(lists["conjunctions"]),
        boilerplate=PhraseSet(lists["boilerplate"]),
        credits=_folded(lists["credits"]),
        particles=_folded(lists["particles"]),
        articles=_folded(lists["articles"]),
        linking=_folded(lists["linking"]),
        prepositions=_folded(lists["prepositions"]) - _folded(lists["conjunctions"]),
        title_heads=WordSet(lists["title_heads"]),
        title_fill=_folded(lists["title_fill"]),
        countries={fold(word): country for word, country in lists["countries"].items()},
        # Signs such as the soft sign fold to nothing; an empty ending would leave nothing of any word.
        endings=_folded(lists["endings"]) - {""},
        longest_ending=max(map(len, _folded(lists["endings"]))),
        fleeting_vowels=_folded(lists["fleeting_vowels"]),
        abbreviations=_folded(lists["abbreviations"]),
        closing_abbreviations=_folded(lists["closing_abbreviations"]),
        sentence_openers=_folded(lists["sentence_openers"]),
        not_names=_folded(lists["not_names"]),
    )


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _gendered(groups: Mapping[str, Iterable[str]]) -> dict[str, Gender]:
    """Folded word -> what it may stand for; a word of several groups (German `sie`) may stand for all of them."""
    found: dict[str, Gender] = {}
    for name, words in groups.items():
        for word in words:
            found[fold(word)] = found.get(fold(word), Gender(0)) | Gender[name.upper()]
    return found


def _words(phrase: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", fold(phrase)))
