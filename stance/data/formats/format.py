"""What a format is: a name, a reader, a sign by which it is recognised, and perhaps a writer.

A package adds one by an entry point of the group `stance.formats` that names a `Format`; all of ours are there too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from stance.data.lines import require_file
from stance.data.losses import LossReport
from stance.types import EMPTY, AnnotatedSentence

_PEEK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user declares about a file.

    labels: the file's labels -> favor, neutral, against, or drop.
    columns: our fields (text, actor, target, stance, ...) -> the file's columns.
    lang: BCP 47 tag of sentences that name none.
    """

    labels: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    columns: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    lang: str | None = None


class Reader(Protocol):
    """Every annotated sentence of a file or folder; what cannot be carried over is counted in `losses`."""

    def __call__(self, path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]: ...


class Writer(Protocol):
    """Writes a file or folder, whole or not at all, and returns the number of sentences written."""

    def __call__(self, path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int: ...


class Peek:
    """A first look at a path: its name, and the folder's names or the beginning of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names = {part.name for part in path.iterdir()} if path.is_dir() else None
        self.head = b"" if self.names is not None else _head(path)

    @cached_property
    def text(self) -> str:
        """The beginning of the file as text; bytes that are no UTF-8 are replaced."""
        return self.head.decode("utf-8-sig", "replace")

    @cached_property
    def first_line(self) -> str:
        """The first line that is not blank."""
        return next((line for line in self.text.splitlines() if line.strip()), "")

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """The JSON object of the first line, or the first of a JSON list; empty where there is none."""
        return _first_object(self.text)

    def has(self, *fields: str) -> bool:
        """Whether the first record has all these fields."""
        return all(field in self.record for field in fields)


@dataclass(frozen=True, slots=True)
class Format:
    """One annotation format.

    detect: the reason why a path is in this format, None if it is not.
    own_labels: the reader knows what the labels mean; a label map given by the user is an error.
    fallback: the sign is a general one, and gives way to that of any other format.
    """

    name: str
    summary: str
    read: Reader
    detect: Callable[[Peek], str | None]
    write: Writer | None = None
    own_labels: bool = False
    fallback: bool = False


def _head(path: Path) -> bytes:
    require_file(path)
    with path.open("rb") as file:
        return file.read(_PEEK_BYTES)


def _first_object(text: str) -> Mapping[str, Any]:
    start = text.find("{")
    if start < 0 or text[:start].strip(" \t\r\n[\ufeff"):
        return {}
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        # A record longer than the peek: its keys can still be told from the text.
        return dict.fromkeys(_keys(text[start:]))
    return value if isinstance(value, dict) else {}


def _keys(text: str) -> list[str]:
    """Words in quotes before a colon; only for records that are cut off."""
    return re.findall(r'"([^"\\]+)"\s*:', text)
