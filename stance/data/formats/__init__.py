"""One reader per annotation format, all behind `read(path, losses=...) -> Iterator[AnnotatedSentence]`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from stance.data.formats import dse, native, newsmtsc, ruopinionne, rusentne, xstance
from stance.data.lines import require_file, text_lines
from stance.data.losses import LossReport
from stance.errors import DataError
from stance.types import AnnotatedSentence


class Reader(Protocol):
    """What every format module offers."""

    def __call__(self, path: Path, *, losses: LossReport) -> Iterator[AnnotatedSentence]: ...


READERS: Mapping[str, Reader] = {
    "native": native.read,
    "newsmtsc": newsmtsc.read,
    "dse": dse.read,
    "rusentne": rusentne.read,
    "ruopinionne": ruopinionne.read,
    "xstance": xstance.read,
}
_SIGNS = {
    "newsmtsc": '"sentence_normalized"',
    "ruopinionne": '"opinions"',
    "xstance": '"question_id"',
    "rusentne": "entity_pos_start_rel",
    "native": '"annotations"',
}


def read_sentences(path: Path, *, format: str | None, losses: LossReport) -> Iterator[AnnotatedSentence]:  # noqa: A002
    """Every annotated sentence of a file, or of the *.jsonl files of a folder (native format only).

    Args:
        format: a name from READERS; None detects it from the file's first line.

    Raises:
        DataError: unknown format, or the file is not of that format.
    """
    if path.is_dir() and format in (None, "native"):
        paths = sorted(path.glob("*.jsonl"))
        if not paths:
            raise DataError(f"{path}: no *.jsonl file in this folder.")
        for part in paths:
            yield from native.read(part, losses=losses)
        return
    require_file(path)
    name = format or detect_format(path)
    if name not in READERS:
        nearest = difflib.get_close_matches(name, READERS, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise DataError(f"format {name!r} is not known{hint} There are: {', '.join(READERS)}.")
    yield from READERS[name](path, losses=losses)


def detect_format(path: Path) -> str:
    """The format whose sign stands in the file's first line.

    Raises:
        DataError: none fits.
    """
    _, first = next(text_lines(path), (0, ""))
    for name, sign in _SIGNS.items():
        if sign in first:
            return name
    if first.count("\t") == 3 and "[" in first:
        return "dse"
    raise DataError(
        f"{path}: the format cannot be told from the first line. Name it with --format: {', '.join(READERS)}."
    )
