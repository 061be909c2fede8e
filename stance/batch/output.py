"""The output folder of a job: locked by one process, written shard by shard, swept of what a killed run left.

A shard's files are moved into place first and its manifest last, each after an fsync: a shard without a manifest is not
there, whatever files of it lie about, and is made again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from stance.batch.database import NAME as DATABASE
from stance.batch.manifest import DoneRecord, JobRecord, ShardRecord, parse_done, parse_job, parse_shard, to_json
from stance.batch.records import TABLES
from stance.errors import DataError

MANIFEST, SCRATCH, LOCK = "manifest", ".scratch", ".lock"
REPORT = "report.html"
_JOB, _DONE = "job.json", "done.json"
_PART = re.compile(r"part-(\d+)\.")
# A glance at the lock by `stance batch status` must not turn a job away.
_PATIENCE_SECONDS = 1.0


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the output folder, which is made where it is missing; the lock ends with the process, however it ends.

    Raises:
        DataError: another job holds it, it cannot be written, or holds something else than a job.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        _require_job_folder(root)
        lock = FileLock(root / LOCK, timeout=_PATIENCE_SECONDS)
        lock.acquire()
    except Timeout as error:
        raise DataError(
            f"{root}: another job is at work in this folder. Wait for it (`stance batch status {root}`), or name "
            "another folder."
        ) from error
    except OSError as error:
        raise DataError(f"{root}: cannot be written ({error.strerror or error}).") from error
    try:
        yield
    finally:
        lock.release()


def is_locked(root: Path) -> bool:
    """Whether a job is at work in the folder."""
    if not (root / LOCK).exists():
        return False
    try:
        with FileLock(root / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def read_job(root: Path) -> JobRecord | None:
    """The job of the folder; None where none was begun.

    Raises:
        DataError: its record is damaged.
    """
    return parse_job(root / MANIFEST / _JOB)


def read_done(root: Path) -> DoneRecord | None:
    """The end of the folder's job; None where it has not come.

    Raises:
        DataError: its record is damaged.
    """
    return parse_done(root / MANIFEST / _DONE)


def read_shards(root: Path) -> dict[int, ShardRecord]:
    """The finished shards, by number.

    Raises:
        DataError: a record is damaged.
    """
    records = map(parse_shard, sorted((root / MANIFEST).glob("part-*.json")))
    return {record.number: record for record in records}


def begin(root: Path, job: JobRecord) -> None:
    """Make the folders of a job and write down what it is.

    Raises:
        DataError: the folder cannot be written.
    """
    with written(root):
        for folder in (MANIFEST, SCRATCH, *TABLES):
            (root / folder).mkdir(exist_ok=True)
        _write(root, f"{MANIFEST}/{_JOB}", to_json(job))


def clear(root: Path) -> None:
    """Remove all that a job left, its shards' manifests first: what is half removed is no result.

    Raises:
        DataError: something cannot be removed.
    """
    with written(root):
        (root / MANIFEST / _DONE).unlink(missing_ok=True)
        for path in sorted((root / MANIFEST).glob("*.json")):
            if path.name != _JOB:
                path.unlink()
        for folder in TABLES:
            shutil.rmtree(root / folder, ignore_errors=True)
        for derived in (DATABASE, REPORT):
            (root / derived).unlink(missing_ok=True)
        (root / MANIFEST / _JOB).unlink(missing_ok=True)


def sweep(root: Path) -> dict[int, ShardRecord]:
    """Remove what killed runs left unfinished and return the shards that are whole.

    Raises:
        DataError: a record is damaged, or something cannot be removed.
    """
    with written(root):
        shutil.rmtree(root / SCRATCH, ignore_errors=True)
        (root / SCRATCH).mkdir()
        shards = {number: shard for number, shard in read_shards(root).items() if _is_whole(root, shard)}
        for path in (root / MANIFEST).glob("*.json"):
            # Hidden ones were being written.
            if path.name.startswith(".") or (_PART.match(path.name) and _number(path) not in shards):
                path.unlink()
        for folder in TABLES:
            for path in (root / folder).rglob("part-*"):
                shard = shards.get(_number(path))
                if shard is None or path.relative_to(root).as_posix() not in shard.files:
                    path.unlink()
    return shards


def commit(root: Path, shard: ShardRecord, *, parts: Mapping[str, str]) -> None:
    """Move a shard's files into place, then say in the manifest that they are there.

    Args:
        parts: path below the output folder, by name in the scratch folder.

    Raises:
        DataError: the folder cannot be written.
    """
    with written(root):
        for name, path in parts.items():
            (root / path).parent.mkdir(exist_ok=True)
            os.replace(root / SCRATCH / name, root / path)
        _sync_folders({(root / path).parent for path in parts.values()})
        _write(root, f"{MANIFEST}/part-{shard.number:06d}.json", to_json(shard))


def finish(root: Path, done: DoneRecord) -> None:
    """Say that the job is finished.

    Raises:
        DataError: the folder cannot be written.
    """
    with written(root):
        _write(root, f"{MANIFEST}/{_DONE}", to_json(done))
        shutil.rmtree(root / SCRATCH, ignore_errors=True)


def keep(root: Path, name: str, content: bytes) -> None:
    """Write a further file of the manifest, whole or not at all.

    Raises:
        DataError: the folder cannot be written.
    """
    with written(root):
        _write(root, f"{MANIFEST}/{name}", content)


def write_scratch(root: Path, name: str, content: bytes) -> None:
    """Write a file that waits in the scratch folder until its shard is committed.

    Raises:
        DataError: the folder cannot be written.
    """
    with written(root), (root / SCRATCH / name).open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def drop_scratch(root: Path) -> None:
    """Remove what was begun and will not be finished."""
    with suppress(OSError):
        shutil.rmtree(root / SCRATCH)


@contextmanager
def written(root: Path) -> Iterator[None]:
    """What goes wrong with the disk in here is told as one paragraph.

    Raises:
        DataError: the disk is full, read-only, or gone.
    """
    try:
        yield
    except OSError as error:
        place = error.filename or root
        raise DataError(
            f"{place}: cannot be written ({error.strerror or error}). The shards that are done are kept; mend this and "
            "run the same command again to go on from there."
        ) from error


def _require_job_folder(root: Path) -> None:
    found: Sequence[str] = sorted(name for name in os.listdir(root) if name not in (LOCK, SCRATCH))
    if found and not (root / MANIFEST).is_dir():
        raise DataError(
            f"{root}: this folder holds {found[0]!r} and no job of stance. Name a new folder, an empty one, or that of "
            "an earlier job."
        )


def _is_whole(root: Path, shard: ShardRecord) -> bool:
    try:
        return all((root / path).stat().st_size == size for path, size in shard.files.items())
    except FileNotFoundError:
        return False


def _number(path: Path) -> int:
    found = _PART.match(path.name)
    return int(found.group(1)) if found else -1


def _write(root: Path, path: str, content: bytes) -> None:
    part = root / path.replace("/", f"/.{os.getpid()}-")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, root / path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folders({(root / path).parent})


def _sync_folders(folders: set[Path]) -> None:
    for folder in sorted(folders):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
