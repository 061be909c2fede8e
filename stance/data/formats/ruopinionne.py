"""RuOpinionNE-2024 (Loukachevitch et al. 2024): opinion tuples of Russian sentences (holder, target, polarity)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stance.data.lines import json_lines
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence, Annotation, Reference, Span, Stance

_STANCES = {"POS": Stance.FAVOR, "NEG": Stance.AGAINST}
_NO_HOLDER = ("NULL", "AUTHOR")


def read(path: Path, *, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per line, also those without opinions.

    A holder NULL (nobody named) is read as the text's own voice like AUTHOR, and counted; discontinuous mentions
    keep their words and lose their span, counted too.
    """
    for number, record in json_lines(path):
        place = f"{path}:{number}"
        text = record.get("text")
        if not isinstance(text, str) or not text.strip():
            losses.add("line without text", place)
            continue
        found = [_annotation(opinion, text, place=place, losses=losses) for opinion in record.get("opinions", ())]
        yield AnnotatedSentence(
            id=f"ruopinionne-{record.get('sent_id', number)}",
            text=text,
            annotations=tuple(dict.fromkeys(annotation for annotation in found if annotation is not None)),
            lang="ru",
            source="ruopinionne",
            licence="MIT",
        )


def _annotation(opinion: dict[str, Any], text: str, *, place: str, losses: LossReport) -> Annotation | None:
    stance = _STANCES.get(opinion.get("Polarity", ""))
    target = _reference(opinion.get("Target"), text, place=place, losses=losses)
    if stance is None or target is None:
        losses.add("opinion without a polarity or a named target", place)
        return None
    holder = opinion.get("Source") or [["NULL"], []]
    if holder[0] and holder[0][0] == "NULL":
        losses.add("holder NULL read as the text's own voice", place)
    return Annotation(actor=_reference(holder, text, place=place, losses=losses), target=target, stance=stance)


def _reference(pair: Any, text: str, *, place: str, losses: LossReport) -> Reference | None:
    if not pair or not pair[0] or pair[0][0] in _NO_HOLDER:
        return None
    words, places = pair
    if len(words) > 1:
        losses.add("discontinuous mention without its span", place)
        return Reference(name=" ".join(words))
    start, _, end = places[0].partition(":")
    span = Span(int(start), int(end))
    if span.of(text) != words[0]:
        losses.add("mention whose offsets do not hold it, without its span", place)
        return Reference(name=words[0])
    return Reference(name=words[0], span=span)
