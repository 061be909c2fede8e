"""Which (actor, position) pairs of an article are worth a question, and of which words to ask it."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from stance.text.attribution import Attribution
from stance.text.intervals import SpanIndex
from stance.text.scene import Scene
from stance.text.segmentation import is_headline
from stance.text.voices import AUTHOR
from stance.text.voices import speaker as named_speaker
from stance.types import (
    Article,
    Context,
    Mention,
    Reference,
    Sentence,
    Span,
    Speaker,
    SpeakerSource,
    StanceQuery,
    Statement,
    TargetSource,
)

_BACKWARDS = 1_000_000  # sentences: more than any article has
_MERELY_NAMED = 0.3
_MAX_STARTS = 50  # sentences: more than a context holds


def find_queries(
    article: Article, lang: str, scene: Scene, attribution: Attribution, found: Sequence[Mention]
) -> Iterator[StanceQuery]:
    """The (actor, position) pairs worth asking about, each with the words to ask it of.

    First the holders of the words that name a position, and those of whom they report. Then, once for each other actor
    of the article, what that actor says or does nearest after the position was named: who takes a side often leaves
    the name to others.

    Args:
        found: mentions of positions, in order.
    """
    layout = _Layout(scene, found)
    asked: set[tuple[str | None, str]] = set()
    for query in _named_together(article, lang, layout, attribution, found):
        asked.add((query.actor.key if query.actor else None, query.target.key))
        yield query
    turns = _turns(scene, attribution, layout)
    places: dict[str, list[Mention]] = defaultdict(list)
    for mention in found:
        places[mention.reference.key].append(mention)
    for key, mentions in places.items():
        for actor, own in turns.items():
            if (actor, key) not in asked:
                yield _inherited(article, lang, layout, own, mentions)


def _named_together(
    article: Article, lang: str, layout: _Layout, attribution: Attribution, found: Sequence[Mention]
) -> Iterator[StanceQuery]:
    seen: set[tuple[str | None, str, int]] = set()
    for mention in found:
        quote = layout.quote_around(mention)
        hosts = layout.hosts(mention, quote)
        if not hosts:
            continue
        for speaker in _speakers(article, hosts, quote, layout, attribution):
            actor = speaker.actor if speaker else None
            key = (actor.key if actor else None, mention.reference.key, hosts[0].index)
            if key in seen:
                continue
            seen.add(key)
            yield _query(article, lang, mention, hosts, layout, speaker, source=mention.source)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Sentences [first, last] in which somebody speaks or acts."""

    first: int
    last: int
    speaker: Speaker


def _turns(scene: Scene, attribution: Attribution, layout: _Layout) -> dict[str, list[_Turn]]:
    """What each actor says, is said to want, or else does; in order."""
    turns: dict[str, list[_Turn]] = defaultdict(list)
    for number, quote in enumerate(scene.quotes):
        hosts = scene.hosts(quote)
        for speaker in attribution.quotes[number]:
            if speaker.actor is not None:
                turns[speaker.actor.key].append(_Turn(hosts[0].index, hosts[-1].index, speaker))
    for number, holders in enumerate(attribution.sentences):
        for speaker in (*holders, *attribution.reported[number]):
            if speaker.actor is not None:
                turns[speaker.actor.key].append(_Turn(number, number, speaker))
    for mention in scene.mentions:
        if (
            mention.reference is not None
            and mention.reference.key not in turns
            and not layout.in_position(mention.span)
        ):
            number = scene.sentence_index.touching(mention.span)[0]
            speaker = named_speaker(mention, SpeakerSource.NOMINAL, _MERELY_NAMED)
            turns[mention.reference.key].append(_Turn(number, number, speaker))
    return {key: sorted(own, key=lambda turn: turn.first) for key, own in turns.items()}


def _inherited(
    article: Article, lang: str, layout: _Layout, turns: Sequence[_Turn], mentions: Sequence[Mention]
) -> StanceQuery:
    """The question about the turn nearest after a mention; one before the first mention only where nothing follows."""
    places = [layout.first_sentence(mention) for mention in mentions]
    turn, number = min(((turn, _before(places, turn)) for turn in turns), key=lambda pair: _distance(places, *pair))
    mention = mentions[number]
    sentences = layout.scene.sentences[turn.first : turn.last + 1]
    return _query(article, lang, mention, sentences, layout, turn.speaker, source=TargetSource.CONTEXT)


def _before(places: Sequence[int], turn: _Turn) -> int:
    """Number of the last mention up to a turn, of the first one where none stands before."""
    return max(0, bisect_right(places, turn.last) - 1)


def _distance(places: Sequence[int], turn: _Turn, mention: int) -> int:
    """In sentences; whatever follows a mention is nearer than what stands before it."""
    sentences = turn.first - places[mention]
    return sentences if turn.last >= places[mention] else _BACKWARDS - sentences


class _Layout:
    """Sentences, quotes and position mentions by their place."""

    def __init__(self, scene: Scene, found: Sequence[Mention]) -> None:
        self.scene = scene
        self._found = found
        self._found_index = SpanIndex([mention.span for mention in found])
        self._in_paragraph = Counter(sentence.paragraph for sentence in scene.sentences)

    def in_position(self, span: Span) -> bool:
        """Whether a name is part of the name of a position: the `Harbour Union strike`."""
        near = (self._found[number] for number in self._found_index.touching(span))
        return any(m.span.contains(span) for m in near if m.source is not TargetSource.SEMANTIC)

    def first_sentence(self, mention: Mention) -> int:
        """Number of the sentence that a mention begins in."""
        return self.scene.sentence_index.touching(mention.span)[0]

    def quote_around(self, mention: Mention) -> int | None:
        """Number of the first quote, no scare quote, that a mention stands in."""
        around = self.scene.quotes_at(mention.span)
        return next((number for number in around if self.scene.quotes[number].span.contains(mention.span)), None)

    def hosts(self, mention: Mention, quote: int | None) -> Sequence[Sentence]:
        """The sentences of a statement: those of the mention; in a quote all from its first mention to its last."""
        spans = [mention.span]
        if quote is not None:
            around = self.scene.quotes[quote].span
            near = [self._found[number] for number in self._found_index.touching(around)]
            key = mention.reference.key
            spans = [m.span for m in near if m.reference.key == key and around.contains(m.span)]
        touched = sorted({number for span in spans for number in self.scene.sentence_index.touching(span)})
        return self.scene.sentences[touched[0] : touched[-1] + 1] if touched else []

    def stands_alone(self, sentence: Sentence) -> bool:
        """Whether it is the only sentence of its paragraph."""
        return self._in_paragraph[sentence.paragraph] == 1


def _speakers(
    article: Article, hosts: Sequence[Sentence], quote: int | None, layout: _Layout, attribution: Attribution
) -> Iterator[Speaker | None]:
    """The holder of the words around a mention, then those of whom they report."""
    first = hosts[0]
    if quote is not None:
        yield from attribution.quotes[quote] or (None,)
    else:
        holders = attribution.sentences[first.index]
        if holders in ((), (AUTHOR,)) and is_headline(first, article.text, alone=layout.stands_alone(first)):
            return
        yield from holders or (None,)
    yield from attribution.reported[first.index]


def _query(
    article: Article,
    lang: str,
    mention: Mention,
    hosts: Sequence[Sentence],
    layout: _Layout,
    speaker: Speaker | None,
    *,
    source: TargetSource | None,
) -> StanceQuery:
    evidence = Span(hosts[0].span.start, hosts[-1].span.end)
    preceding = (layout.scene.sentences[index] for index in range(hosts[0].index - 1, -1, -1))
    near = takewhile(lambda s: s.paragraph == hosts[0].paragraph, islice(preceding, _MAX_STARTS))
    starts = tuple(sentence.span.start for sentence in near)
    statement = Statement(
        article=article, sentence=hosts[0], evidence=tuple(host.span for host in hosts), speaker=speaker
    )
    target = mention.reference
    if source in (TargetSource.CONTEXT, TargetSource.SEMANTIC):
        target = Reference(target.name, target.id)  # these words do not name it
    actor = speaker.actor if speaker else None
    if actor is not None and actor.span is not None and not evidence.contains(actor.span):
        actor = Reference(actor.name, actor.id)
    return StanceQuery(
        context=Context(article.text, evidence, starts=starts),
        actor=actor,
        target=target,
        lang=lang,
        statement=statement,
        target_source=source,
    )
