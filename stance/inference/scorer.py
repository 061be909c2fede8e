"""Article in, attributed and calibrated stances out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from stance.inference.aggregate import aggregate
from stance.inference.classifier import StanceClassifier, abstain
from stance.text.reading import ArticleReader
from stance.types import (
    Actor,
    Article,
    ArticleStance,
    Position,
    Reading,
    Reference,
    StancePrediction,
    StanceQuery,
    TargetSource,
    text_digest,
)


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """What one article says: its reading, every scored statement, and one stance per (actor, position)."""

    article: Article
    reading: Reading
    predictions: tuple[StancePrediction, ...]
    stances: tuple[ArticleStance, ...]


@dataclass(frozen=True, slots=True)
class ArticleScorer:
    """Reads articles and asks a classifier about every statement that concerns a position.

    actors: None finds actors in the text. min_probability: below it no side is given; None takes the checkpoint's.
    in_context: also ask who speaks of a position without naming it; finds more and errs more (see docs/reading.md).
    semantic: also look by meaning for positions that an article does not name (see `ArticleReader`).
    """

    classifier: StanceClassifier
    actors: Sequence[Actor] | None = None
    min_probability: float | None = None
    in_context: bool = False
    semantic: bool = False
    readers: list[ArticleReader] = field(default_factory=list, repr=False, compare=False)

    def score(
        self,
        article: Article | str,
        positions: Sequence[Position],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> ScoredArticle:
        """Score one article on the positions; a plain string is taken as the text of an article."""
        if isinstance(article, str):
            article = Article(text=article, doc_id=text_digest(article))
        return self.judge([self.read(article, positions)], positions, progress=progress)[0]

    def read(self, article: Article, positions: Sequence[Position]) -> Reading:
        """The reading of one article, before the model is asked."""
        return self._reader(positions).read(article)

    def judge(
        self,
        readings: Sequence[Reading],
        positions: Sequence[Position],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> list[ScoredArticle]:
        """The articles of some readings, scored together: the model sees the statements of all in full batches."""
        asked = [[query for query in reading.queries if self._wants(query)] for reading in readings]
        flat = [query for queries in asked for query in queries]
        found = self.classifier.predict([self._ask(query, positions) for query in flat], progress=progress)
        threshold = self.min_probability
        if threshold is None:
            threshold = self.classifier.info.min_probability
        answers = iter(
            abstain(
                [replace(prediction, query=query) for prediction, query in zip(found, flat, strict=True)],
                min_probability=threshold,
            )
        )
        scored = []
        for reading, queries in zip(readings, asked, strict=True):
            predictions = tuple(islice(answers, len(queries)))
            scored.append(ScoredArticle(reading.article, reading, predictions, tuple(aggregate(predictions))))
        return scored

    def _wants(self, query: StanceQuery) -> bool:
        return self.in_context or query.target_source is not TargetSource.CONTEXT

    def _reader(self, positions: Sequence[Position]) -> ArticleReader:
        """The reader of the last call where the positions are the same: what it prepared serves again."""
        if not self.readers or self.readers[0].positions != tuple(positions):
            self.readers[:] = [ArticleReader(positions, self.actors, semantic=self.semantic)]
        return self.readers[0]

    def _ask(self, query: StanceQuery, positions: Sequence[Position]) -> StanceQuery:
        """The query as the checkpoint was trained to hear it: by the position's name or by its statement."""
        if self.classifier.info.encoding.position_text == "name":
            return query
        statements = {position.id: position.statement for position in positions}
        words = statements.get(query.target.id or "") or query.target.name
        return replace(query, target=Reference(name=words, id=query.target.id, span=query.target.span))
