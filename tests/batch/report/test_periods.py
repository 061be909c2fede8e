"""Dates fall into the finest periods that fit, and stray ones don't push the others together."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from stance.batch.report.periods import MAX_PERIODS, UNDATED, periods_of
from stance.batch.report.statements import NO_DAY, day_number


def _days(*dates: str | None):  # type: ignore[no-untyped-def]
    return np.array([day_number(text) for text in dates], dtype=np.int64)


@pytest.mark.parametrize(
    ("dates", "unit", "names"),
    [
        (("2024-02-28", "2024-03-01"), "day", ("2024-02-28", "2024-02-29", "2024-03-01")),
        # 2024-01-01 is a Monday, and 2024-03-31 a Sunday 13 weeks later.
        (("2024-01-01", "2024-03-31"), "week", tuple(str(date(2024, 1, 1) + timedelta(7 * i)) for i in range(13))),
        (("2022-11-30", "2024-01-01"), "week", None),
        (("2019-11-30", "2024-01-01"), "month", None),
        (("1969-12-31", "2024-01-01"), "year", tuple(str(year) for year in range(1969, 2025))),
    ],
)
def test_the_unit_follows_from_the_span(dates: tuple[str, ...], unit: str, names: tuple[str, ...] | None) -> None:
    periods, numbers = periods_of(_days(*dates))
    assert periods.unit == unit
    assert numbers.tolist() == [0, len(periods.names) - 1]
    assert len(periods.names) <= MAX_PERIODS
    assert names is None or periods.names == names


def test_months_before_1970_are_named_rightly() -> None:
    periods, _ = periods_of(_days("1968-10-31", "1970-02-01"))
    assert periods.unit == "month"
    assert periods.names[:4] + periods.names[-1:] == ("1968-10", "1968-11", "1968-12", "1969-01", "1970-02")


def test_what_has_no_date_has_no_period() -> None:
    periods, numbers = periods_of(
        _days("2024-05-02", None, "", "May 2024", "2024-02-31", "0000-01-01", "2024-05-01T10:00Z")
    )
    assert periods.names == ("2024-05-01", "2024-05-02")
    assert numbers.tolist() == [1, *[UNDATED] * 5, 0]
    assert periods_of(_days(None))[0].names == ()
    assert len(periods_of(_days())[1]) == 0


def test_a_few_stray_dates_are_put_together_at_the_ends() -> None:
    usual = [str(date(2024, 1, 1) + timedelta(i % 40)) for i in range(996)]
    periods, numbers = periods_of(_days("0001-01-01", *usual, "1970-01-01", "9999-12-31"))
    assert periods.unit == "day"
    assert periods.names[0] == "2023-12-31 or before"
    assert periods.names[-1] == "2024-02-10 or after"
    assert numbers[[0, 997, 998]].tolist() == [0, 0, 41]
    assert NO_DAY not in numbers


def test_centuries_are_cut_at_as_many_years_as_fit() -> None:
    periods, numbers = periods_of(_days(*(f"{year:04d}-06-01" for year in range(1800, 2000))))
    assert periods.unit == "year"
    # The central 99 % end in 1998; what is outside of as many years has a place at each end.
    assert len(periods.names) == MAX_PERIODS + 2
    assert (periods.names[0], periods.names[-1]) == ("1938 or before", "1999")
    assert numbers.tolist() == [*[0] * 139, *range(1, MAX_PERIODS + 2)]
