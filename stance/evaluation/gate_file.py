"""`gate.yaml`: what an evaluation must meet before a change may pass."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stance.data.defects import raise_problems, shown
from stance.data.yaml_files import load_yaml, unknown_key
from stance.errors import DataError
from stance.evaluation.features import PROBABILITY_METRICS, SELECTIVE_METRICS
from stance.evaluation.metrics import LABEL_METRICS, LOWER_IS_BETTER
from stance.types import STANCES

# Errors and losses: a gate sets the most that they may be; of everything else the least.
MAXIMA = LOWER_IS_BETTER | {f"selective_{name}" for name in LOWER_IS_BETTER}
_STANCE_SCORES = tuple(f"{stance.value}_{score}" for stance in STANCES for score in ("precision", "recall", "f1"))
_SELECTIVE = ("coverage", *(f"selective_{name}" for name in SELECTIVE_METRICS))
METRICS = (*LABEL_METRICS, *PROBABILITY_METRICS, *_STANCE_SCORES, *_SELECTIVE)
BASELINE_METRICS = ("macro_f1", "accuracy", "favor_against_f1")
# What a metric can be; a threshold outside (70 for 0.70) would always fail or always pass.
_RANGES = {"mcc": (-1.0, 1.0), "brier": (0.0, 2.0), "nll": (0.0, math.inf)}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CROSSED = re.compile(r"\s*(?:,| x )\s*")
Problems = list[str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The report folder of an earlier evaluation of the same rows, and by how much its metric may be missed."""

    report: Path
    metric: str = "macro_f1"
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Gate:
    """All parts of a gate file; at least one is set.

    thresholds, lower_bounds: metric -> the least (of MAXIMA: the most) that its value, or the worse end of its
    interval, may be. slices: column -> value -> thresholds. pinned: a file of rows that must stay right. sha256: the
    `rows_sha256` that the report must have. no_leak: no row may be a training sentence of the checkpoint.
    """

    path: Path
    thresholds: Mapping[str, float] = field(default_factory=dict)
    lower_bounds: Mapping[str, float] = field(default_factory=dict)
    slices: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    baseline: Baseline | None = None
    pinned: Path | None = None
    sha256: str | None = None
    no_leak: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """What the report must be sliced by: a column, or two with a comma between them."""
        return tuple(",".join(_CROSSED.split(column)) for column in self.slices)


def load_gate(path: Path) -> Gate:
    """The gate of a file; paths in it start from its folder.

    Raises:
        DataError: all that is wrong with it: an unknown key or metric, a threshold that no metric can have, nothing.
    """
    document = load_yaml(path)
    if not isinstance(document, dict) or not document:
        raise DataError(f"{path}: nothing is demanded; a gate has one or more of {', '.join(_PARTS)}.")
    problems = [unknown_key(path, name, tuple(_PARTS)) for name in document if name not in _PARTS]
    parts: dict[str, Any] = {}
    for name, read in _PARTS.items():
        if name in document:
            parts |= read(document[name], path, problems)
    raise_problems(problems)
    return Gate(path, **parts)


def _thresholds_of(name: str) -> Callable[[Any, Path, Problems], dict[str, Any]]:
    def read(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
        return {name: _thresholds(value, f"{path}: {name}", problems)}

    return read


def _thresholds(value: Any, place: str, problems: Problems) -> dict[str, float]:
    return {
        name: float(bound)
        for name, bound in _entries(value, place, problems).items()
        if _is_metric(name, place, METRICS, problems) and _is_possible(name, bound, place, problems)
    }


def _is_metric(name: Any, place: str, known: tuple[str, ...], problems: Problems) -> bool:
    if name in known:
        return True
    nearest = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}."
    problems.append(f"{place}: no such metric: {shown(name)}; {hint}")
    return False


def _is_possible(name: str, bound: Any, place: str, problems: Problems) -> bool:
    low, high = _RANGES.get(name, (0.0, 1.0))
    if _is_number(bound) and low <= bound <= high:
        return True
    problems.append(f"{place}.{name}: {shown(bound)}, expected a number from {low:g} to {high:g}.")
    return False


def _slices(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for column, values in _entries(value, f"{path}: slices", problems).items():
        place = f"{path}: slices.{column}"
        found[str(column)] = {
            str(name): _thresholds(bounds, f"{place}.{name}", problems)
            for name, bounds in _entries(values, place, problems).items()
        }
    return {"slices": found}


def _baseline(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
    place = f"{path}: baseline"
    entries = _entries(value, place, problems)
    problems += [unknown_key(place, name, _BASELINE) for name in entries if name not in _BASELINE]
    report, metric, margin = entries.get("report"), entries.get("metric", "macro_f1"), entries.get("margin", 0.0)
    _is_metric(metric, f"{place}.metric", BASELINE_METRICS, problems)
    if not _is_number(margin) or not 0 <= margin < 1:
        problems.append(f"{place}.margin: {shown(margin)}, expected a number from 0 to below 1.")
    folder = _below(report, path, f"{place}.report", "the folder of an earlier report", problems)
    return {"baseline": Baseline(folder, metric, float(margin)) if folder and not problems else None}


def _pinned(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
    return {"pinned": _below(value, path, f"{path}: pinned", "a file of rows", problems)}


def _data(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
    place = f"{path}: data"
    entries = _entries(value, place, problems)
    problems += [unknown_key(place, name, _DATA) for name in entries if name not in _DATA]
    sha256, no_leak = entries.get("sha256"), entries.get("no_leak", False)
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        problems.append(f"{place}.sha256: {shown(sha256)}, expected the 64 hex digits of `rows_sha256` in report.json.")
    if not isinstance(no_leak, bool):
        problems.append(f"{place}.no_leak: {shown(no_leak)}, expected true or false.")
    if sha256 is None and no_leak is False:
        problems.append(f"{place}: nothing is demanded; give `sha256`, or `no_leak: true`.")
    return {"sha256": sha256, "no_leak": no_leak}


def _below(value: Any, path: Path, place: str, what: str, problems: Problems) -> Path | None:
    if isinstance(value, str) and value.strip():
        return path.parent / value
    problems.append(f"{place}: {shown(value)}, expected {what}, seen from the folder of the gate file.")
    return None


def _entries(value: Any, place: str, problems: Problems) -> Mapping[Any, Any]:
    """A mapping that holds something; nothing (and a problem) for anything else."""
    if isinstance(value, dict) and value:
        return value
    problems.append(f"{place}: {shown(value)}, expected one or more keys below it.")
    return {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_PARTS: dict[str, Callable[[Any, Path, Problems], dict[str, Any]]] = {
    "thresholds": _thresholds_of("thresholds"),
    "lower_bounds": _thresholds_of("lower_bounds"),
    "slices": _slices,
    "baseline": _baseline,
    "pinned": _pinned,
    "data": _data,
}
_BASELINE = ("report", "metric", "margin")
_DATA = ("sha256", "no_leak")
