"""Article in, attributed and calibrated stances out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

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
        reading = self._reader(positions).read(article)
        asked = [q for q in reading.queries if self.in_context or q.target_source is not TargetSource.CONTEXT]
        found = self.classifier.predict([self._ask(query, positions) for query in asked], progress=progress)
        found = [replace(prediction, query=query) for prediction, query in zip(found, asked, strict=True)]
        threshold = self.min_probability
        if threshold is None:
            threshold = self.classifier.info.min_probability
        predictions = abstain(found, min_probability=threshold)
        return ScoredArticle(article, reading, tuple(predictions), tuple(aggregate(predictions)))

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
