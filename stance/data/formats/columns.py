"""The fields of a sentence beside its text and annotations, as tools carry them: plain columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stance.data.losses import LossReport
from stance.data.records import RELATIONS
from stance.types import AnnotatedSentence, Annotation, Split

_TEXTS = ("doc_id", "lang", "pair_id", "relation", "source", "licence")


def build_sentence(
    *,
    key: str,
    text: str,
    annotations: tuple[Annotation, ...],
    columns: Mapping[str, Any],
    losses: LossReport,
    place: str,
) -> AnnotatedSentence:
    """A sentence from its columns; those that are none of ours are kept as further ones.

    Args:
        key: the id where the columns bring none.
    """
    rest = dict(columns)
    identifier = rest.pop("id", None)
    texts = {name: _text(rest.pop(name, None)) for name in _TEXTS}
    if texts["relation"] is not None and texts["relation"] not in RELATIONS:
        losses.add("relation that is neither flip nor same", place)
        texts["relation"] = None
    return AnnotatedSentence(
        id=_text(identifier) or key,
        text=text,
        annotations=annotations,
        lang=texts["lang"],
        doc_id=texts["doc_id"],
        split=_split(rest.pop("split", None), losses=losses, place=place),
        pair_id=texts["pair_id"],
        relation=texts["relation"],
        phenomena=_phenomena(rest.pop("phenomena", None)),
        source=texts["source"],
        licence=texts["licence"],
        extra=rest,
    )


def columns_of(sentence: AnnotatedSentence) -> dict[str, Any]:
    """The columns that `build_sentence` makes the sentence's fields from; empty ones are left out."""
    columns: dict[str, Any] = {"id": sentence.id}
    columns |= {name: value for name in _TEXTS if (value := getattr(sentence, name)) is not None}
    if sentence.split is not None:
        columns["split"] = sentence.split.value
    if sentence.phenomena:
        columns["phenomena"] = list(sentence.phenomena)
    return columns | dict(sentence.extra)


def _split(value: Any, *, losses: LossReport, place: str) -> Split | None:
    names = {"validation": "dev", "valid": "dev", "val": "dev", "training": "train"}
    name = names.get(str(value), str(value))
    if value in (None, ""):
        return None
    if name not in {split.value for split in Split}:
        losses.add(f"split {value!r} that is no train, dev or test", place)
        return None
    return Split(name)


def _phenomena(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
