"""An evaluation report: figures with intervals, and the predictions they rest on, so that two can be compared later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from stance.data.rows import Row
from stance.data.writing import write_text
from stance.evaluation.answers import REPORT, REPORT_VERSION, Answers, answers_of, read_answers, read_report
from stance.evaluation.blocks import blocks
from stance.evaluation.bootstrap import LEVEL, N_RESAMPLES, SEED, bounds, cluster_numbers, cluster_sums, resampled
from stance.evaluation.columns import Column, columns_of
from stance.evaluation.comparison import compare_all
from stance.evaluation.curves import curves
from stance.evaluation.judging import Judged, sample_of
from stance.evaluation.junit import JUNIT, render_junit
from stance.evaluation.markdown import render_markdown
from stance.evaluation.metrics import Floats
from stance.evaluation.minimal_pairs import Member, Outcome, member, pair_outcomes, pair_scores
from stance.evaluation.predictions import prediction_table, write_predictions, wrong_records
from stance.evaluation.worst import Slice, worst_slices
from stance.pages.evaluation import Before, evaluation_page

PAGE, MARKDOWN, COMPARISON = "report.html", "report.md", "comparison.json"
_DIGITS = 4


def build_report(
    judged: Sequence[Judged], *, model_id: str, rows_path: Path, created: datetime, slices: Sequence[str] = ()
) -> dict[str, Any]:
    """Figures of all rows and of the slices, each with its interval, as docs/evaluation.md lists them.

    Args:
        slices: further columns of the rows to slice by, or two with a comma between them.

    Raises:
        ConfigError: a slice is no column of the rows.
    """
    sample = sample_of(judged)
    rows = [item.row for item in judged]
    single, crossed = columns_of(rows, slices)
    named = [(name, value, found) for name, column in {**single, **crossed}.items() for value, found in _values(column)]
    overall, *others = blocks(sample, [np.arange(len(rows)), *(found for _, _, found in named)])
    found = [Slice(name, value, block) for (name, value, _), block in zip(named, others, strict=True)]
    reliability, risk_coverage = curves(sample)
    return {
        "report_version": REPORT_VERSION,
        "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "model_id": model_id,
        "rows_file": rows_path.name,
        "rows_sha256": rows_sha256(rows),
        "n_rows": len(rows),
        "n_documents": sample.n_clusters,
        "confidence": LEVEL,
        "resamples": N_RESAMPLES,
        "seed": SEED,
        "overall": {**overall.figures, "reliability": reliability, "risk_coverage": risk_coverage},
        "slices": _nested(found, single),
        "slices_left_out": _left_out({**single, **crossed}),
        "two_way": _nested(found, crossed),
        "worst": worst_slices(found),
        "minimal_pairs": _minimal_pairs(judged),
        "robustness": None,
        "gate": None,
        "stages": None,
    }


def write_report(
    folder: Path, report: Mapping[str, Any], judged: Sequence[Judged], *, baseline: Path | None = None
) -> None:
    """`report.json`, `report.md`, `report.html`, `predictions.parquet` and `junit.xml`.

    Args:
        baseline: the folder of an earlier report of the same rows, with which the page and the Markdown compare.

    Raises:
        DataError: the folder cannot be written, or the baseline not be read.
    """
    _write_json(folder / REPORT, report)
    write_text(folder / JUNIT, [render_junit(report)])
    table = prediction_table(judged)
    write_predictions(folder, table)
    if baseline is None:
        (wrong,) = wrong_records(table)
        write_text(folder / PAGE, [evaluation_page(report, wrong)])
        write_text(folder / MARKDOWN, [render_markdown(report)])
        return
    before, after = read_answers(baseline), answers_of(report, judged, name="this evaluation")
    (compared,) = compare_all([before, after])
    write_comparison(folder, (read_report(baseline), before), (report, after), compared)


def write_comparison(
    folder: Path,
    first: tuple[Mapping[str, Any], Answers],
    second: tuple[Mapping[str, Any], Answers],
    compared: Mapping[str, Any],
) -> None:
    """`comparison.json`, and `report.md` and `report.html` of the second report with the first beside it.

    Args:
        compared: what `compare` found between the two.

    Raises:
        DataError: the folder cannot be written.
    """
    (before, old), (report, new) = first, second
    old_records, records = wrong_records(old.table, new.table)
    _write_json(folder / COMPARISON, compared)
    write_text(folder / PAGE, [evaluation_page(report, records, before=Before(before, old_records, compared))])
    write_text(folder / MARKDOWN, [render_markdown(report, compared=compared)])


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_text(path, [json.dumps(value, indent=2, ensure_ascii=False) + "\n"])


def rows_sha256(rows: Sequence[Row]) -> str:
    """A digest of what was asked and what is right, whatever the order.

    It covers ids, texts with their evidence and document, actors, targets and gold stances.
    """
    lines = []
    for row in rows:
        query = row.query
        evidence = query.context.evidence
        asked = [query.context.text, evidence.start, evidence.end, query.actor and query.actor.name, query.target.name]
        lines.append(json.dumps([row.id, row.record.get("doc_id"), *asked, row.stance]))
    digest = hashlib.sha256()
    for line in sorted(lines):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _values(column: Column) -> Iterator[tuple[str, Any]]:
    yield from column.values.items()


def _nested(found: Sequence[Slice], columns: Mapping[str, Column]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {name: {} for name in columns}
    for column, value, block in found:
        if column in nested:
            nested[column][value] = block.figures
    return nested


def _left_out(columns: Mapping[str, Column]) -> dict[str, dict[str, int]]:
    return {
        name: {"values": column.left_out[0], "rows": column.left_out[1]}
        for name, column in columns.items()
        if column.left_out[0]
    }


def _minimal_pairs(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    members = _members(judged)
    outcomes = pair_outcomes(members)
    return {
        name: scores._asdict() | {"intervals": _pair_intervals(outcomes[name])}
        for name, scores in pair_scores(members).items()
    }


def _members(judged: Sequence[Judged]) -> list[Member]:
    """The rows that say to which minimal pair they belong."""
    found = []
    for item in judged:
        pair, relation = item.row.record.get("pair_id"), item.row.record.get("relation")
        if pair is not None and relation is not None:
            found.append(member(str(pair), str(relation), item.row.query, gold=item.gold, predicted=item.stance))
    return found


def _pair_intervals(outcomes: Sequence[Outcome]) -> dict[str, list[float | None]]:
    """Bounds of both shares, the questions of one pair drawn together."""
    pairs = cluster_numbers([outcome.pair for outcome in outcomes])
    n_pairs = int(pairs.max()) + 1
    values = np.array([(1.0, outcome.all_right, outcome.all_equal) for outcome in outcomes])
    sums = cluster_sums(
        np.repeat(np.arange(3), len(outcomes)), np.tile(pairs, 3), values.T.ravel(), n_features=3, n_clusters=n_pairs
    )

    def shares(totals: Floats) -> Floats:
        found: Floats = totals[1:] / totals[0]
        return found

    low, high = bounds(resampled(sums, shares), n_pairs)
    return {
        name: [None if np.isnan(bound) else round(float(bound), _DIGITS) for bound in (low[place], high[place])]
        for place, name in enumerate(("all_right", "all_equal"))
    }
