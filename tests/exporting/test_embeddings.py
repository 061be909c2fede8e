"""A table of embeddings gives its rows as they were, of eight bits or not."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from stance.errors import CheckpointError
from stance.exporting.embeddings import split_into_blocks, write_embeddings
from stance.modeling.embeddings import EMBEDDINGS_FILE, open_embeddings

_RNG = np.random.default_rng(0)


def _of_eight_bits() -> np.ndarray:
    whole = _RNG.integers(-127, 128, size=(5, 2, 32))
    whole[:, :, 0] = 127
    whole[3, 1] = 0
    scales = _RNG.random((5, 2, 1)).astype(np.float16).astype(np.float32)
    return (whole * scales).astype(np.float32).reshape(5, 64)


_TABLES = {
    "eight bits": _of_eight_bits(),
    "trained since": _RNG.random((5, 64), dtype=np.float32),
    "no whole blocks": _of_eight_bits()[:, :40],
}


@pytest.mark.parametrize("kind", _TABLES)
def test_rows_are_those_of_the_table(kind: str, tmp_path: Path) -> None:
    table = _TABLES[kind]
    assert (split_into_blocks(table) is not None) is (kind == "eight bits")
    write_embeddings(tmp_path, table)
    found = open_embeddings(tmp_path)
    ids = np.array([[4, 0, 4], [3, 3, 1]])
    assert found.rows(ids).dtype == np.float32
    assert np.array_equal(found.rows(ids), table[ids])
    for wrong in (5, -1):
        with pytest.raises(IndexError, match="there are 5 embeddings"):
            found.rows(np.array([0, wrong]))


def test_eight_bits_take_little_more_than_a_quarter(tmp_path: Path) -> None:
    table = np.tile(_TABLES["eight bits"], (200, 1))
    write_embeddings(tmp_path, table)
    assert (tmp_path / EMBEDDINGS_FILE).stat().st_size < 0.27 * table.nbytes


def test_several_threads_read_at_a_time(tmp_path: Path) -> None:
    table = np.tile(_TABLES["eight bits"], (200, 1))
    write_embeddings(tmp_path, table)
    found = open_embeddings(tmp_path)
    asked = [_RNG.integers(0, len(table), size=(2, 50)) for _ in range(40)]
    with ThreadPoolExecutor(4) as threads:
        for ids, rows in zip(asked, threads.map(found.rows, asked), strict=True):
            assert np.array_equal(rows, table[ids])


@pytest.mark.parametrize(
    "table",
    [
        np.asfortranarray(np.ones((5, 64), np.float32)),
        np.ones((5, 64)),
        np.ones(5, np.float32),
        np.zeros(5, [("steps", "<i1", (64,)), ("scales", "<f2", (3,))]),
        np.zeros(5, [("steps", "<i1", (64,))]),
    ],
)
def test_another_array_is_no_table(table: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / EMBEDDINGS_FILE, table)
    with pytest.raises(CheckpointError, match="no table of embeddings"):
        open_embeddings(tmp_path)


def test_a_table_that_is_cut_off_while_it_is_open_is_named(tmp_path: Path) -> None:
    write_embeddings(tmp_path, np.tile(_TABLES["eight bits"], (200, 1)))
    found = open_embeddings(tmp_path)
    os.truncate(tmp_path / EMBEDDINGS_FILE, 2000)
    with pytest.raises(CheckpointError, match="ends before its last row"):
        found.rows(np.array([999]))


@pytest.mark.parametrize("content", [None, b"", b"no table", b"PK\x03\x04", "half"])
def test_a_damaged_table_is_named(content: bytes | str | None, tmp_path: Path) -> None:
    write_embeddings(tmp_path, np.tile(_TABLES["eight bits"], (20, 1)))
    path = tmp_path / EMBEDDINGS_FILE
    if content == "half":
        path.write_bytes(path.read_bytes()[:2000])
    elif content is None:
        path.unlink()
    else:
        assert isinstance(content, bytes)
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{EMBEDDINGS_FILE}: cannot be opened"):
        open_embeddings(tmp_path)
