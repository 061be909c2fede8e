"""Days, weeks, months or years: the finest into which the dates of a job fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from stance.batch.report.statements import NO_DAY, Ints

MAX_PERIODS = 60
UNDATED = -1
_CENTRAL = (0.005, 0.995)
_EPOCH = date(1970, 1, 1)
# 1970-01-01 was a Thursday, and weeks begin on Mondays.
_AFTER_MONDAY = 3


@dataclass(frozen=True, slots=True)
class Periods:
    """unit: day, week, month or year; empty without dates. names: all from the first to the last, without a gap."""

    unit: str
    names: tuple[str, ...]


def periods_of(days: Ints) -> tuple[Periods, Ints]:
    """The periods of some days, and [days] the number of each one's period; UNDATED without a date.

    The unit is the finest of which the central 99 % of the dates need at most MAX_PERIODS. Where a few dates lie so far
    out that all would need more, those before and after are put together at the ends, which say so in their names.
    """
    dated = days[days != NO_DAY]
    numbers = np.full(len(days), UNDATED, np.int64)
    if not len(dated):
        return Periods("", ()), numbers
    central = np.quantile(dated, _CENTRAL, method="nearest").astype(np.int64)
    unit = next((u for u in _UNITS if _length(_UNITS[u](central)) <= MAX_PERIODS), "year")
    found = _UNITS[unit](dated)
    first, last = int(found.min()), int(found.max())
    if _length(found) > MAX_PERIODS:
        inner_first, inner_last = (int(value) for value in _UNITS[unit](central))
        inner_first = max(inner_first, inner_last - MAX_PERIODS + 1)
        first, last = max(first, inner_first - 1), min(last, inner_last + 1)
    names = [_name(number, unit) for number in range(first, last + 1)]
    if int(found.min()) < first:
        names[0] += " or before"
    if int(found.max()) > last:
        names[-1] += " or after"
    numbers[days != NO_DAY] = np.clip(found, first, last) - first
    return Periods(unit, tuple(names)), numbers


def _length(numbers: Ints) -> int:
    return int(numbers.max() - numbers.min()) + 1


def _months(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _years(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)


_UNITS = {
    "day": lambda days: days,
    "week": lambda days: (days + _AFTER_MONDAY) // 7,
    "month": _months,
    "year": _years,
}


def _name(number: int, unit: str) -> str:
    """2024-05-01 for a day and for the week that begins on it, 2024-05, 2024."""
    if unit == "year":
        return f"{1970 + number:04d}"
    if unit == "month":
        return f"{1970 + number // 12:04d}-{number % 12 + 1:02d}"
    days = number if unit == "day" else number * 7 - _AFTER_MONDAY
    return (_EPOCH + timedelta(days=days)).isoformat()
