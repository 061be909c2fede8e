"""Files of a shard: fixed schemas, harmless folders, no record lost between partitions."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stance.batch.records import ShardRecords, document_record
from stance.batch.rows import Kind, RawRow
from stance.batch.sinks import NO_VALUE, SCHEMAS, parts_of
from stance.batch_config import PartitionBy, Sink
from stance.data.arrow import document_schema, quarantine_schema
from stance.data.schemas import load_schema
from stance.types import Article

_DATES = ["2024-03-09T10:00:00Z", "2024-03-10", None, "../../etc", "9. mart 2024.", "2024-13-01"]


def _records() -> ShardRecords:
    row = RawRow("in", 1, Kind.TEXT, b"")
    articles = [Article("T", f"d{i}", title="„Most“ \u2028", date=date) for i, date in enumerate(_DATES)]
    return ShardRecords(documents=[document_record(row, article, model_id="m") for article in articles])


@pytest.mark.parametrize("sink", [Sink.parquet, Sink.duckdb])
def test_every_table_is_written_with_its_schema_empty_or_not(sink: Sink) -> None:
    parts = list(parts_of(_records(), number=42, sink=sink, partition=PartitionBy.none))
    assert [part.path for part in parts] == [f"{table}/part-000042.parquet" for table in SCHEMAS]
    for part in parts:
        table = pq.read_table(io.BytesIO(part.content))
        assert table.schema.equals(SCHEMAS[part.path.split("/")[0]]())
        assert table.num_rows == (len(_DATES) if part.path.startswith("documents") else 0)


@pytest.mark.parametrize(("kind", "schema"), [("document", document_schema()), ("quarantine", quarantine_schema())])
def test_both_schemas_of_a_record_name_the_same_fields(kind: str, schema: pa.Schema) -> None:
    described = load_schema(kind)
    assert list(described["properties"]) == described["required"] == schema.names
    if kind == "quarantine":
        error = described["properties"]["error"]
        assert list(error["properties"]) == [field.name for field in schema.field("error").type]


def test_json_lines_hold_the_same_records() -> None:
    parts = {p.path: p.content for p in parts_of(_records(), number=0, sink=Sink.jsonl, partition=PartitionBy.none)}
    lines = parts["documents/part-000000.jsonl"].decode().splitlines()
    assert [json.loads(line) for line in lines] == _records().documents


@pytest.mark.parametrize(
    ("partition", "folders"),
    [
        (PartitionBy.date, {"day=2024-03-09", "day=2024-03-10", f"day={NO_VALUE}"}),
        (PartitionBy.month, {"month=2024-03", f"month={NO_VALUE}"}),
    ],
)
def test_folders_are_dates_whatever_the_articles_say(partition: PartitionBy, folders: set[str]) -> None:
    parts = list(parts_of(_records(), number=0, sink=Sink.jsonl, partition=partition))
    documents = [part for part in parts if part.path.startswith("documents/")]
    assert {part.path.split("/")[1] for part in documents} == folders
    assert sum(part.content.count(b"\n") for part in documents) == len(_DATES)
    assert "quarantine/part-000000.jsonl" in [part.path for part in parts]


def test_a_document_always_lies_in_the_same_bucket() -> None:
    first, again = (
        {p.path: p.content for p in parts_of(_records(), number=0, sink=Sink.jsonl, partition=PartitionBy.hash)}
        for _ in range(2)
    )
    assert first == again
    assert all(path.split("/")[1].startswith("bucket=") for path in first if path.startswith("documents/"))
