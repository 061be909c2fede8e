"""Check annotated sentences, flat rows and annotated articles; every bad row is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from stance.data.defects import Defect, raise_problems
from stance.data.records import read_reference
from stance.data.rows import article_record, read_rows, required_span
from stance.errors import DataError
from stance.types import STANCES, QuoteKind

_QUOTE_KINDS = tuple(kind.value for kind in QuoteKind)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a clean file holds: judged rows, and how many of each stance and language."""

    path: Path
    n_rows: int
    stances: dict[str, int]
    languages: dict[str, int]


def check_file(path: Path) -> CheckReport:
    """The report of a clean file.

    Raises:
        DataError: all bad rows of the file, as `file:line: field: found, expected`.
    """
    if path.suffix == ".json":
        raise_problems(article_problems(article_record(path), place=str(path)))
    rows = read_rows(path, need_stance=True)
    stances = Counter(row.stance for row in rows)
    languages = Counter(row.query.lang or "not given" for row in rows)
    return CheckReport(
        path=path,
        n_rows=len(rows),
        stances={stance.value: stances[stance] for stance in STANCES},
        languages=dict(languages.most_common()),
    )


def article_problems(record: Mapping[str, Any], *, place: str) -> list[str]:
    """What is wrong with the spans, actors and pairs of an annotated article, its `gold` aside."""
    text: str = record["text"]
    problems: list[str] = []
    for field in ("sentences", "quotes", "mentions"):
        for index, item in enumerate(_items(record, field, place=place, problems=problems)):
            where = f"{place}: {field}[{index}]"
            problems += _problems_of(required_span, item, text, place=where)
            if field == "quotes" and isinstance(item, dict) and item.get("kind") not in _QUOTE_KINDS:
                problems.append(f"{where}.kind: {item.get('kind')!r}, expected one of {', '.join(_QUOTE_KINDS)}.")
    for index, pair in enumerate(_items(record, "absent", place=place, problems=problems)):
        where = f"{place}: absent[{index}]"
        target = pair.get("target") if isinstance(pair, dict) else None
        defects: list[Defect] = []
        read_reference(target, text, field="target", defects=defects)
        problems += [f"{where}.{defect.message}" for defect in defects]
    return problems


def _items(record: Mapping[str, Any], field: str, *, place: str, problems: list[str]) -> list[Any]:
    items = record.get(field)
    if items is not None and not isinstance(items, list):
        problems.append(f"{place}: {field}: {items!r}, expected a list.")
    return items if isinstance(items, list) else []


class _Parse(Protocol):
    def __call__(self, value: Any, text: str, *, place: str) -> object: ...


def _problems_of(parse: _Parse, value: Any, text: str, *, place: str) -> list[str]:
    try:
        parse(value, text, place=place)
    except DataError as error:
        return str(error).splitlines()
    return []
