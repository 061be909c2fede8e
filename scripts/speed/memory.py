"""What a command and the processes that it starts hold, watched while it runs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Sample(NamedTuple):
    """seconds: since the start. mib: resident memory of all processes together; what they share counts for each."""

    seconds: float
    mib: float


def watched(command: Sequence[str], *, every: float) -> tuple[float, list[Sample]]:
    """Run a command to its end: its seconds, and its memory at even distances.

    Raises:
        RuntimeError: it failed.
    """
    begun, samples = time.monotonic(), list[Sample]()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while True:
            try:
                _, errors = process.communicate(timeout=every)
                break
            except subprocess.TimeoutExpired:
                samples.append(Sample(time.monotonic() - begun, _resident(process.pid) / 2**20))
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}: {errors[-500:]}")
    return time.monotonic() - begun, samples


def quarter(samples: Sequence[Sample], number: int) -> list[float]:
    """The memory in a quarter of the time, from 1 to 4."""
    whole = samples[-1].seconds
    return [s.mib for s in samples if whole * (number - 1) / 4 < s.seconds <= whole * number / 4]


def _resident(pid: int) -> int:
    """Bytes of a process and all that descend from it; of one that has just ended, none."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text(encoding="ascii").split()]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * _PAGE + sum(map(_resident, children))
