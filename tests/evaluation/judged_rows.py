"""Judged rows for tests of what is made of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stance.data.rows import parse_row
from stance.evaluation.judging import Judged
from stance.evaluation.report import build_report
from stance.types import STANCES, Stance

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)


def judged_row(identifier: str, gold: str, said: str, *, sure: float | None = 0.8, **columns: Any) -> Judged:
    """A row of its own document, unless `columns` name another; `sure` is the probability of what was said."""
    record = {
        "id": identifier,
        "text": f"Ana says this and that about the bridge, number {identifier}.",
        "actor": "Ana",
        "target": "the bridge",
        "lang": "en",
        "stance": gold,
        **columns,
    }
    row = parse_row(record, place=identifier, need_stance=True)
    probabilities = None
    if sure is not None:
        first, second, third = (sure if stance.value == said else (1 - sure) / 2 for stance in STANCES)
        probabilities = (first, second, third)
    return Judged(row, Stance(said), probabilities, {"stance": said})


def many_rows(n_right: int, n_wrong: int, **options: Any) -> list[Judged]:
    """Rows of all three stances in turn, the first `n_right` of which are right."""
    names = [stance.value for stance in STANCES]
    rows = []
    for number in range(n_right + n_wrong):
        gold = names[number % 3]
        said = gold if number < n_right else names[(number + 1) % 3]
        rows.append(judged_row(f"r{number}", gold, said, **options))
    return rows


def report_of(judged: Sequence[Judged], *, slices: Sequence[str] = ()) -> dict[str, Any]:
    """The report of judged rows."""
    return build_report(judged, model_id="m@1", rows_path=Path("rows.jsonl"), created=NOW, slices=slices)
