"""Label Studio's full JSON (not JSON-MIN): tasks with `data` and `annotations`.

Read: a relation labelled with a stance is an annotation; a region with a stance as its label or as its per-region
choice is a target of the text's own voice. Each annotator's work gives annotations of that annotator. Predictions are
read only where we wrote them: a model's guess is no annotation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from stance.data.formats.columns import columns_of
from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.labels import LabelMap
from stance.data.formats.markup import Link, MarkedSpan, MarkedText, mark, sentences_of
from stance.data.lines import object_list
from stance.data.losses import LossReport
from stance.data.offsets import span_in_units
from stance.data.writing import json_line, write_text
from stance.errors import DataError
from stance.types import STANCES, AnnotatedSentence, Span

# The mark of predictions that carry annotations, made by `write`.
CARRIED = "stance convert"


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per task, with the annotations of all annotators.

    Raises:
        DataError: the file is no list of tasks, or a label has no stance.
    """
    labels = LabelMap(options.labels)
    for index, task in object_list(path):
        place = f"{path}: task {task.get('id', index)}"
        if "data" not in task and "annotation_id" in task:
            raise DataError(f"{path}: this is JSON-MIN, which drops the relations; export as JSON instead.")
        data = task.get("data")
        field = _text_field(task) if isinstance(data, dict) else None
        if not isinstance(data, dict) or field is None:
            losses.add("task without text", place)
            continue
        columns = {name: value for name, value in data.items() if name != field}
        marked = _marked(task, data[field], columns, index, place=place, losses=losses)
        yield from sentences_of(marked, labels=labels, losses=losses)
    labels.require_all_mapped(path)


def _text_field(task: Mapping[str, Any]) -> str | None:
    """`text`, else the one text that the task brings."""
    data = task["data"]
    texts = [name for name, value in data.items() if isinstance(value, str) and value.strip()]
    if "text" in texts:
        return "text"
    return texts[0] if len(texts) == 1 else None


def _marked(
    task: Mapping[str, Any], text: str, columns: Mapping[str, Any], index: int, *, place: str, losses: LossReport
) -> MarkedText:
    spans: dict[str, MarkedSpan] = {}
    links: list[Link] = []
    n_results = 0
    for number, (results, annotator) in enumerate(_works(task, place=place, losses=losses)):
        found = _Results(text, results, annotator, prefix=f"{number}:", first=n_results)
        spans |= found.spans(place=place, losses=losses)
        links += found.links(place=place, losses=losses)
        n_results += len(results)
    key = f"task-{task.get('id', index)}"
    return MarkedText(key, text, spans, links, place, (Span(0, len(text)),), columns)


def _works(
    task: Mapping[str, Any], *, place: str, losses: LossReport
) -> Iterator[tuple[Sequence[Mapping[str, Any]], str | None]]:
    """The results of each piece of work on a task, with its annotator."""
    for annotation in _objects(task.get("annotations") or task.get("completions")):
        if annotation.get("was_cancelled"):
            losses.add("skipped annotation", place)
        else:
            yield _objects(annotation.get("result")), _annotator(annotation.get("completed_by"))
    for _ in _listed(task.get("drafts")):
        losses.add("draft", place)
    for prediction in _listed(task.get("predictions")):
        if not isinstance(prediction, dict):
            losses.add("prediction of a model", place)
            continue
        model, _, annotator = str(prediction.get("model_version")).partition(": ")
        if model == CARRIED:
            yield _objects(prediction.get("result")), annotator or None
        else:
            losses.add("prediction of a model", place)


def _annotator(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return None if value is None else str(value)


class _Results:
    """The results of one annotator on one task."""

    def __init__(
        self, text: str, results: Sequence[Mapping[str, Any]], annotator: str | None, *, prefix: str, first: int
    ) -> None:
        self._text, self._results, self._annotator = text, results, annotator
        self._prefix, self._first = prefix, first

    def spans(self, *, place: str, losses: LossReport) -> dict[str, MarkedSpan]:
        """Regions by id; their choices count as further labels."""
        found: dict[str, MarkedSpan] = {}
        for order, result in enumerate(self._results):
            if result.get("type") == "relation":
                continue
            key = f"{self._prefix}{result.get('id')}"
            before = found.get(key)
            if before is not None and result.get("type") == "labels":
                losses.add("region with the id of another", place)
                continue
            span = before.parts[0] if before else self._span(result, place=place, losses=losses)
            if span is None:
                continue
            labels = (*(before.labels if before else ()), *_labels(result))
            note = (before.note if before else None) or _note(result)
            found[key] = MarkedSpan((span,), labels, note, self._annotator, self._first + order)
        return found

    def links(self, *, place: str, losses: LossReport) -> list[Link]:
        """Relations; `direction` left means that the second region acts."""
        found = []
        for order, result in enumerate(self._results):
            if result.get("type") != "relation":
                continue
            ends = (f"{self._prefix}{result.get('from_id')}", f"{self._prefix}{result.get('to_id')}")
            if result.get("direction") == "left":
                ends = ends[::-1]
            if result.get("direction") == "bi":
                losses.add("relation without a direction", place)
                continue
            found.append(Link(*ends, _strings(result.get("labels")), self._annotator, self._first + order))
        return found

    def _span(self, result: Mapping[str, Any], *, place: str, losses: LossReport) -> Span | None:
        value = result.get("value")
        start, end = (value.get("start"), value.get("end")) if isinstance(value, dict) else (None, None)
        if not isinstance(value, dict) or type(start) is not int or type(end) is not int:
            losses.add(f"result of type {result.get('type')!r} without offsets", place)
            return None
        words = value.get("text")
        if 0 <= start < end <= len(self._text) and words in (None, self._text[start:end]):
            return Span(start, end)
        fitting = span_in_units(self._text, start, end, words=words) if isinstance(words, str) else None
        if fitting is None:
            losses.add("region whose offsets do not hold its words", place)
            return None
        return fitting[1]


def _labels(result: Mapping[str, Any]) -> tuple[str, ...]:
    value = result.get("value")
    return _strings(value.get(str(result.get("type")))) if isinstance(value, dict) else ()


def _note(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The name and id that `write` leaves in the region's `meta`."""
    meta = result.get("meta")
    texts = _strings(meta.get("text")) if isinstance(meta, dict) else ()
    for text in texts:
        try:
            note = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(note, dict):
            return note
    return {}


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def write(path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int:
    """Write tasks to import, their annotations as predictions that annotators accept or correct, one per annotator.

    The labelling configuration that fits is written beside it, as NAME.config.xml.

    Raises:
        DataError: the file cannot be written.
    """
    n_written = 0

    def chunks() -> Iterator[str]:
        nonlocal n_written
        for sentence in sentences:
            names = [name for name, _ in groupby(annotation.annotator for annotation in sentence.annotations)]
            if len(names) > len(set(names)):
                losses.add("order of annotations by several annotators", sentence.id)
            yield (",\n" if n_written else "[\n") + json_line(_task(sentence)).rstrip("\n")
            n_written += 1
        yield "\n]\n" if n_written else "[]\n"

    write_text(path, chunks())
    write_text(path.with_suffix(".config.xml"), [labelling_config()])
    return n_written


def labelling_config() -> str:
    """The labelling configuration of a stance project."""
    choices = "\n".join(f'    <Choice value="{stance.value}"/>' for stance in STANCES)
    relations = "\n".join(f'    <Relation value="{stance.value}"/>' for stance in STANCES)
    return (
        f'<View>\n  <Relations>\n{relations}\n  </Relations>\n  <Labels name="label" toName="text">\n'
        '    <Label value="Actor"/>\n    <Label value="Target"/>\n  </Labels>\n  <Text name="text" value="$text"/>\n'
        f'  <Choices name="stance" toName="text" perRegion="true" whenTagName="label">\n{choices}\n'
        "  </Choices>\n</View>\n"
    )


def _task(sentence: AnnotatedSentence) -> dict[str, Any]:
    spans, links = mark(sentence)
    annotators = dict.fromkeys(annotation.annotator for annotation in sentence.annotations)
    predictions = [
        {
            "model_version": CARRIED if annotator is None else f"{CARRIED}: {annotator}",
            "result": _results(sentence.text, spans, links, annotator),
        }
        for annotator in annotators
    ]
    return {"data": {"text": sentence.text, **columns_of(sentence)}, "predictions": predictions}


def _results(
    text: str, spans: Mapping[str, MarkedSpan], links: Sequence[Link], annotator: str | None
) -> list[dict[str, Any]]:
    own = [link for link in links if link.annotator == annotator]
    voiced = [key for key, span in spans.items() if len(span.labels) > 1 and span.annotator == annotator]
    used = dict.fromkeys([*(key for link in own for key in (link.actor, link.target)), *voiced])
    results = [_region(text, key, spans[key], "labels", spans[key].labels[0]) for key in used]
    judged: list[tuple[int, dict[str, Any]]] = [
        (spans[key].order, _region(text, key, spans[key], "choices", spans[key].labels[1])) for key in voiced
    ]
    judged += [
        (
            link.order,
            {
                "type": "relation",
                "from_id": f"s{link.actor}",
                "to_id": f"s{link.target}",
                "direction": "right",
                "labels": list(link.labels),
            },
        )
        for link in own
    ]
    return results + [result for _, result in sorted(judged, key=lambda pair: pair[0])]


def _region(text: str, key: str, span: MarkedSpan, kind: str, label: str) -> dict[str, Any]:
    at = span.parts[0]
    region: dict[str, Any] = {
        "id": f"s{key}",
        "from_name": "label" if kind == "labels" else "stance",
        "to_name": "text",
        "type": kind,
        "value": {"start": at.start, "end": at.end, "text": at.of(text), kind: [label]},
    }
    return region | ({"meta": {"text": [json_line(span.note).rstrip()]}} if span.note else {})


def detect(peek: Peek) -> str | None:
    """A JSON list of tasks with `data`, and `annotations` or `predictions`."""
    if peek.names is not None or not peek.text.lstrip().startswith("["):
        return None
    if peek.has("annotation_id", "annotator"):
        return "it looks like Label Studio's JSON-MIN"
    found = "data" in peek.record and ("annotations" in peek.record or "predictions" in peek.record)
    return "it is a list of tasks with `data` and `annotations`" if found else None


FORMAT = Format("labelstudio", "Label Studio's full JSON", read, detect, write)
