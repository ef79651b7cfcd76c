"""Business days, against walking the days one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kpis.periods import BusinessDays, Calendar, business_days, date_of
from tests.support.calendars import day

near_days = st.integers(-800, 30_000)
holidays = st.frozensets(st.integers(-800, 31_000) | st.integers(0, 60), max_size=40)


def walked(first: int, last: int, calendar: Calendar) -> int:
    return sum(date_of(d).isoweekday() <= 5 and d not in calendar.holidays for d in range(first, last + 1))


@given(near_days, st.integers(-5, 900), holidays)
def test_arithmetic_counts_what_walking_the_days_counts(first: int, length: int, free: frozenset[int]) -> None:
    calendar = Calendar(holidays=free)
    assert business_days(first, first + length, calendar) == walked(first, first + length, calendar)


@given(st.lists(st.tuples(near_days, st.integers(-5, 400)), max_size=8), holidays)
def test_arrays_count_as_single_periods_do(spans: list[tuple[int, int]], free: frozenset[int]) -> None:
    calendar = Calendar(holidays=free)
    first = np.array([start for start, _ in spans], dtype=np.int64)
    last = np.array([start + length for start, length in spans], dtype=np.int64)
    counted = BusinessDays(calendar).between(first, last)
    assert counted.tolist() == [
        business_days(a, b, calendar) for a, b in zip(first.tolist(), last.tolist(), strict=True)
    ]


def test_a_holiday_on_a_weekend_takes_no_business_day_away() -> None:
    saturday, friday = day("2026-08-15"), day("2026-08-14")
    august = (day("2026-08-01"), day("2026-08-31"))
    assert business_days(*august, Calendar()) == 21
    assert business_days(*august, Calendar(holidays=frozenset({saturday}))) == 21
    assert business_days(*august, Calendar(holidays=frozenset({saturday, friday}))) == 20
