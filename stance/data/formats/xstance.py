"""x-stance (Vamvas and Sennrich 2020): comments of Swiss politicians on questions, binary, de/fr/it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.lines import json_lines
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence, Annotation, Reference, Stance

_STANCES = {"FAVOR": Stance.FAVOR, "AGAINST": Stance.AGAINST}
_KEPT = ("test_set", "author", "topic", "question_id")


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One comment per line; its author is the text's own voice, the question is the target."""
    del options
    for number, record in json_lines(path):
        stance = _STANCES.get(str(record.get("label")))
        text, question, lang = record.get("comment"), record.get("question"), record.get("language")
        if stance is None or not (_is_text(text) and _is_text(question)):
            losses.add("line without comment, question and a label FAVOR or AGAINST", f"{path}:{number}")
            continue
        yield AnnotatedSentence(
            id=str(record.get("id", number)),
            text=text,
            annotations=(Annotation(actor=None, target=Reference(name=question), stance=stance),),
            lang=lang if isinstance(lang, str) else None,
            source="xstance",
            licence="CC-BY-NC-4.0",
            extra={key: record[key] for key in _KEPT if key in record},
        )


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def detect(peek: Peek) -> str | None:
    """JSON Lines with `question`, `comment` and `label`."""
    found = peek.names is None and peek.has("question_id", "question", "comment")
    return "its rows have `question` and `comment`" if found else None


FORMAT = Format("xstance", "x-stance, JSON Lines", read, detect, own_labels=True)
