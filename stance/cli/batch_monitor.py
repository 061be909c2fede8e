"""How a job's progress is shown: a bar on a terminal, else one JSON object per interval on stderr."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from stance.batch.totals import Totals


class Watch:
    """Measures a run from what was done when it began."""

    def __init__(self, totals: Totals, n_bytes: int) -> None:
        self._begun, self._before, self._n_bytes = monotonic(), totals, n_bytes

    def figures(self, totals: Totals) -> dict[str, Any]:
        """Counts of the whole job; the rate and the seconds that remain are of this run, None where nobody knows."""
        seconds = monotonic() - self._begun
        read = totals.read_bytes - self._before.read_bytes
        left = self._n_bytes - totals.read_bytes
        return {
            "shards": totals.shards,
            "articles": totals.articles,
            "statements": totals.statements,
            "duplicates": totals.duplicates,
            "errors": totals.errors,
            "articles_per_second": round((totals.articles - self._before.articles) / seconds, 2) if seconds else None,
            "remaining_seconds": round(seconds * left / read) if read > 0 and self._n_bytes else None,
        }


class StatusLines:
    """A JSON object per interval, for logs and for programs."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds, self._next = seconds, monotonic() + seconds
        self._watch = Watch(Totals(), 0)

    def begin(self, totals: Totals, n_bytes: int) -> None:
        self._watch = Watch(totals, n_bytes)

    def tick(self, totals: Totals) -> None:
        if monotonic() >= self._next:
            self._next = monotonic() + self._seconds
            line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), **self._watch.figures(totals)}
            print(json.dumps(line), file=sys.stderr, flush=True)

    def end(self) -> None:
        """Nothing is left to say."""


class Bar:
    """A bar over the bytes of the inputs, with counts, rate and remaining time."""

    def __init__(self) -> None:
        columns = (TextColumn("Batch"), BarColumn(), TextColumn("{task.fields[figures]}"))
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._watch = Watch(Totals(), 0)
        self._task: TaskID | None = None

    def begin(self, totals: Totals, n_bytes: int) -> None:
        self._watch = Watch(totals, n_bytes)
        self._task = self._progress.add_task("", total=n_bytes or None, completed=totals.read_bytes, figures="")
        self._progress.start()

    def tick(self, totals: Totals) -> None:
        assert self._task is not None
        self._progress.update(self._task, completed=totals.read_bytes, figures=_words(self._watch.figures(totals)))

    def end(self) -> None:
        """Take the bar away."""
        self._progress.stop()


def monitor(*, seconds: float) -> Bar | StatusLines:
    """What suits where stderr goes."""
    return Bar() if sys.stderr.isatty() else StatusLines(seconds=seconds)


def _words(figures: dict[str, Any]) -> str:
    rate, left = figures["articles_per_second"], figures["remaining_seconds"]
    parts = [
        f"{figures['articles']:,} articles",
        f"{rate:.1f}/s" if rate else "",
        f"{figures['statements']:,} statements",
        f"{figures['errors']:,} errors",
        f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d} left" if left is not None else "",
    ]
    return ", ".join(part for part in parts if part)
