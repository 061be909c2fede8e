"""The committed records of a job, file by file: what no manifest names is not read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from stance.batch.manifest import ShardRecord
from stance.batch.records import TABLES
from stance.batch.sinks import SCHEMAS
from stance.errors import DataError

_MIN_BLOCK = 1 << 20


def committed_files(root: Path, shards: Iterable[ShardRecord]) -> dict[str, list[Path]]:
    """The files of each table in the order of the shards, as the manifests name them.

    Raises:
        DataError: one is gone, or is not as long as it was written.
    """
    found: dict[str, list[Path]] = {table: [] for table in TABLES}
    for shard in sorted(shards, key=lambda shard: shard.number):
        for name, n_bytes in shard.files.items():
            path = root / name
            _require_whole(path, n_bytes)
            found[name.partition("/")[0]].append(path)
    return found


def read_columns(path: Path, table: str, columns: Sequence[str]) -> Any:
    """A `pyarrow.Table` of some columns of a file, in the table's own schema, one chunk per column.

    Raises:
        DataError: the file cannot be read as records of this table.
    """
    schema = pa.schema([SCHEMAS[table]().field(name) for name in columns])
    try:
        found = _json_lines(path, schema) if path.suffix == ".jsonl" else pq.ParquetFile(path).read(columns=columns)
        return found.select(columns).cast(schema).combine_chunks()
    except (OSError, pa.ArrowException, KeyError) as error:
        raise DataError(
            f"{path}: cannot be read as {table} of a job ({str(error)[:200]}). Remove it and run the job again: this "
            "shard is made anew."
        ) from error


def whole(column: Any) -> Any:
    """A column as one `pyarrow.Array`."""
    return column.combine_chunks()


def _json_lines(path: Path, schema: Any) -> Any:
    n_bytes = path.stat().st_size
    if n_bytes == 0:
        return schema.empty_table()
    return pyarrow.json.read_json(
        path,
        # A line that ends in a later block than it begins is an error; one block holds them all.
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=max(_MIN_BLOCK, n_bytes + 1)),
        parse_options=pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )


def _require_whole(path: Path, n_bytes: int) -> None:
    try:
        found = path.stat().st_size
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}), though its shard is finished. Run the job again: the shard is "
            "made anew."
        ) from error
    if found != n_bytes:
        raise DataError(
            f"{path}: has {found:,} bytes where its manifest says {n_bytes:,}. Run the job again: the shard is "
            "made anew."
        )
