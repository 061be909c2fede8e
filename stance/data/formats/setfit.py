"""SetFit's rows for aspect-based sentiment: text, span, label, ordinal (which occurrence of the span is meant)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.table import sentences_of_rows
from stance.data.lines import json_lines
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence

COLUMNS = ("text", "span", "label", "ordinal")


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """Rows in JSON Lines; the holder is the text's own voice.

    Raises:
        DataError: a row does not fit, or a label has no stance.
    """
    rows = ((str(number), record) for number, record in json_lines(path))
    yield from sentences_of_rows(as_rows(rows, path=path, losses=losses), path=path, options=options, losses=losses)


def as_rows(
    rows: Iterable[tuple[str, Mapping[str, Any]]], *, path: Path, losses: LossReport
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Flat rows; a span that does not occur as often as its ordinal says keeps its words alone, and is counted."""
    for place, record in rows:
        text, words = str(record.get("text", "")), str(record.get("span", ""))
        row: dict[str, Any] = {name: value for name, value in record.items() if name not in COLUMNS}
        row |= {"text": text, "target": words, "stance": record.get("label")}
        starts = [match.start() for match in re.finditer(re.escape(words), text)] if words else []
        ordinal = record.get("ordinal", 0)
        if isinstance(ordinal, int) and 0 <= ordinal < len(starts):
            row |= {"target_start": starts[ordinal], "target_end": starts[ordinal] + len(words)}
        else:
            losses.add("span that the text does not hold so often, without offsets", f"{path}:{place}")
        yield place, row


def detect(peek: Peek) -> str | None:
    """JSON Lines with `text`, `span`, `label` and `ordinal`."""
    return "its rows have `span`, `label` and `ordinal`" if peek.names is None and peek.has(*COLUMNS) else None


FORMAT = Format("setfit", "SetFit ABSA rows (text, span, label, ordinal)", read, detect)
