"""What the commands print: tables for people, progress on a terminal, errors in one paragraph."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from stance.pages.clean import visible
from stance.training.processes import is_first

# Columns where no terminal says otherwise: a fixed width keeps logs, files and tests readable.
PLAIN_WIDTH = 140
_MAX_PARAGRAPHS = 25
_WATCH_EVERY = 500
T = TypeVar("T")


class Advance(Protocol):
    """Called with the number of items done since the last call."""

    def __call__(self, n_done: int, /) -> None: ...


def print_error(message: str) -> None:
    """One readable paragraph on stderr, harmless whatever names it holds."""
    lines = visible(message).splitlines()
    print("stance: " + "\n        ".join(lines[:_MAX_PARAGRAPHS]), file=sys.stderr)


def note(message: str) -> None:
    """A remark about the work on stderr, so that stdout stays the result; of several processes the first one speaks."""
    if is_first():
        print(visible(message), file=sys.stderr)


def print_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[str]], *, wide: str) -> None:
    """A table on stdout, of several processes from the first; `wide` is the column that takes the room that is left."""
    if not is_first():
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    table = Table(title=None if title is None else Text(visible(title, one_line=True)), title_justify="left")
    for column in columns:
        table.add_column(column, ratio=1 if column == wide else None, overflow="fold", no_wrap=False)
    for row in rows:
        table.add_row(*(Text(visible(cell, one_line=True), style=_style(cell)) for cell in row))
    console.print(table)


def _style(cell: str) -> str:
    return {"favor": "green", "against": "red"}.get(cell, "")


@contextmanager
def watched(label: str, *, total: int | None) -> Iterator[Callable[[Iterable[T]], Iterator[T]]]:
    """A function that passes items on while a bar counts them, on a terminal only."""
    with progress(label, total) as advance:

        def watch(items: Iterable[T]) -> Iterator[T]:
            n_done = 0
            for n_done, item in enumerate(items, start=1):
                if n_done % _WATCH_EVERY == 0:
                    advance(_WATCH_EVERY)
                yield item
            advance(n_done % _WATCH_EVERY)

        yield watch


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Advance]:
    """A bar with rate and remaining time, on a terminal only; an unknown total shows the rate alone."""
    if not sys.stderr.isatty():
        yield lambda n_done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    rate = TextColumn("{task.fields[rate]}")
    with Progress(*columns, rate, console=console, transient=True) as bars:
        task = bars.add_task(label, total=total, rate="")

        def advance(n_done: int) -> None:
            speed = bars.tasks[0].speed
            bars.update(task, advance=n_done, rate=f"{speed:.1f}/s" if speed else "")

        yield advance


def emit(chunks: Iterable[str], *, out: Path | None) -> None:
    """Text to a file, written whole or not at all, or to stdout."""
    if out is None:
        for chunk in chunks:
            sys.stdout.write(chunk)
        sys.stdout.flush()
    else:
        from stance.data.writing import write_text

        write_text(out, chunks)
        note(f"Wrote {out}")
