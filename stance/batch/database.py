"""A DuckDB file of all tables, made of a finished job's Parquet files."""

from __future__ import annotations

import os
from pathlib import Path

from stance.batch.records import TABLES
from stance.batch.sinks import SCHEMAS
from stance.errors import DataError, EnvironmentMissing

NAME = "stance.duckdb"


def require_duckdb() -> None:
    """Check that DuckDB is installed.

    Raises:
        EnvironmentMissing: it is not.
    """
    try:
        import duckdb  # noqa: F401
    except ImportError as error:
        raise EnvironmentMissing(
            "--sink duckdb needs duckdb. Install it with: pip install 'stance-news[batch]'"
        ) from error


def write_database(folder: Path, *, scratch: Path) -> None:
    """Write `stance.duckdb` into the output folder, whole or not at all; records stand in the order of the rows.

    Raises:
        DataError: there is no room for it.
    """
    import duckdb

    part = scratch / NAME
    part.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(part), config={"threads": 1, "preserve_insertion_order": True}) as database:
            for table in TABLES:
                _create(database, table, folder)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(part, folder / NAME)
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        raise DataError(
            f"{folder / NAME}: cannot be written ({str(error)[:200]}). All shards are done and kept; free some space "
            "and run the same command again."
        ) from error


def _create(database: object, table: str, folder: Path) -> None:
    import duckdb
    import pyarrow.dataset as ds

    assert isinstance(database, duckdb.DuckDBPyConnection)
    paths = sorted((folder / table).rglob("part-*.parquet"), key=lambda path: (path.name, str(path)))
    # Through Arrow, whose schema is ours even where there is no file.
    records = ds.dataset([str(path) for path in paths], schema=SCHEMAS[table](), format="parquet")
    reader = records.scanner(use_threads=False).to_reader()
    database.register("records", reader)
    database.execute(f"CREATE TABLE {table} AS SELECT * FROM records")
    database.unregister("records")
