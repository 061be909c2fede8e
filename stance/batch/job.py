"""A job from its sources to its output: begun, gone on with, or found finished."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from stance.batch import cluster, local, output
from stance.batch.database import NAME as DATABASE
from stance.batch.database import require_duckdb, write_database
from stance.batch.duplicates import NAME as DUPLICATES
from stance.batch.duplicates import duplicates_to_json, find_duplicates, parse_duplicates
from stance.batch.manifest import DoneRecord, JobRecord, ShardRecord, describe_inputs, differences, require_unchanged
from stance.batch.records import Duplicate
from stance.batch.rows import FIELDS, RawRow
from stance.batch.shards import Shard, cut
from stance.batch.sources.inputs import STDIN, Input, find_inputs, rows_of
from stance.batch.spec import NO_MODEL, config_hash, identity, scoring_spec
from stance.batch.totals import Monitor, Totals, totals_of
from stance.batch.work import ShardResult, ShardTask, Work
from stance.batch.workers import Workers
from stance.batch_config import BatchConfig, Engine, Sink
from stance.errors import ConfigError
from stance.modeling.checkpoint import checkpoint_folder, model_id, read_info
from stance.types import Actor, Position


@dataclass(frozen=True, slots=True)
class JobResult:
    """The end of a run. skipped: what was no article, by kind. stopped: by `max_errors`; there is more to do."""

    totals: Totals
    skipped: Mapping[str, int]
    stopped: bool


@dataclass(frozen=True, slots=True)
class _Job:
    """What the steps of a run share."""

    config: BatchConfig
    root: Path
    record: JobRecord
    inputs: Sequence[Input]
    work: Work


def run_job(
    config: BatchConfig, positions: Sequence[Position], actors: Sequence[Actor] | None, *, monitor: Monitor
) -> JobResult:
    """Do what is missing of a job. However a run ends, what it leaves are whole shards and nothing else.

    Raises:
        ConfigError: an option does not fit, or the folder holds another job.
        DataError: a source is missing or was changed, or the folder cannot be written or is in use.
        CheckpointError, EnvironmentMissing: the model, or what reads a source, is not here.
    """
    _check(config)
    root, spec = Path(config.output_dir), scoring_spec(config, positions, actors)
    skipped: Counter[str] = Counter()
    inputs = find_inputs(config.sources, skipped=skipped)
    model = NO_MODEL if config.dry_run else _model_id(config)
    with output.locked(root):
        record = _joined(config, root, inputs, identity(spec, config, model_id=model))
        work = Work(root, spec, config.sink, config.partition, record.config_hash)
        return _run(_Job(config, root, record, inputs, work), skipped, monitor)


def _run(job: _Job, skipped: Counter[str], monitor: Monitor) -> JobResult:
    shards = output.sweep(job.root)
    done = output.read_done(job.root)
    try:
        totals = totals_of(shards.values())
        if done is None or set(shards) != set(range(done.n_shards)):
            monitor.begin(totals, job.record.n_bytes)
            done = None
            totals, n_shards = _score(job, shards, skipped, monitor)
            if n_shards is None:
                return JobResult(totals, skipped, stopped=True)
        if job.config.sink is Sink.duckdb and (done is None or not (job.root / DATABASE).exists()):
            write_database(job.root, scratch=job.root / output.SCRATCH)
        if done is None:
            done = DoneRecord(totals.shards, dict(skipped), _now())
            output.finish(job.root, done)
        return JobResult(totals, done.skipped, stopped=False)
    finally:
        output.drop_scratch(job.root)


def _score(
    job: _Job, shards: Mapping[int, ShardRecord], skipped: Counter[str], monitor: Monitor
) -> tuple[Totals, int | None]:
    """The totals after all missing shards, and the number of all shards; None where `max_errors` stopped it."""
    config, totals = job.config, totals_of(shards.values())
    duplicates = _duplicates(job) if config.deduplicate else {}
    n_shards = 0

    def tasks() -> Iterator[ShardTask]:
        nonlocal n_shards
        for shard in cut(_rows(job, skipped), max_rows=config.shard_rows, max_bytes=config.shard_bytes):
            n_shards += 1
            if shard.number in shards:
                _require_same(job, shards[shard.number], shard)
            else:
                yield ShardTask(shard, _within(duplicates, shard))

    with closing(_results(job, tasks(), lambda: monitor.tick(totals))) as results:
        for result in results:
            output.commit(job.root, result.record, parts=result.parts)
            totals = totals.plus(result.record)
            if config.max_errors is not None and totals.errors > config.max_errors:
                return totals, None
    if any(number >= n_shards for number in shards):
        raise _changed(job, "the input is shorter than it was")
    return totals, n_shards


def _results(job: _Job, tasks: Iterable[ShardTask], tick: Callable[[], None]) -> Generator[ShardResult, None, None]:
    config = job.config
    if config.engine is Engine.local:
        return local.run_shards(
            tasks, job.work, processes=_processes(config), in_flight_bytes=config.in_flight_bytes, tick=tick
        )
    return cluster.run_shards(
        tasks,
        job.work,
        model_id=job.record.identity["model_id"],
        workers=_workers(config),
        in_flight_bytes=config.in_flight_bytes,
        tick=tick,
    )


def _rows(job: _Job, skipped: Counter[str]) -> Iterator[tuple[RawRow, int]]:
    """All rows, each with the bytes of the inputs that are read once it is."""
    before = 0
    for item, record in zip(job.inputs, job.record.inputs, strict=True):
        for row in rows_of(item, columns=job.config.columns, skipped=skipped):
            yield row, before + row.read_bytes
        require_unchanged(record)
        before += record.n_bytes


def _duplicates(job: _Job) -> dict[int, Duplicate]:
    found = parse_duplicates(job.root / output.MANIFEST / DUPLICATES)
    if found is None:
        rows = (row for row, _ in _rows(job, Counter()))
        found = find_duplicates(rows, columns=job.config.columns)
        output.keep(job.root, DUPLICATES, duplicates_to_json(found))
    return found


def _within(duplicates: Mapping[int, Duplicate], shard: Shard) -> dict[int, Duplicate]:
    indices = range(len(shard.rows)) if duplicates else ()
    return {i: duplicates[shard.first_row + i] for i in indices if shard.first_row + i in duplicates}


def _joined(config: BatchConfig, root: Path, inputs: Sequence[Input], found: Mapping[str, object]) -> JobRecord:
    """The job of the folder: the one that was begun there where it is the same, else a new one.

    Raises:
        ConfigError: another one was begun there.
    """
    known = output.read_job(root)
    records = describe_inputs(inputs, known=known)
    if known is not None and config.restart:
        output.clear(root)
        known = None
    if known is None:
        job = JobRecord(version("stance-news"), _now(), config_hash(found), found, records)
    else:
        changed = differences(known, identity=found, inputs=records)
        if changed:
            raise ConfigError(_refusal(root, changed))
        job = replace(known, inputs=records)
    output.begin(root, job)
    return job


def _require_same(job: _Job, known: ShardRecord, shard: Shard) -> None:
    if known.rows_sha256 != shard.sha256:
        raise _changed(job, f"the rows from {shard.rows[0].place} on are no longer those of shard {shard.number}")


def _changed(job: _Job, what: str) -> ConfigError:
    return ConfigError(_refusal(job.root, [what]))


def _refusal(root: Path, changed: Sequence[str]) -> str:
    listed = "; ".join(changed[:5]) + (f"; and {len(changed) - 5} more" if len(changed) > 5 else "")
    return (
        f"{root}: this folder holds another job: {listed}. Add --restart to remove its output and begin anew, or "
        "--into NEW to leave it and write into the folder NEW."
    )


def _model_id(config: BatchConfig) -> str:
    folder = checkpoint_folder(config.model)
    return model_id(folder, read_info(folder))


def _processes(config: BatchConfig) -> int:
    if config.processes is not None:
        return config.processes
    # Several processes on one GPU would each hold the model there.
    on_gpu = config.device.startswith("cuda") or (config.device == "auto" and Path("/dev/nvidiactl").exists())
    return 1 if on_gpu and not config.dry_run else len(os.sched_getaffinity(0))


def _workers(config: BatchConfig) -> Workers:
    """What Ray is asked for.

    Raises:
        ConfigError: it gives no such share, or the device is not among it.
    """
    cpus = 1.0 if config.worker_cpus is None else config.worker_cpus
    gpus = config.worker_gpus or 0.0
    if not (0 < cpus < 1 or (cpus >= 1 and cpus.is_integer())):
        raise ConfigError(f"worker_cpus is {cpus:g}; it must be a whole number, or a part of one CPU above 0.")
    if not 0 <= gpus <= 1:
        raise ConfigError(f"worker_gpus is {gpus:g}; it must be from 0 to 1: a process uses one GPU, or a part of it.")
    device = "cuda" if gpus else "cpu"
    if config.device not in ("auto", device):
        raise ConfigError(
            f"device is {config.device}, but with worker_gpus {gpus:g} Ray has the workers use {device}. Leave the "
            "device out and ask for GPUs with --worker-gpus."
        )
    return Workers(config.processes, cpus, gpus)


def _check_engine(config: BatchConfig) -> None:
    if config.engine is Engine.ray:
        _workers(config)
        cluster.require_ray()
    elif config.worker_cpus is not None or config.worker_gpus is not None:
        raise ConfigError("worker_cpus and worker_gpus are what Ray sets aside; they need --engine ray.")


def _check(config: BatchConfig) -> None:
    _check_engine(config)
    for name in ("shard_rows", "shard_bytes", "in_flight_bytes", "processes", "batch_tokens"):
        value = getattr(config, name)
        if value is not None and value < 1:
            raise ConfigError(f"{name} is {value}; it must be at least 1.")
    if config.max_errors is not None and config.max_errors < 0:
        raise ConfigError(f"max_errors is {config.max_errors}; it must be at least 0.")
    if not config.sources:
        raise ConfigError("sources is empty; name a file, a folder or a pattern.")
    root = Path(config.output_dir).resolve()
    around = [source for source in config.sources if root.is_relative_to(Path(source).resolve())]
    if around:
        raise ConfigError(f"{config.output_dir}: this lies in the source {around[0]}, and would be read as part of it.")
    unknown = sorted(set(config.columns) - set(FIELDS))
    if unknown:
        raise ConfigError(f"--column {unknown[0]}=...: no such field; there are {', '.join(FIELDS)}.")
    if config.deduplicate and STDIN in config.sources:
        raise ConfigError("--deduplicate reads the articles twice, which standard input does not allow; give a file.")
    if config.sink is Sink.duckdb:
        require_duckdb()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
