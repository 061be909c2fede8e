"""The shape of a batch job's configuration; the values live in `configs/batch/` only, as for `stance.config`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Engine(Enum):
    """Who works: processes of this machine, or the workers of a Ray cluster."""

    local = "local"
    ray = "ray"


class Sink(Enum):
    """What a job writes: Parquet or JSON Lines, a file per shard and table, or Parquet and a DuckDB file of it all."""

    parquet = "parquet"
    jsonl = "jsonl"
    duckdb = "duckdb"


class PartitionBy(Enum):
    """Folders that the records of a job are divided into: by day or month of the article, or by its document id."""

    none = "none"
    date = "date"
    month = "month"
    hash = "hash"


@dataclass
class BatchConfig:
    """One job over many articles.

    sources: files, folders, patterns, or `-`.
    position: positions in words, beside the file of `positions`; select: only these ids of that file.
    columns: the column that holds a field of an article, where its name is another one.
    runtime: torch, onnx or auto, which `stance score` calls `--engine`.
    deduplicate: articles that nearly repeat an earlier one get a `duplicate_of` instead of statements.
    shard_rows, shard_bytes: a shard, which is written whole or not at all, has at most so many rows and bytes.
    in_flight_bytes: rows handed out and not yet written hold at most so many bytes.
    processes: that score; null takes one per core, or one where there is a GPU; of Ray, as many as it has room for.
    worker_cpus, worker_gpus: what Ray sets aside for each of them, parts too; null takes one CPU and no GPU.
    max_errors: the job stops once more rows than that are in quarantine; null never stops.
    status_seconds: between two status lines where there is no terminal.
    dry_run: rows are read, cut and written, but no model is asked.
    restart: what an earlier job left in `output_dir` is removed first.
    """

    sources: list[str]
    output_dir: str
    positions: str | None
    position: list[str]
    select: list[str]
    actors: str | None
    columns: dict[str, str]
    model: str | None
    device: str
    batch_tokens: int
    runtime: str
    dtype: str
    latin: bool
    min_probability: float | None
    in_context: bool
    semantic: bool
    deduplicate: bool
    sink: Sink
    partition: PartitionBy
    engine: Engine
    shard_rows: int
    shard_bytes: int
    in_flight_bytes: int
    processes: int | None
    worker_cpus: float | None
    worker_gpus: float | None
    max_errors: int | None
    status_seconds: float
    dry_run: bool
    restart: bool
