"""The native format: one annotated sentence per line of JSON; see DESIGN's "Annotated sentences"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from stance.data.defects import raise_problems
from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.lines import expand, object_lines
from stance.data.losses import LossReport
from stance.data.records import parse_sentence
from stance.data.seen import SeenKeys
from stance.data.writing import write_native
from stance.errors import DataError
from stance.types import AnnotatedSentence


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """One sentence per line of a file, or of every *.jsonl below a folder; nothing is ever lost.

    Good rows come at once, so that a file larger than memory can be read; the bad ones are raised at the end.

    Raises:
        DataError: lists the bad rows of a file, as `file:line: field: found, expected`.
    """
    del options, losses
    for part in _files(path):
        yield from _read_file(part)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = [part for part in expand([path]) if part.suffix == ".jsonl"]
    if not files:
        raise DataError(f"{path}: no *.jsonl file in this folder.")
    return files


def _read_file(path: Path) -> Iterator[AnnotatedSentence]:
    problems: list[str] = []
    ids = SeenKeys()
    for number, record in object_lines(path, problems=problems):
        try:
            sentence = parse_sentence(record, place=f"{path}:{number}")
        except DataError as error:
            problems += str(error).splitlines()
            continue
        ids.add(sentence.id, number)
        yield sentence
    problems += repeated_ids(path, ids)
    raise_problems(problems)


def repeated_ids(path: Path, ids: SeenKeys) -> list[str]:
    """A message for every id that came before; the file is read again for the ids themselves."""
    first_lines = {repeat.line: repeat.first_line for repeat in ids.repeats()}
    if not first_lines:
        return []
    rows = {number: record.get("id") for number, record in object_lines(path, problems=[]) if number in first_lines}
    return [
        f"{path}:{line}: id: {rows[line]!r} is also on line {first}; ids must be unique."
        for line, first in first_lines.items()
    ]


def detect(peek: Peek) -> str | None:
    """A folder of *.jsonl, or a first line with `annotations` and `text`."""
    if peek.names is not None:
        return "a folder of *.jsonl files" if any(name.endswith(".jsonl") for name in peek.names) else None
    return "its rows have `annotations`" if peek.has("text", "annotations") else None


def write(path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int:
    """Write one file of JSON Lines; nothing is lost.

    Raises:
        DataError: the file cannot be written.
    """
    del losses
    return write_native(path, sentences)


FORMAT = Format("native", "annotated sentences of stance, JSON Lines", read, detect, write)
