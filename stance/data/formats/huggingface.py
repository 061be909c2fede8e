"""Hugging Face `datasets`: a folder of `save_to_disk`, Arrow files, and Parquet.

Rows may be annotated sentences (as we write them), flat rows, or SetFit's; label numbers become the names that the
features give them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.data.arrow import sentence_schema
from stance.data.defects import raise_problems
from stance.data.formats import setfit
from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.table import sentences_of_rows
from stance.data.losses import LossReport
from stance.data.records import FIELDS, parse_sentence
from stance.data.writing import file_written_whole, folder_written_whole, sentence_record
from stance.errors import DataError
from stance.types import AnnotatedSentence

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 2000
_SPLIT_FOLDERS = ("train", "dev", "test", "validation")


def read(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """The sentences of a folder or file, read in batches; the name of a split is their `split`.

    Raises:
        DataError: no dataset, rows that do not fit, or a label without a stance.
    """
    rows: Iterator[tuple[str, Mapping[str, Any]]] = _rows(path)
    first = next(rows, None)
    if first is None:
        return
    rows = chain([first], rows)
    if "annotations" in first[1]:
        yield from _native(rows, path)
        return
    if "stance" not in first[1] and all(column in first[1] for column in ("actor", "target", "label")):
        options = replace(options, columns={"stance": "label", **options.columns})
    if all(column in first[1] for column in setfit.COLUMNS):
        rows = setfit.as_rows(rows, path=path, losses=losses)
    yield from sentences_of_rows(rows, path=path, options=options, losses=losses)


def _native(rows: Iterable[tuple[str, Mapping[str, Any]]], path: Path) -> Iterator[AnnotatedSentence]:
    problems: list[str] = []
    for place, row in rows:
        try:
            yield parse_sentence(_record(row, place=f"{path}: {place}"), place=f"{path}: {place}")
        except DataError as error:
            problems += str(error).splitlines()
    raise_problems(problems)


def _record(row: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    """The native record of a row: `extra` unpacked, empty columns of Arrow left out."""
    record = {name: value for name, value in row.items() if value is not None or name not in FIELDS}
    packed = record.pop("extra", None)
    if isinstance(packed, str):
        try:
            record |= json.loads(packed)
        except (ValueError, RecursionError, TypeError) as error:
            raise DataError(f"{place}: extra: {packed[:80]!r}, expected a JSON object.") from error
    for annotation in record.get("annotations") or ():
        for role in ("actor", "target"):
            reference = annotation.get(role) if isinstance(annotation, dict) else None
            if isinstance(reference, dict):
                annotation[role] = {name: value for name, value in reference.items() if value is not None}
    return record


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows with their places, from every file of a dataset."""
    for name, table_path in _tables(path):
        number = 0
        for batch, names in _batches(table_path):
            for row in batch.to_pylist():
                number += 1
                for column, labels in names.items():
                    value = row.get(column)
                    row[column] = labels[value] if isinstance(value, int) and 0 <= value < len(labels) else None
                if name is not None:
                    row["split"] = row.get("split") or name
                yield f"row {number}" if name is None else f"{name} row {number}", row


def _tables(path: Path) -> list[tuple[str | None, Path]]:
    """(split, file) of every Arrow or Parquet file."""
    if not path.is_dir():
        return [(None, path)]
    files = sorted(part for part in path.rglob("*") if part.suffix in (".parquet", ".arrow"))
    if not files:
        raise DataError(f"{path}: no .parquet or .arrow file in this folder.")
    return [(_split_name(part, path), part) for part in files]


def _split_name(part: Path, root: Path) -> str | None:
    """The split of a file: its folder below the dataset, or the word before `-00000-of-`."""
    if part.parent != root and part.parent.name in _SPLIT_FOLDERS:
        return part.parent.name
    word = part.stem.partition("-")[0]
    return word if word in _SPLIT_FOLDERS else None


def _batches(path: Path) -> Iterator[tuple[pa.RecordBatch, Mapping[str, Sequence[str]]]]:
    """Record batches with the label names of their columns.

    Raises:
        DataError: the file is neither Parquet nor Arrow.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path) as file:
                names = _label_names(file.schema_arrow)
                for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                    yield batch, names
            return
        with pa.memory_map(str(path)) as source, _open_arrow(source) as reader:
            names = _label_names(reader.schema)
            for batch in _record_batches(reader):
                for start in range(0, batch.num_rows, _BATCH_ROWS):
                    yield batch.slice(start, _BATCH_ROWS), names
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: no readable Parquet or Arrow file ({str(error)[:200]}).") from error


def _open_arrow(source: Any) -> Any:
    """`datasets` writes streams; other tools write files, which begin with a magic word."""
    import pyarrow as pa

    magic = source.read(6)
    source.seek(0)
    return pa.ipc.open_file(source) if magic == b"ARROW1" else pa.ipc.open_stream(source)


def _record_batches(reader: Any) -> Iterator[Any]:
    if hasattr(reader, "num_record_batches"):
        yield from (reader.get_batch(index) for index in range(reader.num_record_batches))
    else:
        yield from reader


def _label_names(schema: pa.Schema) -> dict[str, Sequence[str]]:
    """Column -> names of its labels, from the features that `datasets` leaves in the schema."""
    packed = (schema.metadata or {}).get(b"huggingface")
    try:
        features = json.loads(packed)["info"]["features"] if packed else {}
    except (ValueError, KeyError, TypeError):
        return {}
    return {
        name: feature["names"]
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list)
    }


def write_parquet(path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int:
    """Write one Parquet file of annotated sentences; nothing is lost.

    Raises:
        DataError: the file cannot be written.
    """
    import pyarrow.parquet as pq

    del losses
    n_written = 0
    with file_written_whole(path) as part, pq.ParquetWriter(part, sentence_schema()) as writer:
        for batch in _written_batches(sentences):
            writer.write_batch(batch)
            n_written += batch.num_rows
    return n_written


def write_folder(path: Path, sentences: Iterable[AnnotatedSentence], *, losses: LossReport) -> int:
    """Write a folder that `datasets.load_from_disk` opens; nothing is lost.

    Raises:
        DataError: the folder is there and not empty, or cannot be written.
    """
    import datasets
    import pyarrow as pa

    del losses
    n_written = 0
    # `datasets` refuses to save into the folder that it reads from.
    with folder_written_whole(path) as folder, tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        loose = Path(scratch) / "rows.arrow"
        with pa.OSFile(str(loose), "wb") as sink, pa.ipc.new_stream(sink, sentence_schema()) as writer:
            for batch in _written_batches(sentences):
                writer.write_batch(batch)
                n_written += batch.num_rows
        datasets.disable_progress_bars()
        datasets.Dataset.from_file(str(loose)).save_to_disk(str(folder))
    return n_written


def _written_batches(sentences: Iterable[AnnotatedSentence]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    schema = sentence_schema()
    source = iter(sentences)
    while batch := [_row(sentence) for sentence in islice(source, _BATCH_ROWS)]:
        yield pa.RecordBatch.from_pylist(batch, schema=schema)


def _row(sentence: AnnotatedSentence) -> dict[str, Any]:
    row = sentence_record(sentence)
    extra = {name: value for name, value in row.items() if name not in FIELDS}
    kept = {name: value for name, value in row.items() if name in FIELDS}
    return kept | {"extra": json.dumps(extra) if extra else None}


def detect_parquet(peek: Peek) -> str | None:
    """A .parquet file, or a folder of them."""
    if peek.names is not None:
        return "a folder with .parquet files" if any(name.endswith(".parquet") for name in peek.names) else None
    return "it is a Parquet file" if peek.head.startswith(b"PAR1") else None


def detect_folder(peek: Peek) -> str | None:
    """A folder of `save_to_disk`, or an .arrow file."""
    if peek.names is not None:
        found = {"dataset_info.json", "dataset_dict.json"} & peek.names
        return f"a folder with {found.pop()}" if found else None
    return "its name ends in .arrow" if peek.path.suffix == ".arrow" else None


PARQUET = Format("parquet", "Parquet, a file or a folder", read, detect_parquet, write_parquet)
ARROW = Format(
    "arrow", "Hugging Face datasets, a folder of save_to_disk or an .arrow file", read, detect_folder, write_folder
)
