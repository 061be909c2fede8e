"""NewsMTSC (Hamborg and Donnay 2021): polarity of the text towards marked targets; the holder is the text's voice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.lines import json_lines
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence, Annotation, Reference, Span, Stance

_STANCES = {2.0: Stance.AGAINST, 4.0: Stance.NEUTRAL, 6.0: Stance.FAVOR}


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per line; a target whose span does not hold its mention is counted as lost."""
    del options
    for number, record in json_lines(path):
        place = f"{path}:{number}"
        text = record.get("sentence_normalized")
        if not isinstance(text, str) or not text.strip():
            losses.add("line without sentence_normalized", place)
            continue
        targets = record.get("targets")
        if not isinstance(targets, list):
            losses.add("line without a list of targets", place)
            continue
        found = [_annotation(target, text, place=place, losses=losses) for target in targets]
        yield AnnotatedSentence(
            id=str(record.get("primary_gid", f"{path.stem}-{number}")),
            text=text,
            annotations=tuple(annotation for annotation in found if annotation is not None),
            lang="en",
            source="newsmtsc",
            licence="MIT",
        )


def _annotation(target: Any, text: str, *, place: str, losses: LossReport) -> Annotation | None:
    polarity = target.get("polarity") if isinstance(target, dict) else None
    stance = _STANCES.get(polarity) if isinstance(polarity, int | float) else None
    if stance is None:
        losses.add("polarity that is not 2, 4 or 6", place)
        return None
    start, end, mention = target.get("from"), target.get("to"), target.get("mention")
    whole = type(start) is int and type(end) is int and 0 <= start < end
    if not whole or text[start:end] != mention:
        losses.add("target whose offsets do not hold its mention", place)
        return None
    return Annotation(actor=None, target=Reference(name=mention, span=Span(start, end)), stance=stance)


def detect(peek: Peek) -> str | None:
    """JSON Lines with `sentence_normalized` and `targets`."""
    found = peek.names is None and peek.has("sentence_normalized", "targets")
    return "its rows have `sentence_normalized` and `targets`" if found else None


FORMAT = Format("newsmtsc", "NewsMTSC, JSON Lines", read, detect, own_labels=True)
