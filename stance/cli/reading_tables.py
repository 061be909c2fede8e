"""A reading on the terminal: sentences, quotes, actors, positions and candidates as tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stance.pages.article import article_label
from stance.pages.clean import visible
from stance.pages.cut import cut
from stance.pages.findings import (
    AUTHOR,
    INHERITED,
    NOT_FOUND,
    actor_rows,
    candidate_rows,
    missing_positions,
    position_rows,
    quote_rows,
    sentence_rows,
)
from stance.types import Position, Quote, QuoteKind, Reading, Span

# Narrower terminals get what belongs to the wide column stacked in one cell beside it.
_WIDE_FROM = 120
_QUOTE_STYLES = {QuoteKind.SPEECH: "cyan", QuoteKind.PARTIAL: "green", QuoteKind.SCARE: "magenta"}
_SPEAKER_STYLES = {AUTHOR: "dim", NOT_FOUND: "bold red"}
_POSITION_STYLE = "underline"


def print_reading(reading: Reading, positions: Sequence[Position], *, console: Console) -> None:
    """Print one article's reading; a table that would be empty is one line.

    Args:
        positions: those that were looked for, so that the ones that are not in the text can be told.
    """
    label = f"{article_label(reading.article)}  ({visible(reading.lang, one_line=True)})"
    console.print(Text(label, style="bold"))
    _print_sentences(reading, console)
    _print_quotes(reading, console)
    _print_actors(reading, console)
    _print_positions(reading, positions, console)
    if positions:
        _print_candidates(reading, console)
    console.print()


def _print_sentences(reading: Reading, console: Console) -> None:
    texts = _marked_sentences(reading)
    rows = [
        (
            Text(str(row.number)),
            _speaker(row.speakers),
            _found(row.found, boilerplate=row.boilerplate),
            Text(", ".join(row.positions), style=_POSITION_STYLE),
            text,
        )
        for row, text in zip(sentence_rows(reading), texts, strict=True)
    ]
    _print_table("Sentences", ("", "Speaker", "How found", "Positions", "Text"), rows, console, stacked=True)


def _print_quotes(reading: Reading, console: Console) -> None:
    rows = [
        (
            Text(str(row.number)),
            _speaker(row.speakers),
            Text(" ".join(filter(None, (row.source, row.confidence))), style="dim"),
            Text(row.kind, style=_QUOTE_STYLES[quote.kind]),
            Text(row.words),
        )
        for row, quote in zip(quote_rows(reading), reading.quotes, strict=True)
    ]
    _print_table("Quotes", ("", "Speaker", "How found", "Kind", "Words"), rows, console, stacked=True)


def _print_actors(reading: Reading, console: Console) -> None:
    rows = [(Text(row.name), Text(row.id), Text(str(row.n_mentions)), Text(row.forms)) for row in actor_rows(reading)]
    _print_table("Actors", ("Actor", "Id", "Mentions", "Forms"), rows, console)


def _print_positions(reading: Reading, positions: Sequence[Position], console: Console) -> None:
    if not positions:
        console.print(Text("No positions given (--positions, --position): no candidates.", style="dim"))
        return
    found = position_rows(reading)
    rows = [
        (
            Text(row.id, style=_POSITION_STYLE),
            Text(row.sources),
            Text(row.sentences),
            Text(f"{row.n_candidates}" + (f" (+{row.n_inherited})" if row.n_inherited else "")),
            Text(row.forms),
        )
        for row in found
    ]
    _print_table("Positions", ("Position", "How found", "Sentences", "Candidates", "Forms"), rows, console)
    if any(row.n_inherited for row in found):
        console.print(Text(INHERITED, style="dim"))
    missing = missing_positions(reading, positions)
    if missing:
        console.print(Text(f"Not in the text: {', '.join(missing)}", style="dim"))


def _print_candidates(reading: Reading, console: Console) -> None:
    rows = [
        (
            _speaker(row.actor),
            Text(row.actor_source, style="dim"),
            Text(", ".join(row.positions), style=_POSITION_STYLE),
            Text(row.position_source, style="dim"),
            Text(f"{row.sentences}: {row.evidence}"),
        )
        for row in candidate_rows(reading)
    ]
    columns = ("Actor", "How found", "Positions", "How found", "Evidence (sentences: words)")
    _print_table("Candidates", columns, rows, console, stacked=True)


def _print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Text]], console: Console, *, stacked: bool = False
) -> None:
    """A table whose last column takes the room that is left.

    Args:
        stacked: on a narrow terminal the columns between the first and the last become lines of one.
    """
    if not rows:
        console.print(Text(f"{title}: none.", style="dim"))
        return
    if stacked and console.width < _WIDE_FROM:
        columns = (columns[0], "\n".join(columns[1:-1]), columns[-1])
        rows = [(first, Text("\n").join(cell for cell in middle if cell), last) for first, *middle, last in rows]
    console.print()
    table = Table(
        box=SIMPLE_HEAD, title=Text(title, style="bold"), title_justify="left", pad_edge=False, show_edge=False
    )
    for column in columns[:-1]:
        table.add_column(column, overflow="fold", max_width=console.width // 4)
    table.add_column(columns[-1], ratio=1, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _marked_sentences(reading: Reading) -> list[Text]:
    """The words of each sentence, quotes coloured by their kind and mentions of positions underlined."""
    marks: list[tuple[Span, int | str]] = [(sentence.span, sentence.index) for sentence in reading.sentences]
    marks += [(quote.span, _QUOTE_STYLES[quote.kind]) for quote in _outermost_first(reading.quotes)]
    marks += [(mention.span, _POSITION_STYLE) for mention in reading.position_mentions]
    texts: dict[int, Text] = defaultdict(Text)
    for span, covering in cut(len(reading.article.text), marks):
        words = re.sub(r"\s+", " ", visible(span.of(reading.article.text)))
        style = " ".join(mark for mark in covering if isinstance(mark, str))
        for mark in covering:
            if isinstance(mark, int):
                texts[mark].append(words, style=style)
    return [texts[sentence.index] for sentence in reading.sentences]


def _outermost_first(quotes: Sequence[Quote]) -> list[Quote]:
    """A word of a quote within a quote takes the inner one's colour: of several colours the last one counts."""
    return sorted(quotes, key=lambda quote: -len(quote.span))


def _speaker(names: str) -> Text:
    return Text(names, style=_SPEAKER_STYLES.get(names, "bold"))


def _found(how: str, *, boilerplate: bool) -> Text:
    return Text(how + (" (boilerplate)" if boilerplate else ""), style="dim")
