"""The benchmark ``extract``: deals read out of Salesforce page by page and in bulk, against the bare requests.

Five times as many deals are read as the world has, in turn; memory is that of one, five and ten times as many. A
second reading follows a change of one deal in a hundred.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from functools import partial
from statistics import median
from typing import Final

import requests

from addon.bench.children import Told, run_child
from addon.bench.ground import Ground, median_of
from addon.bench.org import deal_id, serving, write_org
from addon.bench.reading import deals_source, read_deals
from addon.bench.report import Goal, Note, Ratio, Report
from addon.errors import AddonError

_MEGABYTES_MAX: Final = 350
_TIMES_RATE, _TIMES_CHANGED = 5, 2
_TIMES_MEMORY: Final = (1, _TIMES_RATE, 10)
_SHARE: Final = 100
_BARE_GOAL: Final = Goal(1 / 0.8)
_BULK_GOAL: Final = Goal(1.0)
_WAYS: Final = {"REST": "extract-rest", "bulk": "extract-bulk"}


def run(ground: Ground) -> Report:
    """Measure reading. Raises `AddonError` if a row is missing."""
    ratios: list[Ratio] = []
    notes: list[Note] = []
    for times in _TIMES_MEMORY:
        deals = times * ground.size.opportunities
        with _serving(ground, deals) as address:
            if times == _TIMES_RATE:
                ratios, rates = _rates(ground, address, deals)
                notes = [*rates, *notes]
            notes += [_memory(way, job, address, deals) for way, job in _WAYS.items()]
    changed_ratio, changed_notes = _changed(ground, _TIMES_CHANGED * ground.size.opportunities)
    return Report("extract", ground.size, [*ratios, changed_ratio], [*notes, *changed_notes])


def _serving(ground: Ground, deals: int) -> AbstractContextManager[str]:
    ground.tell(f"serving {deals:,} deals")
    return serving(write_org(ground.folder / "orgs" / str(deals), deals))


def _read(job: str, address: str, deals: int) -> Told:
    told = run_child(job, address)
    if told["rows"] != deals:
        raise AddonError(f"{job} read {told['rows']:,.0f} rows of {deals:,}.")
    return told


def _rates(ground: Ground, address: str, deals: int) -> tuple[list[Ratio], list[Note]]:
    jobs = [partial(_read, job, address, deals) for job in ("extract-bare", *_WAYS.values())]
    bare, rest, bulk = (median_of(told, "seconds") for told in ground.interleaved(*jobs))
    words = f"{deals:,} deals"
    ratios = [
        Ratio(f"{words} by REST", rest, bare, "a bare requests loop", _BARE_GOAL),
        Ratio(f"{words} in bulk", bulk, rest, "REST", _BULK_GOAL),
    ]
    rates = {"bare requests": bare, "REST": rest, "bulk": bulk}
    return ratios, [Note(f"rate, {way}", deals / seconds, "rows/s") for way, seconds in rates.items()]


def _memory(way: str, job: str, address: str, deals: int) -> Note:
    return Note(f"peak, {deals:,} deals, {way}", _read(job, address, deals)["megabytes"], "MB", _MEGABYTES_MAX)


def _changed(ground: Ground, deals: int) -> tuple[Ratio, list[Note]]:
    changed = max(1, deals // _SHARE)
    full_seconds: list[float] = []
    changed_seconds: list[float] = []
    with _serving(ground, deals) as address:
        for number in range(ground.rounds):
            source = deals_source(address)
            start = time.perf_counter()
            whole = read_deals(source, {}, ground.folder)
            full_seconds.append(time.perf_counter() - start)
            _change(address, deals, changed, number)
            again = deals_source(address)
            start = time.perf_counter()
            some = read_deals(again, whole.cursor, ground.folder)
            changed_seconds.append(time.perf_counter() - start)
            if some.row_count < changed:
                raise AddonError(f"{some.row_count:,} deals came, but {changed:,} have changed.")
    words = f"1 % of {deals:,} deals changed"
    ratio = Ratio(words, median(changed_seconds), median(full_seconds), "all of them")
    calls = [Note("calls, all deals", source.call_count, "calls"), Note(f"calls, {words}", again.call_count, "calls")]
    return ratio, calls


def _change(address: str, deals: int, count: int, number: int) -> None:
    """Have so many deals changed, others each time."""
    with requests.Session() as session:
        for place in range(count):
            facts = {"object": "Opportunity", "id": deal_id((place * _SHARE + number) % deals)}
            body = {**facts, "fields": {"Amount": 1_000 + number}}
            session.post(f"{address}/sandbox/salesforce/update", json=body, timeout=60).raise_for_status()
