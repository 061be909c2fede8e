"""WebAnno TSV 3 (INCEpTION): one token per line, a column per feature, offsets in UTF-16 units.

Rules of the format: INCEpTION user guide, appendix "WebAnno TSV 3.3". A relation stands on the line of its dependent
(the target); its cell names the governor (the actor).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.labels import LabelMap
from stance.data.formats.markup import Link, MarkedSpan, MarkedText, sentences_of
from stance.data.lines import read_whole
from stance.data.losses import LossReport
from stance.data.offsets import OffsetMap, utf16_map, utf16_width
from stance.data.records import trimmed
from stance.errors import DataError
from stance.types import AnnotatedSentence, Span

_TOKEN = re.compile(r"(\d+-\d+(?:\.\d+)?)\t(\d{1,9})-(\d{1,9})\t([^\t]*)")
_MAX_GAP = 100_000
_NUMBER = re.compile(r"\[(\d+)\]$")
_REFERENCE = re.compile(r"(\d+-\d+(?:\.\d+)?)(?:\[(\d+)_(\d+)\])?$")
_ESCAPED = ("\\", "[", "]", "|", "_", ";", "*", "->")
_TEXT_ESCAPES = {"t": "\t", "n": "\n", "f": "\f", "r": "\r", "b": "\b"}


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer with its columns; `base` is the span layer that a relation layer links, None for a span layer."""

    name: str
    columns: slice
    base: str | None


@dataclass(slots=True)
class _Document:
    """The text gathered so far, and the annotations by key (layer, number or token)."""

    text: str = ""
    units: list[tuple[int, int]] = field(default_factory=list)
    spans: dict[str, tuple[str, int, int, tuple[str, ...]]] = field(default_factory=dict)
    links: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    tokens: list[tuple[int, int, str]] = field(default_factory=list)


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """The sentences of a document.

    Raises:
        DataError: the file is no WebAnno TSV 3, or a label has no stance.
    """
    labels = LabelMap(options.labels)
    lines = read_whole(path).removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    layers = _layers(lines, path)
    document = _read_lines(lines, layers, path, losses=losses)
    yield from sentences_of(_marked(document, path, options, losses=losses), labels=labels, losses=losses)
    labels.require_all_mapped(path)


def _layers(lines: Sequence[str], path: Path) -> list[_Layer]:
    if not lines[0].startswith("#FORMAT=WebAnno TSV 3"):
        raise DataError(f"{path}:1: {lines[0][:60]!r}, expected #FORMAT=WebAnno TSV 3.x; export in that format.")
    layers: list[_Layer] = []
    first = 0
    for line in lines[1:]:
        if not line.startswith("#T_"):
            if line and not layers:
                continue
            break
        kind, _, rest = line.partition("=")
        name, *features = rest.split("|")
        width = max(1, len(features))
        base = features[-1].removeprefix("BT_") if kind == "#T_RL" and features else None
        layers.append(_Layer(name, slice(first, first + width), base))
        first += width
    return layers


def _read_lines(lines: Sequence[str], layers: Sequence[_Layer], path: Path, *, losses: LossReport) -> _Document:
    document = _Document()
    pending: list[str] = []
    length = 0  # of the text so far, in UTF-16 units
    for number, line in enumerate(lines, start=1):
        if line.startswith("#Text="):
            pending.append(_unescape(line.removeprefix("#Text="), _TEXT_ESCAPES))
            continue
        match = _TOKEN.match(line)
        if match is None:
            if line and not line.startswith("#"):
                losses.add("line that is no token", f"{path}:{number}")
            continue
        token, start, end = match[1], int(match[2]), int(match[3])
        if pending:
            if not 0 <= start - length <= _MAX_GAP:
                raise DataError(
                    f"{path}:{number}: offset {start} does not follow the sentence before, ending at {length}."
                )
            # Text between sentences is not exported: blanks keep the offsets.
            document.text += " " * (start - length)
            sentence = "\n".join(pending)
            length = start + sum(map(utf16_width, sentence))
            document.units.append((start, length))
            document.text += sentence
            pending = []
        document.tokens.append((start, end, match[4]))
        cells = line[match.end() :].split("\t")[1:]
        columns = max((layer.columns.stop for layer in layers), default=0)
        if len(cells) < columns:
            raise DataError(f"{path}:{number}: {len(cells)} columns, the header announces {columns}.")
        for layer in layers:
            _read_cells(document, layer, token, (start, end), cells[layer.columns], f"{path}:{number}", losses)
    return document


def _read_cells(
    document: _Document,
    layer: _Layer,
    token: str,
    at: tuple[int, int],
    cells: Sequence[str],
    place: str,
    losses: LossReport,
) -> None:
    stacked = [_split(cell) for cell in cells]
    if len({len(values) for values in stacked}) > 1:
        losses.add("stacked annotations with different numbers of values", place)
    for values in zip(*stacked, strict=False):
        if all(value == "_" for value in values):
            continue
        if layer.base is None:
            _read_span(document, layer, token, at, values)
            continue
        match = _REFERENCE.match(values[-1])
        if match is None:
            losses.add("relation that names no governor", place)
            continue
        governor = _key(layer.base, match[1], match[2])
        labels = (_short(layer.name), *filter(None, map(_plain, values[:-1])))
        document.links.append((governor, _key(layer.base, token, match[3]), labels))


def _read_span(document: _Document, layer: _Layer, token: str, at: tuple[int, int], values: Sequence[str]) -> None:
    number = _NUMBER.search(values[0])
    key = _key(layer.name, token, number and number[1])
    labels = (_short(layer.name), *(plain for value in values if (plain := _plain(_NUMBER.sub("", value)))))
    known = document.spans.get(key)
    start = at[0] if known is None else known[1]
    document.spans[key] = (layer.name, start, at[1], labels if known is None else known[3])


def _key(layer: str, token: str, number: str | None) -> str:
    """A span's number is unique in the document; one without (or 0) is found by its only token."""
    return f"{layer}[{number}]" if number not in (None, "0") else f"{layer}@{token}"


def _marked(document: _Document, path: Path, options: ReadOptions, *, losses: LossReport) -> MarkedText:
    offsets = utf16_map(document.text)
    for start, end, token in document.tokens:
        at = offsets.to_code_points(start, end)
        if at is None or at.of(document.text) not in (token, _unescape(token, _TEXT_ESCAPES)):
            losses.add("token that is not the text at its offsets", str(path))
    spans = {}
    for key, (_, start, end, labels) in document.spans.items():
        span = _words(offsets, start, end, document.text)
        if span is None:
            losses.add("span whose offsets do not fit the text", str(path))
            continue
        spans[key] = MarkedSpan((span,), labels, order=span.start)
    links = [Link(actor, target, labels, order=i) for i, (actor, target, labels) in enumerate(document.links)]
    units = tuple(span for start, end in document.units if (span := _words(offsets, start, end, document.text)))
    columns = {"lang": options.lang} if options.lang else {}
    return MarkedText(path.stem, document.text, spans, links, str(path), units, columns)


def _words(offsets: OffsetMap, start: int, end: int, text: str) -> Span | None:
    span = offsets.to_code_points(start, end)
    return None if span is None else trimmed(span, text)


def _split(cell: str) -> list[str]:
    """Stacked values: split at bars that no backslash escapes."""
    values, current, escaped = [], "", False
    for character in cell:
        if character == "|" and not escaped:
            values.append(current)
            current = ""
            continue
        current += character
        escaped = character == "\\" and not escaped
    return [*values, current]


def _plain(value: str) -> str:
    """The value without its number and escapes; `_` and `*` mean none."""
    bare = _NUMBER.sub("", value)
    return "" if bare in ("_", "*") else _unescape(bare, {"t": "\t", "n": "\n"})


def _unescape(text: str, escapes: Mapping[str, str]) -> str:
    def plain(match: re.Match[str]) -> str:
        if match[1] in escapes:
            return escapes[match[1]]
        # What the format never escapes is a backslash of the text itself.
        return match[1] if match[1] in _ESCAPED or not match[1].isprintable() else match[0]

    return re.sub(r"\\(->|.)", plain, text, flags=re.DOTALL)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def detect(peek: Peek) -> str | None:
    """The first line says so."""
    return "its first line says WebAnno TSV 3" if peek.first_line.startswith("#FORMAT=WebAnno TSV 3") else None


FORMAT = Format("webanno", "WebAnno TSV 3 (INCEpTION)", read, detect)
