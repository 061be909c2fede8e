"""Which articles of a job nearly repeat an earlier one: found before scoring, so that they need none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from stance.batch.records import Duplicate
from stance.batch.rows import RawRow, article_of
from stance.data.near_duplicates import NearDuplicateFinder
from stance.errors import DataError

NAME = "duplicates.json"


def find_duplicates(rows: Iterable[RawRow], *, columns: Mapping[str, str]) -> dict[int, Duplicate]:
    """Rows, by their number in the job, that are like an earlier article, with the one of these that is kept.

    Of a chain of likenesses the first is kept. A row that holds no article is like none.
    """
    finder = NearDuplicateFinder()
    numbers: list[int] = []
    doc_ids: list[str] = []
    for number, row in enumerate(rows):
        try:
            article = article_of(row, columns=columns)
        except DataError:
            # It goes to the quarantine when its shard is scored.
            continue
        finder.add(article.text)
        numbers.append(number)
        doc_ids.append(article.doc_id)
    kept: dict[int, int] = {}
    found = {}
    for pair in finder.pairs():
        kept[pair.later] = kept.get(pair.earlier, pair.earlier)
        found[numbers[pair.later]] = Duplicate(doc_ids[kept[pair.later]], pair.similarity)
    return found


def duplicates_to_json(found: Mapping[int, Duplicate]) -> bytes:
    """The file in which a job keeps what it found."""
    return json.dumps({str(number): list(duplicate) for number, duplicate in found.items()}).encode()


def parse_duplicates(path: Path) -> dict[int, Duplicate] | None:
    """What a job found; None where it has not looked yet.

    Raises:
        DataError: the file holds something else.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return {int(number): Duplicate(*pair) for number, pair in json.loads(content).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: not the duplicates of a job ({error}); remove it and run the job again.") from error
