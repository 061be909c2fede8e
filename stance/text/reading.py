"""Article in, stance queries out: which words may carry whose stance on which position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import add

from stance.text.actors import KnownActors, find_actors, known_actors
from stance.text.attribution import attribute
from stance.text.boilerplate import mark_sentences
from stance.text.candidates import find_queries
from stance.text.coreference import ActorMention
from stance.text.intervals import SpanIndex
from stance.text.language import detect_language
from stance.text.languages import Language, language_of
from stance.text.positions import PositionIndex
from stance.text.quotes import find_quotes
from stance.text.scene import Scene, scene_of
from stance.text.segmentation import paragraphs, segment
from stance.text.semantic import LANGUAGES, SemanticIndex
from stance.text.syntax import Words
from stance.text.tokens import tokenise
from stance.types import Actor, Article, Mention, Position, QuoteKind, Reading, Reference

_MAX_PREPARED = 64


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is looked for in the articles of one language."""

    language: Language
    actors: KnownActors
    positions: PositionIndex


class ArticleReader:
    """Reads articles on positions; what it looks for is prepared once per language and kept.

    Args:
        actors: known actors; people that they lack are found in the text. None: all are found in the text.
        semantic: whether positions that a text does not name are looked for by meaning, in the languages of
            `stance.text.semantic.LANGUAGES`.

    Raises:
        EnvironmentMissing: `semantic`, and its encoder is not installed.
    """

    def __init__(
        self, positions: Sequence[Position], actors: Sequence[Actor] | None = None, *, semantic: bool = False
    ) -> None:
        self.positions = tuple(positions)
        self._actors = tuple(actors or ())
        self._semantic = SemanticIndex(self.positions) if semantic else None
        self._prepared: dict[str, _Prepared] = {}

    def read(self, article: Article) -> Reading:
        """The reading of one article; a position that the text does not speak of yields nothing."""
        lang = article.lang or detect_language(article.text)
        scene = self.scene(article.text, lang)
        sentences, quotes, mentions = scene.sentences, scene.quotes, scene.mentions
        attribution = attribute(scene)
        units = [sentence.span for sentence in sentences] + [q.inner for q in quotes if q.kind is QuoteKind.SPEECH]
        found = self._ready(lang).positions.find(scene.words.tokens, units, paragraphs(sentences))
        if self._semantic is not None and lang.partition("-")[0] in LANGUAGES:
            plain = [s for s in sentences if not s.boilerplate and not s.lang]
            named = {mention.reference.key for mention in found}
            found = sorted([*found, *self._semantic.find(article.text, plain, skip=named)], key=lambda m: m.span)
        return Reading(
            article=article,
            lang=lang,
            sentences=tuple(sentences),
            quotes=tuple(quotes),
            sentence_speakers=tuple(map(add, attribution.sentences, attribution.reported)),
            quote_speakers=attribution.quotes,
            actor_mentions=tuple(_named(mention) for mention in mentions if mention.reference is not None),
            position_mentions=tuple(found),
            queries=tuple(find_queries(article, lang, scene, attribution, found)),
        )

    def scene(self, text: str, lang: str) -> Scene:
        """What stands in a text before anything is attributed."""
        ready = self._ready(lang)
        sentences = mark_sentences(text, segment(text, ready.language), lang)
        boilerplate = [sentence.span for sentence in sentences if sentence.boilerplate]
        tokens = tokenise(text)
        if boilerplate:
            skipped = SpanIndex(boilerplate)
            tokens = [token for token in tokens if not skipped.touching(token.span)]
        words = Words(tokens, text, ready.language)
        quotes = find_quotes(text, ready.language, skip=boilerplate)
        return scene_of(words, sentences, quotes, find_actors(words, sentences, quotes, ready.actors))

    def _ready(self, lang: str) -> _Prepared:
        if lang not in self._prepared:
            if len(self._prepared) >= _MAX_PREPARED:
                # Archives name languages in every spelling; what one article needs must not pile up.
                self._prepared.clear()
            language = language_of(lang)
            keys = (language.code, lang.partition("-")[0], "en")
            self._prepared[lang] = _Prepared(
                language,
                known_actors(self._actors, language, keys=keys),
                PositionIndex(self.positions, language, tag=lang),
            )
        return self._prepared[lang]


def read_article(article: Article, positions: Sequence[Position], actors: Sequence[Actor] | None) -> Reading:
    """The reading of a single article, as `ArticleReader` gives it; for many articles a reader is faster."""
    return ArticleReader(positions, actors).read(article)


def _named(mention: ActorMention) -> Mention:
    assert mention.reference is not None
    return Mention(mention.span, Reference(mention.reference.name, mention.reference.id, mention.span))
