"""What a job read and what failed, over its documents and its quarantine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from stance.batch.report.statements import NO_DAY, day_number
from stance.batch.report.tables import read_columns, whole
from stance.pages.job_words import Failed

_EXAMPLE = 160
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Reach:
    """Of the articles that were scored: how many in each language, how many hold a statement, and their dates.

    first, last: the earliest and the latest date; empty without dates.
    """

    languages: dict[str, int]
    n_speaking: int
    n_dated: int
    first: str
    last: str


def reach_of(files: Iterable[Path]) -> Reach:
    """Counts over the documents; near-duplicates, which were not scored, are left out.

    Raises:
        DataError: a file cannot be read.
    """
    languages: Counter[str] = Counter()
    days: Counter[int] = Counter()
    n_speaking = 0
    for path in files:
        table = read_columns(path, "documents", ("lang", "date", "n_statements", "duplicate_of"))
        table = table.filter(pc.is_null(table["duplicate_of"]))
        for pair in pc.value_counts(whole(pc.fill_null(table["lang"], ""))).to_pylist():
            languages[pair["values"]] += pair["counts"]
        n_speaking += int(np.count_nonzero(pc.fill_null(whole(table["n_statements"]), 0).to_numpy()))
        for pair in pc.value_counts(whole(pc.fill_null(table["date"], ""))).to_pylist():
            days[day_number(pair["values"])] += pair["counts"]
    del days[NO_DAY]
    ends = [_EPOCH + timedelta(days=day) for day in (min(days), max(days))] if days else []
    first, last = (day.isoformat() for day in ends) if ends else ("", "")
    return Reach(dict(languages.most_common()), n_speaking, days.total(), first, last)


def failures_of(files: Iterable[Path]) -> list[Failed]:
    """Why rows failed, the most frequent kind first.

    Raises:
        DataError: a file cannot be read.
    """
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for path in files:
        for error in whole(read_columns(path, "quarantine", ("error",))["error"]).to_pylist():
            kind = (error and error["type"]) or "not given"
            counts[kind] += 1
            if error and kind not in examples:
                examples[kind] = f"{error['input']}:{error['row']}: {error['message']}"[:_EXAMPLE]
    return [Failed(kind, count, examples.get(kind, "")) for kind, count in counts.most_common()]
