"""The JSON Schema, the Arrow schema and the records that are written name the same fields in the same order."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from stance.data.schemas import load_schema
from stance.inference.records import article_records, statement_records
from stance.inference.scorer import ScoredArticle
from stance.types import (
    Article,
    ArticleStance,
    Context,
    Reading,
    Reason,
    Reference,
    Sentence,
    Span,
    Speaker,
    SpeakerSource,
    Stance,
    StancePrediction,
    StanceQuery,
    Statement,
    TargetSource,
)

_TEXT = "Ana podržava most."
_ACTOR, _TARGET = Reference("Ana", "ana", Span(0, 3)), Reference("most", span=Span(13, 17))


def _scored(speaker: Speaker | None, *, reason: Reason | None, actor: Reference | None) -> ScoredArticle:
    article = Article(_TEXT, "d")
    evidence = Span(0, len(_TEXT))
    sentence = Sentence(evidence, 0, 0)
    statement = Statement(article, sentence, (evidence,), speaker)
    query = StanceQuery(Context(_TEXT, evidence), actor, _TARGET, "sr-Latn", statement, TargetSource.ALIAS)
    prediction = StancePrediction(query, (0.9, 0.05, 0.05), Stance.FAVOR, True, False, reason)
    reading = Reading(article, "sr-Latn", (sentence,), (), (), (), (), (), (query,))
    stance = None if reason else Stance.FAVOR
    result = ArticleStance(article, actor, _TARGET, stance, None if reason else 0.85, (prediction,), reason)
    return ScoredArticle(article, reading, (prediction,), (result,))


def _records(scored: ScoredArticle) -> dict[str, dict[str, Any]]:
    return {
        "statement": statement_records(scored, model_id="m", config_hash=None)[0],
        "article": article_records(scored, model_id="m")[0],
    }


_SCORED = {
    "attributed": _scored(Speaker(_ACTOR, SpeakerSource.SUBJECT, 0.9, "Bridgeland"), reason=None, actor=_ACTOR),
    "author": _scored(Speaker(None, SpeakerSource.AUTHOR, 1.0), reason=None, actor=None),
    "no speaker": _scored(None, reason=Reason.NO_SPEAKER, actor=None),
}


@pytest.mark.parametrize("name", ["statement", "article"])
@pytest.mark.parametrize("case", _SCORED)
def test_written_records_fit_their_json_schema(name: str, case: str) -> None:
    schema = load_schema(name)
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    record = _records(_SCORED[case])[name]
    assert [error.message for error in validator.iter_errors(record)] == []
    assert not validator.is_valid(record | {"unknown": 1})


@pytest.mark.parametrize("name", ["statement", "article"])
def test_records_survive_parquet_types_also_where_all_values_are_null(name: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from stance.data.arrow import article_schema, statement_schema

    schema = {"statement": statement_schema, "article": article_schema}[name]()
    assert schema.names == list(load_schema(name)["properties"])
    records = [_records(scored)[name] for scored in _SCORED.values()]
    assert pyarrow.Table.from_pylist(records, schema=schema).to_pylist() == records
    assert all(field.nullable for field in schema)
