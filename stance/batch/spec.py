"""What decides the records of a job: a hashable value that travels to every worker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from stance.batch_config import BatchConfig
from stance.types import SCHEMA_VERSION, Actor, Position

NO_MODEL = "none (dry run)"
# They change speed and memory, never a record.
_WITHOUT_INFLUENCE = ("model", "device", "batch_tokens")


@dataclass(frozen=True, slots=True)
class ScoringSpec:
    """Positions and actors as JSON, since their mappings are neither hashable nor sent elsewhere; the rest as named.

    columns: pairs of a field and the column that holds it.
    """

    positions: str
    actors: str | None
    columns: tuple[tuple[str, str], ...]
    model: str | None
    device: str
    batch_tokens: int
    runtime: str
    dtype: str
    latin: bool
    min_probability: float | None
    in_context: bool
    semantic: bool
    dry_run: bool


def scoring_spec(config: BatchConfig, positions: Sequence[Position], actors: Sequence[Actor] | None) -> ScoringSpec:
    """The part of a job's config that decides its records, with what it follows."""
    return ScoringSpec(
        positions=_as_json([_position_record(position) for position in positions]),
        actors=None if actors is None else _as_json([_actor_record(actor) for actor in actors]),
        columns=tuple(sorted(config.columns.items())),
        model=config.model,
        device=config.device,
        batch_tokens=config.batch_tokens,
        runtime=config.runtime,
        dtype=config.dtype,
        latin=config.latin,
        min_probability=config.min_probability,
        in_context=config.in_context,
        semantic=config.semantic,
        dry_run=config.dry_run,
    )


@lru_cache(maxsize=1)
def positions_of(spec: ScoringSpec) -> tuple[Position, ...]:
    """The positions that a job follows."""
    return tuple(
        Position(id=r["id"], name=r["name"], statement=r["statement"], aliases=_forms(r["aliases"]))
        for r in json.loads(spec.positions)
    )


def actors_of(spec: ScoringSpec) -> tuple[Actor, ...] | None:
    """The known actors of a job; None where they are found in the text."""
    if spec.actors is None:
        return None
    return tuple(
        Actor(name=r["name"], id=r["id"], aliases=_forms(r["aliases"]), titles=_forms(r["titles"]))
        for r in json.loads(spec.actors)
    )


def identity(spec: ScoringSpec, config: BatchConfig, *, model_id: str) -> dict[str, Any]:
    """All that two runs must have in common to be one job, by name; the model by what it is, not by its place."""
    fields = {name: value for name, value in asdict(spec).items() if name not in _WITHOUT_INFLUENCE}
    for long in ("positions", "actors"):
        if fields[long] is not None:
            fields[long] = hashlib.sha256(fields[long].encode()).hexdigest()[:16]
    return {
        "schema_version": SCHEMA_VERSION,
        "model_id": model_id,
        **fields,
        "columns": dict(spec.columns),
        "deduplicate": config.deduplicate,
        "sink": config.sink.value,
        "partition": config.partition.value,
        "shard_rows": config.shard_rows,
        "shard_bytes": config.shard_bytes,
    }


def config_hash(found: Mapping[str, Any]) -> str:
    """16 hex digits of the SHA-256 of an identity."""
    return hashlib.sha256(_as_json(dict(found)).encode()).hexdigest()[:16]


def _position_record(position: Position) -> dict[str, Any]:
    return {
        "id": position.id,
        "name": position.name,
        "statement": position.statement,
        "aliases": _lists(position.aliases),
    }


def _actor_record(actor: Actor) -> dict[str, Any]:
    return {"id": actor.id, "name": actor.name, "aliases": _lists(actor.aliases), "titles": _lists(actor.titles)}


def _lists(forms: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {language: list(words) for language, words in forms.items()}


def _forms(lists: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {language: tuple(words) for language, words in lists.items()}


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
