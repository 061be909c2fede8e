"""`stance batch`: a job over many articles, and how far it is."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stance.batch_config import Engine, PartitionBy, Sink
from stance.cli.data.options import Columns, column_pairs
from stance.cli.options import (
    Actors,
    BatchTokens,
    Device,
    Dtype,
    Format,
    Latin,
    MinProbability,
    Model,
    Positions,
    PositionWords,
    Select,
    Semantic,
)
from stance.errors import ConfigError

if TYPE_CHECKING:
    from stance.batch.job import JobResult
    from stance.batch.totals import Status
    from stance.batch_config import BatchConfig

_STATUS = "status"
_TERMINATED = 128 + signal.SIGTERM


def batch(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SRC", help="Files, folders or patterns, or - for JSON Lines; the word `status` shows DST's job."
        ),
    ],
    dst: Annotated[Path, typer.Argument(metavar="DST", help="Folder of the result; a job there is gone on with.")],
    positions: Positions = None,
    position: PositionWords = None,
    select: Select = None,
    actors: Actors = None,
    column: Columns = None,
    model: Model = None,
    min_probability: MinProbability = None,
    in_context: Annotated[
        bool | None, typer.Option("--in-context", help="Also ask who speaks of a position without naming it.")
    ] = None,
    semantic: Semantic = False,
    deduplicate: Annotated[
        bool, typer.Option("--deduplicate", help="Score articles that nearly repeat an earlier one only once.")
    ] = False,
    sink: Annotated[Sink | None, typer.Option(help="What is written; without it parquet.")] = None,
    partition: Annotated[
        PartitionBy | None, typer.Option(help="Divide the records by day, month, or hash of the document id.")
    ] = None,
    engine: Annotated[
        Engine | None,
        typer.Option(
            help="Who works: local, this machine's processes; ray, the cluster of the environment's RAY_ADDRESS, or "
            "without one a Ray that is started here."
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes that score; without it one per core or one for a GPU; with Ray as many as have room.",
        ),
    ] = None,
    worker_cpus: Annotated[
        float | None, typer.Option(help="CPUs that Ray sets aside for each process; without it 1.")
    ] = None,
    worker_gpus: Annotated[
        float | None, typer.Option(help="GPUs, or a part of one, that Ray gives to each process; without it 0.")
    ] = None,
    max_errors: Annotated[
        int | None, typer.Option(min=0, help="Stop once more rows than that are in quarantine; without it never.")
    ] = None,
    in_flight_mb: Annotated[
        int | None, typer.Option("--in-flight-mb", min=1, help="Bound of the rows that are out, in MiB; without it 64.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read, cut and write, but ask no model: what would go to quarantine?")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Remove the output of the job in DST and begin anew.")
    ] = False,
    into: Annotated[Path | None, typer.Option("--into", help="Leave the job in DST alone and write here.")] = None,
    status_every: Annotated[
        float | None,
        typer.Option(min=0.1, help="Seconds between two status lines where there is no terminal; without it 30."),
    ] = None,
    device: Device = "auto",
    batch_tokens: BatchTokens = 4096,
    runtime: Annotated[
        str,
        typer.Option("--runtime", help="What the model runs in: torch, onnx or auto; `score`'s --engine."),
    ] = "auto",
    dtype: Dtype = "auto",
    latin: Latin = True,
    format: Annotated[Format, typer.Option("--format", help="Of `status`: table or jsonl.")] = Format.table,  # noqa: A002
) -> None:
    """Score many articles: resumable, with every row either in the result or in a quarantine with its reason.

    DST gets statements/, articles/, documents/ and quarantine/, cut into shards, and manifest/, which remembers what is
    done: the same command goes on where it was stopped or killed. Exit code 1: some rows are in quarantine.

    Read are JSON Lines, CSV, TSV, Parquet, Hugging Face datasets, .txt .md .html, WARC, RSS and Atom (also .gz, .zst).

    Example: stance batch articles.jsonl out/job --positions positions.yaml

    Example: stance batch archive/ out/job --positions positions.yaml --column text=body --deduplicate

    Example: stance batch archive/ out/job --positions positions.yaml --engine ray --worker-gpus 1

    Example: stance batch status out/job
    """
    from stance.hydra_schema import compose_batch

    if sources == [_STATUS]:
        _show_status(dst, format)
        return
    given: dict[str, Any] = {
        "sources": sources,
        "output_dir": str(into or dst),
        "positions": positions and str(positions),
        "position": position,
        "select": select,
        "actors": actors and str(actors),
        "columns": column_pairs(column) or None,
        "model": model,
        "min_probability": min_probability,
        "in_context": in_context,
        "semantic": semantic or None,
        "deduplicate": deduplicate or None,
        "sink": sink,
        "partition": partition,
        "engine": engine,
        "processes": processes,
        "worker_cpus": worker_cpus,
        "worker_gpus": worker_gpus,
        "max_errors": max_errors,
        "in_flight_bytes": in_flight_mb and in_flight_mb << 20,
        "dry_run": dry_run or None,
        "restart": restart or None,
        "status_seconds": status_every,
        "device": device,
        "batch_tokens": batch_tokens,
        "runtime": runtime,
        "dtype": dtype,
        "latin": latin,
    }
    run_batch(compose_batch({name: value for name, value in given.items() if value is not None}))


def batch_of_config(context: typer.Context) -> None:
    """Score many articles, the whole job given as Hydra overrides of `configs/batch/config.yaml`.

    Example: scripts/predict.py sources=[articles.jsonl] output_dir=out/job positions=positions.yaml processes=2
    """
    from stance.hydra_schema import compose_batch

    run_batch(compose_batch({}, context.args))


def run_batch(config: BatchConfig) -> None:
    """Run a job and leave with its exit code.

    Raises:
        StanceError: as `stance.batch.job.run_job`.
    """
    from stance.batch.job import run_job
    from stance.cli.batch_monitor import monitor
    from stance.cli.output import note
    from stance.cli.positions import followed_positions
    from stance.data.entities import load_actors

    followed = followed_positions(Path(config.positions) if config.positions else None, config.position, config.select)
    if not followed and not config.dry_run:
        raise ConfigError("Nothing to score on: give --positions FILE, or --position TEXT.")
    known = load_actors(Path(config.actors)) if config.actors else None
    shown = monitor(seconds=config.status_seconds)
    try:
        with _terminable():
            result = run_job(config, followed, known, monitor=shown)
    except _Terminated:
        shown.end()
        note(f"Stopped. The shards that are done are kept in {config.output_dir}; the same command goes on from there.")
        raise typer.Exit(_TERMINATED) from None
    finally:
        shown.end()
    _tell(result, config)


class _Terminated(BaseException):
    """SIGTERM came; like an interrupt it is nobody's to catch on the way up."""


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends what is done in here at once; all that is written is safe against worse."""

    def stop(number: int, frame: object) -> None:
        # A second one must not stop the cleaning up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(result: JobResult, config: BatchConfig) -> None:
    from stance.cli.output import note
    from stance.pages.wording import counted

    totals, root = result.totals, config.output_dir
    said = f"{counted(totals.articles, 'article')}, {counted(totals.statements, 'statement')}"
    if totals.duplicates:
        said += f", {counted(totals.duplicates, 'near-duplicate')} not scored"
    note(f"{root}: {said}, in {counted(totals.shards, 'shard')}.")
    for kind, count in sorted(result.skipped.items()):
        note(f"Skipped: {count:,} {kind}.")
    if totals.errors:
        note(f"{totals.errors:,} rows are in quarantine, each with its reason: {root}/quarantine")
        if result.stopped:
            note(f"Stopped: these are more than --max-errors {config.max_errors}; the rest was not scored.")
        raise typer.Exit(1)


def _show_status(root: Path, format_: Format) -> None:
    from stance.batch.totals import status_of
    from stance.cli.output import print_table
    from stance.data.writing import json_line

    figures = _figures(status_of(root))
    if format_ is Format.jsonl:
        typer.echo(json_line(figures), nl=False)
    else:
        rows = [(name.replace("_", " "), "-" if value is None else str(value)) for name, value in figures.items()]
        print_table(str(root), ("What", "Found"), rows, wide="Found")


def _figures(status: Status) -> dict[str, Any]:
    totals, job = status.totals, status.job
    return {
        "state": status.state,
        "finished": status.finished,
        "shards": totals.shards,
        "articles": totals.articles,
        "statements": totals.statements,
        "duplicates": totals.duplicates,
        "errors": totals.errors,
        "read": f"{min(totals.read_bytes / job.n_bytes, 1):.1%}" if job.n_bytes else None,
        "articles_per_process_second": round(totals.articles / totals.seconds, 2) if totals.seconds else None,
        "model_id": job.identity["model_id"],
        "config_hash": job.config_hash,
        "begun": job.created,
    }
