"""brat standoff: NAME.txt with NAME.ann beside it, in a folder.

Read: a relation labelled with a stance (or with an attribute that is one) is an annotation, its first argument the
actor. A span with a stance as its type or attribute is a target of the text's own voice. Spans of the type Sentence say
what the sentences are; without them the text is cut by rules. Notes in JSON carry names, ids and further fields.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from stance.data.formats.columns import columns_of
from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.labels import LabelMap
from stance.data.formats.markup import Link, MarkedSpan, MarkedText, mark, sentences_of
from stance.data.lines import read_whole, text_lines
from stance.data.losses import LossReport
from stance.data.offsets import utf16_map
from stance.data.writing import folder_written_whole, json_line, write_text
from stance.errors import DataError
from stance.types import STANCES, AnnotatedSentence, Span

SENTENCE = "Sentence"
_SPAN = re.compile(r"(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)")
_RELATION = re.compile(r"(\S+) (\S+):(\S+) (\S+):(\S+)")
_MAX_NAME_BYTES = 160
_UNSAFE = re.compile(r"[^\w.-]+")
_LINE_BREAKS = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONFIG = """\
[entities]
Sentence
Actor
Target
[relations]
{relations}
[events]
[attributes]
Stance Arg:Target, Value:favor|neutral|against
"""


@dataclass(slots=True)
class _Standoff:
    """The lines of one .ann file, by id."""

    spans: dict[str, tuple[str, tuple[Span, ...]]] = field(default_factory=dict)
    relations: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)

    def place(self, identifier: str) -> int:
        """Where a span or relation stands among the judgements: at its attribute, if it has one."""
        return self.judged.get(identifier, self.order[identifier])


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """The sentences of every document of a folder (and the folders below), or of one .ann or .txt file.

    Raises:
        DataError: a text is missing, or a label has no stance.
    """
    labels = LabelMap(options.labels)
    for document in _documents(path):
        text = read_whole(document.with_suffix(".txt"))
        standoff = _read_standoff(document, text, losses=losses)
        key = document.relative_to(path).with_suffix("").as_posix() if path.is_dir() else document.stem
        yield from sentences_of(_marked(key, text, standoff, options, str(document)), labels=labels, losses=losses)
    labels.require_all_mapped(path)


def _documents(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(path.rglob("*.ann"))
        if not found:
            raise DataError(f"{path}: no .ann file in this folder.")
        return found
    return [path.with_suffix(".ann")]


def _read_standoff(path: Path, text: str, *, losses: LossReport) -> _Standoff:
    standoff = _Standoff()
    for number, line in text_lines(path):
        place = f"{path}:{number}"
        identifier, _, rest = line.partition("\t")
        body, _, words = rest.partition("\t")
        if identifier in standoff.order and not identifier.startswith(("#", "*")):
            losses.add("line with the id of another", place)
            continue
        standoff.order[identifier] = number
        if identifier.startswith("T"):
            _add_span(standoff, identifier, body, words, text, losses=losses, place=place)
        elif identifier.startswith("R") and (match := _RELATION.fullmatch(body.strip())):
            ends = (match[3], match[5]) if match[2].casefold() not in ("arg2", "target") else (match[5], match[3])
            standoff.relations[identifier] = (match[1], *ends)
        elif identifier.startswith(("A", "M")) and len(body.split()) >= 2:
            kind, owner, *value = body.split()
            standoff.attributes.setdefault(owner, []).append(" ".join(value) or kind)
            standoff.judged[owner] = number
        elif identifier.startswith("#"):
            _add_note(standoff, body, words, losses=losses, place=place)
        else:
            losses.add(_UNREAD.get(identifier[:1], "line that is no span, relation, attribute or note"), place)
    for owner in standoff.attributes.keys() - standoff.spans.keys() - standoff.relations.keys():
        losses.add("attribute of nothing that was read", f"{path}: {owner}")
    return standoff


_UNREAD = {"E": "event", "*": "equivalence", "N": "normalisation"}


def _add_span(
    standoff: _Standoff, identifier: str, body: str, words: str, text: str, *, losses: LossReport, place: str
) -> None:
    match = _SPAN.fullmatch(body.strip())
    if match is None:
        losses.add("span line without a type and offsets", place)
        return
    given = [tuple(map(int, part.split())) for part in match[2].split(";")]
    parts = tuple(Span(start, end) for start, end in given)
    if not _holds(parts, text, words):
        # brat's editor shifts what follows an emoji: try the units that its browser counts.
        converted = [utf16_map(text).to_code_points(start, end) for start, end in given]
        parts = tuple(part for part in converted if part is not None)
        if len(parts) != len(given) or not _holds(parts, text, words):
            losses.add("span whose offsets do not hold its words", place)
            return
        losses.add("span in UTF-16 units, converted", place)
    standoff.spans[identifier] = (match[1], parts)


def _holds(parts: Sequence[Span], text: str, words: str) -> bool:
    fits = all(part.start < part.end <= len(text) for part in parts)
    return fits and (not words or " ".join(_one_line(part.of(text)) for part in parts).split() == words.split())


def _add_note(standoff: _Standoff, body: str, words: str, *, losses: LossReport, place: str) -> None:
    owner = body.split()[-1] if body.split() else ""
    try:
        note = json.loads(words)
    except (ValueError, RecursionError):
        note = None
    if isinstance(note, dict):
        standoff.notes[owner] = note
    else:
        losses.add("free note", place)


def _marked(key: str, text: str, standoff: _Standoff, options: ReadOptions, place: str) -> MarkedText:
    units, unit_columns = [], {}
    spans = {}
    for identifier, (kind, parts) in standoff.spans.items():
        note = standoff.notes.get(identifier, {})
        if kind == SENTENCE:
            unit = Span(min(part.start for part in parts), max(part.end for part in parts))
            units.append(unit)
            unit_columns[unit] = note
            continue
        labels = (kind, *standoff.attributes.get(identifier, ()))
        spans[identifier] = MarkedSpan(parts, labels, note, note.get("annotator"), standoff.place(identifier))
    links = [
        Link(
            actor,
            target,
            (kind, *standoff.attributes.get(identifier, ())),
            standoff.notes.get(identifier, {}).get("annotator"),
            standoff.place(identifier),
        )
        for identifier, (kind, actor, target) in standoff.relations.items()
    ]
    columns = {"lang": options.lang} if options.lang else {}
    return MarkedText(key, text, spans, links, place, tuple(units) if units else None, columns, unit_columns)


def write(path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int:
    """Write a folder of documents with the `annotation.conf` that brat needs.

    Sentences of one `doc_id` that follow each other share a document.

    Raises:
        DataError: the folder exists and is not empty, or cannot be written.
    """
    del losses  # notes carry all that brat has no place for
    n_written = 0
    names: Counter[str] = Counter()
    with folder_written_whole(path) as folder:
        relations = "\n".join(f"{stance.value} Arg1:Actor, Arg2:Target" for stance in STANCES)
        write_text(folder / "annotation.conf", [_CONFIG.format(relations=relations)])
        for _, group in groupby(sentences, key=lambda s: ("doc", s.doc_id) if s.doc_id else ("id", s.id)):
            document = list(group)
            stem = _file_stem(document[0].doc_id or document[0].id)
            names[stem] += 1
            name = stem if names[stem] == 1 else f"{stem}~{names[stem]}"
            write_text(folder / f"{name}.txt", ["\n".join(sentence.text for sentence in document)])
            write_text(folder / f"{name}.ann", _standoff_lines(document))
            n_written += len(document)
    return n_written


def _file_stem(name: str) -> str:
    """A file name for a document; file systems bound names in bytes."""
    safe = _UNSAFE.sub("_", name).encode("utf-8")[:_MAX_NAME_BYTES]
    return safe.decode("utf-8", "ignore").strip(".") or "document"


def _standoff_lines(document: list[AnnotatedSentence]) -> Iterator[str]:
    numbers: Counter[str] = Counter()

    def new(kind: str) -> str:
        numbers[kind] += 1
        return f"{kind}{numbers[kind]}"

    def note(owner: str, values: Mapping[str, Any]) -> str:
        return f"{new('#')}\tAnnotatorNotes {owner}\t{json_line(values)}" if values else ""

    start = 0
    for sentence in document:
        text = sentence.text
        unit = new("T")
        yield f"{unit}\t{SENTENCE} {start} {start + len(text)}\t{_one_line(text)}\n"
        yield note(unit, columns_of(sentence))
        spans, links = mark(sentence)
        ids = {key: new("T") for key in spans}
        for key, span in spans.items():
            at = span.parts[0]
            yield f"{ids[key]}\t{span.labels[0]} {start + at.start} {start + at.end}\t{_one_line(at.of(text))}\n"
            yield note(ids[key], {**span.note, **_annotator(span.annotator)})
        judged: list[tuple[int, str, Link | None]] = [(link.order, "", link) for link in links]
        judged += [(span.order, key, None) for key, span in spans.items() if span.labels[1:]]
        for _, key, link in sorted(judged, key=lambda item: item[0]):
            if link is None:
                yield f"{new('A')}\tStance {ids[key]} {spans[key].labels[1]}\n"
                continue
            relation = new("R")
            yield f"{relation}\t{link.labels[0]} Arg1:{ids[link.actor]} Arg2:{ids[link.target]}\n"
            yield note(relation, _annotator(link.annotator))
        start += len(text) + 1


def _annotator(name: str | None) -> dict[str, str]:
    return {} if name is None else {"annotator": name}


def _one_line(text: str) -> str:
    return _LINE_BREAKS.sub(" ", text)


def detect(peek: Peek) -> str | None:
    """A folder with .ann files, or a .ann file."""
    if peek.names is not None:
        found = any(name.endswith(".ann") for name in peek.names) and not any(
            n.endswith(".opin.txt") for n in peek.names
        )
        return "a folder with .ann files" if found else None
    return "its name ends in .ann" if peek.path.suffix == ".ann" else None


FORMAT = Format("brat", "brat standoff, a folder of .txt and .ann", read, detect, write)
