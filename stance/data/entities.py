"""positions.yaml and actors.yaml: what users follow."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from stance.data.defects import raise_problems
from stance.data.lines import require_file
from stance.errors import DataError
from stance.types import Actor, Position

MAX_BYTES = 4 << 20
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
    document = _load_yaml(path)
    if not isinstance(document, dict) or not isinstance(document.get(key), list):
        found = ", ".join(map(str, document)) if isinstance(document, dict) else type(document).__name__
        raise DataError(f"{path}: expected `{key}:` with a list below it; found {found or 'nothing'}.")
    problems = [_unknown(path, name, (key,)) for name in document if name != key]
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
    problems = [_unknown(place, name, allowed) for name in entry if name not in allowed]
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


def _unknown(place: object, name: object, allowed: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(str(name), allowed, n=1)
    hint = f"did you mean `{nearest[0]}`?" if nearest else f"there are {', '.join(allowed)}."
    return f"{place}: unknown key `{name}`; {hint}"


def _forms(forms: Mapping[str, list[str]] | None) -> dict[str, tuple[str, ...]]:
    return {language: tuple(values) for language, values in (forms or {}).items()}


def _load_yaml(path: Path) -> Any:
    require_file(path)
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path}: over {MAX_BYTES >> 20} MiB; such a file is smaller.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        # Anchors and aliases let a small file unfold into gigabytes, and nobody needs them here.
        for token in yaml.scan(text):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                raise DataError(f"{path}:{token.start_mark.line + 1}: YAML anchors and aliases are not allowed here.")
        _refuse_doubled_keys(yaml.compose(text, Loader=yaml.SafeLoader), path)
        return yaml.safe_load(text)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start + 1}).") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise DataError(f"{path}{line}: this is no valid YAML: {_yaml_problem(error)}.") from error


def _yaml_problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, yaml.reader.ReaderError):
        return f"the control character {error.character:#06x} is not allowed"
    # A bare value that looks like a date or a number and is none, as in `name: 2024-13-45`.
    return getattr(error, "problem", None) or f"{error} (put values that look like dates or numbers in quotes)"


def _refuse_doubled_keys(node: yaml.Node | None, path: Path) -> None:
    """Check that no mapping names a key twice; YAML would keep the last one and drop the rest unseen."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_doubled_keys(item, path)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise DataError(f"{path}:{key.start_mark.line + 1}: the key `{key.value}` is there twice.")
                seen.add(key.value)
            _refuse_doubled_keys(value, path)
