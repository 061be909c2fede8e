"""The words of the statements that a page shows, read from where they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stance.batch.report.statements import Ints, Statements
from stance.batch.report.tables import read_columns
from stance.pages.job_statements import StatementWords

_COLUMNS = ("doc_id", "date", "title", "url", "source", "lang", "evidence", "reason", "probabilities")


def words_of(statements: Statements, kept: Ints, files: Sequence[Path]) -> list[StatementWords]:
    """The words of some statements, in the order given; one file is in memory at a time.

    Raises:
        DataError: a file cannot be read.
    """
    found: list[StatementWords | None] = [None] * len(kept)
    places = np.lexsort((statements.row[kept], statements.file[kept]))
    owners = statements.file[kept][places]
    for number in np.unique(owners):
        here = places[owners == number]
        table = read_columns(files[number], "statements", _COLUMNS).take(statements.row[kept[here]])
        for place, record in zip(here, table.to_pylist(), strict=True):
            found[place] = _words(record)
    return [words for words in found if words is not None]


def _words(record: dict[str, Any]) -> StatementWords:
    given = {name: value for name, value in (record["probabilities"] or {}).items() if value is not None}
    return StatementWords(
        doc_id=record["doc_id"] or "",
        text=" … ".join(span["text"] for span in record["evidence"] or () if span["text"]),
        title=record["title"],
        date=record["date"],
        url=record["url"],
        source=record["source"],
        lang=record["lang"],
        reason=record["reason"],
        most_probable=max(given, key=lambda name: given[name]) if given else None,
    )
