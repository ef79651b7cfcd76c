"""What the catalogue says, as values: measures, KPIs and scorecards. No loading, no computing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kpis.words import fold

MeasureKind = Literal[
    "flow",  # adds up over days: sum of `value` over the rows whose `axis` day lies in the period
    "stock",  # taken at the end of the period: rows that entered (`axis`) and have not left (`end_axis`) by then
    "overlap",  # rows whose time from `axis` to `end_axis` overlaps the period
    "age",  # days from the day in `value` to the end of the period, summed over the rows in stock there
    "older",  # rows in stock at the end of the period that entered more days before it than `than`
    "survivors",  # number of different `value`s in stock before the period and still, or again, at its end
    "quantile",  # exact quantile of `value` over the rows in the period
    "distinct",  # number of different `value`s over the rows in the period
    "members",  # number of members of dimension `over`, within the slice, for which `condition` holds
    "reached",  # members of `over` whose first month since `axis` in which `condition` holds begins in the period
    "shift",  # measure or KPI `of` in another period, see `Shift`
    "whole",  # measure or KPI `of` for the whole company, whatever the slice
    "target",  # the targets set for KPI `of`
    "calendar",  # days or business days of the elapsed part of the period
    "derived",  # `formula` over other measures and KPIs: a number with a name, but no KPI of its own
]
Shift = Literal[
    "prior",  # the period of the same grain before
    "year_ago",  # the same period one year earlier
    "start",  # the day before the period: stocks as they were when it began
    "to_date",  # everything up to the end of the period, or to today if that comes first
    "rest",  # the days of the period that have not passed, today among them; none of one that is over
]
Counts = Literal[
    "members",  # how many have reached it
    "days",  # the days that these took, from their `axis` day to the first day of that month
    "waiting",  # how many of those asked in the last month of the period have not reached it by then
]
Dimension = Literal["rep", "team", "region", "product", "market", "source", "kind", "channel", "campaign", "stage"]
DIMENSIONS: tuple[Dimension, ...] = (
    "rep", "team", "region", "product", "market", "source", "kind", "channel", "campaign", "stage",
)  # fmt: skip
COMPANY = "company"
VERSION_MARK = "@"
"""Stands between a KPI and the version of its definition, as in ``win_rate@1``."""

Unit = Literal["money", "percent", "count", "ratio", "days", "hours", "years", "points", "score",
               "money/day", "count/day", "hours/day"]  # fmt: skip
Interval = Literal["", "wilson", "t", "reps", "days", "chances", "none"]
NoInterval = Literal[
    "",  # nothing is said
    "whole_sums",  # both parts are all that there is, booked or reported: no sample of anything
    "plan",  # what was reached over what was planned
    "estimates",  # made of several estimates, each of which has an interval
    "known_so_far",  # it says itself how much is known
]
Better = Literal["higher", "lower", "neutral"]
Horizon = Literal["leading", "lagging"]
Language = Literal["en", "fr"]
ConditionOperator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "is null", "is not null"]


@dataclass(frozen=True, slots=True)
class Condition:
    """``column operator operand`` over a fact's column; several conditions of a measure are joined by and."""

    column: str
    operator: ConditionOperator
    operand: str | float | bool | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One number per slice and period, computed from one fact on its own; see `MeasureKind` for what each kind does.

    ``words`` say in each language which rows count, for people: "won opportunities with close date in the period".
    """

    name: str
    kind: MeasureKind
    words: Mapping[Language, str]
    fact: str = ""
    axis: str = ""
    end_axis: str = ""
    value: str = ""
    where: tuple[Condition, ...] = ()
    quantile: float = 0.5
    over: str = ""
    condition: str = ""
    of: str = ""
    shift: str = ""
    formula: str = ""
    than: str = ""
    counts: Counts = "members"


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: values of the formula's names, and the exact answer."""

    inputs: Mapping[str, float]
    expected: float


@dataclass(frozen=True, slots=True)
class Kpi:
    """A KPI: a formula over measures and other KPIs, with everything people need to find and to read it.

    ``count`` names the measure that is the sample size. ``dimensions`` are those it may be split by; ``by`` is the
    one it is usually split by. ``is_forward`` KPIs look at days that have not come yet (a pipeline). ``is_used_up``
    ones are next to nothing once their period is over, so that no change against such a period is told. ``interval``
    is the method of its interval; empty, it is read from the formula (see `kpis.estimates`); ``no_interval`` says why
    there is none. ``cohort`` names the measure that counts the deals among which the open ones could still change it
    (see `kpis.maturity`).
    """

    id: str
    family: str
    titles: Mapping[Language, str]
    synonyms: tuple[str, ...]
    formula: str
    formula_words: Mapping[Language, str]
    unit: Unit
    better: Better
    horizon: Horizon
    count: str
    dimensions: tuple[Dimension, ...]
    source: str
    examples: tuple[Example, ...]
    by: str = ""
    is_forward: bool = False
    is_used_up: bool = False
    interval: Interval = ""
    no_interval: NoInterval = ""
    cohort: str = ""
    notes: Mapping[Language, str] | None = None
    version: int = 1

    @property
    def words(self) -> tuple[str, ...]:
        """Everything a cell may call this KPI: id, titles and synonyms; an older version by its id alone."""
        return (self.id,) if self.is_older else (self.id, *self.titles.values(), *self.synonyms)

    @property
    def is_older(self) -> bool:
        """Whether this is a version of a definition that another one has taken the place of: ``win_rate@1``."""
        return VERSION_MARK in self.id

    @property
    def base(self) -> str:
        """The id without a version."""
        return self.id.partition(VERSION_MARK)[0]

    @property
    def definition(self) -> str:
        """The id with its version, as cells may pin it: ``win_rate@1``."""
        return f"{self.base}{VERSION_MARK}{self.version}"


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A named list of KPIs for one kind of reader."""

    id: str
    titles: Mapping[Language, str]
    kpis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All definitions by name, in the order of the files, older versions of KPIs among them.

    No measure and KPI share a name.

    ``words`` leads from every folded id, title and synonym (see `kpis.words.fold`) to the KPI's id.
    """

    measures: Mapping[str, Measure]
    kpis: Mapping[str, Kpi]
    scorecards: Mapping[str, Scorecard]
    words: Mapping[str, str] = field(init=False, repr=False, compare=False)

    @property
    def present(self) -> tuple[Kpi, ...]:
        """The KPIs as they are defined now, in the order of the files; older versions are for who pins them."""
        return tuple(kpi for kpi in self.kpis.values() if not kpi.is_older)

    def __post_init__(self) -> None:
        words = {fold(word): kpi.id for kpi in self.kpis.values() for word in kpi.words}
        object.__setattr__(self, "words", words)  # a frozen value may still be completed while it is made
