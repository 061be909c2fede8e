"""YAML files that users write: bounded, without anchors, aliases and doubled keys; errors name the line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from stance.data.lines import require_file
from stance.errors import DataError

MAX_BYTES = 4 << 20
_MAX_DEPTH = 20  # a file that is right needs some five levels
# The reader in C takes a tenth of the time; some systems have but the one in Python.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(path: Path) -> Any:
    """The value of a file.

    Raises:
        DataError: it is missing, over 4 MiB, no UTF-8 or no YAML, or has an anchor, an alias or a doubled key.
    """
    require_file(path)
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path}: over {MAX_BYTES >> 20} MiB; such a file is smaller.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        _refuse_hostile(text, path)
        node = yaml.compose(text, Loader=_LOADER)
        _refuse_doubled_keys(node, path)
        return None if node is None else _LOADER("").construct_document(node)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start + 1}).") from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise DataError(f"{path}{line}: this is no valid YAML: {_yaml_problem(error)}.") from error


def _refuse_hostile(text: str, path: Path) -> None:
    """Read the events alone, which takes no recursion and unfolds nothing."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        place = f"{path}:{event.start_mark.line + 1}" if event.start_mark else str(path)
        if depth > _MAX_DEPTH:
            raise DataError(f"{place}: this is no valid YAML: nested too deep.")
        # Anchors and aliases let a small file unfold into gigabytes, and nobody needs them here.
        if getattr(event, "anchor", None) is not None:
            raise DataError(f"{place}: YAML anchors and aliases are not allowed here.")


def _yaml_problem(error: Exception) -> str:
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


def unknown_key(place: object, name: object, allowed: Sequence[str]) -> str:
    """The message on a key that is none of `allowed`, with the nearest one."""
    nearest = difflib.get_close_matches(str(name), allowed, n=1)
    hint = f"did you mean `{nearest[0]}`?" if nearest else f"there are {', '.join(allowed)}."
    return f"{place}: unknown key `{name}`; {hint}"
