"""What span annotation tools have in common: a text with labelled spans, and links between them.

A link from one span to another, labelled with a stance, is an annotation: its source is the actor, its target the
target. A span labelled with a stance is a target on which the text itself takes that side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stance.data.formats.columns import build_sentence
from stance.data.formats.labels import LabelMap
from stance.data.losses import LossReport
from stance.text.languages import language_of
from stance.text.segmentation import segment
from stance.types import EMPTY, AnnotatedSentence, Annotation, Reference, Span

ACTOR, TARGET = "Actor", "Target"


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """A span with its labels, the most specific last; `parts` are several where it is discontinuous.

    note: `{"id", "name", "implicit"}` where the tool keeps one beside the span; `implicit` marks an actor or target
    that no words name, hung on the whole sentence. order: place among the annotations of the text.
    """

    parts: tuple[Span, ...]
    labels: tuple[str, ...]
    note: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    annotator: str | None = None
    order: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled relation from the span with key `actor` to that with key `target`."""

    actor: str
    target: str
    labels: tuple[str, ...]
    annotator: str | None = None
    order: int = 0


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text with its spans by key; `units` are its sentences where the tool says so, None cuts it by rules.

    columns: the fields of the sentences that come from this text (doc_id, lang, ...), and further ones.
    """

    key: str
    text: str
    spans: Mapping[str, MarkedSpan]
    links: Sequence[Link]
    place: str
    units: tuple[Span, ...] | None = None
    columns: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    unit_columns: Mapping[Span, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """An annotation whose spans still count in the whole text."""

    annotation: Annotation
    cover: Span
    order: int


def sentences_of(marked: MarkedText, *, labels: LabelMap, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One AnnotatedSentence per sentence of the text; sentences that an annotation spans come as one."""
    judgements = [*_linked(marked, labels, losses), *_voiced(marked, labels, losses)]
    judgements.sort(key=lambda judgement: judgement.order)
    units = _merged_units(marked, judgements)
    n_placed = 0
    for unit in units:
        own = [j.annotation for j in judgements if unit.contains(j.cover)]
        n_placed += len(own)
        yield _sentence(marked, unit, own, alone=len(units) == 1, losses=losses)
    for _ in range(len(judgements) - n_placed):
        losses.add("annotation outside every sentence", marked.place)


def _linked(marked: MarkedText, labels: LabelMap, losses: LossReport) -> Iterator[_Judgement]:
    for link in marked.links:
        actor, target = marked.spans.get(link.actor), marked.spans.get(link.target)
        if actor is None or target is None:
            losses.add("relation to a span that is not there", marked.place)
            continue
        label = _stance_label(link.labels, labels)
        stance = labels.stance(label) if label else None
        if stance is None:
            losses.add(f"relation labelled {label!r}" if label else "relation without a label", marked.place)
            continue
        whole = (_whole(actor, marked, losses), _whole(target, marked, losses))
        references = [_reference(span, cover, marked) for span, cover in zip((actor, target), whole, strict=True)]
        cover = _outer((*actor.parts, *target.parts))
        yield _Judgement(Annotation(references[0], references[1], stance, link.annotator), cover, link.order)


def _voiced(marked: MarkedText, labels: LabelMap, losses: LossReport) -> Iterator[_Judgement]:
    """Spans that bear a stance themselves: the text's own voice; the others are mentions, counted where unlinked."""
    linked = {key for link in marked.links for key in (link.actor, link.target)}
    for key, span in marked.spans.items():
        label = _stance_label(span.labels, labels)
        if label is None or not labels.knows(label):
            if key not in linked:
                name = span.labels[-1] if span.labels else ""
                labels.mention(name)
                losses.add(f"span {name!r} without a stance", marked.place)
            continue
        stance = labels.stance(label)
        if stance is None:
            losses.add(f"span labelled {label!r}", marked.place)
            continue
        cover = _whole(span, marked, losses)
        reference = _reference(span, cover, marked)
        yield _Judgement(Annotation(None, reference, stance, span.annotator), _outer(span.parts), span.order)


def _stance_label(names: Sequence[str], labels: LabelMap) -> str | None:
    """The label that says the stance: a declared value, else any value there is; the name of a layer or relation type
    only where it has no value."""
    kind, values = names[:1], names[1:]
    declared = next((name for name in reversed(values) if labels.knows(name)), None)
    if declared is None and labels.is_stance(kind):
        return kind[0]
    return declared or next(reversed(values or kind), None)


def _whole(span: MarkedSpan, marked: MarkedText, losses: LossReport) -> Span | None:
    """The span, None (and a loss) where it is discontinuous: its words are kept as the name."""
    if span.note.get("implicit"):
        return None
    if len(span.parts) == 1:
        return span.parts[0]
    losses.add("discontinuous span kept as a name without offsets", marked.place)
    return None


def _outer(parts: Sequence[Span]) -> Span:
    return Span(min(part.start for part in parts), max(part.end for part in parts))


def _reference(span: MarkedSpan, cover: Span | None, marked: MarkedText) -> Reference:
    words = " ".join(part.of(marked.text) for part in span.parts)
    identifier = span.note.get("id")
    return Reference(
        name=str(span.note.get("name") or words), id=None if identifier is None else str(identifier), span=cover
    )


def _merged_units(marked: MarkedText, judgements: Sequence[_Judgement]) -> list[Span]:
    """The sentences, neighbours joined where an annotation reaches from one into the other."""
    if marked.units is not None:
        units = sorted(marked.units)
    else:
        language = language_of(str(marked.columns.get("lang") or "en"))
        units = [sentence.span for sentence in segment(marked.text, language)]
    covers = [judgement.cover for judgement in judgements]
    merged: list[Span] = []
    for unit in units:
        if merged and any(_reaches(cover, merged[-1], unit) for cover in covers):
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, unit.end))
        else:
            merged.append(unit)
    return merged


def _reaches(cover: Span, before: Span, after: Span) -> bool:
    return cover.start < before.end and cover.end > after.start


def _sentence(
    marked: MarkedText, unit: Span, annotations: list[Annotation], *, alone: bool, losses: LossReport
) -> AnnotatedSentence:
    columns = {**marked.columns, **marked.unit_columns.get(unit, {})}
    if not alone:
        columns.setdefault("doc_id", marked.key)
    return build_sentence(
        key=marked.key if alone else f"{marked.key}:{unit.start}-{unit.end}",
        text=unit.of(marked.text),
        annotations=tuple(_moved(annotation, unit) for annotation in annotations),
        columns=columns,
        losses=losses,
        place=marked.place,
    )


def mark(sentence: AnnotatedSentence) -> tuple[dict[str, MarkedSpan], list[Link]]:
    """The sentence's annotations as spans and links, for the writers.

    An actor or target without a span is hung on the whole sentence, with an `implicit` note.
    """
    spans: dict[str, MarkedSpan] = {}
    links: list[Link] = []
    keys: dict[tuple[str, Reference], str] = {}
    for order, annotation in enumerate(sentence.annotations):
        if annotation.actor is None:
            labels = (TARGET, annotation.stance.value)
            key = f"{len(spans) + 1}"
            spans[key] = _marked(annotation.target, sentence, labels, annotator=annotation.annotator, order=order)
            continue
        ends = []
        for role, reference in ((ACTOR, annotation.actor), (TARGET, annotation.target)):
            if (role, reference) not in keys:
                keys[role, reference] = f"{len(spans) + 1}"
                spans[keys[role, reference]] = _marked(reference, sentence, (role,))
            ends.append(keys[role, reference])
        links.append(Link(ends[0], ends[1], (annotation.stance.value,), annotation.annotator, order))
    return spans, links


def _marked(
    reference: Reference,
    sentence: AnnotatedSentence,
    labels: tuple[str, ...],
    *,
    annotator: str | None = None,
    order: int = 0,
) -> MarkedSpan:
    note: dict[str, Any] = {} if reference.id is None else {"id": reference.id}
    span = reference.span
    if span is None:
        note |= {"name": reference.name, "implicit": True}
        span = Span(0, len(sentence.text))
    elif reference.name != span.of(sentence.text):
        note["name"] = reference.name
    return MarkedSpan((span,), labels, note, annotator, order)


def _moved(annotation: Annotation, unit: Span) -> Annotation:
    def move(reference: Reference) -> Reference:
        if reference.span is None:
            return reference
        span = Span(reference.span.start - unit.start, reference.span.end - unit.start)
        return Reference(reference.name, reference.id, span)

    actor = annotation.actor and move(annotation.actor)
    return Annotation(actor, move(annotation.target), annotation.stance, annotation.annotator)
