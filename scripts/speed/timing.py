"""Seconds by the clock and of processor time, and what is told of several measurements."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """One measurement. cpu: of all threads of this process."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Timing:
    """How long a call takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def spread(name: str, values: Sequence[float]) -> dict[str, float]:
    """The median as `name`, with the lowest and the highest."""
    return {name: statistics.median(values), f"{name}_min": min(values), f"{name}_max": max(values)}
