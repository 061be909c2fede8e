"""Gold rows with what a system answered, from a file of any system's predictions or from a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stance.data.defects import Defect, Defective, raise_problems
from stance.data.lines import json_lines
from stance.data.records import read_stance
from stance.data.rows import Row
from stance.errors import DataError
from stance.evaluation.bootstrap import cluster_numbers
from stance.evaluation.metrics import class_indices
from stance.evaluation.sample import Sample
from stance.types import STANCES, Stance

_MAX_NAMED = 3
_FROM_ONE = 0.02


@dataclass(frozen=True, slots=True)
class Judged:
    """A gold row with what a system answered; probabilities in the order of STANCES, None where not given.

    `stance` is the most probable one, also where the system abstains.
    """

    row: Row
    stance: Stance
    probabilities: tuple[float, float, float] | None
    fields: Mapping[str, Any]

    @property
    def gold(self) -> Stance:
        """The stance of the row; evaluation reads no rows without."""
        assert self.row.stance is not None
        return self.row.stance

    @property
    def abstained(self) -> bool | None:
        """Whether the system gives no side; None where its predictions say nothing of it."""
        value = self.fields.get("abstained")
        return None if value is None else bool(value)

    @property
    def document(self) -> tuple[str, str]:
        """What the row is drawn with: its document, else its text."""
        identifier = self.row.record.get("doc_id")
        return ("text", self.row.query.context.text) if identifier is None else ("document", str(identifier))


def judge_file(rows: Sequence[Row], path: Path) -> list[Judged]:
    """Gold rows with the predictions of a file, matched by id.

    Raises:
        DataError: ids are missing, doubled or unknown (with their numbers), a stance or probability is wrong.
    """
    by_id = {row.id: row for row in rows}
    lines: dict[str, list[int]] = {}
    found: dict[str, Judged] = {}
    problems: list[str] = []
    for number, record in json_lines(path):
        identifier = str(record.get("id", ""))
        lines.setdefault(identifier, []).append(number)
        if identifier in by_id and len(lines[identifier]) == 1:
            try:
                found[identifier] = _judged(by_id[identifier], record, place=f"{path}:{number}")
            except DataError as error:
                problems.append(str(error))
    raise_problems([*_id_problems(by_id, lines, path), *problems])
    return [found[row.id] for row in rows]


def sample_of(judged: Sequence[Judged]) -> Sample:
    """The rows as arrays; probabilities and abstentions only where every row has them."""
    withheld = [item.abstained for item in judged]
    complete = all(item.probabilities is not None for item in judged)
    return Sample(
        gold=class_indices([item.gold for item in judged]),
        predicted=class_indices([item.stance for item in judged]),
        probabilities=np.array([item.probabilities for item in judged]) if complete else None,
        abstained=None if any(value is None for value in withheld) else np.array(withheld, dtype=np.bool_),
        clusters=cluster_numbers([item.document for item in judged]),
    )


def _id_problems(by_id: Mapping[str, Row], lines: Mapping[str, Sequence[int]], path: Path) -> list[str]:
    missing = [repr(identifier) for identifier in by_id if identifier not in lines]
    doubled = [
        f"{identifier!r} (lines {', '.join(map(str, numbers[:_MAX_NAMED]))})"
        for identifier, numbers in lines.items()
        if len(numbers) > 1
    ]
    unknown = [
        f"{identifier!r} (line {numbers[0]})" for identifier, numbers in lines.items() if identifier not in by_id
    ]
    cases = (
        (missing, f"of {len(by_id)} rows have no prediction"),
        (doubled, "ids are there more than once"),
        (unknown, "ids are no row of the gold file"),
    )
    return [
        f"{path}: {len(found)} {words}, e.g. {', '.join(found[:_MAX_NAMED])}. Predictions are matched by `id`."
        for found, words in cases
        if found
    ]


def _judged(row: Row, record: Mapping[str, Any], *, place: str) -> Judged:
    probabilities = _probabilities(record.get("probabilities"), place=place)
    abstained = record.get("abstained")
    if record.get("stance") is None and abstained is True and probabilities is not None:
        stance: Stance | None = STANCES[int(np.argmax(probabilities))]
    else:
        defects: list[Defect] = []
        stance = read_stance(record.get("stance"), field="stance", defects=defects)
        if defects:
            raise Defective(defects, place=place)
    assert stance is not None
    fields: dict[str, Any] = {"stance": stance.value, "probabilities": record.get("probabilities")}
    if isinstance(abstained, bool):
        fields["abstained"] = abstained
    return Judged(row, stance, probabilities, fields)


def _probabilities(given: Any, *, place: str) -> tuple[float, float, float] | None:
    if given is None:
        return None
    values: list[Any] = [given.get(name.value) for name in STANCES] if isinstance(given, dict) else []
    if not values or not all(type(v) in (int, float) and 0 <= v <= 1 for v in values):
        raise DataError(f"{place}: probabilities: {given!r}, expected favor, neutral and against, each in [0, 1].")
    if abs(sum(values) - 1) > _FROM_ONE:
        raise DataError(f"{place}: probabilities: {given!r}, sum {sum(values):.3f}, expected a sum of 1.")
    return float(values[0]), float(values[1]), float(values[2])
