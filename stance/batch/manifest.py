"""What a job remembers: `manifest/job.json`, one JSON file per finished shard, and `manifest/done.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from stance.batch.sources.inputs import STDIN, Input
from stance.errors import DataError

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One input as it was when the job began; of standard input nothing is known but its rows, shard by shard."""

    path: str
    format: str
    n_bytes: int
    mtime_ns: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """`job.json`: what the job is; `identity` by name, `config_hash` over it."""

    stance_version: str
    created: str
    config_hash: str
    identity: Mapping[str, Any]
    inputs: Sequence[InputRecord]
    format_version: int = FORMAT_VERSION

    @property
    def n_bytes(self) -> int:
        return sum(item.n_bytes for item in self.inputs)


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """`part-000042.json`: one finished shard.

    rows_sha256: over its rows as they were read. counts: records by table, and `duplicates` among the documents.
    files: size in bytes by path below the output folder. seconds: from its rows to its files.
    """

    number: int
    first_row: int
    n_rows: int
    read_bytes: int
    rows_sha256: str
    model_id: str
    config_hash: str
    counts: Mapping[str, int]
    files: Mapping[str, int]
    seconds: float
    finished: str


@dataclass(frozen=True, slots=True)
class DoneRecord:
    """`done.json`: the job is finished; `skipped` counts what was no article, by kind."""

    n_shards: int
    skipped: Mapping[str, int]
    finished: str


def describe_inputs(inputs: Sequence[Input], *, known: JobRecord | None) -> list[InputRecord]:
    """The inputs with the SHA-256 of each; one that is as big and old as `known` says is not read again.

    Raises:
        DataError: one cannot be read.
    """
    before = {} if known is None else {item.path: item for item in known.inputs}
    return [_describe(item, before.get(item.path)) for item in inputs]


def require_unchanged(record: InputRecord) -> None:
    """Check that a file that has just been read through is the one that the job began with.

    Raises:
        DataError: it has changed meanwhile.
    """
    if record.path != STDIN and _stat(record.path) != (record.n_bytes, record.mtime_ns):
        raise DataError(
            f"{record.path}: this file was changed while it was read. Wait until it is complete, then begin anew with "
            "--restart."
        )


def differences(before: JobRecord, *, identity: Mapping[str, Any], inputs: Sequence[InputRecord]) -> list[str]:
    """What is no longer as it was, a phrase each; nothing: it is the same job."""
    found = [
        f"{name} was {_short(before.identity.get(name))} and is {_short(value)}"
        for name, value in identity.items()
        if before.identity.get(name) != value
    ]
    old, new = ({item.path: item for item in items} for items in (before.inputs, inputs))
    found += [f"the input {path} is new" for path in new if path not in old]
    found += [f"the input {path} is gone" for path in old if path not in new]
    found += [f"the input {path} has changed" for path in new if path in old and new[path].sha256 != old[path].sha256]
    if not found and list(old) != list(new):
        found.append("the order of the inputs has changed")
    return found


def to_json(record: JobRecord | ShardRecord | DoneRecord) -> bytes:
    """A record as its file holds it."""
    return orjson.dumps(asdict(record), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def parse_job(path: Path) -> JobRecord | None:
    """The job of a file; None where there is none.

    Raises:
        DataError: it is no job, or one of another format version.
    """
    fields = _load(path)
    if fields is None:
        return None
    version = fields.get("format_version")
    if version != FORMAT_VERSION:
        raise DataError(f"{path}: format_version is {version!r}, this stance goes on with {FORMAT_VERSION}.")
    try:
        return JobRecord(**{**fields, "inputs": [InputRecord(**item) for item in fields["inputs"]]})
    except (KeyError, TypeError) as error:
        raise DataError(f"{path}: not the record of a job ({error}).") from error


def parse_shard(path: Path) -> ShardRecord:
    """The shard of a file.

    Raises:
        DataError: it is no shard.
    """
    try:
        return ShardRecord(**(_load(path) or {}))
    except TypeError as error:
        raise DataError(
            f"{path}: not the record of a shard ({error}); remove it, and the shard is made again."
        ) from error


def parse_done(path: Path) -> DoneRecord | None:
    """The end of a job; None where it has not come.

    Raises:
        DataError: the file holds something else.
    """
    fields = _load(path)
    try:
        return None if fields is None else DoneRecord(**fields)
    except TypeError as error:
        raise DataError(f"{path}: not the end of a job ({error}); remove it and run the job again.") from error


def _load(path: Path) -> dict[str, Any] | None:
    try:
        fields = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}).") from error
    if not isinstance(fields, dict):
        raise DataError(f"{path}: a JSON {type(fields).__name__}, expected an object.")
    return fields


def _describe(item: Input, known: InputRecord | None) -> InputRecord:
    if item.path == STDIN:
        return InputRecord(STDIN, item.format.value, 0, 0, None)
    n_bytes, mtime_ns = _stat(item.path)
    if known is not None and (known.n_bytes, known.mtime_ns) == (n_bytes, mtime_ns):
        return known
    try:
        with open(item.path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{item.path}: cannot be read ({error.strerror}).") from error
    return InputRecord(item.path, item.format.value, n_bytes, mtime_ns, digest)


def _stat(path: str) -> tuple[int, int]:
    try:
        found = Path(path).stat()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}). What is done is kept: put it back and run the same command "
            "again."
        ) from error
    return found.st_size, found.st_mtime_ns


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:60] + "..."
