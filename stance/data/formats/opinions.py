"""Opinion tuples (Source, Target, Polar_expression, Polarity), as SemEval-2022 Task 10 and RuOpinionNE list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stance.data.losses import LossReport
from stance.types import Annotation, Reference, Span, Stance

_NO_HOLDER = ("NULL", "AUTHOR")


def annotations_of(
    opinions: Any, text: str, *, stances: Mapping[str, Stance], place: str, losses: LossReport
) -> tuple[Annotation, ...]:
    """One annotation per opinion; a pair comes as often as the set lists a polar expression for it.

    The expressions themselves are counted as lost.
    """
    items = opinions if isinstance(opinions, list) else []
    found = [_annotation(item, text, stances=stances, place=place, losses=losses) for item in items]
    return tuple(annotation for annotation in found if annotation is not None)


def _annotation(
    opinion: Any, text: str, *, stances: Mapping[str, Stance], place: str, losses: LossReport
) -> Annotation | None:
    opinion = opinion if isinstance(opinion, dict) else {}
    stance = stances.get(str(opinion.get("Polarity")))
    target = _reference(opinion.get("Target"), text, place=place, losses=losses)
    if stance is None or target is None:
        losses.add("opinion without a polarity or a named target", place)
        return None
    holder = opinion.get("Source")
    words = _words(holder)
    if words is None:
        losses.add("opinion whose holder cannot be read", place)
        return None
    if not words:
        losses.add("opinion without a holder read as the text's own voice", place)
    elif words[0] == "NULL":
        losses.add("holder NULL read as the text's own voice", place)
    if opinion.get("Polar_expression"):
        losses.add("polar expression", place)
    return Annotation(actor=_reference(holder, text, place=place, losses=losses), target=target, stance=stance)


def _reference(pair: Any, text: str, *, place: str, losses: LossReport) -> Reference | None:
    words = _words(pair)
    if not words or words[0] in _NO_HOLDER:
        return None
    if len(words) > 1:
        losses.add("discontinuous mention without its span", place)
        return Reference(name=" ".join(words))
    span = _span(pair)
    if span is None or span.of(text) != words[0]:
        losses.add("mention whose offsets do not hold it, without its span", place)
        return Reference(name=words[0])
    return Reference(name=words[0], span=span)


def _words(pair: Any) -> Sequence[str] | None:
    """The parts of a mention, none where nobody is named; None for anything but [[part, ...], [offsets, ...]]."""
    words = pair[0] if isinstance(pair, list) and len(pair) == 2 else None
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        return None
    return words


def _span(pair: Any) -> Span | None:
    first = pair[1][0] if isinstance(pair[1], list) and pair[1] else ""
    start, _, end = str(first).partition(":")
    return Span(int(start), int(end)) if start.isdecimal() and end.isdecimal() else None
