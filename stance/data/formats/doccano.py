"""doccano JSON Lines, with relations (`entities`, `relations`) or without (`label`).

Offsets count UTF-16 units, as doccano's front end does. Further columns are what doccano calls meta; `id` is doccano's
own number, so that ours travels as `sentence_id`, and what is no plain text travels as JSON in `further`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stance.data.formats.columns import columns_of
from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.labels import LabelMap
from stance.data.formats.markup import Link, MarkedSpan, MarkedText, mark, sentences_of
from stance.data.lines import json_lines
from stance.data.losses import LossReport
from stance.data.offsets import utf16_map
from stance.data.records import trimmed
from stance.data.writing import write_text
from stance.types import AnnotatedSentence, Span

_OWN_COLUMNS = ("id", "text", "entities", "relations", "label", "Comments", "sentence_id", "further")
_META = ("doc_id", "lang", "split", "pair_id", "relation", "source", "licence")


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per line.

    Raises:
        DataError: a line is no JSON object, or a label has no stance.
    """
    labels = LabelMap(options.labels)
    for number, record in json_lines(path):
        place = f"{path}:{number}"
        text = record.get("text")
        if not isinstance(text, str) or not text.strip():
            losses.add("line without text", place)
            continue
        comments = record.get("Comments")
        for _ in comments if isinstance(comments, list) else ():
            losses.add("comment", place)
        yield from sentences_of(_marked(record, text, number, place=place, losses=losses), labels=labels, losses=losses)
    labels.require_all_mapped(path)


def _marked(record: Mapping[str, Any], text: str, number: int, *, place: str, losses: LossReport) -> MarkedText:
    spans: dict[str, MarkedSpan] = {}
    offsets = utf16_map(text)
    relations = _objects(record.get("relations"), "relation", place=place, losses=losses)
    n_relations = len(relations)
    for index, entity in enumerate(_entities(record, place=place, losses=losses)):
        start, end, label = entity.get("start_offset"), entity.get("end_offset"), entity.get("label")
        span = offsets.to_code_points(start, end) if type(start) is int and type(end) is int else None
        key = f"#{index}" if entity.get("id") is None else str(entity["id"])
        if span is None or trimmed(span, text) != span:
            # White space at an end: offsets of doccano's grapheme mode, which nothing in the file tells.
            losses.add("entity whose offsets do not fit the text", place)
        elif not isinstance(label, str) or key in spans:
            losses.add("entity without a label or with the id of another", place)
        else:
            # After the relations: doccano has no order between the two.
            spans[key] = MarkedSpan((span,), (label,), order=n_relations + index)
    links = [
        Link(str(item.get("from_id")), str(item.get("to_id")), _label(item.get("type")), order=index)
        for index, item in enumerate(relations)
    ]
    columns = {name: value for name, value in record.items() if name not in _OWN_COLUMNS}
    columns |= _further(record.get("further"))
    if record.get("sentence_id") is not None:
        columns["id"] = record["sentence_id"]
    key = f"doccano-{record.get('id', number)}"
    return MarkedText(key, text, spans, links, place, (Span(0, len(text)),), columns)


def _further(value: Any) -> dict[str, Any]:
    try:
        found = json.loads(value) if isinstance(value, str) and value else {}
    except (ValueError, RecursionError):
        found = {"further": value}
    return found if isinstance(found, dict) else {"further": value}


def _entities(record: Mapping[str, Any], *, place: str, losses: LossReport) -> list[Mapping[str, Any]]:
    """Entities of either export: objects, or [start, end, label] triples."""
    triples = record.get("label")
    if "entities" in record or triples is None:
        return _objects(record.get("entities"), "entity", place=place, losses=losses)
    if not isinstance(triples, list):
        return _objects(triples, "label", place=place, losses=losses)
    as_objects = [
        {"start_offset": item[0], "end_offset": item[1], "label": item[2]}
        if isinstance(item, list) and len(item) == 3
        else item
        for item in triples
    ]
    return _objects(as_objects, "label", place=place, losses=losses)


def _objects(value: Any, noun: str, *, place: str, losses: LossReport) -> list[Mapping[str, Any]]:
    if value is not None and not isinstance(value, list):
        losses.add(f"{noun} that cannot be read", place)
        return []
    for item in value or ():
        if not isinstance(item, dict):
            losses.add(f"{noun} that cannot be read", place)
    return [item for item in value or () if isinstance(item, dict)]


def _label(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else ()


def write(path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int:
    """Write what doccano imports as JSONL(Relation) into a sequence labelling project.

    Every row has the same columns, and only ASCII (doccano guesses encodings and stumbles over missing columns).

    doccano has no place for annotators, for names and ids beside a span, nor for an actor or target without a span:
    these are counted as lost.

    Raises:
        DataError: the file cannot be written.
    """
    n_written = 0

    def records() -> Iterator[Mapping[str, Any]]:
        nonlocal n_written
        for sentence in sentences:
            n_written += 1
            yield _record(sentence, losses=losses)

    write_text(path, (json.dumps(record, ensure_ascii=True) + "\n" for record in records()))
    return n_written


def _record(sentence: AnnotatedSentence, *, losses: LossReport) -> dict[str, Any]:
    spans, links = mark(sentence)
    kept = {}
    for key, span in spans.items():
        _count_losses(span, sentence.id, losses)
        if not span.note.get("implicit"):
            kept[key] = span
    relations = []
    for link in links:
        if link.annotator is not None:
            losses.add("annotator", sentence.id)
        if link.actor in kept and link.target in kept:
            relations.append(link)
        else:
            losses.add("annotation whose actor or target has no span", sentence.id)
    voiced = [span.order for span in kept.values() if len(span.labels) > 1]
    if voiced and relations and min(voiced) < max(link.order for link in relations):
        losses.add("order of annotations with and without an actor", sentence.id)
    used = {key for link in relations for key in (link.actor, link.target)}
    offsets = utf16_map(sentence.text)
    entities = []
    for key, span in kept.items():
        if key in used or len(span.labels) > 1:
            start, end = offsets.from_code_points(span.parts[0])
            entities.append({"id": int(key), "label": span.labels[-1], "start_offset": start, "end_offset": end})
    columns = columns_of(sentence)
    return {
        "text": sentence.text,
        "entities": entities,
        "relations": [
            {"id": i, "from_id": int(link.actor), "to_id": int(link.target), "type": link.labels[0]}
            for i, link in enumerate(relations)
        ],
        "sentence_id": columns.pop("id"),
        **{name: columns.pop(name, "") for name in _META},
        "further": json.dumps(columns) if columns else "",
    }


def _count_losses(span: MarkedSpan, identifier: str, losses: LossReport) -> None:
    implicit = span.note.get("implicit")
    if implicit and len(span.labels) > 1:
        losses.add("annotation whose actor or target has no span", identifier)
    if not implicit and span.note:
        losses.add("name or id of a span", identifier)
    if span.annotator is not None:
        losses.add("annotator", identifier)


def detect(peek: Peek) -> str | None:
    """Rows with `entities` and `relations`, or with `text`, `label` and `Comments`."""
    if peek.names is not None:
        return None
    if peek.has("text", "entities", "relations"):
        return "its rows have `entities` and `relations`"
    return "its rows have `label` and `Comments`" if peek.has("text", "label", "Comments") else None


FORMAT = Format("doccano", "doccano JSON Lines, with or without relations", read, detect, write)
