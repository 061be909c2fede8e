"""What a system answered, as a report folder keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stance.data.lines import read_whole
from stance.errors import DataError
from stance.evaluation.bootstrap import cluster_numbers
from stance.evaluation.judging import Judged
from stance.evaluation.predictions import PREDICTIONS, prediction_schema, prediction_table
from stance.evaluation.sample import Sample
from stance.types import STANCES

REPORT, REPORT_VERSION = "report.json", 2
_SHOWN = ("id", "doc_id", "lang", "actor", "target", "text", "start", "end", "gold")
_PROBABILITIES = tuple(f"p_{stance.value}" for stance in STANCES)


@dataclass(frozen=True, slots=True)
class Answers:
    """One system's answers to the rows of a report, ordered by id; `table` is a `pyarrow.Table` of them."""

    name: str
    model_id: str
    rows_sha256: str
    ids: Sequence[str]
    sample: Sample
    table: Any

    def record(self, row: int) -> dict[str, Any]:
        """What was asked in a row, and what is right."""
        return {name: self.table.column(name)[row].as_py() for name in _SHOWN}


def read_answers(folder: Path) -> Answers:
    """The answers of a report folder.

    Raises:
        DataError: `report.json` or `predictions.parquet` is missing, of another version, or damaged.
    """
    report = read_report(folder)
    return _answers(str(folder), report, _read_table(folder / PREDICTIONS), place=str(folder / PREDICTIONS))


def answers_of(report: Mapping[str, Any], judged: Sequence[Judged], *, name: str) -> Answers:
    """The answers of a report that may not be written yet."""
    return _answers(name, report, prediction_table(judged), place=name)


def read_report(folder: Path) -> dict[str, Any]:
    """The `report.json` of a folder.

    Raises:
        DataError: it is missing, of another version, or no report.
    """
    path = folder / REPORT
    if not path.is_file():
        raise DataError(f"{path}: no such file; a folder that `stance evaluate --report` wrote is expected.")
    try:
        report = json.loads(read_whole(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON ({error}).") from error
    version = report.get("report_version") if isinstance(report, dict) else None
    if version != REPORT_VERSION:
        raise DataError(
            f"{path}: report_version {version!r}, expected {REPORT_VERSION}. Evaluate again with this release."
        )
    missing = [name for name in ("model_id", "rows_sha256", "overall", "slices") if name not in report]
    if missing:
        raise DataError(f"{path}: {', '.join(missing)} missing; the file is not whole.")
    return dict(report)


def _read_table(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise DataError(f"{path}: no such file; a report folder holds it beside {REPORT}.")
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: no readable Parquet file ({str(error).splitlines()[0]}).") from error
    wanted = prediction_schema()
    wrong = [field.name for field in wanted if field not in table.schema]
    if wrong:
        raise DataError(f"{path}: columns {', '.join(wrong)} missing or of another type; evaluate again.")
    return table


def _answers(name: str, report: Mapping[str, Any], table: Any, *, place: str) -> Answers:
    table = table.sort_by("id")
    columns = {column: table.column(column).to_pylist() for column in ("id", "doc_id", "text", "gold", "stance")}
    places = {stance.value: index for index, stance in enumerate(STANCES)}
    wrong = sorted({str(value) for column in ("gold", "stance") for value in columns[column]} - places.keys())
    if wrong or not columns["id"]:
        found = f"stances {', '.join(wrong)}" if wrong else "no rows"
        raise DataError(f"{place}: {found}, expected rows with {', '.join(places)}.")
    given = np.column_stack([table.column(column).to_numpy() for column in _PROBABILITIES]).astype(np.float64)
    sample = Sample(
        gold=np.array([places[value] for value in columns["gold"]], dtype=np.int64),
        predicted=np.array([places[value] for value in columns["stance"]], dtype=np.int64),
        probabilities=None if np.isnan(given).any() else given,
        abstained=None,
        clusters=cluster_numbers(
            [("text", text) if doc is None else ("document", doc) for doc, text in _documents(columns)]
        ),
    )
    return Answers(name, report["model_id"], report["rows_sha256"], columns["id"], sample, table)


def _documents(columns: Mapping[str, Sequence[Any]]) -> list[tuple[Any, Any]]:
    return list(zip(columns["doc_id"], columns["text"], strict=True))
