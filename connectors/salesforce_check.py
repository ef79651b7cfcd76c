"""Look at a Salesforce organisation without reading its rows: can we log in, see what we need, and afford it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connectors.errors import SourceError
from connectors.salesforce import SalesforceSource
from connectors.salesforce_errors import Refusal, in_words
from connectors.salesforce_mapping import ObjectMapping, described_names
from connectors.salesforce_plan import Described, Fitted, plan_object
from connectors.source import Finding

_PLACE: Final = "Salesforce"
_CALLS_LOW: Final = 0.8  # of the allowance used


def check_salesforce(source: SalesforceSource) -> list[Finding]:
    """Return what is well and what is not: login, each object with its fields, calls left. Costs two calls."""
    try:
        described = source.client.describe(described_names(source.mappings))
    except Refusal as refusal:
        return [Finding(_PLACE, False, str(in_words(refusal, source.settings.instance.host)))]
    except SourceError as error:
        return [Finding(_PLACE, False, str(error))]
    login = Finding(_PLACE, True, f"logged in at {source.settings.instance.host} by {source.settings.login}.")
    return [login, *_objects(source.mappings, described), *_allowance(source)]


def _objects(mappings: tuple[ObjectMapping, ...], described: Described) -> Iterator[Finding]:
    for mapping in mappings:
        fitted = plan_object(mapping, described)
        for problem in fitted.problems:
            yield Finding(problem.place, False, problem.reason, problem.remedy)
        if not fitted.problems:
            yield Finding(f"{_PLACE} {mapping.name}", True, _well(mapping, fitted))


def _well(mapping: ObjectMapping, fitted: Fitted) -> str:
    if fitted.plan is None:
        return "not in this organisation, and not needed."
    words = f"{len(fitted.plan.paths)} fields are read into {mapping.table.name}"
    unused = {c.name for c in mapping.table.columns} - {r.column.name for r in fitted.plan.mapping.columns} - {"id"}
    if fitted.plan.drifting:
        words += f"; {', '.join(fitted.plan.drifting)} changes without a trace, so all rows are read once a day"
    return words + (f"; nothing fills {', '.join(sorted(unused))}." if unused else ".")


def _allowance(source: SalesforceSource) -> Iterator[Finding]:
    allowance = source.client.allowance
    if allowance is None or not allowance.total:
        return
    words = f"{allowance.used:,} of {allowance.total:,} API calls of the last 24 hours are used"
    if allowance.used < _CALLS_LOW * allowance.total:
        yield Finding(f"{_PLACE} calls", True, f"{words}.")
    else:
        remedy = "Refresh less often (schedule.every_minutes), or see which other program calls so much."
        yield Finding(f"{_PLACE} calls", False, f"{words}.", remedy)
