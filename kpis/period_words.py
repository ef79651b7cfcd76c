"""Reading the words of a cell as a period: the shape of the text says what phrase it is, its numbers which period."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NoReturn

from kpis.calendars import (
    Calendar,
    Period,
    WholeGrain,
    cut,
    date_of,
    day_number,
    first_week,
    is_fiscal,
    nth_period,
    ordinal_of,
    period_at,
    range_of,
    week_of,
)
from kpis.errors import QuestionError, suggest
from kpis.fiscal import FiscalGrain, count_of, first_of
from kpis.period_phrases import PERIOD_CHOICES
from kpis.period_shapes import corrected, ends_of, fold_period, meaning_of, readings, shape_of
from kpis.said import Sentence, said

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
_LONGEST_TEXT: Final = 80  # every title of a period is shorter, in every language
_LONGEST_COUNTS: Final[Mapping[WholeGrain, int]] = {  # a hundred years of each
    "day": 36525, "week": 5218, "month": 1200, "quarter": 400, "year": 100,
    "fiscal month": 1200, "fiscal quarter": 400, "fiscal year": 100,
}  # fmt: skip
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[t ][0-9]{2}:")


def parse_period(words: str, calendar: Calendar, today: int) -> Period:
    """Return the period that the words of a cell mean, in English or French; no words mean this month.

    - Counted days include today: `last 30 days` ends today, `next 7 days` starts tomorrow. Every other counted unit
      means whole periods beside the current one: `last 3 months` ends with last month, as `last month` does.
    - A quarter, month or week without its year is that of this year; in a range, of the year in which its end lies.
    - `YYYY-MM-DD` is that day. With a time of day, as a script writes a date cell, it is the month of that instant
      in the calendar's time zone, because a cell with a date asks about the date's month.
    - `A..B` goes from the first day of A to the last day of B; if B is a day inside the period A, it is the part of A
      up to B (`2026-Q3..2026-09-14` is that quarter to date).

    Raises `QuestionError` with what is wrong and what would be right.
    """
    return _Reader(words, calendar, today).period()


@dataclass(frozen=True, slots=True)
class _Reader:
    """One text, and what it is read with."""

    words: str
    calendar: Calendar
    today: int

    def period(self) -> Period:
        if len(self.words.strip()) > _LONGEST_TEXT:
            self.refuse("period_long", most=_LONGEST_TEXT, examples=self.examples())
        text = fold_period(self.words)
        if not text:
            return period_at("month", self.today, self.calendar)
        if _INSTANT.match(text):
            return self.month_of_instant(text)
        for tokens in readings(text):
            period = self.phrase(tokens) or self.range(tokens)
            if period:
                return period
        return self.refuse("period_unknown", near=self.did_you_mean(text), examples=self.examples())

    def phrase(self, tokens: list[str], end: Period | None = None) -> Period | None:
        """Return the period of one phrase, or None; without a year it is in that of ``end``, the end of its range."""
        shape = shape_of(tokens)
        meaning = meaning_of(shape)
        if meaning is None:
            return None
        slots = dict(zip(meaning.slots, shape.numbers, strict=True))
        match meaning.phrase.kind:
            case "named":
                return self.named(meaning.grain, slots, end)
            case "dated" if end and end.grain == "day":
                return self.named(meaning.grain, slots, end)
            case "relative":
                return self.near(meaning.grain, meaning.phrase.offset)
            case "to date":
                return cut(self.near(meaning.grain, 0), self.today)
            case "counted":
                return self.counted(meaning.grain, slots["count"], meaning.phrase.offset)
            case "dated" | "refused":
                return self.refuse(meaning.phrase.refusal)

    def near(self, grain: WholeGrain, offset: int) -> Period:
        return nth_period(grain, ordinal_of(grain, self.today, self.calendar) + offset, self.calendar)

    def counted(self, grain: WholeGrain, count: int, offset: int) -> Period:
        most = _LONGEST_COUNTS[grain]
        if not 1 <= count <= most:
            self.refuse("period_count", count=count, grain=grain, most=most)
        if offset > 0:
            first, last = 1, count
        else:
            last = 0 if grain == "day" else -1
            first = last - count + 1
        end = self.near(grain, last)
        return end if count == 1 else range_of(self.near(grain, first).first, end.last)

    def named(self, grain: WholeGrain, slots: Mapping[str, int], end: Period | None) -> Period:
        year = self.year(grain, slots, end.last if end else self.today)
        month, quarter = slots.get("month", 1), slots.get("quarter", 1)
        if is_fiscal(grain):
            return self.fiscal(grain, year, slots)
        if not 1 <= month <= 12:
            self.refuse("period_month", month=month, year=year)
        if not 1 <= quarter <= 4:
            self.refuse("period_quarter", quarter=quarter, year=year)
        if grain == "day":
            return period_at("day", self.day(year, month, slots["day"]), self.calendar)
        if grain == "week":
            return nth_period("week", self.week(year, slots["week"]), self.calendar)
        ordinals: Mapping[WholeGrain, int] = {
            "month": year * 12 + month - 1,
            "quarter": year * 4 + quarter - 1,
            "year": year,
        }
        return nth_period(grain, ordinals[grain], self.calendar)

    def fiscal(self, grain: FiscalGrain, name: int, slots: Mapping[str, int]) -> Period:
        years = self.calendar.fiscal
        year = years.year_named(name)
        number = slots.get("part", slots.get("quarter", 1))
        count = count_of(years, grain, year)
        if not 1 <= number <= count:
            last = f"{'M' if grain == 'fiscal month' else 'Q'}{count}"
            self.refuse(f"period_{grain.replace(' ', '_')}", number=number, last=last, name=name)
        return nth_period(grain, first_of(years, grain, year) + number - 1, self.calendar)

    def year(self, grain: WholeGrain, slots: Mapping[str, int], yearless: int) -> int:
        if "short year" in slots:
            return self.bounded_year(2000 + slots["short year"])
        if "year" in slots:
            return self.bounded_year(slots["year"])
        if is_fiscal(grain):
            return self.calendar.fiscal.name_of(ordinal_of("fiscal year", yearless, self.calendar))
        return week_of(yearless, self.calendar)[0] if grain == "week" else date_of(yearless).year

    def bounded_year(self, year: int) -> int:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            self.refuse("period_year", year=f"{year:04}", first=FIRST_YEAR, last=LAST_YEAR)
        return year

    def day(self, year: int, month: int, day: int) -> int:
        first = date(year, month, 1)
        days = period_at("month", day_number(first), self.calendar).days
        if not 1 <= day <= days:
            self.refuse("period_day", day=day, month=f"{first:%Y-%m}", days=days)
        return day_number(first) + day - 1

    def week(self, year: int, week: int) -> int:
        first = first_week(year, self.calendar)
        weeks = first_week(year + 1, self.calendar) - first
        if not 1 <= week <= weeks:
            key = "period_iso_week" if self.calendar.week_start == "monday" else "period_week"
            self.refuse(key, week=week, year=year, weeks=weeks)
        return first + week - 1

    def range(self, tokens: list[str]) -> Period | None:
        for first_tokens, last_tokens in ends_of(tokens):
            last = self.phrase(last_tokens)
            first = self.phrase(first_tokens, last) if last else None
            if first and last:
                return self.from_to(first, last)
        return None

    def from_to(self, first: Period, last: Period) -> Period:
        if last.last < first.first:
            start, end = date_of(first.first), date_of(last.last)
            self.refuse("period_backwards", end=end, start=start)
        if last.grain == "day" and first.grain not in {"day", "range"} and last.last <= first.last:
            return cut(first, last.last)
        return range_of(first.first, last.last)

    def month_of_instant(self, text: str) -> Period:
        try:
            instant = datetime.fromisoformat(text.upper())
        except ValueError:
            self.refuse("period_no_instant", examples=self.examples())
        self.bounded_year(instant.year)
        local = instant.astimezone(self.calendar.zone) if instant.tzinfo else instant
        return period_at("month", day_number(local.date()), self.calendar)

    def refuse(self, key: str, **values: object) -> NoReturn:
        shown = "".join(letter for letter in self.words.strip()[:_LONGEST_TEXT] if letter.isprintable())
        raise QuestionError(said("period_wrong", words=shown, what=said(key, **values)))

    def did_you_mean(self, text: str) -> Sentence:
        """Suggest a usual period that is spelt alike, or the text with its words corrected if that has a meaning."""
        alike = suggest(self.words.strip(), itertools.chain.from_iterable(PERIOD_CHOICES.values()), 1)
        if alike:
            return alike
        for tokens in readings(text):
            better = corrected(tokens)
            if better != tokens and meaning_of(shape_of(better)):
                return said("did_you_mean", near=" ".join(better))
        return Sentence()

    def examples(self) -> Sentence:
        year = date_of(self.today).year
        return said("period_examples", year=year)
