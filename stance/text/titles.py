"""Titles such as `the Russian Minister of Foreign Affairs`: what office, of which country, held by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stance.text.languages import Language, Trait
from stance.text.syntax import Words
from stance.text.tokens import Token, tokenise
from stance.types import Actor

_MAX_WORDS = 5
_MAX_COMPLEMENT = 3


@dataclass(frozen=True, slots=True)
class Title:
    """An office. `qualifiers` are the stems that narrow it (`foreign`, `affairs`); `country` in English or None."""

    head: str
    qualifiers: frozenset[str]
    country: str | None

    def may_mean(self, other: Title) -> bool:
        """Whether a phrase that says this title can mean the holder of the other one."""
        same_country = self.country is None or other.country is None or self.country == other.country
        narrower = not self.qualifiers or not other.qualifiers or bool(self.qualifiers & other.qualifiers)
        return self.head == other.head and same_country and narrower


@dataclass(frozen=True, slots=True)
class TitlePhrase:
    """A title as it stands in the text: tokens [start, end)."""

    title: Title
    start: int
    end: int


def find_titles(words: Words) -> list[TitlePhrase]:
    """Title phrases in order; each reaches over its qualifiers and country on both sides of the head."""
    phrases: list[TitlePhrase] = []
    covered = 0
    for index, token in enumerate(words.tokens):
        if index < covered or token.folded not in words.language.title_heads:
            continue
        start, end = index, index + 1
        while start > covered and index - start < _MAX_WORDS and _precedes(words, start):
            start -= 1
        while end < len(words.tokens) and end - index < _MAX_WORDS and _belongs(words, end, end):
            end += 1
        start, end = _trimmed(words, start, end, head=index)
        end = _with_complement(words, end)
        phrases.append(TitlePhrase(_title(words.tokens[start:end], token, words.language), start, end))
        covered = end
    return phrases


def titles_of(actor: Actor, language: Language, *, keys: Sequence[str]) -> list[Title]:
    """The parsed titles of a known actor in the given languages."""
    wordings = [w for key, values in actor.titles.items() if key.partition("-")[0] in keys for w in values]
    return [phrase.title for w in wordings for phrase in find_titles(Words(tokenise(w), w, language))]


def _precedes(words: Words, start: int) -> bool:
    """Whether the word before belongs to the title; before it stand adjectives, which only English and German
    capitalise: `nezavisnosti Kosova odbornik` is no councillor of Kosovo."""
    before, language = words.tokens[start - 1], words.language
    lower = before.folded not in language.countries or not before.capitalised or language.has(Trait.ADJECTIVE_CAPITALS)
    return lower and _belongs(words, start - 1, start)


def _belongs(words: Words, index: int, second: int) -> bool:
    """Whether a word is part of the title beside it: a qualifier, a country, another head.

    Args:
        second: the later one of the two tokens.
    """
    if words.gap(second - 1, second) not in (" ", "-", "\u00a0", "'", "’"):
        return False
    word, language = words.folded(index), words.language
    return word in language.title_fill or word in language.countries or word in language.title_heads


def _trimmed(words: Words, start: int, end: int, *, head: int) -> tuple[int, int]:
    """Without the small words at both ends: `said of the minister and` speaks of `minister`."""
    while start < head and words.small(start):
        start += 1
    while end - 1 > head and words.small(end - 1):
        end -= 1
    return start, end


def _with_complement(words: Words, end: int) -> int:
    """The end of a title that goes on in words of no list up to a comma and a name: `head of the board, Ana Rot`."""
    tokens = words.tokens
    for index in range(end, min(end + _MAX_COMPLEMENT, len(tokens) - 1)):
        if words.gap(index - 1, index) != " ":
            return end
        if tokens[index].capitalised or words.language.is_verb(tokens[index].folded):
            return end
        if words.gap(index, index + 1) == ", ":
            return index + 1 if tokens[index + 1].capitalised else end
    return end


def _title(tokens: Sequence[Token], head: Token, language: Language) -> Title:
    """The office: the last head before `of` or `for` (`deputy prime minister`, `spokesman for the president`)."""
    small = language.small_words
    main, other = None, False
    for token in tokens:
        if token.folded in language.title_heads and not (main and other):
            main = token
        other = main is not None and (other or token.folded in small)
    countries = [language.countries[t.folded] for t in tokens if t.folded in language.countries]
    qualifiers = frozenset(
        language.stem(t.folded)
        for t in tokens
        if t.folded in language.title_fill and t.folded not in small and t.folded not in language.countries
    )
    return Title(language.stem((main or head).folded), qualifiers, countries[0] if countries else None)
