"""Article in, stance queries out: which words may carry whose stance on which position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stance.text.actors import ActorMention, find_actors
from stance.text.attribution import AUTHOR, Attribution, attribute
from stance.text.language import detect_language
from stance.text.languages import language_of
from stance.text.positions import PositionIndex
from stance.text.quotes import find_quotes
from stance.text.segmentation import is_headline, segment
from stance.text.tokens import tokenise
from stance.types import (
    Actor,
    Article,
    Context,
    Mention,
    Position,
    Quote,
    QuoteKind,
    Reading,
    Reference,
    Sentence,
    Span,
    Speaker,
    StanceQuery,
    Statement,
)


def read_article(article: Article, positions: Sequence[Position], actors: Sequence[Actor] | None) -> Reading:
    """The reading of one article; a position that the text does not speak of yields nothing.

    Args:
        actors: known actors; people that they lack are found in the text. None: all are found in the text.
    """
    lang = article.lang or detect_language(article.text)
    language = language_of(lang)
    tokens = tokenise(article.text)
    sentences = segment(article.text, language)
    quotes = find_quotes(article.text)
    keys = (language.code, lang.partition("-")[0], "en")
    mentions = find_actors(tokens, article.text, actors or (), language, keys=keys)
    attribution = attribute(article.text, tokens, sentences, quotes, mentions, language)
    units = [sentence.span for sentence in sentences] + [q.inner for q in quotes if q.kind is QuoteKind.SPEECH]
    found = PositionIndex(positions, language, tag=lang).find(tokens, units)
    return Reading(
        article=article,
        lang=lang,
        sentences=tuple(sentences),
        quotes=tuple(quotes),
        quote_speakers=attribution.quotes,
        actor_mentions=tuple(_named(mention) for mention in mentions if mention.reference is not None),
        position_mentions=tuple(found),
        queries=tuple(_queries(article, lang, sentences, quotes, attribution, found)),
    )


def _named(mention: ActorMention) -> Mention:
    assert mention.reference is not None
    return Mention(mention.span, Reference(mention.reference.name, mention.reference.id, mention.span))


def _queries(
    article: Article,
    lang: str,
    sentences: Sequence[Sentence],
    quotes: Sequence[Quote],
    attribution: Attribution,
    found: Sequence[Mention],
) -> Iterator[StanceQuery]:
    seen: set[tuple[str | None, str, int]] = set()
    for mention in found:
        hosts = _hosts(mention, sentences, quotes, found)
        if not hosts:
            continue
        for speaker in _speakers(article, mention, hosts, sentences, quotes, attribution):
            actor = speaker.actor if speaker else None
            key = (actor.key if actor else None, mention.reference.key, hosts[0].index)
            if key in seen:
                continue
            seen.add(key)
            yield _query(article, lang, mention, hosts, sentences, speaker)


def _hosts(
    mention: Mention, sentences: Sequence[Sentence], quotes: Sequence[Quote], found: Sequence[Mention]
) -> list[Sentence]:
    """The sentences that carry a statement: the mention's own; in a quote all between its first and last mention."""
    quote = next((q for q in quotes if q.kind is not QuoteKind.SCARE and q.span.contains(mention.span)), None)
    spans = [mention.span]
    if quote is not None:
        same = (m.span for m in found if m.reference.key == mention.reference.key)
        spans = [span for span in same if quote.span.contains(span)]
    touched = [s.index for s in sentences if any(s.span.overlaps(span) for span in spans)]
    return [s for s in sentences if touched[0] <= s.index <= touched[-1]] if touched else []


def _speakers(
    article: Article,
    mention: Mention,
    hosts: Sequence[Sentence],
    sentences: Sequence[Sentence],
    quotes: Sequence[Quote],
    attribution: Attribution,
) -> Iterator[Speaker | None]:
    """The holder of the words around a mention, then those of whom they report."""
    first = hosts[0]
    for quote, speaker in zip(quotes, attribution.quotes, strict=True):
        if quote.kind is not QuoteKind.SCARE and quote.span.contains(mention.span):
            yield speaker
            break
    else:
        holder = attribution.sentences[first.index]
        alone = sum(sentence.paragraph == first.paragraph for sentence in sentences) == 1
        if holder in (None, AUTHOR) and is_headline(first, article.text, alone=alone):
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
    before = [s.span.start for s in sentences[: hosts[0].index] if s.paragraph == hosts[0].paragraph]
    statement = Statement(
        article=article, sentence=hosts[0], evidence=tuple(host.span for host in hosts), speaker=speaker
    )
    actor = speaker.actor if speaker else None
    if actor is not None and actor.span is not None and not evidence.contains(actor.span):
        actor = Reference(actor.name, actor.id)
    return StanceQuery(
        context=Context(article.text, evidence, starts=tuple(reversed(before))),
        actor=actor,
        target=mention.reference,
        lang=lang,
        statement=statement,
        target_source=mention.source,
    )
