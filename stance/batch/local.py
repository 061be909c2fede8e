"""The engine of one machine: shards go to single-threaded processes, and come back as they are done."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from stance.batch.work import ShardResult, ShardTask, Work
from stance.errors import EnvironmentMissing

_TICK_SECONDS = 0.5
# One that is worked on and one that waits: nobody idles, and little is lost when the job is stopped.
_SHARDS_PER_PROCESS = 2


def run_shards(
    tasks: Iterable[ShardTask], work: Work, *, processes: int, in_flight_bytes: int, tick: Callable[[], None]
) -> Generator[ShardResult, None, None]:
    """Every shard's result, in the order in which they are done.

    Tasks are drawn while others are worked on, as long as the rows that are out hold at most `in_flight_bytes` (or
    there is only one). One process is this one. Closing the iterator stops the workers at once.

    Args:
        tick: called at least every half second while several processes work, and after each shard.

    Raises:
        StanceError: as `Work`.
        EnvironmentMissing: a worker was killed.
    """
    if processes == 1:
        for task in tasks:
            result = work(task)
            tick()
            yield result
        return
    with _pool(processes) as pool:
        pending: dict[Future[ShardResult], int] = {}
        for task in tasks:
            size = task.shard.n_bytes
            while pending and not _fits(pending, size, processes=processes, in_flight_bytes=in_flight_bytes):
                yield from _finished(pending, tick)
            pending[pool.submit(work, task)] = size
            yield from _finished(pending, tick, seconds=0)
        while pending:
            yield from _finished(pending, tick)


def _fits(pending: dict[Future[ShardResult], int], size: int, *, processes: int, in_flight_bytes: int) -> bool:
    return len(pending) < _SHARDS_PER_PROCESS * processes and sum(pending.values()) + size <= in_flight_bytes


def _finished(
    pending: dict[Future[ShardResult], int], tick: Callable[[], None], *, seconds: float = _TICK_SECONDS
) -> Iterator[ShardResult]:
    done, _ = wait(pending, timeout=seconds, return_when=FIRST_COMPLETED)
    tick()
    for future in done:
        del pending[future]
        yield future.result()


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start_worker) as pool:
        try:
            yield pool
        except BaseException as error:
            # Nobody waits for what is half done: it is made again when the job goes on.
            for child in set(multiprocessing.active_children()) - before:
                child.kill()
            # Told on handing out a shard or on taking a result, whichever comes first.
            if isinstance(error, BrokenProcessPool):
                raise EnvironmentMissing(
                    "A worker process was killed from outside, most likely for want of memory. The shards that are "
                    "done are kept: run the same command with fewer --processes to go on."
                ) from error
            raise


def _start_worker() -> None:
    """The parent alone decides when a worker stops, and takes it along when it dies."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # Read when torch and the tokenizers are loaded, which is later.
    os.environ.update(OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")
    end_with_parent()


def end_with_parent() -> None:
    """Let this worker process end when its parent does, however that ends; as an initializer of a pool."""
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
