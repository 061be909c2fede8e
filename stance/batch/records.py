"""The records of a job beside statements and articles: every document read, and every row that failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stance.batch.rows import RawRow
from stance.inference.scorer import ScoredArticle
from stance.types import SCHEMA_VERSION, Article

MAX_MESSAGE = 500
Record = dict[str, Any]


class Duplicate(NamedTuple):
    """The kept article that a row nearly repeats, and the estimated Jaccard similarity of their words."""

    duplicate_of: str
    similarity: float


@dataclass(frozen=True, slots=True)
class ShardRecords:
    """All records of one shard, by table, each in the order of the rows."""

    statements: list[Record] = field(default_factory=list)
    articles: list[Record] = field(default_factory=list)
    documents: list[Record] = field(default_factory=list)
    quarantine: list[Record] = field(default_factory=list)

    def tables(self) -> Iterator[tuple[str, list[Record]]]:
        """(name, records) of every table."""
        yield "statements", self.statements
        yield "articles", self.articles
        yield "documents", self.documents
        yield "quarantine", self.quarantine


TABLES = tuple(name for name, _ in ShardRecords().tables())


def document_record(
    row: RawRow,
    article: Article,
    *,
    scored: ScoredArticle | None = None,
    duplicate: Duplicate | None = None,
    model_id: str,
) -> Record:
    """What became of one article, as `document.schema.json` describes it; None for `scored`: no model was asked."""
    predictions = scored.predictions if scored else ()
    return {
        **_article_fields(article),
        "lang": scored.reading.lang if scored else article.lang,
        "input": row.input,
        "row": row.row,
        "n_characters": len(article.text),
        "n_sentences": len(scored.reading.sentences) if scored else None,
        "n_statements": len(predictions),
        "n_truncated": sum(prediction.truncated for prediction in predictions),
        "duplicate_of": duplicate and duplicate.duplicate_of,
        "similarity": duplicate and round(duplicate.similarity, 3),
        "model_id": model_id,
    }


def quarantine_record(row: RawRow, error: Exception, *, article: Article | None, model_id: str) -> Record:
    """A row that gave no record, why, and where it stands, as `quarantine.schema.json` describes it."""
    fields = (
        _article_fields(article) if article else dict.fromkeys(_ARTICLE_FIELDS) | {"schema_version": SCHEMA_VERSION}
    )
    return {
        **fields,
        "error": {"type": type(error).__name__, "message": _message(error), "input": row.input, "row": row.row},
        "model_id": model_id,
    }


_ARTICLE_FIELDS = ("schema_version", "doc_id", "date", "title", "url", "source")


def _article_fields(article: Article) -> Record:
    return {
        "schema_version": SCHEMA_VERSION,
        "doc_id": article.doc_id,
        "date": article.date,
        "title": article.title,
        "url": article.url,
        "source": article.source,
    }


def _message(error: Exception) -> str:
    # It may quote the row: bounded, and without what no file can hold.
    text = str(error).encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + " ..."
