"""Folders of jobs as `stance batch` leaves them, their statements made by hand or composed of sentences in data/."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from stance.batch import output
from stance.batch.manifest import DoneRecord, JobRecord, ShardRecord
from stance.batch.records import ShardRecords
from stance.batch.sinks import parts_of
from stance.batch_config import PartitionBy, Sink

_SENTENCES = Path(__file__).parents[3] / "data" / "sentences"
_ARTICLE = {"schema_version": 1, "title": None, "url": None, "source": None}
_SHARD = ShardRecord(
    number=0, first_row=0, n_rows=0, read_bytes=0, rows_sha256="", model_id="tiny@0", config_hash="c0ffee",
    counts={}, files={}, seconds=1.0, finished="2024-07-01T00:00:00+00:00",
)  # fmt: skip


def statement(
    actor: str | dict[str, Any] | None = "ana",
    target: str = "bridge",
    stance: str | None = "favor",
    *,
    doc_id: str = "d0",
    date: str | None = "2024-05-01",
    sure: float = 0.9,
    text: str = "The bridge is needed.",
    reason: str | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A statement record; an actor given by a word has it as id and as name, `stance` None abstains."""
    nowhere = {"mention": None, "start": None, "end": None}
    known = {"id": actor, "name": actor.capitalize()} if isinstance(actor, str) else actor
    rest = round((1 - sure) / 2, 6)
    probabilities = dict.fromkeys(("favor", "neutral", "against"), rest) | {stance or "neutral": sure}
    record = {
        **_ARTICLE,
        "doc_id": doc_id,
        "date": date,
        "statement_id": "0" * 16,
        "sentence": 0,
        "actor": known and {**known, **nowhere},
        "target": {"id": target, "name": f"the {target}", **nowhere, "source": "alias"},
        "stance": stance,
        "probabilities": probabilities,
        "calibrated": True,
        "abstained": stance is None,
        "reason": reason or (None if stance else "low_confidence"),
        "evidence": [{"start": 0, "end": len(text), "text": text}],
        "lang": "en",
        "truncated": False,
    }
    return record | fields


def write_job(
    root: Path,
    shards: Sequence[Sequence[dict[str, Any]]],
    *,
    failed: Sequence[tuple[str, str]] = (),
    duplicates: int = 0,
    sink: Sink = Sink.parquet,
    partition: PartitionBy = PartitionBy.none,
    done: bool = True,
) -> Path:
    """A job whose shards hold these statements; each `doc_id` of a shard is a document; the last one has `failed`."""
    root.mkdir(parents=True)
    output.begin(root, JobRecord("0", "2024-06-30T00:00:00+00:00", "c0ffee", {"model_id": "tiny@0"}, []))
    for number, rows in enumerate(shards):
        records = ShardRecords(statements=list(rows), documents=_documents(rows))
        if number == len(shards) - 1:
            records.documents.extend(_document(f"copy{i}", [], duplicate_of="d0") for i in range(duplicates))
            errors = [{"type": kind, "message": message, "input": "in.jsonl", "row": 7} for kind, message in failed]
            records.quarantine.extend(_ARTICLE | {"error": error} for error in errors)
        _commit(root, number, records, sink=sink, partition=partition)
    if done:
        output.finish(root, DoneRecord(len(shards), {}, "2024-07-01T00:00:00+00:00"))
    return root


def composed(
    n_statements: int, *, seed: int = 7, n_actors: int = 300, n_positions: int = 12
) -> Iterator[dict[str, Any]]:
    """Statements over two years; each text is the half of one sentence of data/ and the half of another."""
    rng = random.Random(seed)
    sentences = [(row["text"], row["lang"]) for row in _rows()]
    actors = _actors(n_actors)
    leanings = {(a, p): rng.uniform(-1, 1) ** 3 for a in range(n_actors) for p in range(n_positions)}
    for number in range(n_statements):
        actor = min(n_actors - 1, int(rng.paretovariate(0.6)) - 1)
        position = min(n_positions - 1, int(rng.expovariate(0.4)))
        (one, lang), (other, _) = rng.choice(sentences), rng.choice(sentences)
        side = "favor" if rng.random() < (1 + leanings[actor, position]) / 2 else "against"
        stance = rng.choices((side, "neutral", None), (0.6, 0.25, 0.15))[0]
        document = number // 3
        day = date(2023, 1, 1) + timedelta(days=document * 37 % 730)
        yield statement(
            actors[actor],
            f"position {position + 1}",
            stance,
            doc_id=f"article-{document}",
            date=None if document % 50 == 0 else day.isoformat(),
            sure=round(rng.uniform(0.4, 0.999), 4),
            text=" ".join(one.split()[: len(one.split()) // 2] + other.split()[len(other.split()) // 2 :]),
            title=f"{other[:70]}",
            url=f"https://news.example/{document}",
            source="The Composed Times",
            lang=lang,
        )


def shards_of(rows: Iterator[dict[str, Any]], *, size: int = 700) -> list[list[dict[str, Any]]]:
    """Rows in shards."""
    found: list[list[dict[str, Any]]] = [[]]
    for row in rows:
        if len(found[-1]) == size:
            found.append([])
        found[-1].append(row)
    return found


def _rows() -> Iterator[dict[str, Any]]:
    for path in sorted(_SENTENCES.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def _actors(n_actors: int) -> list[dict[str, Any]]:
    """Names that the sentences speak of, in their own scripts; every third has an id."""
    names = dict.fromkeys(
        found["actor"]["name"] for row in _rows() for found in row["annotations"] if (found["actor"] or {}).get("name")
    )
    assert len(names) >= n_actors
    return [{"id": f"a{i}" if i % 3 == 0 else None, "name": name} for i, name in enumerate(islice(names, n_actors))]


def _documents(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    by_id: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_id.setdefault(row["doc_id"], []).append(row)
    return [_document(doc_id, of_it) for doc_id, of_it in by_id.items()]


def _document(doc_id: str, rows: Sequence[dict[str, Any]], duplicate_of: str | None = None) -> dict[str, Any]:
    first = rows[0] if rows else {"date": None, "lang": "en"}
    return {
        **_ARTICLE,
        "doc_id": doc_id,
        "date": first["date"],
        "lang": first["lang"],
        "n_statements": len(rows),
        "duplicate_of": duplicate_of,
    }


def _commit(root: Path, number: int, records: ShardRecords, *, sink: Sink, partition: PartitionBy) -> None:
    (root / output.SCRATCH).mkdir(exist_ok=True)
    parts = list(parts_of(records, number=number, sink=sink, partition=partition))
    for place, part in enumerate(parts):
        output.write_scratch(root, f"{number}-{place}", part.content)
    counts = {table: len(rows) for table, rows in records.tables()}
    counts["duplicates"] = sum(row["duplicate_of"] is not None for row in records.documents)
    files = {part.path: len(part.content) for part in parts}
    shard = replace(_SHARD, number=number, counts=counts, files=files)
    output.commit(root, shard, parts={f"{number}-{place}": part.path for place, part in enumerate(parts)})


def carried(html: str, name: str) -> Any:
    """What a page carries for its script in the element of this id."""
    found = re.search(rf'id="{name}">([^<]*)</script>', html)
    assert found, name
    return json.loads(gzip.decompress(base64.b64decode(found[1])))
