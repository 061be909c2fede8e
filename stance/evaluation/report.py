"""An evaluation report: figures, and the predictions they rest on, so that two reports can be compared later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stance.data.defects import Defect, Defective, raise_problems
from stance.data.lines import json_lines
from stance.data.records import read_stance
from stance.data.rows import Row
from stance.data.writing import write_json_lines, write_text
from stance.errors import DataError
from stance.evaluation.metrics import sides_given
from stance.evaluation.minimal_pairs import Member, member, pair_scores
from stance.evaluation.slices import evaluate_slices
from stance.types import STANCES, Stance

REPORT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """A gold row with what a system answered; probabilities in the order of STANCES, None where not given."""

    row: Row
    stance: Stance
    probabilities: tuple[float, float, float] | None
    fields: Mapping[str, Any]


def judge_file(rows: Sequence[Row], path: Path) -> list[Judged]:
    """Gold rows with the predictions of a file, matched by id.

    Raises:
        DataError: an id is missing, doubled or unknown, a stance or probability is wrong.
    """
    known = {row.id for row in rows}
    found: dict[str, Judged] = {}
    by_id = {row.id: row for row in rows}
    problems: list[str] = []
    for number, record in json_lines(path):
        place = f"{path}:{number}"
        identifier = str(record.get("id", ""))
        if identifier not in known:
            problems.append(f"{place}: id: {identifier!r} is no row of the gold file.")
        elif identifier in found:
            problems.append(f"{place}: id: {identifier!r} is there twice.")
        else:
            try:
                found[identifier] = _judged(by_id[identifier], record, place=place)
            except DataError as error:
                problems.append(str(error))
    missing = [row.id for row in rows if row.id not in found]
    if missing and not problems:
        problems.append(f"{path}: {len(missing)} rows have no prediction, e.g. {', '.join(missing[:3])}.")
    raise_problems(problems)
    return [found[row.id] for row in rows]


def build_report(judged: Sequence[Judged], *, model_id: str, rows_path: Path) -> dict[str, Any]:
    """Overall figures and slices by language, actor given or not, target, and the rows' splits and groups."""
    complete = all(item.probabilities is not None for item in judged)
    probabilities = np.array([item.probabilities for item in judged]) if complete else None
    report = evaluate_slices(
        [_gold(item) for item in judged],
        [item.stance for item in judged],
        probabilities,
        columns=_columns([item.row for item in judged]),
    )
    digest = hashlib.sha256("\n".join(_identity(item.row) for item in judged).encode("utf-8", "surrogatepass"))
    return {
        "report_version": REPORT_VERSION,
        "model_id": model_id,
        "rows_file": rows_path.name,
        "rows_sha256": digest.hexdigest(),
        **report,
        **_sides(judged),
        "minimal_pairs": {name: scores._asdict() for name, scores in pair_scores(_members(judged)).items()},
    }


def write_report(folder: Path, report: Mapping[str, Any], judged: Sequence[Judged]) -> None:
    """`report.json` and `predictions.jsonl` (id, gold, stance, probabilities, language)."""
    write_text(folder / "report.json", [json.dumps(report, indent=2, ensure_ascii=False) + "\n"])
    write_json_lines(folder / "predictions.jsonl", (_prediction(item) for item in judged))


def _sides(judged: Sequence[Judged]) -> dict[str, Any]:
    """`sides`, where the predictions say which of them are withheld."""
    withheld = [item.fields.get("abstained") for item in judged]
    if any(value is None for value in withheld):
        return {}
    figures = sides_given([_gold(i) for i in judged], [i.stance for i in judged], [bool(value) for value in withheld])
    return {"sides": {name: round(value, 4) for name, value in figures.items()}}


def _members(judged: Sequence[Judged]) -> list[Member]:
    """The rows that say to which minimal pair they belong."""
    found = []
    for item in judged:
        pair, relation = item.row.record.get("pair_id"), item.row.record.get("relation")
        if pair is not None and relation is not None:
            found.append(member(str(pair), str(relation), item.row.query, gold=_gold(item), predicted=item.stance))
    return found


def _prediction(item: Judged) -> dict[str, Any]:
    query = item.row.query
    return {
        "id": item.row.id,
        "doc_id": item.row.record.get("doc_id"),
        "lang": query.lang,
        "actor": query.actor and query.actor.name,
        "target": query.target.name,
        "gold": _gold(item).value,
        **item.fields,
    }


def _judged(row: Row, record: Mapping[str, Any], *, place: str) -> Judged:
    defects: list[Defect] = []
    stance = read_stance(record.get("stance"), field="stance", defects=defects)
    if stance is None:
        raise Defective(defects, place=place)
    given = record.get("probabilities")
    probabilities = None
    if given is not None:
        values = [given.get(name.value, -1.0) for name in STANCES] if isinstance(given, dict) else []
        if len(values) != len(STANCES) or not all(isinstance(v, int | float) and 0 <= v <= 1 for v in values):
            raise DataError(f"{place}: probabilities: {given!r}, expected favor, neutral and against, each in [0, 1].")
        probabilities = (float(values[0]), float(values[1]), float(values[2]))
    fields = {"stance": stance.value, "probabilities": given}
    if isinstance(record.get("abstained"), bool):
        fields["abstained"] = record["abstained"]
    return Judged(row, stance, probabilities, fields)


def _gold(item: Judged) -> Stance:
    assert item.row.stance is not None
    return item.row.stance


def _columns(rows: Sequence[Row]) -> list[dict[str, str]]:
    """What the figures are sliced by: `split` and `group` only where the rows have such a column."""
    present = [name for name in ("split", "group") if any(row.record.get(name) is not None for row in rows)]
    return [
        {
            "lang": row.query.lang or "not given",
            "actor": "given" if row.query.actor else "none",
            **{name: str(row.record.get(name, "not given")) for name in present},
            "target": row.query.target.name,
        }
        for row in rows
    ]


def _identity(row: Row) -> str:
    return json.dumps([row.id, row.query.context.text, row.query.target.name, row.stance])
