"""Nouns that may stand for a body or a group named before: `the bank`, `Sindikat`, `the government in Pristina`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from stance.text.forms import Naming
from stance.text.syntax import Words

_MAX_LINKS = 2


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """Tokens [start, end) around a noun of bodies or groups; `head` is its stem.

    naming: the name of the country or body that the phrase is of (`the government in Pristina`); country: the same
    as an adjective (`kosovska vlada`), in English.
    """

    start: int
    end: int
    head: str
    naming: Naming | None = None
    country: str | None = None


def find_nouns(words: Words, namings: Sequence[Naming], covered: Collection[int]) -> Iterator[NounPhrase]:
    """Noun phrases in order, without those that an article marks as indefinite."""
    language = words.language
    by_start = {naming.start: naming for naming in namings}
    for index, token in enumerate(words.tokens):
        if index in covered:
            continue
        if not (token.folded in language.body_nouns or token.folded in language.group_nouns):
            continue
        if words.folded(index - 1) in language.indefinite and words.adjacent(index - 1, index):
            continue
        yield _phrase(words, index, by_start, covered)


def _phrase(words: Words, index: int, by_start: dict[int, Naming], covered: Collection[int]) -> NounPhrase:
    language = words.language
    head = language.stem(words.folded(index))
    if words.folded(index) not in language.government_nouns:
        return NounPhrase(index, index + 1, head)
    for beside in (index - 1, index + 1):
        first, last = min(index, beside), max(index, beside)
        if words.folded(beside) in language.countries and words.adjacent(first, last) and beside not in covered:
            return NounPhrase(first, last + 1, head, country=language.countries[words.folded(beside)])
    for end in range(index + 1, min(index + 2 + _MAX_LINKS, len(words.tokens))):
        if not words.adjacent(end - 1, end):
            break
        if end in by_start:
            return NounPhrase(index, by_start[end].end, head, naming=by_start[end])
        if not words.small(end):
            break
    return NounPhrase(index, index + 1, head)
