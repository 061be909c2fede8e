"""Which slices a row stands in: by language, script, target and so on, and by any column of the rows."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stance.data.rows import Row
from stance.errors import ConfigError
from stance.text.script import script_of

MAX_VALUES = 100
NOT_GIVEN = "not given"
_LENGTHS = ((10, "1-10 words"), (20, "11-20 words"), (40, "21-40 words"))
# Columns that are sliced by where any row has them; `phenomenon` is one of the list `phenomena`.
_WHERE_PRESENT = {"source": "source", "phenomenon": "phenomena", "split": "split", "group": "group"}


@dataclass(frozen=True, slots=True)
class Column:
    """The rows (indices) of each value, the values in order; of too many values only the most frequent.

    left_out: how many values, and how many of their rows, are not given.
    """

    values: dict[str, NDArray[np.int64]]
    left_out: tuple[int, int]


def columns_of(rows: Sequence[Row], slices: Sequence[str]) -> tuple[dict[str, Column], dict[str, Column]]:
    """By name the columns that rows are always sliced by with those asked for, and the crossings `A x B` asked for.

    Args:
        slices: names of columns, or two with a comma between them.

    Raises:
        ConfigError: a name is no column of the rows, or more than two are crossed.
    """
    single, crossed = _wanted(slices)
    readers = _readers(rows)
    for name in {*single, *(part for pair in crossed for part in pair)} - readers.keys():
        readers[name] = _reader_of(name, rows, known=readers)
    always = [name for name in readers if name in _ALWAYS or name in _WHERE_PRESENT]
    values = {name: [readers[name](row) for row in rows] for name in readers}
    by_two = {f"{a} x {b}": _crossed(values[a], values[b]) for a, b in crossed}
    return (
        {name: _column(values[name]) for name in dict.fromkeys([*always, *single])},
        {name: _column(found) for name, found in by_two.items()},
    )


def _wanted(slices: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    single, crossed = [], []
    for wanted in slices:
        names = [name.strip() for name in wanted.split(",")]
        if not all(names) or len(names) > 2 or len(set(names)) < len(names):
            raise ConfigError(
                f"--slice {wanted}: one column, or two different ones with a comma between, are expected."
            )
        if len(names) == 1:
            single.append(names[0])
        else:
            crossed.append((names[0], names[1]))
    return single, crossed


def _length(row: Row) -> str:
    n_words = len(row.query.context.evidence.of(row.query.context.text).split())
    return next((name for most, name in _LENGTHS if n_words <= most), "41+ words")


_ALWAYS: dict[str, Callable[[Row], tuple[str, ...]]] = {
    "lang": lambda row: (row.query.lang or NOT_GIVEN,),
    "script": lambda row: (script_of(row.query.context.evidence.of(row.query.context.text)),),
    "target": lambda row: (row.query.target.name,),
    "actor": lambda row: ("given" if row.query.actor else "none",),
    "length": lambda row: (_length(row),),
}

_ON_REQUEST: dict[str, Callable[[Row], tuple[str, ...]]] = {
    "actor_name": lambda row: (row.query.actor.name if row.query.actor else NOT_GIVEN,),
}


def _readers(rows: Sequence[Row]) -> dict[str, Callable[[Row], tuple[str, ...]]]:
    readers = dict(_ALWAYS)
    for name, field in _WHERE_PRESENT.items():
        if any(row.record.get(field) for row in rows):
            readers[name] = _field_reader(field)
    return readers


def _reader_of(name: str, rows: Sequence[Row], *, known: dict[str, Any]) -> Callable[[Row], tuple[str, ...]]:
    if name in _ON_REQUEST:
        return _ON_REQUEST[name]
    present = dict.fromkeys(field for row in rows for field in row.record)
    if name not in present:
        columns = [*known, *_ON_REQUEST, *present]
        nearest = difflib.get_close_matches(name, columns, n=1, cutoff=0.5)
        hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(sorted(set(columns)))}."
        raise ConfigError(f"--slice {name}: no row has such a column; {hint}")
    return _field_reader(name)


def _field_reader(field: str) -> Callable[[Row], tuple[str, ...]]:
    """Reads a column: a list stands for all its values, an empty one for none."""

    def read(row: Row) -> tuple[str, ...]:
        value = row.record.get(field)
        if isinstance(value, list):
            return tuple(dict.fromkeys(_word(item) for item in value))
        return (NOT_GIVEN,) if value is None else (_word(value),)

    return read


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _crossed(first: Sequence[tuple[str, ...]], second: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [tuple(f"{a} x {b}" for a in left for b in right) for left, right in zip(first, second, strict=True)]


def _column(values: Sequence[tuple[str, ...]]) -> Column:
    rows: dict[str, list[int]] = {}
    for index, found in enumerate(values):
        for value in found:
            rows.setdefault(value, []).append(index)
    by_size = sorted(rows, key=lambda value: (-len(rows[value]), value))
    kept, left = by_size[:MAX_VALUES], by_size[MAX_VALUES:]
    return Column(
        {value: np.array(rows[value], dtype=np.int64) for value in sorted(kept)},
        (len(left), sum(len(rows[value]) for value in left)),
    )
