"""VAST (Allaway and McKeown 2020): stance of comments towards topics, CSV; label 0 con, 1 pro, 2 neutral."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from stance.data.formats import table
from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.labels import LabelMap
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence

_LABELS = {"0": "against", "1": "favor", "2": "neutral"}
_COLUMNS = {"text": "post", "target": "new_topic", "stance": "label", "id": "new_id"}


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One comment and topic per row; its author is the text's own voice, the corrected topic the target.

    Raises:
        DataError: a column is missing or a row does not fit.
    """
    named = replace(options, columns=_COLUMNS | dict(options.columns))
    for sentence in table.read(path, options=named, losses=losses, labels=LabelMap(_LABELS, fixed=True)):
        # `author`, `text` (the tokens) and the like stay as further columns; the dataset names no licence.
        yield replace(sentence, lang="en", source="vast")


def detect(peek: Peek) -> str | None:
    """A CSV header with `post`, `new_topic` and `type_idx`."""
    columns = {cell.strip('"') for cell in peek.first_line.split(",")}
    return "its columns are VAST's" if {"post", "new_topic", "type_idx"} <= columns else None


FORMAT = Format("vast", "VAST, CSV", read, detect, own_labels=True)
