"""`predictions.parquet`: every row of a report with what was said of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stance.data.writing import file_written_whole
from stance.evaluation.judging import Judged
from stance.types import STANCES

PREDICTIONS = "predictions.parquet"
# Of a row's record what the file holds under another name, or in columns of its own.
_TAKEN = frozenset({"evidence", "probabilities", "prediction_set", "calibrated", "reason", "truncated"})


def prediction_schema() -> Any:
    """`pyarrow.Schema` of the columns that every file has; further columns of the rows follow as strings."""
    import pyarrow as pa

    texts = ("id", "doc_id", "lang", "actor", "target", "text")
    return pa.schema(
        [
            *((name, pa.string()) for name in texts),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("gold", pa.string()),
            ("stance", pa.string()),
            *((f"p_{stance.value}", pa.float64()) for stance in STANCES),
            ("abstained", pa.bool_()),
            ("correct", pa.bool_()),
        ]
    )


def write_predictions(folder: Path, table: Any) -> None:
    """Write `predictions.parquet`, which `prediction_table` gives.

    Raises:
        DataError: the place cannot be written.
    """
    import pyarrow.parquet as pq

    with file_written_whole(folder / PREDICTIONS) as part:
        pq.write_table(table, part, compression="zstd")


def prediction_table(judged: Sequence[Judged]) -> Any:
    """`pyarrow.Table` of one record per row, in order."""
    import pyarrow as pa

    schema = prediction_schema()
    further = _further(judged, known=set(schema.names))
    fields = [*schema, *(pa.field(name, pa.string()) for name in further)]
    return pa.Table.from_pylist([_record(item, further) for item in judged], schema=pa.schema(fields))


def wrong_records(*tables: Any) -> list[list[dict[str, Any]]]:
    """Of each table the records of rows that are not right in all; the tables hold the same rows in the same order."""
    import pyarrow.compute as pc

    right = tables[0].column("correct")
    for table in tables[1:]:
        right = pc.and_(right, table.column("correct"))
    return [table.filter(pc.invert(right)).to_pylist() for table in tables]


def _further(judged: Sequence[Judged], *, known: set[str]) -> list[str]:
    names = dict.fromkeys(name for item in judged for name in item.row.record)
    return [name for name in names if name not in known and name not in _TAKEN]


def _record(item: Judged, further: Sequence[str]) -> dict[str, Any]:
    query, record = item.row.query, item.row.record
    document = record.get("doc_id")
    probabilities = item.probabilities or (None, None, None)
    return {
        "id": item.row.id,
        "doc_id": None if document is None else str(document),
        "lang": query.lang,
        "actor": query.actor and query.actor.name,
        "target": query.target.name,
        "text": query.context.text,
        "start": query.context.evidence.start,
        "end": query.context.evidence.end,
        "gold": item.gold.value,
        "stance": item.stance.value,
        **{f"p_{stance.value}": value for stance, value in zip(STANCES, probabilities, strict=True)},
        "abstained": item.abstained,
        "correct": item.gold is item.stance,
        **{name: _string(record.get(name)) for name in further},
    }


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
