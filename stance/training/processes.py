"""Several processes that train one model together; torchrun starts them and says so in the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TypeVar

from stance.errors import ConfigError

T = TypeVar("T")
# How long one may wait for another: the first calibrates and evaluates alone. torchrun ends all if one dies.
_PATIENCE = timedelta(days=2)
_A_MOMENT = timedelta(seconds=10)


def n_processes() -> int:
    """How many train together, on all machines."""
    return _told("WORLD_SIZE", 1)


def n_local_processes() -> int:
    """How many of them run on this machine."""
    return _told("LOCAL_WORLD_SIZE", 1)


def process_index() -> int:
    """This one's number, from 0."""
    return _told("RANK", 0)


def is_first() -> bool:
    """Whether this process is the one that writes and speaks."""
    return process_index() == 0


def _told(name: str, alone: int) -> int:
    # Without LOCAL_RANK the trainer sees one process, whatever else the environment holds.
    return int(os.environ.get(name, alone)) if "LOCAL_RANK" in os.environ else alone


def threads_each() -> int | None:
    """This process's part of the machine's cores; None where it is alone."""
    if n_processes() == 1:
        return None
    return max(1, len(os.sched_getaffinity(0)) // n_local_processes())


def require_even_shares(batch_size: int) -> None:
    """Refuse a batch that cannot be shared out evenly.

    Raises:
        ConfigError: the number of processes does not divide it.
    """
    if batch_size % n_processes():
        raise ConfigError(
            f"training.batch_size is {batch_size}, which {n_processes()} processes cannot share evenly. It counts the "
            f"rows of all processes together: give a multiple of {n_processes()}, or another number of processes."
        )


def require_one_process(what: str) -> None:
    """Refuse what several processes cannot do together, each going its own way.

    Raises:
        ConfigError: there are several.
    """
    if n_processes() > 1:
        raise ConfigError(f"{what}: grids and searches run in one process; under torchrun, train one run at a time.")


def join_processes() -> None:
    """Meet the other processes, by nccl where there are GPUs and by gloo elsewhere; alone there is nothing to do.

    Raises:
        ConfigError: there are fewer GPUs on this machine than processes.
    """
    if n_processes() == 1:
        return
    import torch
    from accelerate import PartialState

    if 0 < torch.cuda.device_count() < n_local_processes():
        raise ConfigError(
            f"{n_local_processes()} processes were started on this machine, but it has {torch.cuda.device_count()} "
            "GPUs; start one process for each, or hide the GPUs with CUDA_VISIBLE_DEVICES=''."
        )
    PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE).wait_for_everyone()


def leave_processes() -> None:
    """Part from the others once everything is done, and end this process; alone there is nothing to do.

    It ends without the interpreter's own end, in which a thread of the group may still want to call it: then the
    process is aborted, and torchrun takes a run whose checkpoint is written for a failed one.
    """
    if n_processes() > 1:
        from torch import distributed

        if distributed.is_initialized():
            distributed.destroy_process_group()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def by_first(work: Callable[[], T]) -> T:
    """What `work` gives in the first process, handed to all; the others wait for it."""
    if n_processes() == 1:
        return work()
    from accelerate.utils import broadcast_object_list

    found: list[T | None] = [work() if is_first() else None]
    broadcast_object_list(found)
    return found[0]  # type: ignore[return-value]


@contextmanager
def last_word() -> Iterator[bool]:
    """Whether a process that ends with an error may say so: it is the first of all to fail.

    The others fail for the same reason, or because this one is gone; neither is worth a second word. They hold still
    until the first has spoken, since torchrun ends all as soon as one has left.
    """
    if n_processes() == 1 or os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        yield True
        return
    from torch.distributed import DistStoreError, TCPStore  # type: ignore[attr-defined]

    store = TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False, wait_for_workers=False)
    failed = f"stance/failed/{os.environ.get('TORCHELASTIC_RESTART_COUNT')}"
    if store.add(failed, 1) == 1:
        yield True
        store.set(f"{failed}/said", "")
    else:
        with suppress(DistStoreError):  # the first was ended before it could speak
            store.wait([f"{failed}/said"], _A_MOMENT)
        yield False
