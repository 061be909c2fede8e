"""One shard from its rows to its files: what a worker process does, whichever engine it belongs to."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from stance.batch.manifest import ShardRecord
from stance.batch.output import write_scratch
from stance.batch.records import Duplicate
from stance.batch.scoring import open_scorer, score_rows
from stance.batch.shards import Shard
from stance.batch.sinks import Part, parts_of
from stance.batch.spec import NO_MODEL, ScoringSpec
from stance.batch_config import PartitionBy, Sink


@dataclass(frozen=True, slots=True)
class ShardTask:
    """A shard with those of its rows, by index, that nearly repeat an earlier article."""

    shard: Shard
    duplicates: Mapping[int, Duplicate]


@dataclass(frozen=True, slots=True)
class ScoredShard:
    """A shard with its files, which nobody has written yet."""

    record: ShardRecord
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ShardResult:
    """A shard whose files wait in the scratch folder: the name there, and the path that each is to get."""

    record: ShardRecord
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Work:
    """What all shards of a job have in common; calling it does one of them."""

    root: Path
    spec: ScoringSpec
    sink: Sink
    partition: PartitionBy
    config_hash: str

    def __call__(self, task: ShardTask) -> ShardResult:
        """Score a shard and write its files into the scratch folder.

        Raises:
            StanceError: as `score` and `stage`.
        """
        return self.stage(self.score(task))

    def score(self, task: ShardTask) -> ScoredShard:
        """Score a shard; the output folder is not touched and may lie on another machine.

        Raises:
            StanceError: the model cannot be loaded, or a reader is not installed.
        """
        shard, begun = task.shard, monotonic()
        scorer = open_scorer(self.spec)
        with _one_thread():
            records = score_rows(shard.rows, self.spec, duplicates=task.duplicates, scorer=scorer)
        parts = tuple(parts_of(records, number=shard.number, sink=self.sink, partition=self.partition))
        counts = {table: len(rows) for table, rows in records.tables()}
        record = ShardRecord(
            number=shard.number,
            first_row=shard.first_row,
            n_rows=len(shard.rows),
            read_bytes=shard.read_bytes,
            rows_sha256=shard.sha256,
            model_id=scorer.classifier.model_id if scorer else NO_MODEL,
            config_hash=self.config_hash,
            counts={**counts, "duplicates": sum(row["duplicate_of"] is not None for row in records.documents)},
            files={part.path: len(part.content) for part in parts},
            seconds=round(monotonic() - begun, 3),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        return ScoredShard(record, parts)

    def stage(self, scored: ScoredShard) -> ShardResult:
        """Write a shard's files into the scratch folder.

        Raises:
            DataError: the folder cannot be written.
        """
        names: dict[str, str] = {}
        for part in scored.parts:
            # A worker that outlives its job may still write: it never meets the names of the next one.
            name = f"{scored.record.number}-{os.getpid()}-{secrets.token_hex(4)}"
            write_scratch(self.root, name, part.content)
            names[name] = part.path
        return ShardResult(scored.record, names)


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for torch, where that is the engine: sums are then added up in the same order everywhere."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
