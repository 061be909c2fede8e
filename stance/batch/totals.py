"""How far a job is, and who is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stance.batch import output
from stance.batch.manifest import JobRecord, ShardRecord
from stance.errors import DataError


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over finished shards. articles: that were scored; read_bytes: of the inputs; seconds: of all workers."""

    shards: int = 0
    articles: int = 0
    statements: int = 0
    duplicates: int = 0
    errors: int = 0
    read_bytes: int = 0
    seconds: float = 0.0

    def plus(self, shard: ShardRecord) -> Totals:
        """These totals with one more shard."""
        counts = shard.counts
        return Totals(
            shards=self.shards + 1,
            articles=self.articles + counts["documents"] - counts["duplicates"],
            statements=self.statements + counts["statements"],
            duplicates=self.duplicates + counts["duplicates"],
            errors=self.errors + counts["quarantine"],
            read_bytes=self.read_bytes + shard.read_bytes,
            seconds=self.seconds + shard.seconds,
        )


class Monitor(Protocol):
    """Is told how a job goes."""

    def begin(self, totals: Totals, n_bytes: int) -> None:
        """What is done already, and how many bytes the inputs hold (0: nobody knows)."""

    def tick(self, totals: Totals) -> None:
        """How far the job is now; called often."""


@dataclass(frozen=True, slots=True)
class Status:
    """A job as its folder shows it."""

    job: JobRecord
    totals: Totals
    running: bool
    finished: str | None

    @property
    def state(self) -> str:
        """finished, running or stopped."""
        return "finished" if self.finished else "running" if self.running else "stopped"


def totals_of(shards: Iterable[ShardRecord]) -> Totals:
    """The totals over some shards."""
    totals = Totals()
    for shard in shards:
        totals = totals.plus(shard)
    return totals


def status_of(root: Path) -> Status:
    """How far the job in a folder is.

    Raises:
        DataError: there is none, or its records are damaged.
    """
    job = output.read_job(root)
    if job is None:
        raise DataError(f"{root}: there is no job of stance in this folder.")
    done = output.read_done(root)
    totals = totals_of(output.read_shards(root).values())
    return Status(job, totals, output.is_locked(root), done.finished if done else None)
