"""Tables of one judgement per row: CSV and TSV with a header, and flat rows in JSON Lines.

Columns: text, target and stance are needed; actor (empty: the text's own voice), actor_start, actor_end, target_start,
target_end, annotator and the fields of a sentence are understood; all others are kept.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from stance.data.defects import Defect, raise_problems
from stance.data.formats.columns import build_sentence
from stance.data.formats.format import Format, Peek, ReadOptions
from stance.data.formats.labels import LabelMap
from stance.data.lines import json_lines, require_file
from stance.data.losses import LossReport
from stance.data.records import read_reference
from stance.errors import DataError
from stance.types import AnnotatedSentence, Annotation, Reference, Stance

_NEEDED = ("text", "target", "stance")
_KNOWN = (*_NEEDED, "actor", "actor_start", "actor_end", "target_start", "target_end", "actor_id", "target_id",
          "annotator")  # fmt: skip
_MAX_PROBLEMS = 1000


def read(
    path: Path, *, options: ReadOptions, losses: LossReport, labels: LabelMap | None = None
) -> Iterator[AnnotatedSentence]:
    """The sentences of a CSV or TSV file; neighbouring rows of one sentence come as one.

    Args:
        labels: those of the format, where it fixes them; None takes the declared ones.

    Raises:
        DataError: a needed column is missing, a row does not fit, or a label has no stance.
    """
    yield from sentences_of_rows(_csv_rows(path), path=path, options=options, losses=losses, labels=labels)


def flat_records(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and flat row of every judgement in a CSV or TSV file, whatever is wrong with its values: to check and mend.

    Columns have our names, labels are stances, and empty cells are left out.

    Raises:
        DataError: it is no such table, a needed column is missing, or (after the last row) a label has no stance.
    """
    labels = LabelMap(options.labels)
    for place, cells in _csv_rows(path):
        row = _renamed(cells, options.columns, path=path)
        stance = _stance(row, labels, f"{path}:{place}", losses)
        if stance is None:
            continue
        rest = {
            name: value for name, value in row.items() if value != "" and (name not in _KNOWN or name == "annotator")
        }
        if options.lang is not None:
            rest.setdefault("lang", options.lang)
        judged = {"actor": _cells(row, "actor"), "target": _cells(row, "target"), "stance": stance.value}
        yield int(place), {"text": row["text"], **judged, **rest}
    labels.require_all_mapped(path)


def read_rows(path: Path, *, options: ReadOptions, losses: LossReport) -> Iterator[AnnotatedSentence]:
    """As `read`, of flat rows in JSON Lines."""
    rows = ((str(number), record) for number, record in json_lines(path))
    yield from sentences_of_rows(rows, path=path, options=options, losses=losses)


def sentences_of_rows(
    rows: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    path: Path,
    options: ReadOptions,
    losses: LossReport,
    labels: LabelMap | None = None,
) -> Iterator[AnnotatedSentence]:
    """Sentences from rows with their places; neighbours with the same id and text (or no id) are one sentence.

    Raises:
        DataError: as `read`.
    """
    labels = LabelMap(options.labels) if labels is None else labels
    problems: list[str] = []
    renamed = ((place, _renamed(row, options.columns, path=path)) for place, row in rows)
    for _, group in groupby(renamed, key=lambda pair: (pair[1]["text"], pair[1].get("id"))):
        neighbours = list(group)
        found = [_annotation(row, labels, f"{path}:{place}", problems, losses) for place, row in neighbours]
        annotations = tuple(annotation for annotation in found if annotation is not None)
        if len(problems) > _MAX_PROBLEMS:
            break
        place, row = neighbours[0]
        if isinstance(row["text"], str):
            yield build_sentence(
                key=f"{path.stem}-{place}",
                text=row["text"],
                annotations=annotations,
                columns={name: value for name, value in row.items() if name not in _KNOWN},
                losses=losses,
                place=f"{path}:{place}",
            )
    raise_problems(problems)
    labels.require_all_mapped(path)


def _annotation(
    row: Mapping[str, Any], labels: LabelMap, place: str, problems: list[str], losses: LossReport
) -> Annotation | None:
    text = row["text"]
    if not isinstance(text, str) or not text.strip():
        problems.append(f"{place}: text: {text!r}, expected a sentence.")
        return None
    stance = _stance(row, labels, place, losses)
    if stance is None:
        return None
    defects: list[Defect] = []
    actor = _reference(row, "actor", defects)
    target = _reference(row, "target", defects)
    if target is None and not defects:
        problems.append(f"{place}: target: missing; what the stance is towards must be named.")
    problems += [f"{place}: {defect.message}" for defect in defects]
    annotator = row.get("annotator")
    if target is None:
        return None
    return Annotation(actor, target, stance, None if annotator in (None, "") else str(annotator))


def _stance(row: Mapping[str, Any], labels: LabelMap, place: str, losses: LossReport) -> Stance | None:
    """The stance of a row's label, white space aside; None, and a loss, where it has none."""
    label = "" if row["stance"] is None else str(row["stance"]).strip()
    if not label:
        losses.add("row without a label", place)
        return None
    stance = labels.stance(label)
    if stance is None:
        losses.add(f"row labelled {label!r}", place)
    return stance


def _reference(row: Mapping[str, Any], role: str, defects: list[Defect]) -> Reference | None:
    value = _cells(row, role)
    return None if value is None else read_reference(value, row["text"], field=role, defects=defects)


def _cells(row: Mapping[str, Any], role: str) -> Any:
    """What a row says of its actor or target: the name alone, or an object with what is given; None for nothing."""
    value = row.get(role)
    if not isinstance(value, str) and value is not None:
        return value
    start, end, identifier = (row.get(f"{role}_{part}") for part in ("start", "end", "id"))
    parts = {"name": value or None, "start": _number(start), "end": _number(end)}
    parts["id"] = None if identifier in (None, "") else str(identifier)
    given = {part: found for part, found in parts.items() if found is not None}
    return value if given.keys() == {"name"} else given or None


def _number(value: Any) -> Any:
    """Cells are text: a whole number is read, an empty cell is none, anything else is left to be reported."""
    if isinstance(value, str):
        stripped = value.strip()
        return int(stripped) if stripped.isdecimal() and len(stripped) < 10 else stripped or None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _renamed(row: Mapping[str, Any], columns: Mapping[str, str], *, path: Path) -> Mapping[str, Any]:
    """The row with the mapped columns under our names."""
    if not columns:
        _require_columns(row, path=path)
        return row
    missing = [column for column in columns.values() if column not in row]
    if missing:
        raise DataError(f"{path}: no column {', '.join(map(repr, missing))}; the columns are {', '.join(row)}.")
    mapped = set(columns.values())
    kept = {name: value for name, value in row.items() if name not in mapped and name not in columns}
    result = kept | {ours: row[column] for ours, column in columns.items()}
    _require_columns(result, path=path)
    return result


def _require_columns(row: Mapping[str, Any], *, path: Path) -> None:
    missing = [name for name in _NEEDED if name not in row]
    if missing:
        hints = []
        free = [str(column) for column in row if column not in _KNOWN]
        for name in missing:
            nearest = difflib.get_close_matches(name, free, n=1, cutoff=0.6)
            hints.append(f"--column {name}={nearest[0] if nearest else 'NAME'}")
        raise DataError(
            f"{path}: no column {', '.join(missing)}; the columns are {', '.join(map(str, row))}. "
            f"Name them with {' '.join(hints)}."
        )


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    require_file(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            delimiter = _delimiter(path, file.readline())
            file.seek(0)
            reader = csv.DictReader(file, delimiter=delimiter, strict=True)
            for row in reader:
                # A row with more cells than the header puts them under None, one with fewer has None values.
                if None in row or None in row.values():
                    raise DataError(
                        f"{path}:{reader.line_num}: not as many cells as the header's {len(reader.fieldnames or ())}; "
                        "is a quote mark missing?"
                    )
                yield str(reader.line_num), row
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: not UTF-8 (byte {error.start + 1}). Save the file as UTF-8.") from error
        except csv.Error as error:
            raise DataError(f"{path}:{reader.line_num}: no CSV ({error}).") from error


def _delimiter(path: Path, header: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    return max(",;\t|", key=header.count)


def detect(peek: Peek) -> str | None:
    """The name ends in .csv or .tsv."""
    suffix = peek.path.suffix.lower()
    return f"its name ends in {suffix}" if peek.names is None and suffix in (".csv", ".tsv") else None


def detect_rows(peek: Peek) -> str | None:
    """JSON Lines with `text`, `target` and `stance`."""
    return "its rows have `text`, `target` and `stance`" if peek.names is None and peek.has(*_NEEDED) else None


CSV = Format("csv", "CSV or TSV with a header, one judgement per row", read, detect, fallback=True)
ROWS = Format("rows", "flat rows of stance, JSON Lines", read_rows, detect_rows)
