"""Directed Sentiment Extraction (Park et al. 2021): who is positive or negative towards whom, brackets mark both.

The brackets may stand inside a word ("[Los Angele]s"); labels 2 and 4 reverse the direction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.lines import text_lines
from stance.data.losses import LossReport
from stance.types import AnnotatedSentence, Annotation, Reference, Span, Stance

_LABELS = {  # label -> (the second entity holds the stance, stance)
    "0": (False, Stance.NEUTRAL),
    "1": (False, Stance.FAVOR),
    "2": (True, Stance.FAVOR),
    "3": (False, Stance.AGAINST),
    "4": (True, Stance.AGAINST),
}
_BRACKET = re.compile(r"[\[\]]")


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per line; exact duplicates and lines without two bracketed entities are counted as lost."""
    del options
    seen: set[str] = set()
    for number, line in text_lines(path):
        place = f"{path}:{number}"
        if line in seen:
            losses.add("exact duplicate", place)
            continue
        seen.add(line)
        fields = line.split("\t")
        if len(fields) != 4 or fields[3].strip() not in _LABELS:
            losses.add("line without sentence, two entities and a label 0-4", place)
            continue
        text, spans = remove_brackets(fields[0])
        entities = _entities(text, spans, names=(fields[1], fields[2]))
        if entities is None:
            losses.add("entities that the brackets do not mark", place)
            continue
        reverse, stance = _LABELS[fields[3].strip()]
        actor, target = reversed(entities) if reverse else entities
        yield AnnotatedSentence(
            id=f"dse-{path.stem}-{number}",
            text=text,
            annotations=(Annotation(actor=actor, target=target, stance=stance),),
            lang="en",
            source="dse",
            licence="free use with citation",
        )


def remove_brackets(marked: str) -> tuple[str, list[Span]]:
    """The text without its brackets, and the spans that they enclosed."""
    spans: list[Span] = []
    pieces: list[str] = []
    length, position, opened = 0, 0, None
    for match in _BRACKET.finditer(marked):
        piece = marked[position : match.start()]
        pieces.append(piece)
        length += len(piece)
        position = match.end()
        if match.group() == "[":
            opened = length
        elif opened is not None:
            spans.append(Span(opened, length))
            opened = None
    pieces.append(marked[position:])
    return "".join(pieces), spans


def whole_words(span: Span, text: str) -> Span:
    """The span grown to the letters that touch it: the set cuts plural and genitive endings off."""
    start, end = span.start, span.end
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return Span(start, end)


def _entities(text: str, spans: list[Span], *, names: tuple[str, str]) -> tuple[Reference, Reference] | None:
    found = []
    free = list(spans)
    for name in names:
        fitting = [span for span in free if span.of(text) == name]
        if not fitting:
            return None
        free.remove(fitting[0])
        span = whole_words(fitting[0], text)
        found.append(Reference(name=span.of(text), span=span))
    return found[0], found[1]


def detect(peek: Peek) -> str | None:
    """Four tab-separated fields, the first with brackets, the last a label 0-4."""
    fields = peek.first_line.split("\t")
    found = len(fields) == 4 and fields[0].count("[") >= 2 and fields[3].strip() in _LABELS
    return "its lines are a sentence with brackets, two entities and a label 0-4" if found else None


FORMAT = Format("dse", "Directed Sentiment Extraction, tab-separated", read, detect, own_labels=True)
