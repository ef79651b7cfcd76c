"""An organisation's own definitions, from its folder through a snapshot to every answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from addon.check import check_all
from addon.cli import scorecell
from addon.errors import SettingsError
from addon.own_catalogue import own_texts
from addon.settings import with_values
from tests.support.running import World, running_world
from tests.support.web_world import open_web

OWN = """
family = "our_own"

[synonyms]
revenue = ["bookings"]

[kpis.half_revenue]
titles = { en = "Half of revenue", fr = "La moitié du revenu" }
formula = "revenue / 2"
formula_words = { en = "revenue / 2", fr = "revenu / 2" }
unit = "money"
better = "higher"
horizon = "lagging"
count = "won_deals"
source = "own"
examples = [{ inputs = { revenue = 8 }, expected = 4 }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "own"
    made.mkdir()
    (made / "ours.toml").write_text(OWN, encoding="utf-8")
    return made


@pytest.fixture
def world(tmp_path: Path, folder: Path) -> Iterator[World]:
    with running_world(tmp_path / "world") as running:
        settings = with_values(running.organisation.settings, {("kpis", "folder"): str(folder)})
        environment = {**running.environment, "SCORECELL_KPIS__FOLDER": str(folder)}
        yield replace(running, organisation=replace(running.organisation, settings=settings), environment=environment)


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()


def command(world: World, *arguments: str) -> str:
    return CliRunner().invoke(scorecell, list(arguments), env=dict(world.environment)).output


def test_a_snapshot_answers_with_the_definitions_it_was_made_with(world: World, folder: Path) -> None:
    assert world.refresh().state == "done"
    assert world.ask("half_revenue").value == 25
    assert world.ask("Bookings").value == 50
    (folder / "ours.toml").write_text(OWN.replace("revenue / 2", "revenue / 5").replace("= 4 }", "= 1.6 }"))
    assert world.ask("half_revenue").value == 25
    assert world.refresh().state == "done"
    assert world.ask("half_revenue").value == 10
    assert world.refresh().state == "unchanged"


def test_a_mistake_leaves_the_definitions_as_they_were_and_is_said(world: World, folder: Path) -> None:
    world.refresh()
    (folder / "ours.toml").write_text(OWN.replace('"revenue / 2"', '"revenu / 2"'))
    outcome = world.refresh()
    assert any("own/ours.toml" in problem and "Did you mean" in problem for problem in outcome.problems)
    assert world.ask("half_revenue").value == 25
    findings = {one.place: one for one in check_all(world.organisation)}
    assert not findings["own definitions"].is_well
    (folder / "ours.toml").write_text(OWN)
    assert not [one for one in world.refresh().problems if "own definitions" in one]


def test_the_first_refresh_refuses_a_mistake(world: World, folder: Path) -> None:
    (folder / "ours.toml").write_text("[kpis.revenue]\n")
    outcome = world.refresh()
    assert (outcome.state, "already taken" in outcome.error) == ("failed", True)


def test_the_catalogue_lists_own_kpis_wherever_it_is_shown(world: World) -> None:
    assert "half_revenue" in command(world, "list", "our_own")
    world.refresh()
    web = open_web(world, {("kpis", "folder"): world.organisation.settings.text("kpis", "folder")})
    listed = web.client.get("/v1/kpis").get_json()
    assert "half_revenue" in {one["id"] for one in listed["kpis"]}
    assert web.ask("/v1/kpi", {"questions": [["half_revenue@1", "", "2026"]]}).get_json()["values"] == [25.0]
    document = orjson.loads(command(world, "explain", "half_revenue", "", "2026", "--json"))
    assert (document["definition"], document["check"]["equals"]) == ("half_revenue@1", True)


def test_only_files_in_the_folder_itself_are_read(world: World, folder: Path, tmp_path: Path) -> None:
    settings = world.organisation.settings
    assert list(own_texts(settings)) == ["ours.toml"]
    secret = tmp_path / "secret.toml"
    secret.write_text("password = 1")
    (folder / "link.toml").symlink_to(secret)
    with pytest.raises(SettingsError, match=r"link\.toml is a link out of the folder"):
        own_texts(settings)
    (folder / "link.toml").unlink()
    (folder / "large.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(SettingsError, match="larger than 256,000 bytes"):
        own_texts(settings)
    (folder / "large.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="not UTF-8"):
        own_texts(settings)
    with pytest.raises(SettingsError, match="is no folder"):
        own_texts(with_values(settings, {("kpis", "folder"): str(tmp_path / "nowhere")}))
