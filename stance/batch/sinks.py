"""The records of a shard as the files of its tables: Parquet with fixed schemas, or JSON Lines, by partition."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from stance.batch.records import Record, ShardRecords
from stance.batch_config import PartitionBy, Sink
from stance.data.arrow import article_schema, document_schema, quarantine_schema, statement_schema
from stance.data.writing import json_line

SCHEMAS = {
    "statements": statement_schema,
    "articles": article_schema,
    "documents": document_schema,
    "quarantine": quarantine_schema,
}
N_BUCKETS = 16
# As Hive, and what reads its folders, names the rows without a value.
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a shard: its path below the output folder and what is in it."""

    path: str
    content: bytes


def parts_of(records: ShardRecords, *, number: int, sink: Sink, partition: PartitionBy) -> Iterator[Part]:
    """The files of a shard: one per table, or per table and partition that has records.

    The quarantine is not divided: what failed has no date that could be trusted.
    """
    suffix = "jsonl" if sink is Sink.jsonl else "parquet"
    for table, rows in records.tables():
        for folder, group in _groups(rows, PartitionBy.none if table == "quarantine" else partition):
            content = _json_lines(group) if sink is Sink.jsonl else _parquet(table, group)
            yield Part(f"{table}/{folder}part-{number:06d}.{suffix}", content)


def _groups(rows: Sequence[Record], partition: PartitionBy) -> list[tuple[str, list[Record]]]:
    if partition is PartitionBy.none:
        # Written where it is empty too: no reader has to ask whether the file is there.
        return [("", list(rows))]
    groups: dict[str, list[Record]] = {}
    for row in rows:
        groups.setdefault(_folder(row, partition), []).append(row)
    return sorted(groups.items())


def _folder(row: Record, partition: PartitionBy) -> str:
    if partition is PartitionBy.hash:
        digest = hashlib.sha256(row["doc_id"].encode()).digest()
        return f"bucket={int.from_bytes(digest[:4]) % N_BUCKETS:02d}/"
    day = DAY.match(row["date"] or "")
    if partition is PartitionBy.month:
        return f"month={day.group()[:7] if day else NO_VALUE}/"
    return f"day={day.group() if day else NO_VALUE}/"


def _parquet(table: str, rows: Sequence[Record]) -> bytes:
    with io.BytesIO() as out:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMAS[table]()), out, compression="zstd")
        return out.getvalue()


def _json_lines(rows: Sequence[Record]) -> bytes:
    return "".join(map(json_line, rows)).encode()
