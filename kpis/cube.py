"""The cube: the arrays that answer questions, mapped into memory. Opening one needs numpy and json, nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, cast

from kpis.arrays import Array, MappedArrays, write_arrays
from kpis.blocks import Block, Integers, Numbers
from kpis.errors import KpiError
from kpis.holders import Holders, holders_of
from kpis.members import Dimensions, Member, Members
from kpis.memberships import GROUPS, Membership, Memberships, When
from kpis.samples import DistinctSample, QuantileSample
from kpis.stays import StaySample

VERSION: Final = 5
_INDEX: Final = "cube.json"
_ARRAYS: Final = "cube.bin"


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a fact has days, and how many rows; ``first`` is after ``last`` where it has none."""

    first: int
    last: int
    rows: int


@dataclass(slots=True)
class CubeData:
    """All that a cube holds, while it is made.

    Blocks are named ``fact.axis.dimension``, samples ``measure.dimension``, targets ``kpi.dimension``; ``groups``
    lead from each rep to its team and region, as they are now or as they were then (``when``).
    """

    today: int
    tables: frozenset[str]
    dimensions: Mapping[str, Members]
    groups: Memberships
    when: When
    fingerprint: str
    blocks: dict[str, Block] = field(default_factory=dict)
    quantiles: dict[str, QuantileSample] = field(default_factory=dict)
    distincts: dict[str, DistinctSample] = field(default_factory=dict)
    stays: dict[str, StaySample] = field(default_factory=dict)
    targets: dict[str, Block] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    target_problems: list[str] = field(default_factory=list)


def write_cube(data: CubeData, folder: Path) -> None:
    """Write the cube into the folder. The same data gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Array] = {}
    for name, reps in sorted(data.groups.items()):
        parts = {"first": reps.first, "moves": reps.moves, "groups": reps.groups}
        arrays |= {f"group.{name}.{part}": array for part, array in parts.items()}
    totals: dict[str, object] = {}
    for kind, blocks in (("block", data.blocks), ("target", data.targets)):
        for name, block in sorted(blocks.items()):
            arrays |= {f"{kind}.{name}.keys": block.keys, f"{kind}.{name}.cumulated": block.cumulated}
            totals[f"{kind}.{name}"] = {"totals": block.totals, "units": block.units}
    for name, sample in sorted(data.quantiles.items()):
        arrays |= {f"quantile.{name}.keys": sample.keys, f"quantile.{name}.values": sample.values}
    for name, distinct in sorted(data.distincts.items()):
        parts = {"keys": distinct.keys, "values": distinct.values, "before": distinct.before, "rows": distinct.rows}
        arrays |= {f"distinct.{name}.{part}": array for part, array in parts.items()}
    for name, stay in sorted(data.stays.items()):
        parts = {"keys": stay.keys, "values": stay.values, "ends": stay.ends}
        arrays |= {f"stay.{name}.{part}": array for part, array in parts.items()}
    index = {
        "version": VERSION,
        "fingerprint": data.fingerprint,
        "today": data.today,
        "when": data.when,
        "tables": sorted(data.tables),
        "dimensions": {name: _columns(members) for name, members in data.dimensions.items()},
        "spans": {name: [span.first, span.last, span.rows] for name, span in sorted(data.spans.items())},
        "problems": data.problems,
        "target_problems": data.target_problems,
        "totals": totals,
        "arrays": write_arrays(folder / _ARRAYS, arrays),
    }
    (folder / _INDEX).write_text(json.dumps(index, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


class Cube:
    """A cube on disk, read only. Blocks and samples are made on first use and kept."""

    def __init__(self, index: Mapping[str, object], arrays: MappedArrays) -> None:
        self._index = index
        self._arrays = arrays
        self._blocks: dict[str, Block | None] = {}
        self._quantiles: dict[str, QuantileSample | None] = {}
        self._distincts: dict[str, DistinctSample | None] = {}
        self._stays: dict[str, StaySample | None] = {}
        self._members: dict[str, Members] = {}
        self._groups: dict[str, Membership] = {}
        self.fingerprint = cast("str", index["fingerprint"])
        self.today = cast("int", index["today"])
        self.when = cast("When", index["when"])
        self.tables = frozenset(cast("list[str]", index["tables"]))
        self.problems = tuple(cast("list[str]", index["problems"])) + tuple(
            cast("list[str]", index["target_problems"])
        )

    @classmethod
    def open(cls, folder: Path) -> Cube:
        """Open the cube in this folder. Raises `KpiError` if it is not there, or not of this version."""
        try:
            index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
            if index["version"] != VERSION:
                raise KpiError(f"The cube in {folder} was made by another version. Run a full sync to make it anew.")
            return cls(index, MappedArrays(folder / _ARRAYS, index["arrays"]))
        except (OSError, ValueError, KeyError) as error:
            raise KpiError(
                f"The cube in {folder} cannot be read ({error}). Run a full sync to make it anew."
            ) from error

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """How many members each dimension has."""
        dimensions = cast("Mapping[str, Mapping[str, list[object]]]", self._index["dimensions"])
        return {name: len(columns["ids"]) for name, columns in dimensions.items()}

    @cached_property
    def dimensions(self) -> Dimensions:
        """All members by dimension."""
        named = cast("Mapping[str, object]", self._index["dimensions"])
        return Dimensions((name, self.members(name)) for name in named)

    def members(self, dimension: str) -> Members:
        """Return the members of a dimension. Raises KeyError for one that there is not."""
        if dimension not in self._members:
            columns = cast("Mapping[str, Mapping[str, list[object]]]", self._index["dimensions"])[dimension]
            self._members[dimension] = _members(dimension, columns)
        return self._members[dimension]

    def groups_of_reps(self, dimension: str) -> Membership:
        """Return in which team or region each rep is on which days."""
        if dimension not in self._groups:
            parts = (self._integers(f"group.{dimension}.{part}") for part in ("first", "moves", "groups"))
            self._groups[dimension] = Membership(*parts)
        return self._groups[dimension]

    def holders(self, dimension: str) -> Holders | None:
        """Return the reps behind teams or regions, if any of them ever moved."""
        if dimension not in GROUPS:
            return None
        return holders_of(self.sizes, {dimension: self.groups_of_reps(dimension)}, (dimension,), lambda _: self)

    def span(self, fact: str) -> Span | None:
        """Return the days and rows of a fact, None if its table was never read."""
        found = cast("Mapping[str, list[int]]", self._index["spans"]).get(fact)
        return Span(*found) if found else None

    def block(self, fact: str, axis: str, dimension: str) -> Block | None:
        """Return the sums of a fact by day of this axis, for each member of a dimension; None if there are none."""
        return self._block(f"block.{fact}.{axis}.{dimension}")

    def targets(self, kpi: str, dimension: str) -> Block | None:
        """Return the targets of a KPI by member of a dimension; None if there are none."""
        return self._block(f"target.{kpi}.{dimension}")

    def quantile(self, measure: str, dimension: str) -> QuantileSample | None:
        """Return the single values of a measure; None if there are none."""
        name = f"quantile.{measure}.{dimension}"
        if name not in self._quantiles:
            self._quantiles[name] = self._read_quantile(name) if f"{name}.keys" in self._arrays else None
        return self._quantiles[name]

    def distinct(self, measure: str, dimension: str) -> DistinctSample | None:
        """Return the different values of a measure; None if there are none."""
        name = f"distinct.{measure}.{dimension}"
        if name not in self._distincts:
            self._distincts[name] = self._read_distinct(name) if f"{name}.keys" in self._arrays else None
        return self._distincts[name]

    def stays(self, measure: str, dimension: str) -> StaySample | None:
        """Return the stays that a measure is about; None if there are none."""
        name = f"stay.{measure}.{dimension}"
        if name not in self._stays:
            self._stays[name] = self._read_stays(name) if f"{name}.keys" in self._arrays else None
        return self._stays[name]

    def data(self) -> CubeData:
        """Return all that the cube holds, as what a changed cube is made from."""
        names = tuple(cast("Mapping[str, object]", self._index["arrays"]))
        blocks = {
            kind: {
                name.removeprefix(f"{kind}.").removesuffix(".keys"): cast("Block", self._block(name[: -len(".keys")]))
                for name in names
                if name.startswith(f"{kind}.") and name.endswith(".keys")
            }
            for kind in ("block", "target")
        }
        samples = {kind: _sample_names(names, kind) for kind in ("quantile", "distinct", "stay")}
        spans = {name: Span(*span) for name, span in cast("Mapping[str, list[int]]", self._index["spans"]).items()}
        return CubeData(
            self.today,
            self.tables,
            self.dimensions,
            {name: self.groups_of_reps(name) for name in GROUPS},
            self.when,
            self.fingerprint,
            blocks["block"],
            {name: cast("QuantileSample", self.quantile(*name.split("."))) for name in samples["quantile"]},
            {name: cast("DistinctSample", self.distinct(*name.split("."))) for name in samples["distinct"]},
            {name: cast("StaySample", self.stays(*name.split("."))) for name in samples["stay"]},
            blocks["target"],
            spans,
            cast("list[str]", self._index["problems"]),
            cast("list[str]", self._index["target_problems"]),
        )

    def _block(self, name: str) -> Block | None:
        if name not in self._blocks:
            self._blocks[name] = self._read_block(name) if f"{name}.keys" in self._arrays else None
        return self._blocks[name]

    def _read_block(self, name: str) -> Block:
        described = cast("Mapping[str, Mapping[str, list[object]]]", self._index["totals"])[name]
        return Block(
            self._integers(f"{name}.keys"),
            self._integers(f"{name}.cumulated"),
            tuple(cast("list[str]", described["totals"])),
            tuple(cast("list[float]", described["units"])),
        )

    def _read_quantile(self, name: str) -> QuantileSample:
        return QuantileSample(self._integers(f"{name}.keys"), cast("Numbers", self._arrays[f"{name}.values"]))

    def _read_distinct(self, name: str) -> DistinctSample:
        return DistinctSample(*(self._integers(f"{name}.{part}") for part in ("keys", "values", "before", "rows")))

    def _read_stays(self, name: str) -> StaySample:
        return StaySample(*(self._integers(f"{name}.{part}") for part in ("keys", "values", "ends")))

    def _integers(self, name: str) -> Integers:
        return cast("Integers", self._arrays[name])


def _sample_names(names: tuple[str, ...], kind: str) -> list[str]:
    return [
        name.removeprefix(f"{kind}.").removesuffix(".keys")
        for name in names
        if name.startswith(f"{kind}.") and name.endswith(".keys")
    ]


def _columns(members: Members) -> dict[str, list[object]]:
    return {
        "ids": [member.id for member in members.all],
        "names": [member.name for member in members.all],
        "aliases": [member.aliases for member in members.all],
        "listed": [int(member.is_listed) for member in members.all],
    }


def _members(dimension: str, columns: Mapping[str, list[object]]) -> Members:
    rows = zip(columns["names"], columns["ids"], columns["aliases"], columns["listed"], strict=True)
    return Members(
        dimension,
        [
            Member(code, str(name), str(key), tuple(cast("list[str]", aliases)), bool(listed))
            for code, (name, key, aliases, listed) in enumerate(rows)
        ],
    )
