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
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stance.batch.spec import ScoringSpec
from stance.batch.work import ScoredShard, ShardResult, ShardTask, Work
from stance.errors import ConfigError, EnvironmentMissing, StanceError

ADDRESS = "RAY_ADDRESS"
_TICK_SECONDS = 0.5
# One that is worked on and one that waits, as in the engine of one machine.
_SHARDS_PER_WORKER = 2
# What costs so many workers is no accident of the cluster.
_MOST_LOST = 4
_OWN = "local"
_ANSWER_SECONDS = 10.0
_LEAST_STORE_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of a job. count: None takes as many as there is room for. cpus, gpus: of each, parts too."""

    count: int | None
    cpus: float
    gpus: float


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
        pool = _Pool(ray, workers, ShardScorer(work, model_id, version("stance-news")))
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


@dataclass(frozen=True, slots=True)
class ShardScorer:
    """What a worker does, with what it must find on its node to do it."""

    work: Work
    model_id: str
    stance_version: str

    def score(self, task: ShardTask) -> ScoredShard:
        """Score a shard.

        Raises:
            StanceError: as `Work.score`, or this node's package or model is another one than the job's.
        """
        try:
            _require_same("stance-news", version("stance-news"), self.stance_version)
            scored = self.work.score(task)
            _require_same("the model", scored.record.model_id, self.model_id)
            return scored
        except StanceError as error:
            raise type(error)(f"On the node {socket.gethostname()}: {error}") from error


class Worker:
    """A process of Ray in which the model stays loaded from one shard to the next."""

    def __init__(self) -> None:
        # Read when torch and the tokenizers are loaded, which is later.
        os.environ.update(OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")

    def answer(self) -> None:
        """Nothing, once the process is there."""

    def score(self, scorer: ShardScorer, task: ShardTask) -> ScoredShard:
        """Score a shard.

        Raises:
            StanceError: as `ShardScorer.score`.
        """
        return scorer.score(task)


def _require_same(what: str, found: str, expected: str) -> None:
    if found != expected:
        raise EnvironmentMissing(f"{what} is {found}, but {expected} in the job. Install the same on all nodes.")


def _anywhere(spec: ScoringSpec, workers: Workers) -> ScoringSpec:
    """The spec with what a process elsewhere would take otherwise: its device, and where the model lies."""
    folder = None if spec.model is None else Path(spec.model)
    model = spec.model if folder is None or not folder.is_dir() else str(folder.absolute())
    return replace(spec, device="cuda" if workers.gpus else "cpu", model=model)


@dataclass(frozen=True, slots=True)
class _Given:
    """A shard that a worker has been given; n_lost: how many workers were lost over it before."""

    worker: Any
    task: ShardTask
    n_lost: int


class _Pool:
    """The workers that are there, and what each of them has been given."""

    def __init__(self, ray: Any, workers: Workers, scorer: ShardScorer) -> None:
        self._ray = ray
        self._free: deque[Any] = deque()
        self._joining: dict[Any, Any] = {}
        self._out: dict[Any, _Given] = {}
        self._again: deque[_Given] = deque()
        with _signals_held():
            # Kept here and not with the workers, one of which may start when all others are lost.
            self._scorer = ray.put(scorer)
            kind = ray.remote(
                num_cpus=workers.cpus, num_gpus=workers.gpus, max_restarts=-1, scheduling_strategy="SPREAD"
            )(Worker)
            for _ in range(workers.count or _room(ray, workers)):
                self._join(kind.remote())

    def is_busy(self) -> bool:
        """Whether a shard is not done."""
        return bool(self._out or self._again)

    def takes(self, task: ShardTask, *, in_flight_bytes: int) -> bool:
        """Whether a worker is free, and the shard alone or not too much beside the others."""
        n_bytes = sum(given.task.shard.n_bytes for given in self._out.values()) + task.shard.n_bytes
        return bool(self._free) and not self._again and (not self._out or n_bytes <= in_flight_bytes)

    def give(self, task: ShardTask, *, n_lost: int = 0) -> None:
        """Give a shard to a worker that is free."""
        worker = self._free.popleft()
        with _signals_held():
            self._out[worker.score.remote(self._scorer, task)] = _Given(worker, task, n_lost)

    def finished(self, tick: Callable[[], None], *, seconds: float = _TICK_SECONDS) -> Iterator[ScoredShard]:
        """Wait for something to happen; a shard where one is done.

        Raises:
            EnvironmentMissing: a shard has cost too many workers.
        """
        while self._again and self._free:
            lost = self._again.popleft()
            self.give(lost.task, n_lost=lost.n_lost)
        with _signals_held():
            happened, _ = self._ray.wait([*self._out, *self._joining], num_returns=1, timeout=seconds)
        tick()
        for reference in happened:
            if reference in self._joining:
                self._free.extend([self._joining.pop(reference)] * _SHARDS_PER_WORKER)
                continue
            given = self._out[reference]
            try:
                with _signals_held():
                    scored = self._ray.get(reference)
            except self._ray.exceptions.RayTaskError:
                raise
            except self._ray.exceptions.RayError as error:
                self._take_back(given.worker, error)
                continue
            del self._out[reference]
            self._free.append(given.worker)
            yield scored

    def _take_back(self, worker: Any, error: Exception) -> None:
        """What a lost worker had is others' to do. What it was at may be to blame, never what waited."""
        held = {reference: given for reference, given in self._out.items() if given.worker is worker}
        for position, (reference, given) in enumerate(held.items()):
            del self._out[reference]
            n_lost = given.n_lost + (position == 0)
            if n_lost == _MOST_LOST:
                raise EnvironmentMissing(
                    f"{n_lost} workers were lost over the {len(given.task.shard.rows)} rows from "
                    f"{given.task.shard.rows[0].place} on ({_first_line(error)}). Most often there is too little "
                    "memory: fewer --processes or more --worker-cpus give a worker more. The shards that are done are "
                    "kept: the same command goes on."
                )
            self._again.append(replace(given, n_lost=n_lost))
        self._free = deque(other for other in self._free if other is not worker)
        self._join(worker)

    def _join(self, worker: Any) -> None:
        self._joining[worker.answer.options(max_task_retries=-1).remote()] = worker


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
        with _signals_held():
            ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        place = "Ray does not start here" if address == _OWN else f"{ADDRESS}={address}: no Ray cluster is reached"
        raise EnvironmentMissing(f"{place}: {_first_line(error)}") from error
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
def _signals_held() -> Iterator[None]:
    """What ends a job is heard once Ray is through: an exception amid its compiled code becomes a SystemError.

    Ray takes SIGTERM for itself when it starts; here it stays with who had it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in numbers}
    try:
        yield
    except SystemExit:
        came.append(signal.SIGTERM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in came:
            signal.raise_signal(late)


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
            f"The Ray cluster is lost ({_first_line(error)}). The shards that are done are kept: the same command goes "
            "on."
        ) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
