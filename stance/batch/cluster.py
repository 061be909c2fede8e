"""The engine of a Ray cluster, or of a Ray on this machine alone: shards go to workers, and come back as they are done.

The workers are Ray's actors: Ray places them and starts anew one whose process or node is lost. Its shards go to the
others at once; Ray's own retries would leave them with the lost one, for as long as no node has room for it, and count
every refused connection. Ray Data is not used since nobody can feed it while it runs: it takes all rows at once, or
reads them in a task on some node, whereas here this process reads them, from standard input too, holds each shard
against what an earlier run did, and bounds the bytes that are out. The workers return the bytes of their files and
write nothing. So the nodes share no folder with this process, and a worker that a lost connection cut off can never
write into a job that goes on without it.
"""

from __future__ import annotations

import math
import os
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stance.batch.spec import ScoringSpec
from stance.batch.work import ShardResult, ShardTask, Work
from stance.batch.workers import ShardScorer, WorkerPool, Workers, first_line, signals_held
from stance.errors import ConfigError, EnvironmentMissing, StanceError

ADDRESS = "RAY_ADDRESS"
_OWN = "local"
_ANSWER_SECONDS = 10.0
_LEAST_STORE_BYTES = 128 << 20


def run_shards(
    tasks: Iterable[ShardTask],
    work: Work,
    *,
    model_id: str,
    workers: Workers,
    in_flight_bytes: int,
    tick: Callable[[], None],
) -> Generator[ShardResult, None, None]:
    """Every shard's result, in the order in which they are done, each staged by this process.

    The cluster is that of the environment's RAY_ADDRESS, or of this process where it is connected to one; otherwise a
    Ray is started here and ended with the last shard. Tasks are drawn as by the engine of one machine.

    Args:
        model_id: what every worker must score with.
        tick: called at least every half second, and after each shard.

    Raises:
        StanceError: as `Work`, with the name of the node.
        ConfigError: no node has room for a worker.
        EnvironmentMissing: Ray is not installed, the cluster does not answer or is lost, a node has another version or
            model, or shards kill their workers.
    """
    work = replace(work, spec=_anywhere(work.spec, workers))
    with _connected(workers, in_flight_bytes=in_flight_bytes) as ray, _readable(ray):
        scorer = ShardScorer(work, model_id, version("stance-news"))
        pool = WorkerPool(ray, workers, scorer, count=workers.count or _room(ray, workers))
        for task in tasks:
            while not pool.takes(task, in_flight_bytes=in_flight_bytes):
                yield from map(work.stage, pool.finished(tick))
            pool.give(task)
            yield from map(work.stage, pool.finished(tick, seconds=0))
        while pool.is_busy():
            yield from map(work.stage, pool.finished(tick))


def require_ray() -> Any:
    """The module.

    Raises:
        EnvironmentMissing: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise EnvironmentMissing("--engine ray needs Ray. Install it with: pip install 'stance-news[ray]'") from error
    return ray


def _anywhere(spec: ScoringSpec, workers: Workers) -> ScoringSpec:
    """The spec with what a process elsewhere would take otherwise: its device, and where the model lies."""
    folder = None if spec.model is None else Path(spec.model)
    model = spec.model if folder is None or not folder.is_dir() else str(folder.absolute())
    return replace(spec, device="cuda" if workers.gpus else "cpu", model=model)


def _room(ray: Any, workers: Workers) -> int:
    """How many workers all nodes have room for.

    Raises:
        ConfigError: not even one.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    room = sum(_room_on(node, workers) for node in nodes)
    if room == 0:
        found = "; ".join(f"{node.get('CPU', 0):g} CPUs and {node.get('GPU', 0):g} GPUs" for node in nodes[:5])
        raise ConfigError(
            f"No node has {workers.cpus:g} CPUs and {workers.gpus:g} GPUs for a worker; there are: {found}. Ask for "
            "less with --worker-cpus and --worker-gpus, or say with --processes how many are to wait for new nodes."
        )
    return room


def _room_on(node: dict[str, float], workers: Workers) -> int:
    wanted = {"CPU": workers.cpus, "GPU": workers.gpus}
    return min(int(node.get(name, 0) / amount) for name, amount in wanted.items() if amount)


@contextmanager
def _connected(workers: Workers, *, in_flight_bytes: int) -> Iterator[Any]:
    ray = require_ray()
    if ray.is_initialized():
        yield ray
        return
    address = os.environ.get(ADDRESS) or _OWN
    if address == _OWN:
        options = _own_options(workers, in_flight_bytes=in_flight_bytes)
    else:
        _require_answer(address)
        options = {"address": address, "logging_level": "WARNING"}
    try:
        with signals_held():
            ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        place = "Ray does not start here" if address == _OWN else f"{ADDRESS}={address}: no Ray cluster is reached"
        raise EnvironmentMissing(f"{place}: {first_line(error)}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Check that somebody listens there: Ray itself goes on trying for minutes.

    Raises:
        ConfigError: it is the address of a Ray client.
        EnvironmentMissing: nobody does.
    """
    if "://" in address:
        raise ConfigError(
            f"{ADDRESS}={address}: jobs run on a node of the cluster, not through a Ray client. Start this one there "
            "with `ray job submit` (docs/batch.md)."
        )
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        # Such as `auto`, which Ray finds or not at once.
        return
    try:
        socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise EnvironmentMissing(f"{ADDRESS}={address}: no Ray cluster is reached ({error}).") from error


def _own_options(workers: Workers, *, in_flight_bytes: int) -> dict[str, Any]:
    # Read by Ray as it starts: nothing of this machine goes to its makers.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray's own choice, 15, starves the workers beside anything else that runs.
    os.environ.setdefault("RAY_worker_niceness", "0")
    cores = len(os.sched_getaffinity(0))
    return {
        "address": _OWN,
        "num_cpus": cores if workers.count is None else math.ceil(workers.count * workers.cpus),
        # Of rows twice what is out, since results come back on the same way; sparse until it is used.
        "object_store_memory": max(2 * in_flight_bytes, _LEAST_STORE_BYTES),
        "include_dashboard": False,
        "log_to_driver": False,
        "logging_level": "ERROR",
    }


@contextmanager
def _readable(ray: Any) -> Iterator[None]:
    """What Ray reports in here is told as one paragraph, and what a worker raised as it raised it."""
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, StanceError):
            raise error.cause from error
        raise
    except ray.exceptions.RayError as error:
        raise EnvironmentMissing(
            f"The Ray cluster is lost ({first_line(error)}). The shards that are done are kept: the same command goes "
            "on."
        ) from error
