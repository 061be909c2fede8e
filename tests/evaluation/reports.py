"""Reports for tests, made as `evaluate` makes them; only the answers are drawn instead of asked of a model."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stance.data.rows import Row
from stance.evaluation.answers import answers_of
from stance.evaluation.comparison import compare_all
from stance.evaluation.judging import Judged
from stance.evaluation.predictions import prediction_table
from stance.evaluation.report import build_report
from stance.types import STANCES, Context, Reference, Span, Stance, StanceQuery

_LANGS = ("en", "sr-Latn", "sr-Cyrl", "sq", "ru")
_CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def judged_rows(
    n: int, *, seed: int = 0, right: float = 0.7, target: str = "the bridge", text: str = "Ana, who waits, backs it."
) -> list[Judged]:
    """Rows of made texts, two per document, each with an answer that is right with the probability `right`."""
    rng = random.Random(seed)
    return [_answer(_row(number, target=target, text=text), rng, right=right) for number in range(n)]


def report_of(judged: Sequence[Judged], *, model_id: str = "m") -> dict[str, Any]:
    return build_report(judged, model_id=model_id, rows_path=Path("rows.jsonl"), created=_CREATED)


def compared_of(first: Sequence[Judged], second: Sequence[Judged]) -> dict[str, Any]:
    return compare_all([answers_of(report_of(each), each, name=name) for name, each in (("a", first), ("b", second))])[
        0
    ]


def records_of(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """What `predictions.parquet` holds of them."""
    found: list[dict[str, Any]] = prediction_table(judged).to_pylist()
    return found


def _row(number: int, *, target: str, text: str) -> Row:
    lang = _LANGS[number % len(_LANGS)]
    query = StanceQuery(Context(text, Span(5, 14)), Reference("Ana"), Reference(target), lang=lang)
    return Row(f"r{number}", query, STANCES[number % len(STANCES)], {"doc_id": f"d{number // 2}", "source": "made"})


def _answer(row: Row, rng: random.Random, *, right: float) -> Judged:
    assert row.stance is not None
    sure = min(0.99, max(0.34, rng.gauss(0.7, 0.15)))
    said = row.stance if rng.random() < right else rng.choice([s for s in STANCES if s is not row.stance])
    others = (1 - sure) / 2
    favor, neutral, against = (sure if s is said else others for s in STANCES)
    fields = {"stance": said.value, "abstained": said is not Stance.NEUTRAL and sure < 0.5}
    return Judged(row, said, (favor, neutral, against), fields)
