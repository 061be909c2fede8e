"""The composed data that ship with stance: `data/` of a clone, or the copy inside the installed package."""

from __future__ import annotations

from pathlib import Path

from stance.errors import DataError

PREFIX = "shipped:"


def shipped_folder(name: str) -> Path:
    """The folder `name` of the shipped data, e.g. `sentences`.

    Raises:
        DataError: there is none of this name.
    """
    package = Path(__file__).parent.parent
    candidates = [package / "examples" / name, package.parent / "data" / name]
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise DataError(f"{PREFIX}{name}: stance ships no data of this name.")
