"""Where the lines and points of a report's drawings lie, in each drawing's own units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.pages.wording import percent

# A square drawing with room for its marks to the left and below.
SIDE = 240
_SHADES = 10


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight axis from `low` to `high` over `length` units; `digits` are those of its marks."""

    low: float
    high: float
    length: float
    digits: int = 1

    def at(self, value: float) -> float:
        """The place of a value; one outside stands at the axis's end."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.length * min(1.0, max(0.0, share)), 2)

    @property
    def marks(self) -> tuple[str, str]:
        """What its two ends are called."""
        return f"{self.low:.{self.digits}f}", f"{self.high:.{self.digits}f}"


def share_axis(values: Iterable[float], length: float) -> Axis:
    """An axis within [-1, 1] that holds all values, its ends at whole tenths."""
    found = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = math.floor(min(found) * 10) / 10, math.ceil(max(found) * 10) / 10
    return Axis(max(-1.0, low), max(low + 0.1, min(1.0, high)), length)


def difference_axis(values: Iterable[float], length: float) -> Axis:
    """An axis with 0 in its middle that holds all values, its ends at whole hundredths."""
    reach = max([0.01, *(math.ceil(abs(value) * 100) / 100 for value in values if math.isfinite(value))])
    return Axis(-reach, reach, length, digits=2)


def whisker(axis: Axis, value: float | None, low: float | None, high: float | None) -> dict[str, float] | None:
    """A point with its interval; without an interval the point alone."""
    if value is None:
        return None
    start, end = (value, value) if low is None or high is None else (low, high)
    return {"at": axis.at(value), "start": axis.at(start), "end": axis.at(end)}


def calibration_points(bins: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Bins of a reliability diagram: confidence to the right, accuracy up."""
    return [
        {
            "x": round(SIDE * b["confidence"], 1),
            "y": round(SIDE * (1 - b["accuracy"]), 1),
            "label": f"{b['rows']} rows: said with {b['confidence']:.2f}, right {b['accuracy']:.2f}",
        }
        for b in bins
    ]


def risk_points(curve: Sequence[Mapping[str, Any]], *, top: float) -> list[dict[str, Any]]:
    """A risk-coverage curve: share of rows answered to the right, share of wrong answers up to `top`."""
    return [
        {
            "x": round(SIDE * point["coverage"], 1),
            "y": round(SIDE * (1 - min(1.0, point["error"] / top)), 1),
            "label": f"{percent(point['coverage'])} answered: {point['error']:.3f} wrong",
        }
        for point in curve
    ]


def polyline(points: Sequence[Mapping[str, Any]]) -> str:
    """The points as SVG takes them."""
    return " ".join(f"{point['x']},{point['y']}" for point in points)


def confusion_cells(confusion: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of gold labels; each cell with its count, its share of the row, and a shade from 0 to 9 after the share."""
    rows = []
    for label, counts in zip(confusion["labels"], confusion["counts"], strict=True):
        total = sum(counts)
        shares = [count / total if total else 0.0 for count in counts]
        cells = [
            {"count": count, "share": percent(share), "shade": min(_SHADES - 1, int(share * _SHADES))}
            for count, share in zip(counts, shares, strict=True)
        ]
        rows.append({"label": label, "cells": cells, "total": total})
    return rows
