"""All that attribution looks at: the words of an article, its sentences, quotes and mentions, by their place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stance.text.coreference import ActorMention, Form
from stance.text.intervals import SpanIndex
from stance.text.languages import Language
from stance.text.syntax import Words
from stance.types import Quote, QuoteKind, Sentence, Span


@dataclass(frozen=True, slots=True)
class Scene:
    """One article, ready to be asked what stands where.

    narratives: by sentence, what `narrative` gives. traits: of mentions, remembered for their next quote.
    """

    words: Words
    sentences: Sequence[Sentence]
    quotes: Sequence[Quote]
    mentions: Sequence[ActorMention]
    sentence_index: SpanIndex
    quote_index: SpanIndex
    narratives: Sequence[Sequence[int]]
    traits: dict[tuple[int, int, Form], tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

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

    def hosts(self, quote: Quote) -> Sequence[Sentence]:
        """The sentences that a quote touches; at least one."""
        touched = self.sentence_index.touching(quote.span)
        return self.sentences[touched[0] : touched[-1] + 1]

    def narrative(self, sentence: Sentence) -> Sequence[int]:
        """Numbers of the sentence's tokens outside quotes (words in scare quotes are the author's)."""
        return self.narratives[sentence.index]

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
    quoted = {index for quote in quotes if quote.kind is not QuoteKind.SCARE for index in _said_tokens(words, quote)}
    inside = (words.indices(sentence.span) for sentence in sentences)
    return Scene(
        words,
        sentences,
        quotes,
        mentions,
        SpanIndex([sentence.span for sentence in sentences]),
        SpanIndex([quote.span for quote in quotes]),
        [[index for index in indices if index not in quoted] for indices in inside],
    )


def _said_tokens(words: Words, quote: Quote) -> Iterator[int]:
    return (index for index in words.indices(quote.span) if said(quote, words.tokens[index].span))
