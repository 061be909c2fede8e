"""Articles of jobs, and the files that these leave."""

from __future__ import annotations

import json
from pathlib import Path

from stance.batch.records import TABLES

POSITIONS = "positions:\n  - {id: bridge, name: the bridge, aliases: {en: [bridge]}}\n"


def article_line(number: int) -> str:
    """One article as JSON; each is different, and says one thing about the bridge."""
    text = f"Ana Ross said that bridge {number} was needed. It opens on May {number}."
    return json.dumps({"doc_id": f"d{number}", "text": text, "lang": "en", "date": f"2024-01-{1 + number % 3:02d}"})


def files_of(root: Path) -> dict[str, bytes]:
    """The bytes of every file of every table."""
    tables = [path for table in TABLES for path in (root / table).rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in tables}
