"""Which (actor, position) pairs of an article are worth a question, and of which words to ask it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile

from stance.text.attribution import AUTHOR, Attribution
from stance.text.intervals import SpanIndex
from stance.text.segmentation import is_headline
from stance.types import (
    Article,
    Context,
    Mention,
    Quote,
    QuoteKind,
    Reference,
    Sentence,
    Span,
    Speaker,
    StanceQuery,
    Statement,
)


def find_queries(
    article: Article,
    lang: str,
    sentences: Sequence[Sentence],
    quotes: Sequence[Quote],
    attribution: Attribution,
    found: Sequence[Mention],
) -> Iterator[StanceQuery]:
    """The (actor, position) pairs worth asking about, each with the words to ask it of.

    Only the holders of the words that name a position, and those of whom they report. Who is merely named beside a
    position, or speaks some sentences after it, often holds no stance on it, and the classifier cannot tell.

    Args:
        found: mentions of positions, in order.
    """
    seen: set[tuple[str | None, str, int]] = set()
    layout = _Layout(sentences, quotes, found)
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
            yield _query(article, lang, mention, hosts, sentences, speaker)


class _Layout:
    """Sentences, quotes and position mentions by their place."""

    def __init__(self, sentences: Sequence[Sentence], quotes: Sequence[Quote], found: Sequence[Mention]) -> None:
        self._sentences, self._quotes, self._found = sentences, quotes, found
        self._sentence_index = SpanIndex([sentence.span for sentence in sentences])
        self._quote_index = SpanIndex([quote.span for quote in quotes])
        self._found_index = SpanIndex([mention.span for mention in found])
        self._in_paragraph = Counter(sentence.paragraph for sentence in sentences)

    def quote_around(self, mention: Mention) -> int | None:
        """Number of the first quote, no scare quote, that a mention stands in."""
        for number in self._quote_index.touching(mention.span):
            quote = self._quotes[number]
            if quote.kind is not QuoteKind.SCARE and quote.span.contains(mention.span):
                return number
        return None

    def hosts(self, mention: Mention, quote: int | None) -> Sequence[Sentence]:
        """The sentences of a statement: those of the mention; in a quote all from its first mention to its last."""
        spans = [mention.span]
        if quote is not None:
            around = self._quotes[quote].span
            near = [self._found[number] for number in self._found_index.touching(around)]
            key = mention.reference.key
            spans = [m.span for m in near if m.reference.key == key and around.contains(m.span)]
        touched = sorted({number for span in spans for number in self._sentence_index.touching(span)})
        return self._sentences[touched[0] : touched[-1] + 1] if touched else []

    def stands_alone(self, sentence: Sentence) -> bool:
        """Whether it is the only sentence of its paragraph."""
        return self._in_paragraph[sentence.paragraph] == 1


def _speakers(
    article: Article, hosts: Sequence[Sentence], quote: int | None, layout: _Layout, attribution: Attribution
) -> Iterator[Speaker | None]:
    """The holder of the words around a mention, then those of whom they report."""
    first = hosts[0]
    if quote is not None:
        yield attribution.quotes[quote]
    else:
        holder = attribution.sentences[first.index]
        if holder in (None, AUTHOR) and is_headline(first, article.text, alone=layout.stands_alone(first)):
            return
        yield holder
    yield from attribution.reported[first.index]


def _query(
    article: Article,
    lang: str,
    mention: Mention,
    hosts: Sequence[Sentence],
    sentences: Sequence[Sentence],
    speaker: Speaker | None,
) -> StanceQuery:
    evidence = Span(hosts[0].span.start, hosts[-1].span.end)
    preceding = (sentences[index] for index in range(hosts[0].index - 1, -1, -1))
    starts = tuple(s.span.start for s in takewhile(lambda s: s.paragraph == hosts[0].paragraph, preceding))
    statement = Statement(
        article=article, sentence=hosts[0], evidence=tuple(host.span for host in hosts), speaker=speaker
    )
    actor = speaker.actor if speaker else None
    if actor is not None and actor.span is not None and not evidence.contains(actor.span):
        actor = Reference(actor.name, actor.id)
    return StanceQuery(
        context=Context(article.text, evidence, starts=starts),
        actor=actor,
        target=mention.reference,
        lang=lang,
        statement=statement,
        target_source=mention.source,
    )
