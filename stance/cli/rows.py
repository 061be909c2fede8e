"""`stance predict`: sentence-level rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.options import BatchTokens, Device, Dtype, Engine, Latin, MinProbability, Model, Out

if TYPE_CHECKING:
    from stance.data.rows import Row
    from stance.inference.classifier import StanceClassifier
    from stance.types import StancePrediction


def predict(
    rows: Annotated[Path, typer.Argument(help="JSON Lines of {id, text, actor or null, target, lang}.")],
    model: Model = None,
    min_probability: MinProbability = None,
    out: Out = None,
    device: Device = "auto",
    batch_tokens: BatchTokens = 4096,
    dtype: Dtype = "fp32",
    engine: Engine = "auto",
    latin: Latin = True,
) -> None:
    """Give every row its stance and probabilities; same rows, same order, all columns kept.

    `stance` is the most probable one; a side that is not sure enough is marked `abstained` with `low_confidence`.
    Annotated sentences are taken too, a row per annotation.
    """
    from stance.cli.output import emit, note, progress
    from stance.data.rows import read_rows
    from stance.data.writing import json_line
    from stance.inference.classifier import StanceClassifier
    from stance.inference.records import prediction_fields

    read = read_rows(rows, need_stance=False)
    classifier = StanceClassifier.from_pretrained(
        model, device=device, batch_tokens=batch_tokens, dtype=dtype, latin=latin, engine=engine, log=note, bar=progress
    )
    predictions = run_rows(classifier, read, min_probability=min_probability)
    records = (
        {**({"id": row.id} if "id" not in row.record else {}), **row.record, **prediction_fields(prediction)}
        for row, prediction in zip(read, predictions, strict=True)
    )
    emit((json_line(record) for record in records), out=out)
    truncated = sum(prediction.truncated for prediction in predictions)
    if truncated:
        note(f"{truncated} of {len(read)} rows were longer than the model reads; they say `truncated`.")


def run_rows(
    classifier: StanceClassifier, rows: Sequence[Row], *, min_probability: float | None
) -> list[StancePrediction]:
    """One prediction per row, in order; sides below `min_probability` (None: the model's own) abstain."""
    from stance.cli.output import progress
    from stance.inference.classifier import abstain

    with progress("Rows", len(rows)) as advance:
        found = classifier.predict(rows, progress=advance)
    threshold = classifier.info.min_probability if min_probability is None else min_probability
    return abstain(found, min_probability=threshold)
