"""The kinds of ``batchUpdate`` requests about named and protected ranges, conditional formats and charts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.sandbox.google.cell_requests import area_of
from connectors.sandbox.google.errors import Json, invalid
from connectors.sandbox.google.grid import Sheet
from connectors.sandbox.google.masks import write_mask, written
from connectors.sandbox.google.spreadsheet import Spreadsheet, find_by

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,249}")
_REFERENCE = re.compile(r"(?i)[a-z]{1,3}\d+|r\d*c\d*|true|false")


def _check_name(book: Spreadsheet, named: Json) -> None:
    name = named.get("name", "")
    if not _NAME.fullmatch(name) or _REFERENCE.fullmatch(name):
        raise invalid(f"The name of the named range is invalid: {name}")
    for other in book.named_ranges:
        if other["name"].casefold() == name.casefold() and other["namedRangeId"] != named["namedRangeId"]:
            raise invalid(f'Cannot add named range with name "{name}": a named range with that name already exists.')
    area_of(book, named.get("range"))


def add_named_range(book: Spreadsheet, body: Json) -> Json:
    """Name a range."""
    wanted: Json = body.get("namedRange", {})
    named = {**wanted, "namedRangeId": wanted.get("namedRangeId") or f"nr{book.next_id():x}"}
    if find_by(book.named_ranges, "namedRangeId", named["namedRangeId"]) is not None:
        raise invalid(f"A named range with the id {named['namedRangeId']} already exists.")
    _check_name(book, named)
    book.named_ranges.append(named)
    return {"namedRange": named}


def _named_index(book: Spreadsheet, named_range_id: str) -> int:
    index = find_by(book.named_ranges, "namedRangeId", named_range_id)
    if index is None:
        raise invalid(f"Cannot find a named range with the id: {named_range_id}")
    return index


def update_named_range(book: Spreadsheet, body: Json) -> Json:
    """Give a named range another name or range."""
    mask = write_mask(body.get("fields", ""), "NamedRange")
    wanted: Json = body.get("namedRange", {})
    index = _named_index(book, wanted.get("namedRangeId", ""))
    named = {**written(book.named_ranges[index], wanted, mask), "namedRangeId": wanted["namedRangeId"]}
    _check_name(book, named)
    book.named_ranges[index] = named
    return {}


def delete_named_range(book: Spreadsheet, body: Json) -> Json:
    """Forget the name of a range."""
    del book.named_ranges[_named_index(book, body.get("namedRangeId", ""))]
    return {}


def _check_protected(book: Spreadsheet, protected: Json) -> Json:
    if "range" not in protected:
        raise invalid("The sandbox protects ranges that are given as a range.")
    area_of(book, protected["range"])
    if protected.get("warningOnly") or book.actor is None:
        return protected
    users = protected.get("editors", {}).get("users", [])
    users = users if book.actor in users else [*users, book.actor]
    return {**protected, "editors": {**protected.get("editors", {}), "users": users}}


def add_protected_range(book: Spreadsheet, body: Json) -> Json:
    """Protect a range. Who asks for it can go on editing it."""
    wanted: Json = body.get("protectedRange", {})
    protected = {**wanted, "protectedRangeId": wanted.get("protectedRangeId", book.next_id())}
    if any(each["protectedRangeId"] == protected["protectedRangeId"] for _, each in _protected(book)):
        raise invalid(f"A protected range with the id {protected['protectedRangeId']} already exists.")
    protected = _check_protected(book, protected)
    book.sheet(protected["range"].get("sheetId", 0)).protected_ranges.append(protected)
    return {"protectedRange": protected}


def _protected(book: Spreadsheet) -> Iterator[tuple[Sheet, Json]]:
    return ((sheet, each) for sheet in book.sheets for each in sheet.protected_ranges)


def _take_protected(book: Spreadsheet, protected_range_id: int | None) -> Json:
    for sheet, each in _protected(book):
        if each["protectedRangeId"] == protected_range_id:
            book.guard(sheet, sheet.area_whole) if not each.get("warningOnly") else None
            sheet.protected_ranges.remove(each)
            return each
    raise invalid(f"No protected range with id: {protected_range_id}")


def update_protected_range(book: Spreadsheet, body: Json) -> Json:
    """Change a protected range."""
    mask = write_mask(body.get("fields", ""), "ProtectedRange")
    wanted: Json = body.get("protectedRange", {})
    old = _take_protected(book, wanted.get("protectedRangeId"))
    new = {**written(old, wanted, mask), "protectedRangeId": old["protectedRangeId"]}
    new = _check_protected(book, new)
    book.sheet(new["range"].get("sheetId", 0)).protected_ranges.append(new)
    return {}


def delete_protected_range(book: Spreadsheet, body: Json) -> Json:
    """Lift the protection of a range."""
    _take_protected(book, body.get("protectedRangeId"))
    return {}


def add_conditional_format_rule(book: Spreadsheet, body: Json) -> Json:
    """Put a rule among those of its sheet, at the index."""
    rule: Json = body.get("rule", {})
    ranges = rule.get("ranges", [])
    sheets = {area_of(book, each)[0].id for each in ranges}
    if len(sheets) != 1:
        raise invalid("A conditional format rule must have ranges, all on the same sheet.")
    if "booleanRule" not in rule and "gradientRule" not in rule:
        raise invalid("A conditional format rule must have a boolean rule or a gradient rule.")
    rules = book.sheet(sheets.pop()).conditional_formats
    index = body.get("index", 0)
    if not 0 <= index <= len(rules):
        raise invalid(f"The rule index {index} is out of bounds; the sheet has {len(rules)} rules.")
    rules.insert(index, rule)
    return {}


def delete_conditional_format_rule(book: Spreadsheet, body: Json) -> Json:
    """Take away the rule at the index."""
    rules = book.sheet(body.get("sheetId", 0)).conditional_formats
    index = body.get("index", 0)
    if not 0 <= index < len(rules):
        raise invalid(f"No conditional format on sheet: {body.get('sheetId', 0)} at index: {index}")
    return {"rule": rules.pop(index)}


def _sources(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.get("sourceRange", {}).get("sources", ())
        for item in value.values():
            yield from _sources(item)
    elif isinstance(value, list):
        for item in value:
            yield from _sources(item)


def _check_spec(book: Spreadsheet, spec: Json) -> None:
    if not spec.keys() & {"basicChart", "pieChart", "scorecardChart"}:
        raise invalid("A chart specification must name a chart.")
    for source in _sources(spec):
        _, area = area_of(book, source)
        if area.height > 1 and area.width > 1:
            raise invalid("Exactly one dimension of a chart's source range must have a length of 1.")


def add_chart(book: Spreadsheet, body: Json) -> Json:
    """Put a chart on a sheet."""
    wanted: Json = body.get("chart", {})
    chart = {**wanted, "chartId": wanted.get("chartId", book.next_id())}
    anchor = wanted.get("position", {}).get("overlayPosition", {}).get("anchorCell")
    if anchor is None:
        raise invalid("A chart needs an overlayPosition with an anchorCell; other positions are not supported.")
    if any(each["chartId"] == chart["chartId"] for sheet in book.sheets for each in sheet.charts):
        raise invalid(f"A chart with the id {chart['chartId']} already exists.")
    sheet = book.sheet(anchor.get("sheetId", 0))
    _check_spec(book, wanted.get("spec", {}))
    sheet.charts.append(chart)
    return {"chart": chart}


def _chart_at(book: Spreadsheet, chart_id: int | None) -> tuple[Sheet, int]:
    for sheet in book.sheets:
        index = find_by(sheet.charts, "chartId", chart_id)
        if index is not None:
            return sheet, index
    raise invalid(f"No embedded object with id: {chart_id}")


def update_chart_spec(book: Spreadsheet, body: Json) -> Json:
    """Replace what a chart shows; its place stays."""
    sheet, index = _chart_at(book, body.get("chartId"))
    _check_spec(book, body.get("spec", {}))
    sheet.charts[index] = {**sheet.charts[index], "spec": body["spec"]}
    return {}


def delete_embedded_object(book: Spreadsheet, body: Json) -> Json:
    """Delete a chart."""
    sheet, index = _chart_at(book, body.get("objectId"))
    del sheet.charts[index]
    return {}
