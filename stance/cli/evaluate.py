"""`stance evaluate`: predictions of a model or a file against gold rows, and whether they meet a gate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stance.cli.options import BatchTokens, Device, Dtype, Engine, Latin, MinProbability, Model, Semantic

if TYPE_CHECKING:
    from stance.data.rows import Row
    from stance.evaluation.gate_file import Gate
    from stance.evaluation.judging import Judged
    from stance.inference.classifier import StanceClassifier

NEGATIVE_VERDICT = 1


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
        Path | None,
        typer.Option(
            help="Write report.html, report.md, report.json, predictions.parquet and junit.xml into this folder."
        ),
    ] = None,
    gate: Annotated[
        Path | None, typer.Option(help="YAML file of what must be met; exit code 1 where it is not (docs/ci.md).")
    ] = None,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Also ask changed rows, whose answers must stay or turn.")
    ] = False,
    robustness_rows: Annotated[int, typer.Option(min=1, help="Changed rows per test of --robustness, at most.")] = 100,
    positions: Annotated[
        list[Path] | None, typer.Option(help="Of articles: positions with their aliases (YAML); repeatable.")
    ] = None,
    actors: Annotated[
        list[Path] | None, typer.Option(help="Of articles: known actors with their aliases (YAML); repeatable.")
    ] = None,
    in_context: Annotated[
        bool, typer.Option("--in-context", help="Of articles: as `stance score --in-context`.")
    ] = False,
    semantic: Semantic = False,
    min_probability: MinProbability = None,
    device: Device = "auto",
    batch_tokens: BatchTokens = 4096,
    dtype: Dtype = "auto",
    engine: Engine = "auto",
    latin: Latin = True,
) -> None:
    """Compare predictions with gold: figures of all rows and of slices, each with its 95 % interval.

    Where a model or a system abstains, the figures count its most probable stance; those of the rows it answered
    stand beside them with their coverage. Annotated articles are also scored from their text alone, and what is lost
    is told by the stage that lost it. Exit code 0: done, the gate is met; 1: it is not; 2: something cannot be judged.
    """
    from datetime import UTC, datetime

    from stance.cli.end_to_end import annotated_articles, score_end_to_end
    from stance.cli.output import note, progress
    from stance.data.rows import read_rows
    from stance.errors import DataError
    from stance.evaluation.gate import require_slices
    from stance.evaluation.gate_file import load_gate
    from stance.evaluation.judging import judge_file
    from stance.evaluation.report import build_report

    demanded = load_gate(gate) if gate else None
    read = [row for row in read_rows(rows, need_stance=True) if split is None or row.record.get("split") == split]
    if not read:
        raise DataError(f"{rows}: no row of split {split!r}; the field `split` is train, dev or test.")
    records = annotated_articles(rows, split=split)
    asked_of_articles = bool(positions or actors or in_context or semantic)
    _require_sense(predictions, model, robustness=robustness, of_articles=asked_of_articles, articles=bool(records))
    if demanded is not None:
        require_slices(demanded, read)
    classifier: StanceClassifier | None = None
    if predictions is not None:
        judged, model_id = judge_file(read, predictions), f"predictions in {predictions.name}"
    else:
        from stance.inference.classifier import StanceClassifier

        classifier = StanceClassifier.from_pretrained(
            model,
            device=device,
            batch_tokens=batch_tokens,
            dtype=dtype,
            latin=latin,
            engine=engine,
            log=note,
            bar=progress,
        )
        judged, model_id = _ask(classifier, read, min_probability=min_probability), classifier.model_id
    wanted = (*(slices or ()), *(demanded.columns if demanded else ()))
    result = build_report(judged, model_id=model_id, rows_path=rows, created=datetime.now(UTC), slices=wanted)
    if robustness and classifier is not None:
        result["robustness"] = _robustness(classifier, judged, per_test=robustness_rows)
    if records and classifier is not None:
        result["stages"] = score_end_to_end(
            records,
            classifier,
            positions=positions or [],
            actors=actors or [],
            min_probability=min_probability,
            in_context=in_context,
            semantic=semantic,
        )
    if demanded is not None:
        result["gate"] = _gate(demanded, result, judged, classifier, model=model)
    _give(result, judged, folder=report, baseline=demanded.baseline.report if demanded and demanded.baseline else None)
    if result["gate"] and not result["gate"]["passed"]:
        raise typer.Exit(NEGATIVE_VERDICT)


def _require_sense(
    predictions: Path | None, model: str | None, *, robustness: bool, of_articles: bool, articles: bool
) -> None:
    from stance.errors import ConfigError

    if predictions is not None and model is not None:
        raise ConfigError("Give --predictions or --model, not both: either a file is judged or a model.")
    if predictions is not None and robustness:
        raise ConfigError("--robustness asks a model about changed rows; a file of predictions cannot answer.")
    if of_articles and (not articles or predictions is not None):
        raise ConfigError("--positions, --actors, --in-context and --semantic need annotated articles and a model.")


def _give(result: dict[str, Any], judged: Sequence[Judged], *, folder: Path | None, baseline: Path | None) -> None:
    """Print a report, and write it to its folder, compared with the gate's baseline."""
    from stance.cli.output import note
    from stance.cli.report import print_report
    from stance.cli.verdict import print_gate, print_robustness, print_stages
    from stance.evaluation.report import PAGE, write_report

    print_report(result)
    if result["robustness"]:
        print_robustness(result["robustness"])
    if result["stages"]:
        print_stages(result["stages"])
    if result["gate"]:
        print_gate(result["gate"])
    if folder is not None:
        write_report(folder, result, judged, baseline=baseline)
        note(f"Wrote {folder / PAGE}, and beside it report.md, report.json, predictions.parquet and junit.xml")


def _ask(classifier: StanceClassifier, rows: Sequence[Row], *, min_probability: float | None) -> list[Judged]:
    from stance.cli.rows import run_rows
    from stance.evaluation.judging import Judged
    from stance.inference.records import prediction_fields

    return [
        Judged(row, prediction.stance, prediction.probabilities, prediction_fields(prediction))
        for row, prediction in zip(rows, run_rows(classifier, rows, min_probability=min_probability), strict=True)
    ]


def _gate(
    gate: Gate,
    report: dict[str, Any],
    judged: Sequence[Judged],
    classifier: StanceClassifier | None,
    *,
    model: str | None,
) -> dict[str, Any]:
    from stance.data.training_texts import TrainingTexts
    from stance.evaluation.gate import check_gate
    from stance.modeling.checkpoint import checkpoint_folder

    return check_gate(
        gate,
        report,
        judged,
        pinned=[] if gate.pinned is None else _pinned(gate.pinned, judged, classifier),
        trained_on=TrainingTexts.read(checkpoint_folder(model)) if classifier and gate.no_leak else None,
    )


def _pinned(path: Path, judged: Sequence[Judged], classifier: StanceClassifier | None) -> list[Judged]:
    """What a model says to the pinned rows; of a file of predictions those of the same ids."""
    from stance.data.rows import read_rows
    from stance.evaluation.pinned import pinned_among

    rows = read_rows(path, need_stance=True)
    if classifier is None:
        return pinned_among(rows, judged, place=path)
    return _ask(classifier, rows, min_probability=None)


def _robustness(classifier: StanceClassifier, judged: Sequence[Judged], *, per_test: int) -> list[dict[str, Any]]:
    """What comes of the changed rows, and of the minimal pairs among the rows, else of those of the shipped corpus."""
    from stance.cli.output import progress
    from stance.data.rows import read_rows
    from stance.data.shipped import shipped_folder
    from stance.evaluation.pair_robustness import has_pairs, pair_outcomes_of, pair_rows
    from stance.evaluation.robustness import outcomes, robustness_cases, robustness_report

    cases = robustness_cases([item.row for item in judged], per_test=per_test)
    queries = list(dict.fromkeys(query for case in cases for query in (case.before, case.after)))
    with progress("Changed rows", len(queries)) as advance:
        answers = dict(zip(queries, classifier.predict(queries, progress=advance), strict=True))
    found = list(outcomes(cases, [answers[case.before] for case in cases], [answers[case.after] for case in cases]))
    paired = judged
    if not has_pairs(judged):
        shipped = read_rows(shipped_folder("sentences"), need_stance=True)
        rows = pair_rows([row for row in shipped if row.record.get("split") == "test"], per_relation=per_test)
        paired = _ask(classifier, rows, min_probability=None)
    return robustness_report([*found, *pair_outcomes_of(paired)])
