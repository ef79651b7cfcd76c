"""The mapping is data: what a wrong entry says, and what each form of an entry means."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from connectors.errors import SourceError
from connectors.salesforce_cells import Record, cells_of
from connectors.salesforce_mapping import ObjectMapping, load_mapping
from connectors.salesforce_plan import DescribedField, DescribedObject, plan_object
from connectors.salesforce_queries import query
from connectors.salesforce_rows import Rows, read_rows

PARIS = ZoneInfo("Europe/Paris")


def described(name: str, fields: dict[str, str]) -> DescribedObject:
    """Return an object with these fields and types; ``reference>User/Owner`` is a relationship."""
    made = {}
    for field_name, note in fields.items():
        type_name, _, way = note.partition(">")
        target, _, relationship = way.partition("/")
        made[field_name] = DescribedField(field_name, type_name, relationship=relationship, refers_to=(target,))
    return DescribedObject(name, "a01", {"Id": DescribedField("Id", "id"), **made})


def mapping_of(entry: dict[str, object], table: str = "expense") -> ObjectMapping:
    """Return the mapping of an object of the organisation's own."""
    mappings = load_mapping({"Thing__c": {"table": table, **entry}})
    return next(mapping for mapping in mappings if mapping.name == "Thing__c")


def rows_of(entry: dict[str, object], fields: dict[str, str], records: list[Record], table: str = "account") -> Rows:
    known = described("Thing__c", {"Name": "string", **fields})
    own = {"fields": {"name": "Name", **entry.pop("fields", {})}, **entry}  # type: ignore[dict-item] # built above
    plan = plan_object(mapping_of(own, table), {"Thing__c": known}).plan
    assert plan is not None
    return read_rows(plan, cells_of([{"Name": "x", **record} for record in records]), PARIS)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"Opportunity": "x"}, r"salesforce\.objects\.Opportunity must be a table"),
        ({"Opportunity": {"feilds": {}}}, "known here: table, changed"),
        ({"Opportunity": {"fields": {"chanel": "X__c"}}}, "opportunity has no such column; it has name, account"),
        ({"Opportunity": {"fields": {"channel": "X Y"}}}, "'X Y' is not a name of Salesforce"),
        ({"Opportunity": {"fields": {"channel": 5}}}, "must be a field name"),
        ({"Opportunity": {"fields": {"channel": []}}}, "from 1 to 50 fields"),
        ({"Opportunity": {"fields": {"channel": {"field": "A", "is": "b"}}}}, "either field or is"),
        ({"Opportunity": {"fields": {"channel": {"field": "A", "wenn": {}}}}}, "known here: field, is"),
        ({"Opportunity": {"fields": {"channel": {"is": ["x"]}}}}, "must be a text, a number, true or false"),
        ({"Opportunity": {"fields": {"channel": {"is": "b", "when": {"A": 3}}}}}, "must be a list of words"),
        ({"Opportunity": {"fields": {"channel": {"earliest": ["A"], "first": 1}}}}, "known here: earliest"),
        ({"Opportunity": {"fields": {"channel": {"field": "A", "words": {"b": 1}}}}}, "must be a text"),
        ({"Opportunity": {"fields": {"channel": {"field": "A", "heads": 1}}}}, "must be true or false"),
        ({"Opportunity": {"keep": {"A": "x"}}}, "must be a list of words"),
        ({"Opportunity": {"optional": "yes"}}, "must be true or false"),
        ({"Campaign": {"money": {"columns": ["price"]}}}, "campaign has no column price"),
        ({"Campaign": {"money": {"colums": []}}}, "known here: columns, currency"),
        ({"Lead": {"lookups": {"kampagne": {}}}}, "lead has no column kampagne"),
        ({"Lead": {"lookups": {"campaign": {"obj": "X"}}}}, "known here: object, by"),
        ({"Lead": {"lookups": {"mql_at": {"object": "X"}}}}, "can be looked up, no instant"),
        ({"Lead": {"lookups": {"campaign": {"object": "X"}}}}, "is not a name of Salesforce"),
        ({"LoginHistory": {"per": "rep"}}, "must be a list of columns"),
        ({"LoginHistory": {"per": ["reb"]}}, "login has no column reb"),
        ({"Thing__c": {"table": "thing"}}, "table must be one of organisation, rep"),
        ({"Thing c": {"table": "account"}}, "is not a name of Salesforce"),
    ],
)
def test_a_wrong_entry_is_named_with_the_remedy(overrides: dict[str, object], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        load_mapping(overrides)


def test_own_entries_are_laid_over_ours_field_by_field() -> None:
    mappings = load_mapping({"Opportunity": {"fields": {"channel": "Mine__c", "competitor": ""}, "optional": True}})
    deal = next(mapping for mapping in mappings if mapping.name == "Opportunity")
    rules = {rule.column.name: rule for rule in deal.columns}
    assert rules["channel"].choices[0].fields[0].path == "Mine__c"
    assert "competitor" not in rules
    assert "amount" in rules
    assert deal.optional
    assert mappings[0].table.name == "organisation", "the organisation is always read first"


def test_the_first_choice_with_a_value_wins() -> None:
    rows = rows_of(
        {"fields": {"market": ["A", {"field": "B", "words": {"old": "New"}}, {"is": "none"}]}},
        {"A": "string", "B": "picklist"},
        [
            {"Id": "1", "A": "a", "B": "b"},
            {"Id": "2", "A": "", "B": "OLD"},
            {"Id": "3", "A": None, "B": "c"},
            {"Id": "4"},
        ],
    )
    assert rows.columns["market"] == ["a", "New", "c", "none"]


def test_a_choice_holds_only_under_its_conditions() -> None:
    rule = [
        {"is": "big", "when": {"Size": {"above": 10}}},
        {"is": "flagged", "when": {"Flag": True}},
        {"is": "worded", "when": {"Word": ["Yes", "Oui"], "Flag": False}},
    ]
    records: list[Record] = [
        {"Id": "1", "Size": 11, "Flag": True},
        {"Id": "2", "Size": 10, "Flag": True},
        {"Id": "3", "Word": "oui", "Flag": False},
        {"Id": "4", "Word": "oui"},
    ]
    rows = rows_of({"fields": {"market": rule}}, {"Size": "double", "Flag": "boolean", "Word": "string"}, records)
    assert rows.columns["market"] == ["big", "flagged", "worded", None]


def test_a_field_of_a_record_above_is_read_through_its_relationship() -> None:
    records: list[Record] = [{"Id": "1", "Owner": {"Name": "Bob"}}, {"Id": "2", "Owner": None}]
    rows = rows_of({"fields": {"market": "Owner.Name"}}, {"OwnerId": "reference>User/Owner"}, records)
    assert rows.columns["market"] == ["Bob", None]


def test_a_relationship_is_missed_where_it_or_its_field_is_hidden() -> None:
    mapping = mapping_of({"fields": {"name": "Name", "market": "Owner.Name"}}, "account")
    above = described("User", {"Alias": "string"})
    for known in ({"Name": "string"}, {"Name": "string", "OwnerId": "reference>User/Owner"}):
        fitted = plan_object(mapping, {"Thing__c": described("Thing__c", known), "User": above})
        assert "the field Owner.Name is absent or hidden" in str(fitted.problems[0])


def test_dates_stay_on_their_day_and_instants_are_taken_to_the_day_of_the_zone() -> None:
    mapping = mapping_of({"fields": {"on": "On__c", "category": {"is": "x"}, "amount": "Sum__c"}})
    known = described("Thing__c", {"On__c": "datetime", "Sum__c": "currency"})
    plan = plan_object(mapping, {"Thing__c": known}).plan
    assert plan is not None
    records: list[Record] = [
        {"Id": "1", "On__c": "2026-03-31T22:30:00.000+0000", "Sum__c": 1},
        {"Id": "2", "On__c": "2026-04-01", "Sum__c": 2.5},
    ]
    rows = read_rows(plan, cells_of(records), PARIS)
    assert rows.columns["on"] == [date(2026, 4, 1), date(2026, 4, 1)]
    assert rows.columns["amount"] == [1.0, 2.5]


def test_a_date_where_an_instant_is_wanted_is_noon_of_its_day() -> None:
    rows = rows_of({"fields": {"created_at": "On__c"}}, {"On__c": "date"}, [{"Id": "1", "On__c": "2026-07-01"}])
    assert rows.columns["created_at"] == [datetime(2026, 7, 1, 10, tzinfo=UTC)]


def test_a_row_without_what_it_must_have_is_said_not_dropped_in_silence() -> None:
    rows = rows_of({"fields": {}}, {}, [{"Id": "1"}, {"Id": "2", "Name": None}])
    assert rows.columns["id"] == ["sf:1"]
    assert (rows.left_out, rows.unreadable) == ([], ["sf:2"])


@pytest.mark.parametrize(
    ("table", "column", "described_as", "value"),
    [
        ("account", "created_at", "datetime", "2026-07-01T10:00"),
        ("product", "list_price", "currency", "12"),
        ("stage", "position", "double", 1.5),
        ("rep", "is_active", "boolean", "true"),
    ],
)
def test_a_value_of_another_type_than_described_names_the_column(
    table: str, column: str, described_as: str, value: object
) -> None:
    with pytest.raises(SourceError, match=f"Thing__c: a value for {table}.{column} cannot be read as"):
        rows_of({"fields": {column: "A__c"}}, {"A__c": described_as}, [{"Id": "1", "A__c": value}], table)


def test_a_flag_read_as_text_is_a_word() -> None:
    records: list[Record] = [{"Id": "1", "A__c": True}, {"Id": "2", "A__c": 3}]
    assert rows_of({"fields": {"market": "A__c"}}, {"A__c": "boolean"}, records).columns["market"] == ["true", "3"]


def test_the_earliest_of_none_is_none() -> None:
    fields = {"A": "datetime", "B": "datetime"}
    rows = rows_of({"fields": {"created_at": {"earliest": ["A", "B"]}}}, fields, [{"Id": "1"}])
    assert rows.columns["created_at"] == [None]


def test_an_object_that_is_not_there_is_missed_unless_it_is_optional() -> None:
    assert "absent or hidden" in str(plan_object(mapping_of({}), {}).problems[0])
    assert plan_object(mapping_of({"optional": True}), {}).problems == ()


def test_a_table_needs_its_required_columns() -> None:
    fitted = plan_object(
        mapping_of({"fields": {"on": "On__c"}}), {"Thing__c": described("Thing__c", {"On__c": "date"})}
    )
    assert fitted.plan is None
    assert "no field is named for expense.amount" in str(fitted.problems[0])


def test_conditions_are_asked_of_the_organisation_only_where_all_rows_are_read() -> None:
    keep: dict[str, object] = {"keep": {"Kind__c": ["A", "b"], "Sum__c": {"above": 0}, "Flag__c": False}}
    fields = {"Kind__c": "picklist", "Sum__c": "double", "Flag__c": "boolean", "Stamp": "datetime", "Name": "string"}
    known = {"Thing__c": described("Thing__c", fields)}
    whole = plan_object(mapping_of({**keep, "fields": {"name": "Name"}}, "account"), known).plan
    moving = plan_object(mapping_of({**keep, "fields": {"name": "Name"}, "changed": "Stamp"}, "account"), known).plan
    assert whole is not None
    assert moving is not None
    assert query(whole).endswith("WHERE Kind__c IN ('A','b') AND Sum__c > 0.0 AND Flag__c = false")
    assert "WHERE" not in query(moving)
    assert "WHERE Stamp >= 2026-09-14T00:00:00.000Z ORDER BY" in query(moving, datetime(2026, 9, 14, tzinfo=UTC))


def test_an_object_whose_stamp_cannot_be_asked_for_is_read_whole() -> None:
    stamp = DescribedField("Stamp", "datetime", is_filterable=False)
    known = DescribedObject("Thing__c", "a01", {**described("Thing__c", {"Name": "string"}).fields, "Stamp": stamp})
    plan = plan_object(
        mapping_of({"fields": {"name": "Name"}, "changed": "Stamp"}, "account"), {"Thing__c": known}
    ).plan
    assert plan is not None
    assert plan.mapping.is_read_whole


def test_the_fingerprint_moves_with_all_that_decides_what_a_row_becomes() -> None:
    fields = {"Name": "string", "A": "string", "B": "string"}
    known = {"Thing__c": described("Thing__c", fields)}
    entries: list[dict[str, object]] = [
        {"fields": {"name": "Name"}},
        {"fields": {"name": "Name", "market": "A"}},
        {"fields": {"name": "Name", "market": "B"}},
        {"fields": {"name": "Name", "market": {"field": "B", "words": {"a": "b"}}}},
        {"fields": {"name": "Name"}, "keep": {"A": ["x"]}},
    ]
    plans = [plan_object(mapping_of(entry, "account"), known).plan for entry in entries]
    plans.append(plan_object(mapping_of(entries[0], "account"), known, "Europe/Paris").plan)
    assert len({plan.fingerprint for plan in plans if plan is not None}) == len(plans)
