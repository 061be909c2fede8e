"""Check annotated sentences, flat rows and annotated articles; every bad row is named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from stance.data.rows import read_rows
from stance.errors import DataError
from stance.types import STANCES


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a clean file holds: judged rows, and how many of each stance and language."""

    path: Path
    n_rows: int
    stances: dict[str, int]
    languages: dict[str, int]


def check_file(path: Path) -> CheckReport:
    """The report of a clean file.

    Raises:
        DataError: all bad rows of the file, as `file:line: field: found, expected`.
    """
    rows = read_rows(path, need_stance=True)
    stances = Counter(row.stance for row in rows)
    languages = Counter(row.query.lang or "not given" for row in rows)
    return CheckReport(
        path=path,
        n_rows=len(rows),
        stances={stance.value: stances[stance] for stance in STANCES},
        languages=dict(languages.most_common()),
    )


def expand(paths: list[Path]) -> list[Path]:
    """The files, folders replaced by the *.jsonl and *.json files in them.

    Raises:
        DataError: a folder holds none.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted([*path.glob("*.jsonl"), *path.glob("*.json")]) if path.is_dir() else [path]
        if not found:
            raise DataError(f"{path}: no *.jsonl or *.json file in this folder.")
        files += found
    return files
