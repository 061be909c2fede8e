"""Write files whole or not at all; the native format among them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from stance.errors import DataError
from stance.types import AnnotatedSentence, Annotation, Reference


def write_text(path: Path, chunks: Iterable[str]) -> None:
    """Write UTF-8 text under a temporary name, then move it into place.

    Raises:
        DataError: the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}).") from error
    part = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(chunks)
        part.chmod(0o644)
        os.replace(part, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def folder_written_whole(path: Path) -> Iterator[Path]:
    """A folder to write into that is moved to `path` once all went well, and removed otherwise.

    Raises:
        DataError: `path` is there and holds something, or cannot be written.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DataError(f"{path}: this is there already and not an empty folder. Remove it or name another one.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}).") from error
    try:
        yield part
        part.chmod(0o755)
        if path.exists():
            path.rmdir()
        part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def file_written_whole(path: Path) -> Iterator[Path]:
    """A file name to write to that is moved to `path` once all went well, and removed otherwise.

    Raises:
        DataError: the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}).") from error
    try:
        yield folder / path.name
        try:
            os.replace(folder / path.name, path)
        except OSError as error:
            raise DataError(f"{path}: cannot be written ({error.strerror}).") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_json_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object per line.

    Raises:
        DataError: the place cannot be written.
    """
    write_text(path, (json_line(record) for record in records))


def json_line(record: Mapping[str, Any]) -> str:
    """A record as one line; control characters, escape sequences among them, are escaped by JSON itself.

    U+007F to U+009F and the line separators are escaped too: terminals and JavaScript act on them.
    """
    line = _dumped(record)
    if not line.isprintable():
        line = "".join(c if c.isprintable() else _escape(c) for c in line)
    return line + "\n"


def _dumped(record: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(record).decode("utf-8")
    except TypeError:
        # Half surrogate pairs and integers over 64 bits, which orjson refuses.
        return json.dumps(record, ensure_ascii=False)


def write_native(path: Path, sentences: Iterable[AnnotatedSentence]) -> int:
    """Write annotated sentences in the native format and return their number."""
    n_written = 0

    def records() -> Iterable[dict[str, Any]]:
        nonlocal n_written
        for sentence in sentences:
            n_written += 1
            yield sentence_record(sentence)

    write_json_lines(path, records())
    return n_written


def sentence_record(sentence: AnnotatedSentence) -> dict[str, Any]:
    """The native record of a sentence, empty optional fields left out, further columns kept."""
    record: dict[str, Any] = {
        "id": sentence.id,
        "doc_id": sentence.doc_id,
        "lang": sentence.lang,
        "text": sentence.text,
        "annotations": [_annotation_record(annotation) for annotation in sentence.annotations],
        "split": sentence.split and sentence.split.value,
        "pair_id": sentence.pair_id,
        "relation": sentence.relation,
        "phenomena": list(sentence.phenomena) or None,
        "source": sentence.source,
        "licence": sentence.licence,
    }
    return {key: value for key, value in record.items() if value is not None} | dict(sentence.extra)


def _annotation_record(annotation: Annotation) -> dict[str, Any]:
    record = {
        "actor": None if annotation.actor is None else _reference_record(annotation.actor),
        "target": _reference_record(annotation.target),
        "stance": annotation.stance.value,
    }
    return record if annotation.annotator is None else record | {"annotator": annotation.annotator}


def _reference_record(reference: Reference) -> dict[str, Any]:
    record: dict[str, Any] = {} if reference.id is None else {"id": reference.id}
    record["name"] = reference.name
    if reference.span is not None:
        record |= {"start": reference.span.start, "end": reference.span.end}
    return record


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
