"""Positions that a passage speaks of without naming them in one go: all words of an alias stand in it somewhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest

from stance.text.languages import Language
from stance.text.tokens import Token, tokenise, tokens_in
from stance.types import Mention, Position, Reference, Span, TargetSource

_MIN_WORDS, _MIN_LETTERS, _PASSAGE = 2, 3, 3


@dataclass(frozen=True, slots=True)
class _WordBag:
    """The stems of an alias's words, small words left out."""

    key: str
    name: str
    stems: frozenset[str]


class LooseIndex:
    """The words of all aliases in one language."""

    def __init__(self, wordings: Sequence[tuple[Position, str]], language: Language) -> None:
        self._language = language
        small = language.articles | language.linking | language.prepositions
        bags = dict.fromkeys(_WordBag(p.id, p.name, _stems(wording, language, small)) for p, wording in wordings)
        self._by_stem: dict[str, list[_WordBag]] = defaultdict(list)
        for bag in bags:
            if len(bag.stems) >= _MIN_WORDS:
                for stem in sorted(bag.stems):
                    self._by_stem[stem].append(bag)

    def find(self, tokens: Sequence[Token], paragraphs: Sequence[Span], *, skip: Set[str]) -> Iterator[Mention]:
        """The mentions of each position: the shortest stretch with all words of an alias, in three paragraphs or fewer.

        Args:
            skip: ids of positions that are not looked for.
        """
        seen: set[tuple[str, Span]] = set()
        for first, last in zip_longest(paragraphs, paragraphs[_PASSAGE - 1 :], fillvalue=None):
            if first is None:
                return
            passage = Span(first.start, (last or paragraphs[-1]).end)
            words = [(stem, t.span) for t in tokens_in(tokens, passage) for stem in _stems_of(t, self._language)]
            counts = Counter(bag for stem in {stem for stem, _ in words} for bag in self._by_stem.get(stem, ()))
            found: dict[str, Span] = {}
            for bag, count in counts.items():
                if count == len(bag.stems) and bag.key not in skip:
                    span = _shortest(words, bag.stems)
                    if bag.key not in found or len(span) < len(found[bag.key]):
                        found[bag.key] = span
            names = {bag.key: bag.name for bag in counts}
            for key, span in sorted(found.items()):
                if (key, span) not in seen:
                    seen.add((key, span))
                    yield Mention(span, Reference(name=names[key], id=key, span=span), TargetSource.ALIAS)


def _stems(wording: str, language: Language, small: Set[str]) -> frozenset[str]:
    words = (token for token in tokenise(wording) if token.folded not in small or token.acronym)
    return frozenset(
        _stems_of(token, language)[-1]
        for token in words
        if len(token.folded) >= _MIN_LETTERS or token.acronym or token.folded.isdigit()
    )


def _stems_of(token: Token, language: Language) -> tuple[str, ...]:
    """The stem of a word; of an acronym also the acronym as such, lest `EU` be any `eu`."""
    stem = language.stem(token.folded)
    return (stem, token.folded.upper()) if token.raw.isupper() and token.acronym else (stem,)


def _shortest(words: Sequence[tuple[str, Span]], stems: Set[str]) -> Span:
    """The shortest stretch that has all stems."""
    last: dict[str, Span] = {}
    best: Span | None = None
    for stem, span in words:
        if stem in stems:
            last[stem] = span
            if len(last) == len(stems):
                window = Span(min(s.start for s in last.values()), max(s.end for s in last.values()))
                best = window if best is None or len(window) < len(best) else best
    assert best is not None
    return best
