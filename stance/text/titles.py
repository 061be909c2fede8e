"""Titles such as `the Russian Minister of Foreign Affairs`: what office, of which country, held by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stance.text.languages import Language
from stance.text.tokens import Token, tokenise
from stance.types import Actor

# fmt: off
_FUNCTION_WORDS = frozenset({
    "of", "for", "the", "s", "i", "e", "te", "se", "des", "de", "du", "la", "der", "za", "and", "y",
    "government", "state", "party",
})
# fmt: on
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


def find_titles(tokens: Sequence[Token], language: Language) -> list[TitlePhrase]:
    """Title phrases in order; each reaches over its qualifiers and country on both sides of the head."""
    phrases: list[TitlePhrase] = []
    covered = 0
    for index, token in enumerate(tokens):
        if index < covered or not language.title_head.fullmatch(token.folded):
            continue
        start, end = index, index + 1
        while start > covered and index - start < _MAX_WORDS and _precedes(tokens, start, language):
            start -= 1
        while end < len(tokens) and end - index < _MAX_WORDS and _belongs(tokens, end, end - 1, language):
            end += 1
        end = _with_complement(tokens, end, language)
        phrases.append(TitlePhrase(_title(tokens[start:end], token, language), start, end))
        covered = end
    return phrases


def _with_complement(tokens: Sequence[Token], end: int, language: Language) -> int:
    """The end of a title that goes on in words of no list up to a comma and a name: `head of the board, Ana Rot`."""
    for index in range(end, min(end + _MAX_COMPLEMENT, len(tokens) - 1)):
        if index and tokens[index].span.start - tokens[index - 1].span.end != 1:
            return end
        if tokens[index].capitalised or language.is_verb(tokens[index].folded):
            return end
        following = tokens[index + 1]
        if following.span.start - tokens[index].span.end == 2:
            return index + 1 if following.capitalised else end
    return end


def titles_of(actor: Actor, language: Language, *, keys: Sequence[str]) -> list[Title]:
    """The parsed titles of a known actor in the given languages."""
    wordings = [w for key, values in actor.titles.items() if key.partition("-")[0] in keys for w in values]
    return [phrase.title for wording in wordings for phrase in find_titles(tokenise(wording), language)]


def _precedes(tokens: Sequence[Token], start: int, language: Language) -> bool:
    """Whether the word before belongs to the title; before it stand adjectives, which only English and German
    capitalise: `nezavisnosti Kosova odbornik` is no councillor of Kosovo."""
    before = tokens[start - 1]
    lower = before.folded not in language.countries or not before.capitalised or language.code in ("en", "de")
    return lower and _belongs(tokens, start - 1, start, language)


def _belongs(tokens: Sequence[Token], index: int, neighbour: int, language: Language) -> bool:
    """Whether a word is part of the title beside it: a qualifier, a country, another head; no gap but space."""
    token = tokens[index]
    first, second = sorted((tokens[index].span, tokens[neighbour].span))
    if second.start - first.end > 2:
        return False
    known = token.folded in language.title_fill or token.folded in language.countries
    return known or bool(language.title_head.fullmatch(token.folded))


def _title(tokens: Sequence[Token], head: Token, language: Language) -> Title:
    heads = [t for t in tokens if language.title_head.fullmatch(t.folded)]
    main = heads[-1] if heads else head
    countries = [language.countries[t.folded] for t in tokens if t.folded in language.countries]
    qualifiers = frozenset(
        language.stem(t.folded)
        for t in tokens
        if t.folded in language.title_fill and t.folded not in _FUNCTION_WORDS and t.folded not in language.countries
    )
    return Title(language.stem(main.folded), qualifiers, countries[0] if countries else None)
