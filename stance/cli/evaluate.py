"""`stance evaluate`: predictions of a model or a file against gold rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stance.cli.options import BatchTokens, Device, Dtype, Engine, Latin, MinProbability, Model


def evaluate(
    rows: Annotated[Path, typer.Argument(help="Gold rows, annotated sentences or articles: a file or a folder.")],
    predictions: Annotated[
        Path | None, typer.Option(help="Judge these predictions {id, stance[, probabilities]} of any system.")
    ] = None,
    model: Model = None,
    split: Annotated[str | None, typer.Option(help="Only rows of this split: train, dev or test.")] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option("--slice", help="Slice by this column of the rows too, or by two: A,B; repeatable."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write report.json and predictions.parquet into this folder.")
    ] = None,
    min_probability: MinProbability = None,
    device: Device = "auto",
    batch_tokens: BatchTokens = 4096,
    dtype: Dtype = "fp32",
    engine: Engine = "auto",
    latin: Latin = True,
) -> None:
    """Compare predictions with gold: figures of all rows and of slices, each with its 95 % interval.

    Where a model or a system abstains, the figures count its most probable stance; those of the rows it answered
    stand beside them with their coverage.
    """
    from datetime import UTC, datetime

    from stance.cli.output import note
    from stance.cli.report import print_report
    from stance.cli.rows import run_rows
    from stance.data.rows import read_rows
    from stance.errors import ConfigError, DataError
    from stance.evaluation.judging import Judged, judge_file
    from stance.evaluation.report import build_report, write_report
    from stance.inference.records import prediction_fields

    if predictions is not None and model is not None:
        raise ConfigError("Give --predictions or --model, not both: either a file is judged or a model.")
    read = [row for row in read_rows(rows, need_stance=True) if split is None or row.record.get("split") == split]
    if not read:
        raise DataError(f"{rows}: no row of split {split!r}; the field `split` is train, dev or test.")
    if predictions is not None:
        judged, model_id = judge_file(read, predictions), f"predictions in {predictions.name}"
    else:
        from stance.inference.classifier import StanceClassifier

        classifier = StanceClassifier.from_pretrained(
            model, device=device, batch_tokens=batch_tokens, dtype=dtype, latin=latin, engine=engine, log=note
        )
        found = run_rows(classifier, read, min_probability=min_probability)
        judged = [
            Judged(row, prediction.stance, prediction.probabilities, prediction_fields(prediction))
            for row, prediction in zip(read, found, strict=True)
        ]
        model_id = classifier.model_id
    result = build_report(
        judged, model_id=model_id, rows_path=rows, created=datetime.now(UTC), slices=tuple(slices or ())
    )
    print_report(result)
    if report is not None:
        write_report(report, result, judged)
        note(f"Wrote {report / 'report.json'} and {report / 'predictions.parquet'}")
