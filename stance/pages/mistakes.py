"""The wrong answers of a report as data that a page's script searches, sorts and shows in parts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from stance.pages.clean import visible

MAX_ROWS = 10_000
MAX_BYTES = 8 << 20
_AROUND = 200
_MAX_EVIDENCE = 600
_MAX_NAME = 160
FIELDS = ("change", "actor", "target", "text", "gold", "before", "said", "sure", "withheld", "lang", "id")
BROKEN, FIXED, STILL = "broken", "fixed", "still wrong"
_ORDER = (BROKEN, FIXED, STILL)
# Neither the end of a script element nor what JavaScript takes for a line's end may stand in the page as it is.
_ESCAPED = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Mistakes:
    """`data` is the JSON for the script; `n_shown` of `n_all` rows are in it, the rest would make the page too large.

    `counts` holds how many rows there are of each change; empty where nothing is compared.
    """

    data: Markup
    n_shown: int
    n_all: int
    counts: Mapping[str, int]


def mistakes(records: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]] | None = None) -> Mistakes:
    """The wrong answers, the surest first; where another system's answers are given, those that became right too.

    Args:
        records: rows of `predictions.parquet`.
        before: rows of the same ids from the other system.
    """
    earlier = None if before is None else {record["id"]: record for record in before}
    found = [(change, record) for record in records if (change := _change(record, earlier)) is not None]
    found.sort(key=lambda item: (_ORDER.index(item[0]), -(_sureness(item[1]) or 0.0), str(item[1]["id"])))
    texts: dict[tuple[str, str, str], int] = {}
    rows: list[list[Any]] = []
    n_bytes = 0
    for change, record in found[:MAX_ROWS]:
        text = _stretch(record)
        row = _row(change, record, earlier, number=texts.get(text, len(texts)))
        n_bytes += len(_json(row).encode()) + (0 if text in texts else len(_json(text).encode()))
        if n_bytes > MAX_BYTES:
            break
        texts.setdefault(text, len(texts))
        rows.append(row)
    counts = {name: sum(change == name for change, _ in found) for name in _ORDER} if earlier is not None else {}
    data = {"fields": FIELDS, "texts": list(texts), "rows": rows}
    return Mistakes(_for_a_script(_json(data)), len(rows), len(found), counts)


def _change(record: Mapping[str, Any], earlier: Mapping[str, Mapping[str, Any]] | None) -> str | None:
    right = record["correct"]
    if earlier is None:
        return None if right else STILL
    if earlier[record["id"]]["correct"]:
        return None if right else BROKEN
    return FIXED if right else STILL


def _row(
    change: str, record: Mapping[str, Any], earlier: Mapping[str, Mapping[str, Any]] | None, *, number: int
) -> list[Any]:
    """The values of FIELDS; of the text its number."""
    sure = _sureness(record)
    return [
        change,
        "(author)" if record["actor"] is None else _name(record["actor"]),
        _name(record["target"]),
        number,
        record["gold"],
        earlier[record["id"]]["stance"] if earlier is not None else "",
        record["stance"],
        None if sure is None else round(sure, 3),
        bool(record.get("abstained")),
        _name(record.get("lang") or ""),
        _name(record["id"]),
    ]


def _sureness(record: Mapping[str, Any]) -> float | None:
    value = record.get(f"p_{record['stance']}")
    return None if value is None else float(value)


def _stretch(record: Mapping[str, Any]) -> tuple[str, str, str]:
    """What stands before the evidence, the evidence, and what follows; all in front where it is the whole text."""
    text = record["text"]
    start, end = record.get("start"), record.get("end")
    if start is None or end is None or text[start:end].strip() == text.strip():
        return _shortened(text, 2 * _AROUND + _MAX_EVIDENCE), "", ""
    lead, tail = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return (
        visible(("…" if start > _AROUND else "") + lead),
        _shortened(text[start:end], _MAX_EVIDENCE),
        visible(tail + ("…" if end + _AROUND < len(text) else "")),
    )


def _name(value: object) -> str:
    return visible(_shortened(str(value), _MAX_NAME), one_line=True)


def _shortened(text: str, limit: int) -> str:
    return visible(text if len(text) <= limit else text[: limit - 1] + "…")


def _for_a_script(data: str) -> Markup:
    for character, escape in _ESCAPED.items():
        data = data.replace(character, escape)
    return Markup(data)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
