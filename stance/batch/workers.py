"""The workers of a Ray cluster: what one of them does, and who of them is at which shard."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from stance.batch.work import ScoredShard, ShardTask, Work
from stance.errors import EnvironmentMissing, StanceError

_TICK_SECONDS = 0.5
# One that is worked on and one that waits, as in the engine of one machine.
_SHARDS_PER_WORKER = 2
# What costs so many workers is no accident of the cluster.
_MOST_LOST = 4


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of a job. count: None takes as many as there is room for. cpus, gpus: of each, parts too."""

    count: int | None
    cpus: float
    gpus: float


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


@dataclass(frozen=True, slots=True)
class _Given:
    """A shard that a worker has been given; n_lost: how many workers were lost over it before."""

    worker: Any
    task: ShardTask
    n_lost: int


class WorkerPool:
    """The workers that are there, and what each of them has been given."""

    def __init__(self, ray: Any, workers: Workers, scorer: ShardScorer, *, count: int) -> None:
        self._ray = ray
        self._free: deque[Any] = deque()
        self._joining: dict[Any, Any] = {}
        self._out: dict[Any, _Given] = {}
        self._again: deque[_Given] = deque()
        with signals_held():
            # Kept here and not with the workers, one of which may start when all others are lost.
            self._scorer = ray.put(scorer)
            kind = ray.remote(
                num_cpus=workers.cpus, num_gpus=workers.gpus, max_restarts=-1, scheduling_strategy="SPREAD"
            )(Worker)
            for _ in range(count):
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
        with signals_held():
            self._out[worker.score.remote(self._scorer, task)] = _Given(worker, task, n_lost)

    def finished(self, tick: Callable[[], None], *, seconds: float = _TICK_SECONDS) -> Iterator[ScoredShard]:
        """Wait for something to happen; a shard where one is done.

        Raises:
            EnvironmentMissing: a shard has cost too many workers.
        """
        while self._again and self._free:
            lost = self._again.popleft()
            self.give(lost.task, n_lost=lost.n_lost)
        with signals_held():
            happened, _ = self._ray.wait([*self._out, *self._joining], num_returns=1, timeout=seconds)
        tick()
        for reference in happened:
            if reference in self._joining:
                self._free.extend([self._joining.pop(reference)] * _SHARDS_PER_WORKER)
                continue
            given = self._out[reference]
            try:
                with signals_held():
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
                    f"{given.task.shard.rows[0].place} on ({first_line(error)}). Most often there is too little "
                    "memory: fewer --processes or more --worker-cpus give a worker more. The shards that are done are "
                    "kept: the same command goes on."
                )
            self._again.append(replace(given, n_lost=n_lost))
        self._free = deque(other for other in self._free if other is not worker)
        self._join(worker)

    def _join(self, worker: Any) -> None:
        self._joining[worker.answer.options(max_task_retries=-1).remote()] = worker


@contextmanager
def signals_held() -> Iterator[None]:
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


def first_line(error: Exception) -> str:
    """The start of what an error says, or its kind where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
