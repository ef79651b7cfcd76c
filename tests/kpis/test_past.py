"""Tables as they were at the end of an earlier day: deals by their history, other rows without what came later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.answers import Answerer
from kpis.catalogue import load_catalogue
from kpis.cube import Cube
from kpis.past import past_query, write_past, write_past_cube
from kpis.periods import Calendar, day_number
from kpis.questions import Question
from kpis.tables import TABLES
from tests.support.canonical import Row, Tables, arrow_table, connection_of

DAY = date(2026, 3, 31)
STAGES: list[Row] = [
    {"id": "1", "name": "Open", "position": 1, "is_closed": False, "is_won": False},
    {"id": "2", "name": "Won", "position": 2, "is_closed": True, "is_won": True},
    {"id": "3", "name": "Lost", "position": 3, "is_closed": True, "is_won": False},
]


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def deal(
    key: str, stage: str, amount: float | None, close: date, created: date = date(2026, 1, 1)
) -> dict[str, object]:
    closed = next((row for row in STAGES if row["name"] == stage), {"is_closed": False, "is_won": False})
    return {
        "id": key, "owner": "sf:ann", "created_at": at(created), "close_date": close, "stage": stage,
        "amount": amount, "is_closed": closed["is_closed"], "is_won": closed["is_won"], "loss_reason": "price",
    }  # fmt: skip


def event(key: str, of: str, day: date, stage: str, amount: float | None, close: date) -> dict[str, object]:  # noqa: PLR0917 one row
    return {"id": key, "opportunity": of, "at": at(day), "stage": stage, "amount": amount, "close_date": close}


def then(tables: Tables, table: str = "opportunity", day: date = DAY) -> dict[str, dict[str, object]]:
    """Return the rows of a table as they were, by id."""
    empty: dict[str, list[Row]] = {
        name: [] for name in ("opportunity_event", "stage", "opportunity") if name not in tables
    }
    connection = connection_of({**empty, **tables})
    rows = connection.sql(past_query(table, day_number(day))).to_arrow_table().to_pylist()
    return {cast("str", row["id"]): row for row in rows}


def test_a_deal_is_in_the_state_of_its_last_event_by_then() -> None:
    close, moved = date(2026, 6, 30), date(2026, 5, 31)
    rows = then(
        {
            "stage": STAGES,
            "opportunity": [deal("a", "Won", 90.0, moved), deal("b", "Open", 5.0, close)],
            "opportunity_event": [
                event("1", "a", date(2026, 1, 1), "Open", 50.0, close),
                event("2", "a", date(2026, 3, 31), "Open", 70.0, close),
                event("3", "a", date(2026, 4, 1), "Won", 90.0, moved),
                event("4", "b", date(2026, 1, 1), "Open", 5.0, close),
            ],
        }
    )
    assert {key: (row["stage"], row["amount"], row["close_date"], row["is_closed"]) for key, row in rows.items()} == {
        "a": ("Open", 70.0, close, False), "b": ("Open", 5.0, close, False),
    }  # fmt: skip
    assert (rows["a"]["loss_reason"], rows["b"]["loss_reason"]) == (None, "price")
    assert rows["a"]["close_date_day"] == day_number(close)


def test_deals_created_later_are_not_there_and_those_without_history_were_open_until_they_closed() -> None:
    rows = then(
        {
            "stage": STAGES,
            "opportunity": [
                deal("later", "Open", 1.0, date(2026, 9, 1), created=date(2026, 4, 1)),
                deal("closed before", "Won", 1.0, date(2026, 3, 1)),
                deal("closed after", "Lost", 1.0, date(2026, 4, 1)),
                {**deal("ever", "Open", 1.0, date(2026, 4, 1)), "created_at": None},
            ],
        }
    )
    assert {key: (row["is_closed"], row["is_won"], row["stage"]) for key, row in rows.items()} == {
        "closed before": (True, True, "Won"), "closed after": (False, False, None), "ever": (False, False, "Open"),
    }  # fmt: skip


def test_a_stage_that_is_in_no_table_is_what_deals_in_it_are_and_columns_without_history_are_as_now() -> None:
    close = date(2026, 2, 1)
    first = {"id": "1", "opportunity": "a", "at": at(date(2026, 1, 2)), "stage": "Signed"}
    second = {"id": "2", "opportunity": "a", "at": at(date(2026, 4, 2)), "stage": "Back"}
    signed = {**deal("b", "Signed", 1.0, close), "is_closed": True, "is_won": True}
    row = then({"opportunity": [deal("a", "Back", 8.0, close), signed], "opportunity_event": [first, second]})["a"]
    assert (row["stage"], row["is_won"], row["amount"], row["close_date"]) == ("Signed", True, 8.0, close)


def test_a_deal_belonged_to_whom_its_first_later_change_took_it_from() -> None:
    close = date(2026, 6, 30)
    changes: list[Row] = [
        {"id": "o1", "opportunity": "a", "at": at(date(2026, 3, 1)), "owner": "sf:bob", "owner_before": "sf:cy"},
        {"id": "o2", "opportunity": "a", "at": at(date(2026, 4, 1)), "owner": "sf:eve", "owner_before": "sf:bob"},
        {"id": "o3", "opportunity": "a", "at": at(date(2026, 5, 1)), "owner": "sf:ann", "owner_before": "sf:eve"},
    ]
    tables: dict[str, list[Row]] = {
        "opportunity": [deal("a", "Open", 5.0, close), deal("b", "Open", 5.0, close)],
        "opportunity_event": [event("1", "a", date(2026, 1, 1), "Open", 5.0, close), *changes],
    }
    assert {key: row["owner"] for key, row in then(tables).items()} == {"a": "sf:bob", "b": "sf:ann"}
    assert {key: row["owner"] for key, row in then(tables, day=date(2026, 2, 1)).items()} == {
        "a": "sf:cy", "b": "sf:ann",
    }  # fmt: skip
    assert then(tables)["a"]["amount"] == 5.0, "a change of owner is no change of the amount"
    assert then(tables, day=date(2026, 5, 1))["a"]["owner"] == "sf:ann"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_history_gives_back_every_state_that_a_deal_was_in(data: st.DataObject) -> None:
    first, stages = date(2026, 1, 1), [str(row["name"]) for row in STAGES]
    steps = st.tuples(st.integers(0, 60), st.sampled_from(stages), st.sampled_from([None, 1.0, 2.5]))
    deals, events, histories = [], [], {}
    for number in range(data.draw(st.integers(1, 6))):
        key = f"d{number}"
        history = sorted(data.draw(st.lists(steps, min_size=1, max_size=5)), key=lambda step: step[0])
        histories[key] = history
        for place, (offset, stage, amount) in enumerate(history):
            day = first + timedelta(days=offset)
            events.append(event(f"{key}-{place}", key, day, stage, amount, day + timedelta(days=9)))
        offset, stage, amount = history[-1]
        created = first + timedelta(days=history[0][0])
        deals.append(deal(key, stage, amount, first + timedelta(days=offset + 9), created))
    asked = data.draw(st.integers(0, 60))
    rows = then(
        {"stage": STAGES, "opportunity": deals, "opportunity_event": events}, day=first + timedelta(days=asked)
    )
    known = {key: [step for step in history if step[0] <= asked] for key, history in histories.items()}
    assert {key: (row["stage"], row["amount"], row["is_closed"], row["is_won"]) for key, row in rows.items()} == {
        key: (steps[-1][1], steps[-1][2], steps[-1][1] != "Open", steps[-1][1] == "Won")
        for key, steps in known.items()
        if steps
    }


@pytest.mark.parametrize("name", TABLES)
def test_every_table_keeps_its_columns_and_loses_what_came_later(name: str) -> None:
    row = {column.name: at(date(2026, 5, 1)) if column.type == "instant" else date(2026, 5, 1)
           for column in TABLES[name].columns if column.is_dated}  # fmt: skip
    table = arrow_table(TABLES[name], [{"id": "x", **row}])
    connection = connection_of({one: [] for one in ("stage", "opportunity", "opportunity_event")})
    connection.register(name, table)
    found = connection.sql(past_query(name, day_number(DAY))).to_arrow_table()
    assert set(found.column_names) == set(table.column_names)
    assert found.schema.field("id").type == table.schema.field("id").type
    came_later = name != "holiday" and {"created_at", "on", "applied_on", "at", "occurred_at"} & set(row)
    assert found.num_rows == (0 if came_later else 1)


def test_what_happened_to_a_row_later_has_not_happened() -> None:
    lead = {
        "id": "l", "created_at": at(date(2026, 3, 1)), "mql_at": at(date(2026, 3, 2)), "account": "a",
        "converted_at": at(date(2026, 4, 2)), "opportunity": "o",
    }  # fmt: skip
    row = then({"lead": [lead]}, "lead")["l"]
    assert row["mql_at_day"] == day_number(date(2026, 3, 2))
    assert (row["converted_at"], row["converted_at_day"], row["opportunity"], row["account"]) == (None,) * 4


def test_a_cube_of_the_past_answers_as_of_then(tmp_path_factory: pytest.TempPathFactory) -> None:
    facts, past = tmp_path_factory.mktemp("facts"), tmp_path_factory.mktemp("past")
    close = date(2026, 4, 10)
    tables: Tables = {
        "stage": STAGES,
        "opportunity": [deal("a", "Won", 90.0, close)],
        "opportunity_event": [
            event("1", "a", date(2026, 1, 1), "Open", 50.0, date(2026, 3, 30)),
            event("2", "a", close, "Won", 90.0, close),
        ],
    }  # fmt: skip
    for name, rows in tables.items():
        pq.write_table(arrow_table(TABLES[name], rows), facts / f"{name}.parquet")
    day, catalogue = day_number(DAY), load_catalogue()
    assert write_past(facts, day, past) == {"opportunity": 1, "opportunity_event": 1, "stage": 3}
    write_past_cube(past, catalogue, Calendar(), day, past / "cube")
    answerer = Answerer(Cube.open(past / "cube"), catalogue, Calendar(), day)
    values = [answerer.answer(Question(kpi, "", "2026-03")).value for kpi in ("open_opportunities", "revenue")]
    assert values == [1.0, 0.0]


def test_tables_that_were_kept_before_a_column_was_added_are_read_with_the_column_empty(tmp_path: Path) -> None:
    facts, past = tmp_path / "facts", tmp_path / "past"
    facts.mkdir()
    past.mkdir()
    change = event("1", "a", date(2026, 1, 1), "Open", 5.0, date(2026, 6, 30))
    tables: Tables = {"opportunity": [deal("a", "Open", 5.0, date(2026, 6, 30))], "opportunity_event": [change]}
    for name, rows in tables.items():
        kept = arrow_table(TABLES[name], rows)
        added = [column for column in kept.column_names if column.startswith("owner") and name == "opportunity_event"]
        pq.write_table(kept.drop_columns(added), facts / f"{name}.parquet")
    write_past(facts, day_number(DAY), past)
    [row] = pq.read_table(past / "opportunity_event.parquet").to_pylist()
    assert (row["stage"], row["owner"], row["owner_before"]) == ("Open", None, None)
