"""What is wrong with the spans, actors and pairs of an annotated article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stance.data.defects import Defect, Kind, shown, unknown_value
from stance.data.records import read_reference, read_span, read_stance
from stance.types import QuoteKind

_QUOTE_KINDS = tuple(kind.value for kind in QuoteKind)


def article_defects(record: Mapping[str, Any]) -> list[Defect]:
    """All defects of an article that has `text` and a list `gold`; fields are named as `gold[0].evidence[1]`."""
    text: str = record["text"]
    defects: list[Defect] = []
    lang = record.get("lang")
    if lang is not None and not isinstance(lang, str):
        defects.append(Defect(Kind.WRONG_TYPE, "lang", shown(lang), "expected a language tag or null"))
    for part in ("sentences", "quotes", "mentions"):
        for field, item in _items(record, part, defects):
            required_span(item, text, field=field, defects=defects)
            if part == "quotes" and isinstance(item, dict) and item.get("kind") not in _QUOTE_KINDS:
                defects.append(unknown_value(f"{field}.kind", item.get("kind"), _QUOTE_KINDS))
    for field, pair in _items(record, "gold", defects):
        gold_defects(pair, text, field=field, defects=defects)
    for field, pair in _items(record, "absent", defects):
        target = pair.get("target") if isinstance(pair, dict) else None
        read_reference(target, text, field=f"{field}.target", defects=defects)
    return defects


def gold_defects(pair: Any, text: str, *, field: str, defects: list[Defect]) -> None:
    """Add what is wrong with one gold pair: its actor, target, stance and evidence."""
    if not isinstance(pair, dict) or not isinstance(pair.get("evidence"), list) or not pair["evidence"]:
        expected = "expected an object with actor, target, stance and evidence"
        defects.append(Defect(Kind.MISSING, field, shown(pair), expected))
        return
    if pair.get("actor") is not None:
        read_reference(pair["actor"], text, field=f"{field}.actor", defects=defects)
    read_reference(pair.get("target"), text, field=f"{field}.target", defects=defects)
    read_stance(pair.get("stance"), field=f"{field}.stance", defects=defects)
    for index, item in enumerate(pair["evidence"]):
        required_span(item, text, field=f"{field}.evidence[{index}]", defects=defects)


def required_span(value: Any, text: str, *, field: str, defects: list[Defect]) -> None:
    """Add what is wrong with an object that must have `start` and `end`."""
    n_before = len(defects)
    span = read_span(value, text, field=field, defects=defects) if isinstance(value, Mapping) else None
    if span is None and len(defects) == n_before:
        defects.append(Defect(Kind.MISSING, field, shown(value), "expected an object with `start` and `end`"))


def _items(record: Mapping[str, Any], part: str, defects: list[Defect]) -> Iterator[tuple[str, Any]]:
    items = record.get(part)
    if items is not None and not isinstance(items, list):
        defects.append(Defect(Kind.WRONG_TYPE, part, shown(items), "expected a list"))
        return
    yield from ((f"{part}[{index}]", item) for index, item in enumerate(items or ()))
