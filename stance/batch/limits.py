"""A bound on the processor time of one row: no article may hold up an archive."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TooSlow(Exception):
    """A row took more processor time than any article needs."""


@contextmanager
def cpu_seconds(limit: float) -> Iterator[None]:
    """What runs in here may use so much processor time, whatever else the machine does; outside the main thread, any.

    Raises:
        TooSlow: it has used more.
    """
    if threading.current_thread() is not threading.main_thread():
        # Signals only reach the main thread.
        yield
        return

    running = True

    def stop(number: int, frame: object) -> None:
        if running:
            raise TooSlow(f"reading took more than {limit:g} s of processor time; is this text?")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        # The signal may be on its way still, and by default it ends the process.
        signal.signal(signal.SIGVTALRM, signal.SIG_IGN if before is signal.SIG_DFL else before)
