"""Forecasts: what the revenue of a period will come to, by two methods side by side, and how wrong each was before.

The weighted pipeline adds to the revenue so far each open deal of the rest of the period with its probability; its
interval is that of deals which come in or not, each on its own. The run rate divides the revenue so far by the part
that earlier periods had after as many days: those of the years before, or if there are not two, those just before;
its interval is by how much these parts differ, or if there are few years, those of the periods just before. Past
forecasts by run rate are made again from the revenue as it is known today; those by weighted pipeline from what was
known on that day, where it still is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final, Literal

import numpy as np

from kpis.answers import Answerer
from kpis.errors import QuestionError
from kpis.intervals import student_quantile
from kpis.periods import Period, date_of, elapsed, parse_period, shifted, year_ago
from kpis.questions import Answer, Question

Method = Literal["weighted pipeline", "run rate"]
Reason = Literal[
    "",
    "not begun",  # nothing has come in yet that a run rate could be read from
    "over",  # the revenue is known
    "too early",  # earlier periods had next to nothing by this day
    "no revenue",  # there is none so far
    "no history",  # too few earlier periods
    "unbounded",  # the parts differ so much that the forecast has no upper end
    "no past state",  # what was known on those days is not known any more
    "no answer",  # the pipeline itself has no number
]
History = Callable[[int], Answerer | None]
"""What answers from the state of a day, None where that is not known any more."""

FORECAST_KPI: Final = "sales_forecast"
_REVENUE: Final = "revenue"
_FACT: Final = "opportunity"
_YEARS_BACK, _PERIODS_BACK = 6, 8
_STATES_BACK: Final = 4
"""A state of the past may have to be made first; four tell how far off a pipeline is."""
_FEWEST_YEARS, _FEWEST_PERIODS = 2, 3
"""Two years show a season; without them, three periods in a row show at least how much comes late."""
_FEWEST_SPREAD: Final = 4
"""Of fewer parts, how much they differ is a guess."""
_TOO_EARLY: Final = 0.05
"""Before a twentieth of a usual period has come in, a run rate multiplies chance."""

Days = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Season:
    """An earlier period, and the part of its revenue that had come in after as many days."""

    period: Period
    share: float


@dataclass(frozen=True, slots=True)
class _Usual:
    """The seasons to go by, whether they are of other years, and the parts that show how much periods differ."""

    seasons: tuple[Season, ...] = ()
    by_season: bool = False
    parts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast by one method, with the ends of its 95 % interval; without a value, or an end, for this reason."""

    method: Method
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class PastForecast:
    """What a method said on the same day of an earlier period, and what that period came to."""

    period: Period
    forecast: float
    actual: float

    @property
    def error(self) -> float | None:
        """Return by which part of what came the forecast was too high, below zero too low."""
        return self.forecast / self.actual - 1 if self.actual else None


@dataclass(frozen=True, slots=True)
class Track:
    """How wrong a method was in earlier periods; without any, for this reason."""

    method: Method
    pasts: tuple[PastForecast, ...] = ()
    reason: Reason = ""

    @property
    def mean_error(self) -> float | None:
        """Return the mean size of the errors; None without any."""
        errors = self._errors()
        return fmean(map(abs, errors)) if errors else None

    @property
    def bias(self) -> float | None:
        """Return the mean of the errors with their sign: above zero, the method says too much."""
        errors = self._errors()
        return fmean(errors) if errors else None

    def _errors(self) -> list[float]:
        return [past.error for past in self.pasts if past.error is not None]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Both forecasts of a period. ``by_season``: the seasons are those of other years, not just of periods before."""

    answer: Answer
    period: Period
    so_far: float | None
    seasons: tuple[Season, ...]
    by_season: bool
    outlooks: tuple[Outlook, ...]
    tracks: tuple[Track, ...]


def forecast(answerer: Answerer, who: str, period_words: str, history: History | None = None) -> Forecast:
    """Return the forecasts of a slice's revenue in a period. Raises `QuestionError` for words that mean nothing."""
    answer = answerer.answer(Question(FORECAST_KPI, who, period_words))
    if answer.state in {"error", "not_allowed"}:
        raise QuestionError(answer.message)
    period = parse_period(period_words, answerer.calendar, answerer.today)
    so_far = elapsed(period, answerer.today)
    is_running = period.first <= answerer.today < period.last
    book = _Book(answerer, who, so_far.days)
    pasts = [shifted(period, -back, answerer.calendar) for back in range(1, _PERIODS_BACK + 1)] if is_running else []
    pasts = [past for past in pasts if past.first >= book.start]
    book.read([period, *pasts])
    usual = book.usual(period) if is_running else _Usual()
    revenue = book.revenue((period.first, so_far.last)) if period.first <= answerer.today else None
    reason: Reason = "" if is_running else "over" if period.last <= answerer.today else "not begun"
    return Forecast(
        answer,
        period,
        revenue,
        usual.seasons,
        usual.by_season,
        (_weighted(answer), _run_rate(revenue, usual) if is_running else Outlook("run rate", reason=reason)),
        (
            _weighted_track(book, pasts, history, who) if is_running else Track("weighted pipeline", reason=reason),
            _run_rate_track(book, pasts) if is_running else Track("run rate", reason=reason),
        ),
    )


class _Book:
    """The revenue of one slice in many ranges of days, read at once. ``days`` have passed of the period asked for."""

    def __init__(self, answerer: Answerer, who: str, days: int) -> None:
        self._answerer = answerer
        self._who = who
        self.days = days
        span = answerer.cube.span(_FACT)
        self.start = span.first if span is not None and span.rows else answerer.today + 1
        self._known: dict[Days, float | None] = {}

    def read(self, periods: Iterable[Period]) -> None:
        """Read these periods and all that they may be compared with, each whole and after as many days."""
        compared = [other for period in periods for other in (period, *self._years(period), *self._before(period))]
        wanted = {days for period in compared for days in (_whole(period), self.part(period))}
        ranges = sorted(wanted - self._known.keys())
        rows = [[_REVENUE, self._who, f"{date_of(first)}..{date_of(last)}"] for first, last in ranges]
        values, _ = self._answerer.values_of_rows(rows)
        self._known |= dict(zip(ranges, values, strict=True))

    def revenue(self, days: Days) -> float | None:
        """Return the revenue of days that were read."""
        return self._known[days]

    def part(self, period: Period) -> Days:
        """Return as many of a period's days as have passed of the one asked for."""
        return period.first, min(period.first + self.days - 1, period.last)

    def usual(self, period: Period) -> _Usual:
        """Return what is usual by now in periods like this one; nothing where too few are known."""
        years, before = (tuple(self._shares(others)) for others in (self._years(period), self._before(period)))
        if len(years) >= _FEWEST_YEARS:
            spread = before if len(years) < _FEWEST_SPREAD <= len(before) else years
            return _Usual(years, True, tuple(season.share for season in spread))
        if len(before) >= _FEWEST_PERIODS:
            return _Usual(before, False, tuple(season.share for season in before))
        return _Usual()

    def _shares(self, periods: Iterable[Period]) -> Iterator[Season]:
        for period in periods:
            whole, part = self._known[_whole(period)], self._known[self.part(period)]
            if whole is not None and part is not None and whole > 0 and 0 <= part <= whole:
                yield Season(period, part / whole)

    def _years(self, period: Period) -> list[Period]:
        found = []
        for _ in range(_YEARS_BACK):
            period = year_ago(period, self._answerer.calendar)
            if period.first >= self.start:
                found.append(period)
        return found

    def _before(self, period: Period) -> list[Period]:
        others = (shifted(period, -back, self._answerer.calendar) for back in range(1, _PERIODS_BACK + 1))
        return [other for other in others if other.first >= self.start]


def _whole(period: Period) -> Days:
    return period.first, period.last


def _weighted(answer: Answer) -> Outlook:
    reason: Reason = "" if answer.value is not None else "no answer"
    return Outlook("weighted pipeline", answer.value, answer.low, answer.high, reason)


def _run_rate(so_far: float | None, periods: _Usual) -> Outlook:
    """Return the revenue so far over the usual part by now, and between which ends another period's part may lie."""
    if not periods.seasons:
        return Outlook("run rate", reason="no history")
    if so_far is None or so_far <= 0:
        return Outlook("run rate", reason="no revenue")
    usual = fmean(season.share for season in periods.seasons)
    if usual < _TOO_EARLY:
        return Outlook("run rate", reason="too early")
    quantile = float(student_quantile(np.array([len(periods.parts) - 1]))[0])
    reach = quantile * stdev(periods.parts) * math.sqrt(1 + 1 / len(periods.seasons))
    low = so_far / min(usual + reach, 1.0)
    if usual <= reach:
        return Outlook("run rate", so_far / usual, low, None, "unbounded")
    return Outlook("run rate", so_far / usual, low, so_far / (usual - reach))


def _run_rate_track(book: _Book, pasts: Iterable[Period]) -> Track:
    found = []
    for past in pasts:
        actual = book.revenue(_whole(past))
        said = _run_rate(book.revenue(book.part(past)), book.usual(past))
        if actual is not None and said.value is not None:
            found.append(PastForecast(past, said.value, actual))
    return Track("run rate", tuple(found), "" if found else "no history")


def _weighted_track(book: _Book, pasts: Sequence[Period], history: History | None, who: str) -> Track:
    found = []
    for past in pasts[:_STATES_BACK]:
        then = history(book.part(past)[1]) if history else None
        actual = book.revenue(_whole(past))
        said = then.answer(Question(FORECAST_KPI, who, past.label)).value if then else None
        if said is not None and actual is not None:
            found.append(PastForecast(past, said, actual))
    return Track("weighted pipeline", tuple(found), "" if found else "no past state")
