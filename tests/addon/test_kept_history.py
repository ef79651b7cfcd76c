"""Teams and regions of the past: kept at each refresh, or listed in a tab, and asked for by a setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from addon.documents import answer_document
from addon.merge import Merge
from addon.settings import Organisation, load_settings
from addon.snapshot import Company, Manifest, TableState
from addon.store import Store
from connectors.source import Batch
from kpis.questions import Question
from tests.support.running import TARGETS, World, running_world

ANN = "005000000000001AAA"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Kept = list[tuple[str, str, str, str]]


def on(world: World, day: str, membership: str = "then") -> World:
    """Return the same organisation on a day, with this setting."""
    environment = {**world.environment, "SCORECELL_TODAY": day, "SCORECELL_ORG__MEMBERSHIP": membership}
    return replace(world, organisation=Organisation("default", load_settings(environment)), environment=environment)


def open_by_day(world: World, team: str, *days: str) -> list[float | None]:
    return [world.ask("open_opportunities", f"team:{team}", day).value for day in days]


def test_a_change_of_team_in_salesforce_counts_from_the_day_of_the_refresh_that_sees_it(tmp_path: Path) -> None:
    with running_world(tmp_path) as world:
        on(world, "2026-03-01").refresh()
        world.sandbox.org.update("User", ANN, ManagerId="", UserRoleId="", Division="South")
        later = on(world, "2026-03-10")
        assert later.refresh().state == "done"
        assert open_by_day(later, "Bo Yu", "2026-03-09", "2026-03-10") == [3.0, 0.0], "nobody is left to lead"
        assert open_by_day(later, "South", "2026-03-09", "2026-03-10") == [0.0, 1.0]
        assert later.refresh().state == "unchanged"
        assert later.refresh(full=True).state == "unchanged"
        desk = later.desk()
        question = Question("open_opportunities", "team:South", "2026-03-10")
        assert answer_document(desk.answerer.answer(question), desk)["membership"] == "then"
        as_now = on(world, "2026-03-10", "now")
        assert as_now.refresh().state == "done"
        assert open_by_day(as_now, "South", "2026-03-09", "2026-03-10") == [2.0, 1.0]
        assert answer_document(as_now.ask("revenue"), as_now.desk())["membership"] == "now"


@pytest.mark.parametrize(
    ("tab", "headers"), [("Team history", "Rep,Since,Team"), ("Historique des équipes", "Commercial,Depuis,Équipe")]
)
def test_a_tab_that_lists_the_history_counts_before_what_refreshes_kept(
    tab: str, headers: str, tmp_path: Path
) -> None:
    rows = f"{headers}\nAnn Lee,2026-01-01,North\nAnn Lee,2026-02-01,South\n"
    with running_world(tmp_path, tabs={"Targets": TARGETS, tab: rows}) as world:
        asked = on(world, "2026-03-01")
        assert asked.refresh().problems == ()
        assert open_by_day(asked, "North", "2026-01-31", "2026-02-01") == [2.0, 0.0]
        assert open_by_day(asked, "South", "2026-01-31", "2026-02-01") == [0.0, 2.0]
        assert open_by_day(asked, "Bo Yu", "2026-01-31") == [1.0], "of whom the tab says nothing"


def merged(store: Store, reps: Sequence[tuple[str, str | None]], day: int, *, publishes: bool = True) -> Kept:
    """Merge reps with their teams as all there is, on a day of March; publish, unless the process dies before."""
    previous, moment = store.current(), NOON.replace(day=day)
    with store.writer():
        draft, merge = store.draft(moment), Merge(previous, store.data_folder)
        names = [name for name, _ in reps]
        received = merge.receive([Batch("rep", {"id": names, "name": names, "team": [team for _, team in reps]})])
        merge.replace_all(but=set())
        tables = {
            one.table: TableState(merge.row_count(one.table), merge.write(one.table, draft.fact_file(one.table)))
            for one in merge.finish("UTC", date(2026, 3, day))
        }
        merge.close()
        if publishes:
            company, at = Company(), f"2026-03-{day:02}T12:00:00Z"
            store.publish(draft, Manifest(draft.id, at, at[:10], company, tables, {"test": received.cursor}))
        file = draft.fact_file("rep_history") if not publishes else None
    if file is None:
        current = store.current()
        assert current is not None
        file = current.fact_file("rep_history")
    query = f"SELECT rep, CAST(started_on AS VARCHAR), team, region FROM '{file}' ORDER BY rep, started_on"
    return duckdb.execute(query).fetchall()


def test_a_row_is_kept_for_each_rep_and_each_change_and_never_twice(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first: Kept = [("ann", "2026-03-01", "West", ""), ("bob", "2026-03-01", "", "")]
    assert merged(store, [("ann", "West"), ("bob", None)], 1) == first
    assert merged(store, [("ann", "West"), ("bob", None)], 2) == first
    moved: Kept = [first[0], ("ann", "2026-03-05", "East", ""), first[1]]
    assert merged(store, [("ann", "East"), ("bob", None)], 5, publishes=False) == moved
    assert merged(store, [("ann", "East"), ("bob", None)], 5) == moved, "the run before was killed"
    again: Kept = [first[0], ("ann", "2026-03-05", "North", ""), first[1]]
    assert merged(store, [("ann", "North"), ("bob", None)], 5) == again, "the last team of a day counts"
    came: Kept = [*again[:2], ("cy", "2026-03-07", "East", "")]
    assert merged(store, [("ann", "North"), ("cy", "East")], 7) == came, "who is gone takes the rows along"
    back: Kept = [*again[:2], ("ann", "2026-03-09", "West", "")]
    assert merged(store, [("ann", "West")], 9) == back
