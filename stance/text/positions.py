"""Where an article speaks of a position: its aliases, inflected, in both scripts, also with a gap inside."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from stance.text.intervals import SpanIndex
from stance.text.languages import Language
from stance.text.loose_positions import LooseIndex
from stance.text.tokens import Token, tokenise
from stance.types import Mention, Position, Reference, Span, TargetSource

_GAP = re.compile(r"\s(?:…|\.\.\.)\s")
_MAX_ACRONYM_ENDING = 3
_FALLBACK = {"mk": ("mk", "sr", "en"), "hr": ("hr", "sr", "en"), "bs": ("bs", "sr", "hr", "en")}


@dataclass(frozen=True, slots=True)
class _Word:
    folded: str
    stem: str
    acronym: bool
    proper: bool


@dataclass(frozen=True, slots=True)
class _Alias:
    """One wording of a position: its parts stand in any order in one sentence or quote; most have one part."""

    position: Position
    parts: tuple[tuple[_Word, ...], ...]
    source: TargetSource

    @property
    def bare_number(self) -> bool:
        return len(self.parts) == 1 and len(self.parts[0]) == 1 and self.parts[0][0].folded.isdigit()


@dataclass(frozen=True, slots=True)
class _Hit:
    alias: _Alias
    part: int
    span: Span


class PositionIndex:
    """The aliases of all positions in one language, ready to be looked up word by word."""

    def __init__(self, positions: Iterable[Position], language: Language, *, tag: str) -> None:
        self._language = language
        self._small = language.articles | language.linking
        self._by_stems: dict[tuple[str, ...], list[tuple[_Alias, int]]] = defaultdict(list)
        self._lengths: dict[str, set[int]] = defaultdict(set)  # of the keys above that begin with a stem
        self._by_stem: dict[str, list[tuple[_Alias, int]]] = defaultdict(list)
        self._by_acronym: dict[str, list[tuple[_Alias, int]]] = defaultdict(list)
        wordings = [(p, wording) for p in positions for wording in dict.fromkeys(_wordings(p, tag=tag))]
        for position, wording in wordings:
            self._add(position, wording)
        self._loose = LooseIndex(wordings, language)

    def find(self, tokens: Sequence[Token], units: Sequence[Span], paragraphs: Sequence[Span]) -> list[Mention]:
        """Mentions in order of their start.

        A position that is nowhere named in one go counts as mentioned where all words of one of its aliases stand near
        each other. An acronym that the text puts in brackets after a mention is an alias from there on.

        Args:
            units: the sentences and quotes within which the parts of a gapped alias may stand apart.
        """
        hits = list(self._hits(tokens))
        whole = list(_longest([hit for hit in hits if len(hit.alias.parts) == 1]))
        named = {hit.alias.position.id for hit in whole if not hit.alias.bare_number}
        # A bare number counts once the article has named the position in words.
        found = [hit for hit in whole if not hit.alias.bare_number or hit.alias.position.id in named]
        mentions = [_mention(hit.alias, hit.span) for hit in found]
        mentions += self._gapped([hit for hit in hits if len(hit.alias.parts) > 1], units)
        mentions += self._introduced(tokens, mentions)
        mentions += self._loose.find(tokens, units, paragraphs, skip={m.reference.key for m in mentions})
        return sorted(_without_repeats(mentions), key=lambda mention: mention.span)

    def _introduced(self, tokens: Sequence[Token], mentions: Sequence[Mention]) -> Iterator[Mention]:
        """The acronyms that the text itself gives to a position: `Association of Towns (AOT)`, later `AOT`."""
        starts = {token.span.start: number for number, token in enumerate(tokens)}
        given: dict[str, tuple[Mention, int]] = {}
        for mention in mentions:
            number = starts.get(mention.span.end + len(" ("))
            if number is not None and tokens[number].raw.isupper() and len(tokens[number].raw) > 1:
                given.setdefault(tokens[number].raw, (mention, number))
        for number, token in enumerate(tokens) if given else ():
            naming, first = given.get(token.raw, (None, 0))
            if naming is not None and number >= first:
                reference = Reference(naming.reference.name, naming.reference.id, token.span)
                yield Mention(token.span, reference, TargetSource.ACRONYM)

    def _add(self, position: Position, wording: str) -> None:
        parts = tuple(self._words(part) for part in _GAP.split(wording))
        if not all(parts):
            return
        alias = _Alias(position, parts, _source(parts))
        for number, part in enumerate(parts):
            first = part[0]
            if not any(word.acronym or word.proper for word in part):
                self._by_stems[tuple(word.stem for word in part)].append((alias, number))
                self._lengths[first.stem].add(len(part))
            elif first.acronym:
                self._by_acronym[first.folded].append((alias, number))
            else:
                self._by_stem[first.stem].append((alias, number))

    def _words(self, wording: str) -> tuple[_Word, ...]:
        tokens = [token for token in tokenise(wording) if token.folded not in self._small]
        return tuple(
            _Word(
                folded=token.folded,
                stem=self._language.stem(token.folded),
                acronym=len(token.raw) > 1 and token.raw.isupper() and not token.raw.isdigit(),
                # Alone a capital tells a name from a word; inside a longer alias newspapers are careless with it.
                proper=token.capitalised and len(tokens) == 1,
            )
            for token in tokens
        )

    def _hits(self, tokens: Sequence[Token]) -> Iterator[_Hit]:
        # Small words between those of an alias don't count.
        content = [token for token in tokens if token.folded not in self._small]
        stems = [self._language.stem(token.folded) for token in content]
        for index, (token, stem) in enumerate(zip(content, stems, strict=True)):
            for length in self._lengths.get(stem, ()):
                end = index + length
                for alias, part in self._by_stems.get(tuple(stems[index:end]), ()) if end <= len(content) else ():
                    yield _Hit(alias, part, Span(token.span.start, content[end - 1].span.end))
            for alias, part in self._candidates(token, stem):
                words = alias.parts[part]
                end = index + len(words)
                if _same(words, content[index:end], stems[index:end]):
                    yield _Hit(alias, part, Span(token.span.start, content[end - 1].span.end))

    def _candidates(self, token: Token, stem: str) -> Iterable[tuple[_Alias, int]]:
        found = self._by_stem.get(stem, ())
        if not token.acronym:
            return found
        cuts = range(min(_MAX_ACRONYM_ENDING, len(token.folded) - 2) + 1)
        return chain(found, *(self._by_acronym.get(token.folded[: len(token.folded) - cut], ()) for cut in cuts))

    def _gapped(self, hits: Sequence[_Hit], units: Sequence[Span]) -> Iterator[Mention]:
        by_alias: dict[int, list[_Hit]] = defaultdict(list)
        for hit in hits:
            by_alias[id(hit.alias)].append(hit)
        places = SpanIndex(units)
        for group in by_alias.values():
            n_parts = len(group[0].alias.parts)
            if len({hit.part for hit in group}) < n_parts:
                continue
            by_unit: dict[int, list[_Hit]] = defaultdict(list)
            for hit in group:
                for number in places.touching(hit.span):
                    if units[number].contains(hit.span):
                        by_unit[number].append(hit)
            for number in sorted(by_unit, key=lambda number: (len(units[number]), number)):
                if len({hit.part for hit in by_unit[number]}) == n_parts:
                    yield _mention(group[0].alias, _tightest(by_unit[number]))


def _same(words: Sequence[_Word], tokens: Sequence[Token], stems: Sequence[str]) -> bool:
    return len(words) == len(tokens) and all(map(_same_word, words, tokens, stems))


def _same_word(word: _Word, token: Token, stem: str) -> bool:
    if word.acronym:
        ending = token.raw[len(word.folded) :]
        same = token.folded.startswith(word.folded) and len(ending) <= _MAX_ACRONYM_ENDING
        return token.acronym and same and (not ending or ending.islower())
    return word.stem == stem and (token.capitalised or not word.proper)


def _wordings(position: Position, *, tag: str) -> Iterator[str]:
    language = tag.partition("-")[0]
    yield position.name
    for key in _FALLBACK.get(language, (language, "en")):
        for name, wordings in position.aliases.items():
            if name.partition("-")[0] == key:
                yield from wordings


def _source(parts: Sequence[Sequence[_Word]]) -> TargetSource:
    if any(word.folded.isdigit() for part in parts for word in part):
        return TargetSource.NUMBER
    lone = len(parts) == 1 and len(parts[0]) == 1
    return TargetSource.ACRONYM if lone and parts[0][0].acronym else TargetSource.ALIAS


def _mention(alias: _Alias, span: Span) -> Mention:
    position = alias.position
    return Mention(span, Reference(name=position.name, id=position.id, span=span), alias.source)


def _longest(hits: Sequence[_Hit]) -> Iterator[_Hit]:
    """Hits without those that lie inside a longer one: `NATO membership` is no mention of `NATO`."""
    reach = Span(0, 0)  # of those that begin no later, the one that ends last
    for hit in sorted(hits, key=lambda hit: (hit.span.start, -hit.span.end)):
        if hit.span == reach or not reach.contains(hit.span):
            yield hit
        if hit.span.end > reach.end:
            reach = hit.span


def _tightest(hits: Sequence[_Hit]) -> Span:
    """The span from the first to the last part, around the latest first hit of each."""
    n_parts = len({hit.part for hit in hits})
    ordered = sorted(hits, key=lambda hit: hit.span)
    best: Span | None = None
    last_seen: dict[int, Span] = {}
    for hit in ordered:
        last_seen[hit.part] = hit.span
        if len(last_seen) == n_parts:
            span = Span(min(s.start for s in last_seen.values()), max(s.end for s in last_seen.values()))
            best = span if best is None or len(span) < len(best) else best
    assert best is not None
    return best


def _without_repeats(mentions: Iterable[Mention]) -> Iterator[Mention]:
    """One mention per position and span; a gapped one gives way where the same position is named inside it."""
    latest: dict[str | None, int] = {}  # start of the last mention of a position among those that end no later
    for mention in sorted(mentions, key=lambda mention: (mention.span.end, -mention.span.start)):
        if latest.get(mention.reference.id, -1) < mention.span.start:
            latest[mention.reference.id] = mention.span.start
            yield mention
