"""Records: the rows behind a number, page by page, and the check that exactly these rows give that number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from kpis.answers import Answerer
from kpis.cases import MOST_RECOUNTED, Case, Check, Facts, Leaf, Role, case_of
from kpis.definitions import COMPANY
from kpis.errors import QuestionError
from kpis.evidence import DIFFERENT, contribution
from kpis.facts import Fact
from kpis.measures import rendered
from kpis.members import unspecified
from kpis.periods import date_of
from kpis.questions import Answer, Question
from kpis.recount import Recount, Verdict, plain
from kpis.target_shares import TargetShare

if TYPE_CHECKING:
    import pyarrow as pa

MOST_A_PAGE: Final = 10_000
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "opportunity": ("opportunity", "name"), "stage_entry": ("opportunity", "name"), "profit": ("opportunity", "name"),
    "customer": ("account", "name"), "waiting": ("account", "name"), "relationship": ("account", "name"),
    "campaign": ("campaign", "name"), "rep": ("rep", "name"), "activity": ("activity", "kind"),
    "expense": ("expense", "category"), "survey_response": ("survey_response", "kind"),
    "work_log": ("work_log", "category"), "assessment": ("assessment", "criterion"), "lead": ("lead", "status"),
}  # fmt: skip
"""In which table and column a fact's ids have what tells people which row it is."""
_NOBODY: Final = unspecified().name


@dataclass(frozen=True, slots=True)
class Record:
    """One row behind a number. ``value`` is what it contributes to its part; ``note`` says what there is to know.

    ``id`` is the row's own, empty for a member that is no row (a team). ``day`` is a day number, None where it has
    none; the names are empty where the row has none.
    """

    part: str
    id: str
    name: str
    account: str = ""
    owner: str = ""
    day: int | None = None
    value: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class RecordPart:
    """A measure whose rows are listed: how many there are, and on which side of the quotient it stands."""

    name: str
    role: Role
    count: int


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of the rows behind an answer; ``check`` is None where the answer may not be
    explained, or has too many rows to recount."""

    answer: Answer
    parts: tuple[RecordPart, ...] = ()
    records: tuple[Record, ...] = ()
    page: int = 1
    page_size: int = 0
    check: Check | None = None

    @property
    def count(self) -> int:
        """Return how many rows there are on all pages."""
        return sum(part.count for part in self.parts)


def records(
    answerer: Answerer, facts: Facts, question: Question, page: int = 1, page_size: int = 1_000
) -> RecordPage:
    """Return a page of the rows behind the answer's parts, in a stable order: by part, day and id.

    Pages count from 1. Raises `QuestionError` for a page that there cannot be.
    """
    if page < 1 or not 1 <= page_size <= MOST_A_PAGE:
        raise QuestionError(f"Pages count from 1 and have 1 to {MOST_A_PAGE:,} records each.")
    case = case_of(answerer, facts, question)
    if isinstance(case, Answer):
        return RecordPage(case)
    return page_of(case, page, page_size)


def page_of(case: Case, page: int, page_size: int) -> RecordPage:
    """Return a page of the rows behind a case."""
    lister = _Lister(case.recount)
    leaves = [leaf for leaf in case.leaves() if leaf.measure.kind not in {"calendar", "whole"}]
    parts = tuple(RecordPart(leaf.name, leaf.role, case.count(leaf)) for leaf in leaves)
    first, last = (page - 1) * page_size, page * page_size
    listed: list[Record] = []
    for leaf, part in zip(leaves, parts, strict=True):
        if first < part.count and last > 0:
            listed += lister.records(leaf, max(first, 0), min(last, part.count))
        first, last = first - part.count, last - part.count
    count = sum(part.count for part in parts)
    check = case.check if count <= MOST_RECOUNTED else None
    return RecordPage(case.answer, parts, tuple(listed), page, page_size, check)


def records_of(case: Case, leaf: Leaf) -> list[Record]:
    """Return all rows behind one measure of a case."""
    return _Lister(case.recount).records(leaf, 0, case.count(leaf))


class _Lister:
    """Lists the rows of leaves; those from ``first`` up to, and without, ``last``."""

    def __init__(self, recount: Recount) -> None:
        self._recount = recount
        self._evidence = recount.evidence

    def records(self, leaf: Leaf, first: int, last: int) -> list[Record]:
        """Return some rows of a leaf."""
        match leaf.measure.kind:
            case "members" | "reached":
                return [self._member_record(leaf, verdict) for verdict in self._verdicts(leaf)[first:last]]
            case "target":
                return [self._target_record(leaf, share) for share in self._shares(leaf)[first:last]]
            case _:
                return self._row_records(leaf, first, last)

    def _verdicts(self, leaf: Leaf) -> list[Verdict]:
        return self._recount.verdicts(leaf.measure, leaf.scope)

    def _shares(self, leaf: Leaf) -> list[TargetShare]:
        shares = self._recount.target_shares(leaf.measure.of, leaf.scope)
        return sorted(shares, key=lambda share: (share.first, share.id))

    def _member_record(self, leaf: Leaf, verdict: Verdict) -> Record:
        amount = verdict.amount if verdict.holds else 0.0
        return Record(leaf.name, verdict.member.id, verdict.member.name, value=amount, note=verdict.note)

    def _target_record(self, leaf: Leaf, share: TargetShare) -> Record:
        note = f"{date_of(share.first)}..{date_of(share.last)} = {plain(share.of_value)}"
        name = ""
        if share.dimension != COMPANY:
            name = self._evidence.cube.members(share.dimension).all[share.member].name
        return Record(leaf.name, share.id, name, value=share.value, note=note)

    def _row_records(self, leaf: Leaf, first: int, last: int) -> list[Record]:
        fact = self._evidence.fact(leaf.measure, leaf.scope.dimensions)
        if fact is None:
            return []
        words = [name for name in ("owner", "account", "product", "stage") if name in fact.columns]
        columns = [*map(exp.column, ("id", *words)), exp.alias_(exp.column(f"{leaf.measure.axis}_day"), "day")]
        order = [f"{leaf.measure.axis}_day", "id", *(name for name in ("product", "stage") if name in words)]
        columns.append(exp.alias_(_contributed(leaf, self._evidence.today, order), "value"))
        query = self._evidence.query(leaf.measure, leaf.scope, columns)
        return self._named(
            fact,
            leaf,
            self._evidence.engine.fact_rows(fact, query.order_by(*order).limit(last - first).offset(first)),
        )

    def _named(self, fact: Fact, leaf: Leaf, rows: pa.Table) -> list[Record]:
        """Return rows as records, with the names of what their ids and words stand for."""
        ids, days, values = (rows[name].to_pylist() for name in ("id", "day", "value"))
        names = self._names(*_NAMES[fact.table], ids) if fact.table in _NAMES else {}
        owners = self._members(rows, "rep", "owner")
        split_by = "stage" if fact.name == "stage_entry" else "product"
        notes = ["" if name == _NOBODY else name for name in self._members(rows, split_by, split_by)]
        accounts = rows["account"].to_pylist() if "account" in rows.column_names else [None] * len(ids)
        account_names = self._names("account", "name", accounts)
        return [
            Record(
                leaf.name, ids[place], names.get(ids[place], ""), account_names.get(account, account or ""),
                owners[place], days[place], values[place], notes[place],
            )
            for place, account in enumerate(accounts)
        ]  # fmt: skip

    def _names(self, table: str, column: str, ids: Iterable[str | None]) -> Mapping[str | None, str]:
        """Return the names of these rows of a table, of those that have one."""
        wanted = sorted({key for key in ids if key})
        if not wanted:
            return {}
        is_wanted = exp.In(this=exp.column("id"), expressions=[exp.convert(key) for key in wanted])
        query = exp.select(exp.column("id"), exp.alias_(exp.column(column), "word")).from_(table).where(is_wanted)
        found = self._evidence.engine.rows(rendered(query))
        pairs = zip(found["id"].to_pylist(), found["word"].to_pylist(), strict=True)
        return {key: name for key, name in pairs if name}

    def _members(self, rows: pa.Table, dimension: str, column: str) -> list[str]:
        """Return the name of each row's member of a dimension, empty where the fact has none."""
        if column not in rows.column_names:
            return [""] * rows.num_rows
        members = self._evidence.cube.members(dimension).all
        return [members[code].name for code in self._evidence.codes(dimension, rows, column).tolist()]


def _contributed(leaf: Leaf, today: int, order: Sequence[str]) -> exp.Expr:
    """Return what a row adds: of rows with the same value, where different ones are counted, the first adds one."""
    if leaf.measure.kind not in DIFFERENT:
        return contribution(leaf.measure, leaf.scope, today)
    same = exp.column(leaf.measure.value)
    ordered = exp.Order(expressions=[exp.Ordered(this=exp.column(name)) for name in order])
    place = exp.Window(this=exp.RowNumber(), partition_by=[same], order=ordered)
    is_first = exp.EQ(this=place, expression=exp.convert(1))
    return exp.cast(exp.Case(ifs=[exp.If(this=is_first, true=exp.convert(1))], default=exp.convert(0)), "DOUBLE")
