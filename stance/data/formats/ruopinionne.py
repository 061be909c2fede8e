"""RuOpinionNE-2024 (Loukachevitch et al. 2024): opinion tuples of Russian sentences (holder, target, polarity)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        opinions = record.get("opinions")
        if not isinstance(opinions, list):
            losses.add("line without a list of opinions", place)
            continue
        found = [_annotation(opinion, text, place=place, losses=losses) for opinion in opinions]
        yield AnnotatedSentence(
            id=f"ruopinionne-{record.get('sent_id', number)}",
            text=text,
            annotations=_distinct(found, place=place, losses=losses),
            lang="ru",
            source="ruopinionne",
            licence="MIT",
        )


def _distinct(found: Sequence[Annotation | None], *, place: str, losses: LossReport) -> tuple[Annotation, ...]:
    """Each opinion once: the set lists one per polar expression, and expressions are not carried over."""
    known = [annotation for annotation in found if annotation is not None]
    distinct = tuple(dict.fromkeys(known))
    for _ in range(len(known) - len(distinct)):
        losses.add("further expression of an opinion already listed", place)
    return distinct


def _annotation(opinion: Any, text: str, *, place: str, losses: LossReport) -> Annotation | None:
    opinion = opinion if isinstance(opinion, dict) else {}
    stance = _STANCES.get(str(opinion.get("Polarity")))
    target = _reference(opinion.get("Target"), text, place=place, losses=losses)
    if stance is None or target is None:
        losses.add("opinion without a polarity or a named target", place)
        return None
    holder = opinion.get("Source")
    words = _words(holder)
    if words is None:
        losses.add("opinion whose holder cannot be read", place)
        return None
    if words[0] == "NULL":
        losses.add("holder NULL read as the text's own voice", place)
    return Annotation(actor=_reference(holder, text, place=place, losses=losses), target=target, stance=stance)


def _reference(pair: Any, text: str, *, place: str, losses: LossReport) -> Reference | None:
    words = _words(pair)
    if words is None or words[0] in _NO_HOLDER:
        return None
    if len(words) > 1:
        losses.add("discontinuous mention without its span", place)
        return Reference(name=" ".join(words))
    span = _span(pair)
    if span is None or span.of(text) != words[0]:
        losses.add("mention whose offsets do not hold it, without its span", place)
        return Reference(name=words[0])
    return Reference(name=words[0], span=span)


def _words(pair: Any) -> list[str] | None:
    """The parts of a mention, None where `pair` is not [[part, ...], ["start:end", ...]]."""
    words = pair[0] if isinstance(pair, list) and len(pair) == 2 else None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        return None
    return words


def _span(pair: Any) -> Span | None:
    first = pair[1][0] if isinstance(pair[1], list) and pair[1] else ""
    start, _, end = str(first).partition(":")
    return Span(int(start), int(end)) if start.isdecimal() and end.isdecimal() else None
