"""All statements of a job as numbers: who, on what, which side, when; the words stay in the files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stance.batch.report.tables import read_columns, whole
from stance.batch.sinks import DAY

COLUMNS = (
    "doc_id", "date", "actor", "target", "stance", "probabilities", "calibrated", "abstained", "reason", "truncated",
)  # fmt: skip
STANCES = ("favor", "neutral", "against", "withheld")
FAVOR, NEUTRAL, AGAINST, WITHHELD = range(len(STANCES))
UNKNOWN, NO_DAY = -1, np.iinfo(np.int64).min
AUTHOR = "(author)"
_EPOCH = date(1970, 1, 1).toordinal()
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Named:
    """An actor or a position: what tells it from others, and what it is called."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Statements:
    """Arrays [statements] in the order of the files, about 50 bytes each.

    actor, position: numbers of `actors` and `positions`, which stand with the most spoken-of first; UNKNOWN for a
        speaker who was not found.
    stance: number of STANCES. day: since 1970-01-01, NO_DAY without a date. document: a number per article.
    probability: of the stance, or of the most probable one where the side is withheld; NaN where none is given.
    file, row: where its words are.
    reasons: how many sides were withheld, by reason. n_uncalibrated, n_truncated: statements of that kind.
    """

    actors: tuple[Named, ...]
    positions: tuple[Named, ...]
    actor: Ints
    position: Ints
    stance: Ints
    day: Ints
    document: Ints
    probability: NDArray[np.float32]
    file: NDArray[np.int32]
    row: NDArray[np.int32]
    reasons: Mapping[str, int]
    n_uncalibrated: int
    n_truncated: int

    def __len__(self) -> int:
        return len(self.actor)


@dataclass(slots=True)
class _Reading:
    """What grows from file to file."""

    actors: dict[str, str] = field(default_factory=dict)
    positions: dict[str, str] = field(default_factory=dict)
    columns: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    n_uncalibrated: int = 0
    n_truncated: int = 0


def read_statements(files: Iterable[Path]) -> Statements:
    """The statements of all files; one file is in memory at a time.

    Actors and positions are told apart by their id, those without one by their name.

    Raises:
        DataError: a file cannot be read.
    """
    reading = _Reading()
    for number, path in enumerate(files):
        _add(reading, read_columns(path, "statements", COLUMNS), number)
    kinds = {"file": np.int32, "row": np.int32, "probability": np.float32, "document": np.uint64}
    names = ("actor", "position", "stance", "day", "document", "probability", "file", "row")
    joined = {
        name: np.concatenate([np.empty(0, kinds.get(name, np.int64)), *reading.columns.get(name, [])]) for name in names
    }
    actors, joined["actor"] = _by_frequency(reading.actors, joined["actor"])
    positions, joined["position"] = _by_frequency(reading.positions, joined["position"])
    joined["document"] = np.unique(joined["document"], return_inverse=True)[1].astype(np.int64)
    return Statements(
        actors=actors,
        positions=positions,
        **joined,
        reasons=reading.reasons,
        n_uncalibrated=reading.n_uncalibrated,
        n_truncated=reading.n_truncated,
    )


def _add(reading: _Reading, table: Any, number: int) -> None:
    columns = {name: whole(table[name]) for name in COLUMNS}
    unknown = _flags(pc.and_(pc.is_null(columns["actor"]), pc.equal(columns["reason"], "no_speaker")))
    actor = _numbered(columns["actor"], reading.actors, without=AUTHOR, where=~unknown)
    withheld = _flags(columns["abstained"])
    given = pc.fill_null(pc.index_in(columns["stance"], pa.array(STANCES[:WITHHELD])), WITHHELD).to_numpy()
    stance = np.where(withheld, WITHHELD, given).astype(np.int64)
    found = {
        "actor": actor,
        "position": _numbered(columns["target"], reading.positions, without="(no position)"),
        "stance": stance,
        "day": _of_each(columns["date"], day_number, kind=np.int64),
        "document": _of_each(columns["doc_id"], _document_hash, kind=np.uint64),
        "probability": _probability(columns["probabilities"], stance),
        "file": np.full(len(stance), number, np.int32),
        "row": np.arange(len(stance), dtype=np.int32),
    }
    for name, values in found.items():
        reading.columns.setdefault(name, []).append(values)
    reasons = pc.fill_null(columns["reason"].filter(pa.array(stance == WITHHELD)), "not given")
    reading.reasons.update({pair["values"]: pair["counts"] for pair in pc.value_counts(reasons).to_pylist()})
    reading.n_uncalibrated += int((~_flags(columns["calibrated"])).sum())
    reading.n_truncated += int(_flags(columns["truncated"]).sum())


def day_number(text: str | None) -> int:
    """Days since 1970-01-01 of a date that begins as 2024-05-01 does; NO_DAY for any other text."""
    begin = DAY.match(text or "")
    try:
        return date.fromisoformat(begin.group()).toordinal() - _EPOCH if begin else NO_DAY
    except ValueError:
        return NO_DAY


def _document_hash(doc_id: str | None) -> int:
    # 64 bits in place of the id: a million ids as text would be what fills the memory.
    return int.from_bytes(hashlib.blake2b((doc_id or "").encode(), digest_size=8).digest())


def _numbered(
    references: Any, names: dict[str, str], *, without: str, where: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """[rows]: a number per key in the order in which `names` first met it; UNKNOWN outside `where`."""
    ids, called = (pc.struct_field(references, name) for name in ("id", "name"))
    keys = pc.coalesce(_prefixed("i", ids), _prefixed("n", called), "")
    codes, uniques = _encoded(keys)
    _, first = np.unique(codes, return_index=True)
    known = {key: number for number, key in enumerate(names)}
    numbers = np.empty(len(uniques), np.int64)
    for place, key in enumerate(uniques):
        if key not in known:
            known[key] = len(known)
            names[key] = called[int(first[place])].as_py() or key[1:] or without
        numbers[place] = known[key]
    found = numbers[codes]
    return found if where is None else np.where(where, found, UNKNOWN)


def _prefixed(kind: str, values: Any) -> Any:
    return pc.binary_join_element_wise(kind, values, "")


def _encoded(values: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """[rows]: the place of each value among the different ones, and these."""
    encoded = values.dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary.to_pylist()


def _of_each(texts: Any, make: Any, *, kind: Any) -> NDArray[Any]:
    """[rows]: what `make` gives for each text, asked once per different one."""
    codes, uniques = _encoded(pc.fill_null(texts, ""))
    return np.array([make(text) for text in uniques], dtype=kind)[codes]


def _probability(probabilities: Any, stance: Ints) -> NDArray[np.float32]:
    columns = [pc.struct_field(probabilities, name) for name in STANCES[:WITHHELD]]
    values = np.stack([pc.fill_null(c, np.nan).to_numpy(zero_copy_only=False) for c in columns], axis=-1)
    # fmax, since a missing one must not hide the others.
    best = np.fmax.reduce(values, axis=-1)
    of_stance = np.take_along_axis(values, np.minimum(stance, AGAINST)[:, None], axis=-1)[:, 0]
    return np.where(stance == WITHHELD, best, of_stance).astype(np.float32)


def _flags(values: Any) -> NDArray[np.bool_]:
    flags: NDArray[np.bool_] = pc.fill_null(values, False).to_numpy(zero_copy_only=False).astype(bool)
    return flags


def _by_frequency(names: Mapping[str, str], numbers: Ints) -> tuple[tuple[Named, ...], Ints]:
    """The named ones with the most frequent first, and the numbers in this order; those never met are gone."""
    counts = np.bincount(numbers[numbers != UNKNOWN], minlength=len(names))
    met = list(enumerate(Named(key, name) for key, name in names.items()))
    ordered = sorted((p for p in met if counts[p[0]]), key=lambda p: (-int(counts[p[0]]), p[1].name, p[1].key))
    rank = np.full(len(names) + 1, UNKNOWN, np.int64)
    rank[[number for number, _ in ordered]] = np.arange(len(ordered))
    return tuple(named for _, named in ordered), rank[numbers]
