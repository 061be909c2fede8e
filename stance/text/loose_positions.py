"""Positions that a paragraph speaks of without naming them in one go: all words of an alias stand in it somewhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from stance.text.languages import Language
from stance.text.tokens import Token, tokenise, tokens_in
from stance.types import Mention, Position, Reference, Span, TargetSource

_MIN_WORDS, _MIN_LETTERS = 2, 3


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
        """One mention per position and paragraph: the shortest stretch with all words of an alias.

        Args:
            skip: ids of positions that are not looked for.
        """
        for paragraph in paragraphs:
            words = [(self._language.stem(token.folded), token.span) for token in tokens_in(tokens, paragraph)]
            counts = Counter(bag for stem in {stem for stem, _ in words} for bag in self._by_stem.get(stem, ()))
            found: dict[str, Span] = {}
            for bag, count in counts.items():
                if count == len(bag.stems) and bag.key not in skip:
                    span = _shortest(words, bag.stems)
                    if bag.key not in found or len(span) < len(found[bag.key]):
                        found[bag.key] = span
            names = {bag.key: bag.name for bag in counts}
            for key, span in sorted(found.items()):
                yield Mention(span, Reference(name=names[key], id=key, span=span), TargetSource.ALIAS)


def _stems(wording: str, language: Language, small: Set[str]) -> frozenset[str]:
    words = (token.folded for token in tokenise(wording) if token.folded not in small)
    return frozenset(language.stem(word) for word in words if len(word) >= _MIN_LETTERS or word.isdigit())


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
