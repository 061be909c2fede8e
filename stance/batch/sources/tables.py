"""Parquet files and the Arrow files of Hugging Face datasets, a few rows at a time, only the columns that are used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from stance.batch.rows import MAX_ROW_BYTES, Kind, RawRow
from stance.batch.sources.lines import require_columns
from stance.batch.sources.streams import DamagedInput

# Few, since a row may be megabytes.
_BATCH_ROWS = 64


def parquet_rows(path: Path, *, name: str, wanted: Collection[str]) -> Iterator[RawRow]:
    """One row per row of a Parquet file; `year=2024/` among its folders is a column too."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = _folder_columns(path, wanted)
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            require_columns([*names, *known], wanted)
            batches = file.iter_batches(batch_size=_BATCH_ROWS, columns=[n for n in names if n in wanted])
            size, n_rows = path.stat().st_size, file.metadata.num_rows
            yield from _rows(batches, name=name, known=known, read=lambda number: size * number // n_rows)
    except pa.ArrowException as error:
        raise DamagedInput(f"no readable Parquet file ({str(error)[:200]})") from error


def arrow_rows(path: Path, *, name: str, wanted: Collection[str]) -> Iterator[RawRow]:
    """One row per row of an Arrow file, as `datasets` saves them (streams) or others do (files)."""
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as source:
            is_file = source.read(6) == b"ARROW1"
            source.seek(0)
            with (pa.ipc.open_file if is_file else pa.ipc.open_stream)(source) as reader:
                names = reader.schema.names
                require_columns(names, wanted)
                kept = [column for column in names if column in wanted]
                whole = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
                batches = (part for batch in whole for part in _parts(batch.select(kept)))
                yield from _rows(batches, name=name, known={}, read=lambda _: source.tell())
    except pa.ArrowException as error:
        raise DamagedInput(f"no readable Arrow file ({str(error)[:200]})") from error


def _parts(batch: Any) -> Iterator[Any]:
    for start in range(0, batch.num_rows, _BATCH_ROWS):
        yield batch.slice(start, _BATCH_ROWS)


def _rows(
    batches: Iterator[Any], *, name: str, known: Mapping[str, str], read: Callable[[int], int]
) -> Iterator[RawRow]:
    number = 0
    for batch in batches:
        for record, defect in _records(batch):
            number += 1
            payload, problem = (b"", defect) if record is None else _payload({**known, **record})
            if len(payload) > MAX_ROW_BYTES:
                payload, problem = b"", f"the row is over {MAX_ROW_BYTES >> 20} MiB"
            yield RawRow(name, number, Kind.JSON, payload, read(number), defect=problem)


def _records(batch: Any) -> Iterator[tuple[dict[str, Any] | None, str | None]]:
    """The records of a batch; where one is no UTF-8, the others are still read."""
    try:
        yield from ((record, None) for record in batch.to_pylist())
        return
    except ValueError:
        pass
    for index in range(batch.num_rows):
        try:
            yield batch.slice(index, 1).to_pylist()[0], None
        except ValueError as error:
            yield None, f"a value cannot be read ({error})"


def _payload(record: Mapping[str, Any]) -> tuple[bytes, str | None]:
    try:
        return orjson.dumps(record, default=_foreign), None
    except TypeError as error:
        return b"", f"a value cannot be read ({error})"


def _foreign(value: Any) -> Any:
    """What JSON has no word for stays recognisable in the message that refuses it."""
    return {type(value).__name__: repr(value)[:80]}


def _folder_columns(path: Path, wanted: Collection[str]) -> dict[str, str]:
    pairs = (part.partition("=") for part in path.parent.parts)
    return {column: value for column, sign, value in pairs if sign and column in wanted}
