"""`stance read`: what the rules find in an article, before any model is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from stance.cli.options import Actors, Articles, Format, Out, OutputFormat, Positions, PositionWords, Select, Semantic

if TYPE_CHECKING:
    from stance.types import Position, Reading


def read(
    articles: Articles,
    positions: Positions = None,
    position: PositionWords = None,
    select: Select = None,
    actors: Actors = None,
    semantic: Semantic = False,
    format: OutputFormat = Format.table,  # noqa: A002
    out: Out = None,
) -> None:
    """Show what is found in articles: sentences, quotes, who speaks, and what the model would be asked.

    No model is loaded: see here why a statement is or isn't scored. A speaker is a name, `author` (the text's own
    voice) or `?` (somebody who was not found), in brackets one of whom another speaker reports; beside it stand how it
    was found and how sure that is, from 0 to 1.
    Without positions there are no candidates.

    Example: stance read article.txt --positions positions.yaml

    Example: stance read article.txt --position "lithium mining" --format html -o reading.html
    """
    from stance.cli.output import progress
    from stance.cli.positions import followed_positions, note_unread_by_meaning
    from stance.data.articles import read_articles
    from stance.data.entities import load_actors
    from stance.text.reading import ArticleReader

    followed = followed_positions(positions, position or [], select or [])
    reader = ArticleReader(followed, load_actors(actors) if actors else None, semantic=semantic)
    given = list(read_articles(articles))
    readings = []
    with progress("Articles", len(given)) as advance:
        for article in given:
            readings.append(reader.read(article))
            advance(1)
    _SHOW[format](readings, followed, out)
    if semantic:
        note_unread_by_meaning([reading.lang for reading in readings])


def _table(readings: Sequence[Reading], positions: Sequence[Position], out: Out) -> None:
    import io
    import sys

    from rich.console import Console

    from stance.cli.output import PLAIN_WIDTH, emit
    from stance.cli.reading_tables import print_reading

    file = None if out is None else io.StringIO()
    console = Console(file=file, width=None if sys.stdout.isatty() and out is None else PLAIN_WIDTH, highlight=False)
    for reading in readings:
        print_reading(reading, positions, console=console)
    if file is not None:
        emit([file.getvalue()], out=out)


def _jsonl(readings: Sequence[Reading], _: Sequence[Position], out: Out) -> None:
    from stance.cli.output import emit
    from stance.data.reading_records import reading_record
    from stance.data.writing import json_line

    emit((json_line(reading_record(reading)) for reading in readings), out=out)


def _html(readings: Sequence[Reading], positions: Sequence[Position], out: Out) -> None:
    from stance.cli.output import emit
    from stance.pages.reading import reading_page

    emit([reading_page(readings, positions)], out=out)


_SHOW: dict[Format, Callable[[Sequence[Reading], Sequence[Position], Out], None]] = {
    Format.table: _table,
    Format.jsonl: _jsonl,
    Format.html: _html,
}
