"""RuOpinionNE-2024 (Loukachevitch et al. 2024): opinion tuples of Russian sentences (holder, target, polarity)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.opinions import annotations_of
from stance.data.lines import json_lines
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence, Stance

_STANCES = {"POS": Stance.FAVOR, "NEG": Stance.AGAINST}


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per line, also those without opinions.

    A holder NULL (nobody named) is read as the text's own voice like AUTHOR, and counted; discontinuous mentions
    keep their words and lose their span, counted too.
    """
    del options
    for number, record in json_lines(path):
        place = f"{path}:{number}"
        text = record.get("text")
        if not isinstance(text, str) or not text.strip():
            losses.add("line without text", place)
            continue
        opinions = record.get("opinions")
        if not isinstance(opinions, list):
            losses.add("line without a list of opinions", place)
            continue
        yield AnnotatedSentence(
            id=f"ruopinionne-{record.get('sent_id', number)}",
            text=text,
            annotations=annotations_of(opinions, text, stances=_STANCES, place=place, losses=losses),
            lang="ru",
            source="ruopinionne",
            licence="MIT",
        )


def detect(peek: Peek) -> str | None:
    """JSON Lines with `sent_id` and `opinions`."""
    listed = peek.text.lstrip().startswith("[")
    return "its rows have `sent_id` and `opinions`" if not listed and peek.has("sent_id", "opinions") else None


FORMAT = Format("ruopinionne", "RuOpinionNE-2024, JSON Lines", read, detect, own_labels=True)
