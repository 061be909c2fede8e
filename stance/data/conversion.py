"""Convert an annotated set, and write the card that says what became of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from stance.data.card import SetSummary, render_set_card
from stance.data.formats import detect_format, formats, named_format, read_sentences
from stance.data.formats.format import Format, ReadOptions
from stance.data.losses import LossReport
from stance.data.writing import write_text
from stance.errors import DataError
from stance.types import AnnotatedSentence

_BY_SUFFIX = {".jsonl": "native", ".parquet": "parquet", ".dna": "dna", ".json": "labelstudio"}
Wrap = Callable[[Iterable[AnnotatedSentence]], Iterable[AnnotatedSentence]]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was read (and why it was taken for that format), what was written, and what was lost."""

    source_format: Format
    reason: str
    target_format: Format
    n_written: int
    summary: SetSummary
    losses: LossReport
    card: Path


def convert_set(
    source: Path,
    destination: Path,
    *,
    to: str | None,
    format: str | None,  # noqa: A002
    options: ReadOptions,
    command: str,
    watch: Wrap = lambda sentences: sentences,
) -> Conversion:
    """Read a set in one format and write it in another, with a data card beside it.

    Args:
        to: format to write; None tells it from the destination's ending.
        format: format to read; None detects it.
        command: how the user started this, for the card.
        watch: sees the sentences pass, for a progress bar.

    Raises:
        DataError: the source does not fit, or the destination cannot be written; nothing is written then.
        ConfigError: the options do not fit the format.
    """
    target = writable_format(to, destination)
    assert target.write is not None
    known, reason = detect_format(source) if format is None else (named_format(format), "named by --format")
    losses, summary = LossReport(), SetSummary()
    sentences = read_sentences(source, format=known.name, losses=losses, options=options)
    n_written = target.write(destination, watch(summary.counting(sentences)), losses=losses)
    card = card_path(destination)
    text = render_set_card(
        summary, source=source, source_format=known, destination=destination, losses=losses, command=command
    )
    write_text(card, [text])
    return Conversion(known, reason, target, n_written, summary, losses, card)


def writable_format(name: str | None, destination: Path) -> Format:
    """The format to write.

    Raises:
        DataError: there is none of this name, or none that the destination's ending tells.
    """
    writable = [known.name for known in formats().values() if known.write is not None]
    chosen = name or _BY_SUFFIX.get(destination.suffix.lower())
    if chosen is None:
        raise DataError(
            f"{destination}: its ending does not tell the format to write; name it with --to: {', '.join(writable)}."
        )
    if chosen not in writable:
        nearest = difflib.get_close_matches(chosen, writable, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else "."
        raise DataError(f"--to {chosen!r}: no format that can be written{hint} There are: {', '.join(writable)}.")
    return formats()[chosen]


def card_path(destination: Path) -> Path:
    """README.md in a folder, FILE.card.md beside a file."""
    return destination / "README.md" if destination.is_dir() else destination.with_name(f"{destination.name}.card.md")
