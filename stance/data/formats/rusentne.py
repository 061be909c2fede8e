"""RuSentNE-2023 (Golubev et al. 2023): sentiment towards an entity of a Russian sentence; tab-separated, no quoting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.lines import text_lines
from stance.data.losses import LossReport
from stance.errors import DataError
from stance.types import AnnotatedSentence, Annotation, Reference, Span, Stance

_STANCES = {"-1": Stance.AGAINST, "0": Stance.NEUTRAL, "1": Stance.FAVOR}
_COLUMNS = ["sentence", "entity", "entity_tag", "entity_pos_start_rel", "entity_pos_end_rel", "label"]


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One AnnotatedSentence per distinct sentence, with all its entities.

    Raises:
        DataError: the header is another one.
    """
    del options
    sentences: dict[str, list[Annotation]] = {}
    lines = text_lines(path)
    number, header = next(lines, (1, ""))
    if header.split("\t") != _COLUMNS:
        raise DataError(f"{path}:{number}: the header is {header[:80]!r}, expected the tab-separated {_COLUMNS}.")
    for number, line in lines:
        place = f"{path}:{number}"
        fields = line.split("\t")
        if len(fields) != len(_COLUMNS) or fields[5].strip() not in _STANCES:
            losses.add("line without six fields and a label -1, 0 or 1", place)
            continue
        text, entity, _, start, end, label = fields
        span: Span | None = Span(int(start), int(end)) if start.isdecimal() and end.isdecimal() else None
        if span is None or span.of(text) != entity:
            losses.add("entity whose offsets do not hold it, without its span", place)
            span = None
        target = Reference(name=entity, span=span)
        annotation = Annotation(actor=None, target=target, stance=_STANCES[label.strip()])
        sentences.setdefault(text, []).append(annotation)
    for index, (text, found) in enumerate(sentences.items()):
        yield AnnotatedSentence(
            id=f"rusentne-{index}",
            text=text,
            annotations=tuple(found),
            lang="ru",
            source="rusentne",
            licence="MIT",
        )


def detect(peek: Peek) -> str | None:
    """The tab-separated header of RuSentNE."""
    return "its header is RuSentNE's" if peek.first_line.split("\t") == _COLUMNS else None


FORMAT = Format("rusentne", "RuSentNE-2023, tab-separated", read, detect, own_labels=True)
