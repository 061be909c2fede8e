"""positions.yaml and actors.yaml: what users follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.data.defects import raise_problems
from stance.data.yaml_files import load_yaml, unknown_key
from stance.errors import DataError
from stance.types import Actor, Position

# `fictional` tells readers of the file who is invented; nothing in the program depends on it.
_ACTOR_FIELDS = ("id", "name", "aliases", "titles", "fictional")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")


def load_positions(path: Path) -> tuple[Position, ...]:
    """The positions of a file, in order.

    Raises:
        DataError: all that is wrong with it.
    """
    entries = _entries(path, key="positions", allowed=("id", "name", "statement", "aliases"), required=("id", "name"))
    return tuple(
        Position(id=e["id"], name=e["name"], statement=e.get("statement"), aliases=_forms(e.get("aliases")))
        for e in entries
    )


def load_actors(path: Path) -> tuple[Actor, ...]:
    """The actors of a file, in order.

    Raises:
        DataError: all that is wrong with it.
    """
    entries = _entries(path, key="actors", allowed=_ACTOR_FIELDS, required=("name",))
    return tuple(
        Actor(name=e["name"], id=e.get("id"), aliases=_forms(e.get("aliases")), titles=_forms(e.get("titles")))
        for e in entries
    )


def _entries(path: Path, *, key: str, allowed: Sequence[str], required: Sequence[str]) -> list[dict[str, Any]]:
    document = load_yaml(path)
    if not isinstance(document, dict) or not isinstance(document.get(key), list):
        found = ", ".join(map(str, document)) if isinstance(document, dict) else type(document).__name__
        raise DataError(f"{path}: expected `{key}:` with a list below it; found {found or 'nothing'}.")
    problems = [unknown_key(path, name, (key,)) for name in document if name != key]
    entries: list[dict[str, Any]] = document[key]
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        place = f"{path}: {key}[{index}]"
        problems += _check_entry(entry, place=place, allowed=allowed, required=required)
        identifier = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(identifier, str):
            if identifier in seen:
                problems.append(f"{place}.id: {identifier!r} is there twice; ids must be unique.")
            seen.add(identifier)
    if not entries:
        problems.append(f"{path}: `{key}` is empty; at least one entry is needed.")
    raise_problems(problems)
    return entries


def _check_entry(entry: Any, *, place: str, allowed: Sequence[str], required: Sequence[str]) -> list[str]:
    if not isinstance(entry, dict):
        return [f"{place}: {entry!r}, expected an entry with {', '.join(required)}."]
    problems = [unknown_key(place, name, allowed) for name in entry if name not in allowed]
    for field in required:
        if entry.get(field) is None:
            problems.append(f"{place}: `{field}` is missing.")
    for field in ("id", "name", "statement"):
        value = entry.get(field)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            problems.append(f"{place}.{field}: {value!r}, expected text (put numbers in quotes).")
    if not isinstance(entry.get("fictional", False), bool):
        problems.append(f"{place}.fictional: {entry['fictional']!r}, expected true or false.")
    for field in ("aliases", "titles"):
        problems += _check_forms(entry.get(field), place=f"{place}.{field}")
    return problems


def _check_forms(forms: Any, *, place: str) -> list[str]:
    if forms is None:
        return []
    if not isinstance(forms, dict):
        return [f"{place}: {forms!r}, expected languages with lists, e.g. {{en: [UNSC 1244]}}."]
    problems = []
    for language, values in forms.items():
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            problems.append(f"{place}: {language!r} is no language key; use BCP 47 such as en, sr or sr-Cyrl.")
        if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
            problems.append(f"{place}.{language}: {values!r}, expected a list of texts.")
    return problems


def _forms(forms: Mapping[str, list[str]] | None) -> dict[str, tuple[str, ...]]:
    return {language: tuple(values) for language, values in (forms or {}).items()}
