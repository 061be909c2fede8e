"""The folder where prepared models lie, and how something is put there exactly once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_dir

from stance.errors import EnvironmentMissing


def cache_dir() -> Path:
    """`$STANCE_CACHE`, else the platform's cache folder of the user."""
    return Path(os.environ.get("STANCE_CACHE") or user_cache_dir("stance"))


def folder_size(folder: Path) -> int:
    """Bytes of all files below `folder`; 0 where it does not exist."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def ensure_folder(folder: Path, fill: Callable[[Path], None], *, needed_bytes: int) -> Path:
    """Return `folder`, filled by `fill` if it is not there yet.

    The work is done in a sibling folder under a file lock and moved into place at the end: parallel first uses
    do it once, and an interrupted one leaves nothing that looks complete.

    Raises:
        EnvironmentMissing: the place is read-only or too small; the message gives the size needed.
    """
    if folder.is_dir():
        return folder
    try:
        from filelock import FileLock

        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(folder.name + ".lock")):
            if not folder.is_dir():
                _require_space(folder.parent, needed_bytes=needed_bytes)
                _fill_and_move(folder, fill)
    except OSError as error:
        raise EnvironmentMissing(
            f"{folder.parent}: cannot keep a prepared model here ({error.strerror or error}); "
            f"{_gigabytes(needed_bytes)} are needed. Free some space, or set STANCE_CACHE to a folder that can be "
            "written."
        ) from error
    return folder


def _fill_and_move(folder: Path, fill: Callable[[Path], None]) -> None:
    for leftover in folder.parent.glob(f"{folder.name}.part-*"):
        # The lock is ours, so whoever made it is gone.
        shutil.rmtree(leftover, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    try:
        fill(part)
        part.chmod(0o755)
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _require_space(parent: Path, *, needed_bytes: int) -> None:
    free = shutil.disk_usage(parent).free
    if free < needed_bytes:
        raise EnvironmentMissing(
            f"{parent}: {_gigabytes(free)} are free, but preparing the model needs {_gigabytes(needed_bytes)}. "
            "Free some space, or set STANCE_CACHE to a folder on a larger disk."
        )


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
