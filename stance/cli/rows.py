"""`stance predict`: sentence-level rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stance.cli.options import BatchTokens, Device, Dtype, Engine, Latin, MinProbability, Model, Out

if TYPE_CHECKING:
    from stance.cli.output import Advance
    from stance.data.rows import Row
    from stance.inference.classifier import StanceClassifier
    from stance.types import StancePrediction

_ROWS_AT_ONCE = 2048  # enough to pack them well, and few enough to hold


def predict(
    rows: Annotated[Path, typer.Argument(help="JSON Lines of {id, text, actor or null, target, lang}.")],
    model: Model = None,
    min_probability: MinProbability = None,
    out: Out = None,
    device: Device = "auto",
    batch_tokens: BatchTokens = 4096,
    dtype: Dtype = "auto",
    engine: Engine = "auto",
    latin: Latin = True,
) -> None:
    """Give every row its stance and probabilities; same rows, same order, all columns kept.

    `stance` is the most probable one; a side that is not sure enough is marked `abstained` with `low_confidence`.
    Annotated sentences are taken too, a row per annotation.
    """
    from stance.cli.output import emit, note, progress
    from stance.data.rows import each_row, read_rows
    from stance.data.writing import json_line
    from stance.inference.classifier import StanceClassifier

    # What is wrong is told before any work. A file is then read again, part by part: only one part is held at a time.
    if rows.is_file() or rows.is_dir():
        n_rows, read = sum(1 for _ in each_row(rows, need_stance=False)), each_row(rows, need_stance=False)
    else:
        listed = read_rows(rows, need_stance=False)
        n_rows, read = len(listed), iter(listed)
    classifier = StanceClassifier.from_pretrained(
        model, device=device, batch_tokens=batch_tokens, dtype=dtype, latin=latin, engine=engine, log=note, bar=progress
    )
    n_truncated = 0

    def lines(advance: Advance) -> Iterator[str]:
        nonlocal n_truncated
        for record in _records(classifier, read, min_probability=min_probability, advance=advance):
            n_truncated += record["truncated"]
            yield json_line(record)

    with progress("Rows", n_rows) as advance:
        if out is None:
            shown = list(lines(advance))  # for the bar must be gone before the first line is on the screen
        else:
            emit(lines(advance), out=out)
    if out is None:
        emit(shown, out=None)
    if n_truncated:
        note(f"{n_truncated} of {n_rows} rows were longer than the model reads; they say `truncated`.")


def _records(
    classifier: StanceClassifier, rows: Iterator[Row], *, min_probability: float | None, advance: Advance
) -> Iterator[dict[str, Any]]:
    """Every row with its prediction, of which no more than a part is held at a time."""
    from stance.inference.records import prediction_fields

    while part := list(islice(rows, _ROWS_AT_ONCE)):
        for row, prediction in zip(
            part, _judged(classifier, part, min_probability=min_probability, advance=advance), strict=True
        ):
            yield {**({"id": row.id} if "id" not in row.record else {}), **row.record, **prediction_fields(prediction)}


def run_rows(
    classifier: StanceClassifier, rows: Sequence[Row], *, min_probability: float | None
) -> list[StancePrediction]:
    """One prediction per row, in order; sides below `min_probability` (None: the model's own) abstain."""
    from stance.cli.output import progress

    with progress("Rows", len(rows)) as advance:
        return _judged(classifier, rows, min_probability=min_probability, advance=advance)


def _judged(
    classifier: StanceClassifier, rows: Sequence[Row], *, min_probability: float | None, advance: Advance
) -> list[StancePrediction]:
    from stance.inference.classifier import abstain

    found = classifier.predict(rows, progress=advance)
    threshold = classifier.info.min_probability if min_probability is None else min_probability
    return abstain(found, min_probability=threshold)
