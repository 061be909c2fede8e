"""The JSON Schemas of the records that stance writes; they do not change within a schema version."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

NAMES = ("statement", "article", "document", "quarantine")


def load_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the records of one kind.

    Raises:
        ValueError: another name.
    """
    if name not in NAMES:
        raise ValueError(f"no schema {name!r}; there are {', '.join(NAMES)}")
    schema: dict[str, Any] = json.loads(files(__package__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema
