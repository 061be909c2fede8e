"""All that attribution looks at: the words of an article, its sentences, quotes and mentions, by their place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from stance.text.coreference import ActorMention
from stance.text.intervals import SpanIndex
from stance.text.languages import Language
from stance.text.syntax import Words
from stance.types import Quote, QuoteKind, Sentence, Span


@dataclass(frozen=True, slots=True)
class Scene:
    """One article, ready to be asked what stands where."""

    words: Words
    sentences: Sequence[Sentence]
    quotes: Sequence[Quote]
    mentions: Sequence[ActorMention]
    sentence_index: SpanIndex
    quote_index: SpanIndex

    @property
    def language(self) -> Language:
        """Of the article."""
        return self.words.language

    def mentions_in(self, first: int, stop: int) -> Sequence[ActorMention]:
        """The mentions whose first token has a number in [first, stop)."""
        low = bisect_left(self.mentions, first, key=lambda mention: mention.start)
        high = bisect_left(self.mentions, stop, key=lambda mention: mention.start)
        return self.mentions[low:high]

    def quotes_at(self, place: Span) -> list[int]:
        """Numbers of the quotes that overlap a place and are no scare quotes."""
        touching = self.quote_index.touching(place)
        return [index for index in touching if self.quotes[index].kind is not QuoteKind.SCARE]

    def indices(self, span: Span) -> range:
        """Numbers of the tokens that start in a span."""
        tokens = self.words.tokens
        first = bisect_left(tokens, span.start, key=lambda token: token.span.start)
        last = bisect_left(tokens, span.end, key=lambda token: token.span.start)
        return range(first, last)

    def hosts(self, quote: Quote) -> Sequence[Sentence]:
        """The sentences that a quote touches; at least one."""
        touched = self.sentence_index.touching(quote.span)
        return self.sentences[touched[0] : touched[-1] + 1]

    def narrative(self, sentence: Sentence) -> list[int]:
        """Numbers of the sentence's tokens outside quotes (words in scare quotes are the author's)."""
        quotes = [self.quotes[index] for index in self.quotes_at(sentence.span)]
        tokens = self.words.tokens
        return [i for i in self.indices(sentence.span) if not any(said(quote, tokens[i].span) for quote in quotes)]

    def told_mentions(self, sentence: Sentence) -> list[ActorMention]:
        """The mentions in a sentence's own words, outside quotes."""
        narrative = self.narrative(sentence)
        if not narrative:
            return []
        inside = set(narrative)
        return [m for m in self.mentions_in(narrative[0], narrative[-1] + 1) if m.end - 1 in inside]


def said(quote: Quote, place: Span) -> bool:
    """Whether a place belongs to the words of a quote, not to a reporting clause between its marks."""
    return quote.span.contains(place) and not any(aside.contains(place) for aside in quote.asides)


def scene_of(
    words: Words, sentences: Sequence[Sentence], quotes: Sequence[Quote], mentions: Sequence[ActorMention]
) -> Scene:
    """The scene of an article; `mentions` are in order of their first token."""
    return Scene(
        words,
        sentences,
        quotes,
        mentions,
        SpanIndex([sentence.span for sentence in sentences]),
        SpanIndex([quote.span for quote in quotes]),
    )
