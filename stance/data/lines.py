"""Lines of a text file, with their numbers, bounded and checked."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from stance.errors import DataError

MAX_LINE_BYTES = 16 << 20
MAX_FILE_BYTES = 64 << 20
_HUGE = 2.0**63
_LINE_FILES = (".jsonl", ".csv", ".tsv", ".txt")


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of every line that is not blank, without its line end.

    Raises:
        DataError: the file is missing, a folder, binary, or a line is no UTF-8 or over 16 MiB.
    """
    for number, raw in raw_lines(path):
        line = decode_line(raw, path=path, number=number).rstrip("\r\n")
        if line.strip():
            yield number, line


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of every line.

    Raises:
        DataError: the file is missing, a folder, or a line is over 16 MiB.
    """
    require_file(path)
    with path.open("rb") as file:
        for number, raw in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
            if len(raw) > MAX_LINE_BYTES:
                raise DataError(f"{path}:{number}: the line is over {MAX_LINE_BYTES >> 20} MiB; is this a text file?")
            yield number, raw


def decode_line(raw: bytes, *, path: Path, number: int) -> str:
    """The line as text; a byte-order mark at the start of the file is dropped."""
    if b"\0" in raw:
        raise DataError(f"{path}:{number}: a NUL byte; this is a binary file, not text.")
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}:{number}: byte {error.start + 1} of the line is not UTF-8 (0x{raw[error.start]:02x}). "
            "Save the file as UTF-8."
        ) from error


def read_whole(path: Path) -> str:
    """The text of a whole file, line ends and byte-order mark as they are.

    Raises:
        DataError: the file is missing, over 64 MiB, or no UTF-8.
    """
    require_file(path)
    if path.stat().st_size > MAX_FILE_BYTES:
        raise DataError(f"{path}: over {MAX_FILE_BYTES >> 20} MiB; split it into several files.")
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 (byte {error.start + 1}). Save the file as UTF-8.") from error


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of every line of a JSON Lines file.

    Raises:
        DataError: as `text_lines`, or a line is no JSON object.
    """
    for number, line in text_lines(path):
        yield number, parse_object(line, place=f"{path}:{number}")


def object_list(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number (from 1) and object of every item of a JSON file that holds one list.

    Raises:
        DataError: as `read_whole`, or the file holds something else.
    """
    try:
        value = json.loads(read_whole(path).removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON ({_json_problem(error)}).") from error
    if not isinstance(value, list):
        raise DataError(f"{path}: a JSON {type(value).__name__}; a list of objects is expected.")
    for number, item in enumerate(value, start=1):
        if not isinstance(item, dict):
            raise DataError(f"{path}: item {number} is a JSON {type(item).__name__}; an object is expected.")
        yield number, item


def object_lines(path: Path, *, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """As `json_lines`, but a line that is no JSON object is added to `problems` and the next one is read.

    Raises:
        DataError: as `text_lines`.
    """
    for number, raw in raw_lines(path):
        if raw.isspace() or (number == 1 and not raw.removeprefix(codecs.BOM_UTF8).strip()):
            continue
        try:
            record = object_of(raw, path=path, number=number)
        except DataError as error:
            problems.append(str(error))
            continue
        yield number, record


def object_of(raw: bytes, *, path: Path, number: int) -> dict[str, Any]:
    """The JSON object of one line.

    Raises:
        DataError: it is something else, or no UTF-8.
    """
    try:
        value = orjson.loads(raw)
        if type(value) is dict and not _has_huge_float(value):
            return value
    except (ValueError, RecursionError):
        # What is wrong is found out the slow way; a byte-order mark is no mistake.
        pass
    return parse_object(decode_line(raw, path=path, number=number), place=f"{path}:{number}")


def parse_object(line: str, *, place: str) -> dict[str, Any]:
    """One JSON object.

    Raises:
        DataError: it is something else.
    """
    try:
        value = _loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: not JSON ({_json_problem(error)}). Each line is one JSON object.") from error
    if not isinstance(value, dict):
        raise DataError(f"{place}: a JSON {type(value).__name__}; each line is one JSON object.")
    return value


def expand(paths: Sequence[Path]) -> list[Path]:
    """The files, folders replaced by the *.jsonl and *.json files below them.

    Raises:
        DataError: a folder holds none.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted([*path.rglob("*.jsonl"), *path.rglob("*.json")]) if path.is_dir() else [path]
        if not found:
            raise DataError(f"{path}: no *.jsonl or *.json file in this folder.")
        files += found
    return files


def _loads(line: str) -> Any:
    """The value of a line; integers over 64 bits and halves of surrogate pairs, which orjson refuses, the slow way."""
    try:
        value = orjson.loads(line)
    except ValueError as error:
        if "surrogate" not in str(error):
            raise
        return json.loads(line)
    return json.loads(line) if _has_huge_float(value) else value


def _has_huge_float(value: Any) -> bool:
    """Whether a number may be an integer over 64 bits that orjson has made a float of."""
    if type(value) is float:
        return not -_HUGE < value < _HUGE
    if type(value) is dict:
        return any(_has_huge_float(item) for item in value.values() if type(item) is not str)
    return type(value) is list and any(_has_huge_float(item) for item in value)


def count_lines(path: Path) -> int | None:
    """Lines of a text file, for a progress bar; None for a folder and for files that are not read by lines."""
    if not path.is_file() or path.suffix.lower() not in _LINE_FILES:
        return None
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def require_file(path: Path) -> None:
    """Check that `path` is a file that may be read.

    Raises:
        DataError: says what it is instead.
    """
    try:
        if path.is_dir():
            raise DataError(f"{path}: this is a folder; a file is expected.")
        if not path.is_file():
            raise DataError(f"{path}: no such file.")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    if not os.access(path, os.R_OK):
        raise DataError(f"{path}: you may not read this file; change its permissions.")


def _json_problem(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"column {error.colno}: {error.msg}"
    return "nested too deep" if isinstance(error, RecursionError) else "a number with thousands of digits"
