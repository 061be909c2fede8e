"""The records that users meet: statements, articles, predicted rows."""

from __future__ import annotations

import hashlib
from typing import Any

from stance.inference.scorer import ScoredArticle
from stance.types import (
    SCHEMA_VERSION,
    STANCES,
    Article,
    ArticleStance,
    Reference,
    Sentence,
    Span,
    StancePrediction,
)

_DIGITS = 6


def statement_records(scored: ScoredArticle, *, model_id: str, config_hash: str | None) -> list[dict[str, Any]]:
    """One record per scored statement, as `statement.schema.json` describes it."""
    return [
        _statement_record(prediction, lang=scored.reading.lang, model_id=model_id, config_hash=config_hash)
        for prediction in scored.predictions
    ]


def article_records(scored: ScoredArticle, *, model_id: str) -> list[dict[str, Any]]:
    """One record per (actor, position), as `article.schema.json` describes it."""
    return [_article_record(stance, model_id=model_id) for stance in scored.stances]


def prediction_fields(prediction: StancePrediction) -> dict[str, Any]:
    """What `predict` adds to a row."""
    return {
        "stance": prediction.stance.value,
        "probabilities": _probabilities(prediction),
        "prediction_set": _prediction_set(prediction),
        "calibrated": prediction.calibrated,
        "abstained": prediction.abstained,
        "reason": prediction.reason and prediction.reason.value,
        "truncated": prediction.truncated,
    }


def statement_id(prediction: StancePrediction) -> str:
    """16 hex digits of SHA-256 over document, actor, target and evidence: equal over runs, engines and models."""
    query = prediction.query
    assert query.statement is not None
    actor = query.actor.key if query.actor else ""
    spans = ",".join(f"{span.start}-{span.end}" for span in query.statement.evidence)
    parts = (query.statement.article.doc_id, actor, query.target.key, spans)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _statement_record(
    prediction: StancePrediction, *, lang: str, model_id: str, config_hash: str | None
) -> dict[str, Any]:
    query = prediction.query
    statement = query.statement
    assert statement is not None
    article, speaker = statement.article, statement.speaker
    language, script = _language_and_script(statement.sentence.lang or lang, statement.sentence, article)
    return {
        "schema_version": SCHEMA_VERSION,
        "doc_id": article.doc_id,
        "date": article.date,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "statement_id": statement_id(prediction),
        "sentence": statement.sentence.index,
        "actor": query.actor and _mention(query.actor, article.text),
        "represents": speaker and speaker.represents,
        "reporter": speaker and speaker.reporter,
        "speaker_source": speaker and speaker.source.value,
        "speaker_confidence": speaker and round(speaker.confidence, _DIGITS),
        "target": {
            **_mention(query.target, article.text),
            "source": query.target_source and query.target_source.value,
        },
        "stance": None if prediction.abstained else prediction.stance.value,
        "probabilities": _probabilities(prediction),
        "prediction_set": _prediction_set(prediction),
        "calibrated": prediction.calibrated,
        "abstained": prediction.abstained,
        "reason": prediction.reason and prediction.reason.value,
        "evidence": [_evidence(span, article.text) for span in statement.evidence],
        "lang": language,
        "script": script,
        "truncated": prediction.truncated,
        "model_id": model_id,
        "config_hash": config_hash,
    }


def _article_record(stance: ArticleStance, *, model_id: str) -> dict[str, Any]:
    article: Article = stance.article
    return {
        "schema_version": SCHEMA_VERSION,
        "doc_id": article.doc_id,
        "date": article.date,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "actor": stance.actor and {"id": stance.actor.id, "name": stance.actor.name},
        "target": {"id": stance.target.id, "name": stance.target.name},
        "stance": stance.stance and stance.stance.value,
        "score": None if stance.score is None else round(stance.score, _DIGITS),
        "reason": stance.reason and stance.reason.value,
        "n_statements": len(stance.predictions),
        "n_abstained": sum(prediction.abstained for prediction in stance.predictions),
        "statement_ids": [statement_id(prediction) for prediction in stance.predictions],
        "model_id": model_id,
    }


def _mention(reference: Reference, text: str) -> dict[str, Any]:
    span = reference.span
    return {
        "id": reference.id,
        "name": reference.name,
        "mention": span and span.of(text),
        "start": span and span.start,
        "end": span and span.end,
    }


def _evidence(span: Span, text: str) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.of(text)}


def _probabilities(prediction: StancePrediction) -> dict[str, float]:
    values = zip(STANCES, prediction.probabilities, strict=True)
    return {stance.value: round(probability, _DIGITS) for stance, probability in values}


def _prediction_set(prediction: StancePrediction) -> list[str] | None:
    return None if prediction.prediction_set is None else [stance.value for stance in prediction.prediction_set]


def _language_and_script(lang: str, sentence: Sentence, article: Article) -> tuple[str, str]:
    language, _, script = lang.partition("-")
    if script:
        return language, script
    cyrillic = any("\u0400" <= character <= "\u04ff" for character in sentence.span.of(article.text))
    return language, "Cyrl" if cyrillic else "Latn"
