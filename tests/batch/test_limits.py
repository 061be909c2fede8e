"""A row that takes too long is stopped, and a signal that comes late stops nothing."""

import subprocess
import sys

import pytest

from stance.batch.limits import TooSlow, cpu_seconds

_LATE = """
import signal
from stance.batch.limits import cpu_seconds
with cpu_seconds(5):
    pass
signal.raise_signal(signal.SIGVTALRM)
print("alive")
"""


def _hang() -> None:
    while True:
        pass


def test_what_takes_too_long_is_stopped_and_the_next_is_not() -> None:
    for _ in range(2):
        with pytest.raises(TooSlow, match=r"more than 0\.05 s"), cpu_seconds(0.05):
            _hang()
    with cpu_seconds(60):
        sum(range(1000))


def test_a_signal_that_comes_late_does_not_end_the_process() -> None:
    # In a process of its own: by default the signal kills it.
    found = subprocess.run([sys.executable, "-c", _LATE], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "alive\n")
