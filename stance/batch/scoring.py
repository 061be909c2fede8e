"""A shard of rows in, its records out: the one function that every engine runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from stance.batch.limits import cpu_seconds
from stance.batch.records import Duplicate, ShardRecords, document_record, quarantine_record
from stance.batch.rows import RawRow, article_of
from stance.batch.spec import NO_MODEL, ScoringSpec, actors_of, positions_of
from stance.errors import EnvironmentMissing
from stance.inference.classifier import StanceClassifier
from stance.inference.records import article_records, statement_records
from stance.inference.scorer import ArticleScorer, ScoredArticle
from stance.types import Article, Reading

# So many articles' statements meet in the same batches; more would only hold more in memory.
_ASKED_TOGETHER = 32
# A text of a million characters, the longest that is read, takes about a tenth of it.
READING_SECONDS = 120.0


class _Read(NamedTuple):
    row: RawRow
    article: Article
    reading: Reading


@lru_cache(maxsize=1)
def open_scorer(spec: ScoringSpec) -> ArticleScorer | None:
    """The scorer of a job, loaded once per process; None for a dry run.

    Raises:
        CheckpointError, EnvironmentMissing, ConfigError: as `StanceClassifier.from_pretrained`.
    """
    if spec.dry_run:
        return None
    classifier = StanceClassifier.from_pretrained(
        spec.model,
        device=spec.device,
        batch_tokens=spec.batch_tokens,
        dtype=spec.dtype,
        latin=spec.latin,
        engine=spec.runtime,
        n_callers=1,
    )
    return ArticleScorer(
        classifier,
        actors=actors_of(spec),
        min_probability=spec.min_probability,
        in_context=spec.in_context,
        semantic=spec.semantic,
    )


def score_rows(
    rows: Sequence[RawRow], spec: ScoringSpec, *, duplicates: Mapping[int, Duplicate], scorer: ArticleScorer | None
) -> ShardRecords:
    """The records of some rows. A row that fails is quarantined with its error; the others are scored all the same.

    Args:
        duplicates: by index of the row; those are not scored.
        scorer: of `open_scorer`; None reads the rows and asks no model.

    Raises:
        EnvironmentMissing: something that reads a row is not installed.
    """
    model_id = scorer.classifier.model_id if scorer else NO_MODEL
    columns, positions = dict(spec.columns), positions_of(spec)
    # Filled row by row, so that the order of the records is that of the rows.
    outcomes: list[ShardRecords] = [ShardRecords() for _ in rows]
    waiting: dict[int, _Read] = {}
    for index, row in enumerate(rows):
        article = None
        try:
            article = article_of(row, columns=columns)
            if scorer is None or index in duplicates:
                outcomes[index].documents.append(
                    document_record(row, article, duplicate=duplicates.get(index), model_id=model_id)
                )
            else:
                with cpu_seconds(READING_SECONDS):
                    reading = scorer.read(article, positions)
                waiting[index] = _Read(row, article, reading)
        except EnvironmentMissing:
            raise
        except Exception as error:
            outcomes[index].quarantine.append(quarantine_record(row, error, article=article, model_id=model_id))
        if scorer is not None and (len(waiting) == _ASKED_TOGETHER or index == len(rows) - 1):
            _judge(waiting, outcomes, scorer=scorer, spec=spec)
            waiting.clear()
    return _joined(outcomes)


def _judge(
    waiting: Mapping[int, _Read], outcomes: list[ShardRecords], *, scorer: ArticleScorer, spec: ScoringSpec
) -> None:
    positions = positions_of(spec)
    try:
        scored = scorer.judge([read.reading for read in waiting.values()], positions)
    except Exception:
        # One of them is to blame: asked one by one, it is found.
        for index, read in waiting.items():
            try:
                _record(outcomes[index], read, scorer.judge([read.reading], positions)[0], scorer)
            except Exception as error:
                failed = quarantine_record(read.row, error, article=read.article, model_id=scorer.classifier.model_id)
                outcomes[index].quarantine.append(failed)
        return
    for (index, read), result in zip(waiting.items(), scored, strict=True):
        _record(outcomes[index], read, result, scorer)


def _record(outcome: ShardRecords, read: _Read, scored: ScoredArticle, scorer: ArticleScorer) -> None:
    model_id, config_hash = scorer.classifier.model_id, scorer.classifier.info.config_sha256
    statements = statement_records(scored, model_id=model_id, config_hash=config_hash)
    articles = article_records(scored, model_id=model_id)
    # All of them or none: what fails above leaves nothing here.
    outcome.documents.append(document_record(read.row, read.article, scored=scored, model_id=model_id))
    outcome.statements.extend(statements)
    outcome.articles.extend(articles)


def _joined(outcomes: Sequence[ShardRecords]) -> ShardRecords:
    joined = ShardRecords()
    for outcome in outcomes:
        joined.statements.extend(outcome.statements)
        joined.articles.extend(outcome.articles)
        joined.documents.extend(outcome.documents)
        joined.quarantine.extend(outcome.quarantine)
    return joined
