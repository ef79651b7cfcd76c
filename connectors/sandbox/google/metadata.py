"""Developer metadata: notes of programs on spreadsheets, tabs, rows and columns, and how they are found."""

from __future__ import annotations

from connectors.sandbox.google.errors import ApiError, Json, invalid
from connectors.sandbox.google.masks import write_mask, written
from connectors.sandbox.google.spreadsheet import Spreadsheet, find_by

_LOCATIONS = ("spreadsheet", "sheetId", "dimensionRange")


def _located(book: Spreadsheet, location: Json) -> Json:
    """Return the location with its type. Raises `ApiError` if it is not one place of this spreadsheet."""
    if not any(name in location for name in _LOCATIONS):
        raise invalid("Developer metadata must have a location.")
    if "spreadsheet" in location:
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if "sheetId" in location:
        return {"locationType": "SHEET", "sheetId": book.sheet(location["sheetId"]).id}
    span = location["dimensionRange"]
    sheet = book.sheet(span.get("sheetId", 0))
    is_rows = span.get("dimension") == "ROWS"
    size = sheet.row_count if is_rows else sheet.column_count
    start, end = span.get("startIndex", 0), span.get("endIndex", 0)
    if end - start != 1 or not 0 <= start < size:
        raise invalid("The dimensionRange of developer metadata must be one row or one column of the grid.")
    return {"locationType": "ROW" if is_rows else "COLUMN", "dimensionRange": span}


def _checked(book: Spreadsheet, metadata: Json) -> Json:
    if not metadata.get("metadataKey"):
        raise invalid("Developer metadata must have a metadataKey.")
    if metadata.get("visibility") not in {"DOCUMENT", "PROJECT"}:
        raise invalid("Developer metadata must have a visibility: DOCUMENT or PROJECT.")
    return {**metadata, "location": _located(book, metadata.get("location", {}))}


def create_developer_metadata(book: Spreadsheet, body: Json) -> Json:
    """Attach metadata to a place."""
    wanted: Json = body.get("developerMetadata", {})
    metadata = _checked(book, {**wanted, "metadataId": wanted.get("metadataId", book.next_id())})
    if find_by(book.metadata, "metadataId", metadata["metadataId"]) is not None:
        raise invalid(f"Developer metadata with the id {metadata['metadataId']} already exists.")
    book.metadata.append(metadata)
    return {"developerMetadata": metadata}


def update_developer_metadata(book: Spreadsheet, body: Json) -> Json:
    """Change the metadata that the filters find."""
    mask = write_mask(body.get("fields", ""), "DeveloperMetadata")
    found = [each for each in book.metadata if any(matches(book, each, one) for one in body.get("dataFilters", []))]
    if not found:
        raise invalid("No developer metadata matches the data filters.")
    changed = {
        each["metadataId"]: _checked(
            book, {**written(each, body.get("developerMetadata", {}), mask), "metadataId": each["metadataId"]}
        )
        for each in found
    }
    book.metadata = [changed.get(each["metadataId"], each) for each in book.metadata]
    return {"developerMetadata": list(changed.values())}


def delete_developer_metadata(book: Spreadsheet, body: Json) -> Json:
    """Delete the metadata that the filter finds."""
    gone = [each for each in book.metadata if matches(book, each, body.get("dataFilter", {}))]
    book.metadata = [each for each in book.metadata if each not in gone]
    return {"deletedDeveloperMetadata": gone}


def metadata_by_id(book: Spreadsheet, metadata_id: str) -> Json:
    """Return the metadata with this id. Raises `ApiError` 404."""
    index = find_by(book.metadata, "metadataId", int(metadata_id)) if metadata_id.isdecimal() else None
    if index is None:
        raise ApiError(404, f"No developer metadata with id: {metadata_id}")
    return book.metadata[index]


def search(book: Spreadsheet, filters: list[Json]) -> list[Json]:
    """Return each metadata that a filter finds, with the filters that found it."""
    matched = []
    for metadata in book.metadata:
        found_by = [one for one in filters if matches(book, metadata, one)]
        if found_by:
            matched.append({"developerMetadata": metadata, "dataFilters": found_by})
    return matched


def matches(book: Spreadsheet, metadata: Json, data_filter: Json) -> bool:
    """Return whether a DataFilter selects the metadata: by a lookup, or by lying on the sheet of a range."""
    if "developerMetadataLookup" in data_filter:
        return _looked_up(metadata, data_filter["developerMetadataLookup"])
    if "a1Range" in data_filter:
        return _sheet_id(metadata) == book.resolve(data_filter["a1Range"]).sheet.id
    if "gridRange" in data_filter:
        wanted: int = data_filter["gridRange"].get("sheetId", 0)
        return _sheet_id(metadata) == wanted
    raise invalid("A data filter must be set.")


def _looked_up(metadata: Json, lookup: Json) -> bool:
    for name in ("metadataId", "metadataKey", "metadataValue", "visibility"):
        if name in lookup and lookup[name] != metadata.get(name):
            return False
    location = metadata["location"]
    if lookup.get("locationType", location["locationType"]) != location["locationType"]:
        return False
    wanted = lookup.get("metadataLocation")
    if wanted is None:
        return True
    if lookup.get("locationMatchingStrategy") == "INTERSECTING_LOCATION" and not wanted.get("spreadsheet"):
        return location_sheet(location) == location_sheet(wanted)
    return all(location.get(name) == wanted.get(name) for name in _LOCATIONS)


def _sheet_id(metadata: Json) -> int | None:
    return location_sheet(metadata["location"])


def location_sheet(location: Json) -> int | None:
    """Return the id of the tab of a location; None for the spreadsheet as a whole."""
    if location.get("spreadsheet"):
        return None
    found = (
        location["dimensionRange"].get("sheetId", 0) if "dimensionRange" in location else location.get("sheetId", 0)
    )
    return int(found)


def on_sheet(book: Spreadsheet, sheet_id: int | None) -> list[Json]:
    """Return the metadata of a whole tab, or with None of the spreadsheet."""
    kind = "SPREADSHEET" if sheet_id is None else "SHEET"
    return [
        each for each in book.metadata if each["location"]["locationType"] == kind and _sheet_id(each) == sheet_id
    ]
