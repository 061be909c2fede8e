"""Article in, stance queries out: which words may carry whose stance on which position."""

from __future__ import annotations

from collections.abc import Sequence

from stance.text.actors import ActorMention, find_actors
from stance.text.attribution import attribute
from stance.text.candidates import find_queries
from stance.text.language import detect_language
from stance.text.languages import language_of
from stance.text.positions import PositionIndex
from stance.text.quotes import find_quotes
from stance.text.segmentation import segment
from stance.text.tokens import tokenise
from stance.types import (
    Actor,
    Article,
    Mention,
    Position,
    QuoteKind,
    Reading,
    Reference,
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
        queries=tuple(find_queries(article, lang, sentences, quotes, attribution, found)),
    )


def _named(mention: ActorMention) -> Mention:
    assert mention.reference is not None
    return Mention(mention.span, Reference(mention.reference.name, mention.reference.id, mention.span))
