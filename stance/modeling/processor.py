"""What this machine's processor can do."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def processor_flags() -> frozenset[str]:
    """Its features by the kernel's names; none where nothing tells (elsewhere than on Linux)."""
    told = Path("/proc/cpuinfo")
    if not told.is_file():
        return frozenset()
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), ()))
