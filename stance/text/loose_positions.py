"""Positions that a passage speaks of without naming them in one go: all words of an alias stand in it somewhere."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from heapq import merge

from stance.text.intervals import SpanIndex
from stance.text.languages import Language
from stance.text.tokens import Token, tokenise
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
        self._bags = [bag for bag in bags if len(bag.stems) >= _MIN_WORDS]
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        for number, bag in enumerate(self._bags):
            for stem in bag.stems:
                self._by_stem[stem].append(number)

    def find(
        self, tokens: Sequence[Token], units: Sequence[Span], paragraphs: Sequence[Span], *, skip: Set[str]
    ) -> Iterator[Mention]:
        """Where all words of an alias stand in one unit, or in three paragraphs: then in the unit with most of them.

        Args:
            units: sentences and quotes. The source of a mention is ALIAS inside one, CONTEXT beyond.
            skip: ids of positions that are not looked for.
        """
        words = [(stem, t.span) for t in tokens for stem in _stems_of(t, self._language) if stem in self._by_stem]
        starts = [span.start for _, span in words]
        places = SpanIndex(units)
        seen: set[tuple[str, Span]] = set()
        for number, paragraph in enumerate(paragraphs):
            end = paragraphs[min(number + _PASSAGE, len(paragraphs)) - 1].end
            passage = words[bisect_left(starts, paragraph.start) : bisect_left(starts, end)]
            for bag, stretch in self._complete(passage, skip):
                inside = [units[n] for n in places.touching(stretch)]
                together = any(unit.contains(stretch) for unit in inside)
                span = stretch if together else _densest(passage, bag.stems, inside)
                if (bag.key, span) not in seen:
                    seen.add((bag.key, span))
                    reference = Reference(name=bag.name, id=bag.key, span=span)
                    yield Mention(span, reference, TargetSource.ALIAS if together else TargetSource.CONTEXT)

    def _complete(self, words: Sequence[tuple[str, Span]], skip: Set[str]) -> Iterator[tuple[_WordBag, Span]]:
        """Of each position the alias whose words all stand here, nearest together, with the stretch they take."""
        places: dict[str, list[Span]] = defaultdict(list)
        for stem, span in words:
            places[stem].append(span)
        counts = Counter(number for stem in places for number in self._by_stem[stem])
        best: dict[str, tuple[_WordBag, Span]] = {}
        for number, count in counts.items():
            bag = self._bags[number]
            if count == len(bag.stems) and bag.key not in skip:
                stretch = _shortest([places[stem] for stem in bag.stems])
                if bag.key not in best or len(stretch) < len(best[bag.key][1]):
                    best[bag.key] = (bag, stretch)
        for key in sorted(best):
            yield best[key]


def _densest(words: Sequence[tuple[str, Span]], stems: Set[str], units: Sequence[Span]) -> Span:
    """From the first to the last word of an alias in the unit that has most of them."""
    own = [(stem, span) for stem, span in words if stem in stems]
    inside = [[(stem, span) for stem, span in own if unit.contains(span)] for unit in units]
    best = max(inside, key=lambda found: len({stem for stem, _ in found}))
    return Span(best[0][1].start, best[-1][1].end)


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


def _shortest(places: Sequence[Sequence[Span]]) -> Span:
    """The first of the shortest stretches with a span of each kind.

    Args:
        places: the spans of each kind, in order.
    """
    last: dict[int, Span] = {}
    best: Span | None = None
    for span, kind in merge(*([(span, kind) for span in spans] for kind, spans in enumerate(places))):
        last[kind] = span
        if len(last) == len(places):
            window = Span(min(s.start for s in last.values()), max(s.end for s in last.values()))
            best = window if best is None or len(window) < len(best) else best
    assert best is not None
    return best
