"""The Arrow schemas of the records, fixed and nullable from the start.

Inferred schemas differ between shards as soon as a column is empty in one of them.
"""

from __future__ import annotations

from typing import Any


def statement_schema() -> Any:
    """`pyarrow.Schema` of statement records; field order and names as in `statement.schema.json`."""
    import pyarrow as pa

    mention = [("id", pa.string()), ("name", pa.string()), ("mention", pa.string())]
    offsets = [("start", pa.int64()), ("end", pa.int64())]
    return pa.schema(
        [
            *_article_fields(),
            ("statement_id", pa.string()),
            ("sentence", pa.int64()),
            ("actor", pa.struct([*mention, *offsets])),
            ("represents", pa.string()),
            ("reporter", pa.string()),
            ("speaker_source", pa.string()),
            ("speaker_confidence", pa.float64()),
            ("target", pa.struct([*mention, *offsets, ("source", pa.string())])),
            ("stance", pa.string()),
            ("probabilities", pa.struct([(name, pa.float64()) for name in ("favor", "neutral", "against")])),
            ("prediction_set", pa.list_(pa.string())),
            ("calibrated", pa.bool_()),
            ("abstained", pa.bool_()),
            ("reason", pa.string()),
            ("evidence", pa.list_(pa.struct([*offsets, ("text", pa.string())]))),
            ("lang", pa.string()),
            ("script", pa.string()),
            ("truncated", pa.bool_()),
            ("model_id", pa.string()),
            ("config_hash", pa.string()),
        ]
    )


def sentence_schema() -> Any:
    """`pyarrow.Schema` of annotated sentences; `extra` holds further columns as one JSON object."""
    import pyarrow as pa

    reference = pa.struct([("id", pa.string()), ("name", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
    judgement = [("actor", reference), ("target", reference), ("stance", pa.string()), ("annotator", pa.string())]
    texts = ("id", "doc_id", "lang", "text")
    return pa.schema(
        [
            *((name, pa.string()) for name in texts),
            ("annotations", pa.list_(pa.struct(judgement))),
            ("split", pa.string()),
            ("pair_id", pa.string()),
            ("relation", pa.string()),
            ("phenomena", pa.list_(pa.string())),
            ("source", pa.string()),
            ("licence", pa.string()),
            ("extra", pa.string()),
        ]
    )


def article_schema() -> Any:
    """`pyarrow.Schema` of article records; field order and names as in `article.schema.json`."""
    import pyarrow as pa

    name = pa.struct([("id", pa.string()), ("name", pa.string())])
    return pa.schema(
        [
            *_article_fields(),
            ("actor", name),
            ("target", name),
            ("stance", pa.string()),
            ("score", pa.float64()),
            ("reason", pa.string()),
            ("n_statements", pa.int64()),
            ("n_abstained", pa.int64()),
            ("statement_ids", pa.list_(pa.string())),
            ("model_id", pa.string()),
        ]
    )


def document_schema() -> Any:
    """`pyarrow.Schema` of document records; field order and names as in `document.schema.json`."""
    import pyarrow as pa

    return pa.schema(
        [
            *_article_fields(),
            ("lang", pa.string()),
            ("input", pa.string()),
            ("row", pa.int64()),
            ("n_characters", pa.int64()),
            ("n_sentences", pa.int64()),
            ("n_statements", pa.int64()),
            ("n_truncated", pa.int64()),
            ("duplicate_of", pa.string()),
            ("similarity", pa.float64()),
            ("model_id", pa.string()),
        ]
    )


def quarantine_schema() -> Any:
    """`pyarrow.Schema` of quarantine records; field order and names as in `quarantine.schema.json`."""
    import pyarrow as pa

    error = [("type", pa.string()), ("message", pa.string()), ("input", pa.string()), ("row", pa.int64())]
    return pa.schema([*_article_fields(), ("error", pa.struct(error)), ("model_id", pa.string())])


def _article_fields() -> list[tuple[str, Any]]:
    import pyarrow as pa

    return [
        ("schema_version", pa.int32()),
        ("doc_id", pa.string()),
        ("date", pa.string()),
        ("title", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
    ]
