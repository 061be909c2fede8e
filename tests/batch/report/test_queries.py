"""The queries that docs/batch.md begins with run on a job and answer what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from stance.batch_config import PartitionBy
from tests.batch.report.jobs import statement, write_job

_PAGE = Path(__file__).parents[3] / "docs" / "batch.md"


def _answers(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each query by what its comment says it is."""
    (block,) = re.findall(r"```sql\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    queries = [query.strip() for query in block.split(";") if query.strip()]
    assert all(query.startswith("-- ") for query in queries)
    return {
        query.partition("\n")[0].removeprefix("-- "): duckdb.sql(query.replace("out/job", str(root))).fetchall()
        for query in queries
    }


@pytest.mark.parametrize("partition", [PartitionBy.none, PartitionBy.month])
def test_the_queries_of_the_page_answer_what_they_say(tmp_path: Path, partition: PartitionBy) -> None:
    lavrov = {"id": "lavrov", "name": "Sergey Lavrov"}
    rows = [
        statement(lavrov, "res1244", doc_id="d0", sure=0.8, text="It holds."),
        statement(lavrov, "res1244", doc_id="d1", sure=0.9, text="It is in force."),
        statement("bo", "res1244", "against", doc_id="d1", date="2024-06-02"),
        statement(None, "res1244", None, reason="no_speaker", doc_id="d2"),
    ]
    root = write_job(tmp_path / "job", [rows], failed=[("DataError", "text is null")], partition=partition)
    assert _answers(root) == {
        "who takes which side on what, in how many articles": [
            ("Sergey Lavrov", "the res1244", 2, 0, 0, 0, 2),
            ("Bo", "the res1244", 0, 1, 0, 0, 1),
        ],
        "what was said on a position, month by month": [
            ("2024-05", "Sergey Lavrov", "favor", 2),
            ("2024-06", "Bo", "against", 1),
        ],
        "the words of one actor, the surest first": [
            ("2024-05-01", "favor", 0.9, "It is in force.", None, None),
            ("2024-05-01", "favor", 0.8, "It holds.", None, None),
        ],
        "why sides were withheld": [("en", "no_speaker", 1)],
        "how much of the archive speaks of any position": [("en", 3, 3)],
        "why rows failed": [("text is null", "in.jsonl", 7)],
    }
