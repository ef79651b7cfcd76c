"""The permission sets allow exactly what `connectors/salesforce.toml` reads, and nothing but reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

import pytest

from connectors.salesforce_mapping import ObjectMapping, described_names, load_mapping

_ROOT: Final = Path(__file__).resolve().parents[2]
_APP: Final = _ROOT / "manifests" / "salesforce" / "app"
_DESCRIBES: Final = _ROOT.parent / "shared" / "salesforce" / "describe"
_REQUESTED: Final = "Scorecell_Read_On_Request"
_NAMESPACE: Final = "{http://soap.sforce.com/2006/04/metadata}"

WITHOUT_OBJECT_PERMISSION: Final = {
    "Organization": "everyone sees it",
    "OpportunityStage": "everyone sees it",
    "Period": "everyone sees it",
    "FiscalYearSettings": "everyone sees it",
    "CurrencyType": "everyone sees it",
    "DatedConversionRate": "everyone sees it",
    "PricebookEntry": "comes with its price book and its product",
    "CampaignMember": "comes with its campaign and its lead",
    "User": "View All Users",
    "LoginHistory": "Manage Users, which is more than reading: left out",
    "OpportunityLineItem": "comes with its opportunity",
    "OpportunityHistory": "comes with its opportunity",
    "OpportunityFieldHistory": "comes with its opportunity",
    "OpportunitySplit": "comes with its opportunity",
    "Task": "Access Activities",
    "Event": "Access Activities",
    "EmailMessage": "Access Activities",
    "ForecastingQuota": "View All Forecasts, given by hand where quotas are asked for",
}
BESIDE_THE_MAPPING: Final = {
    "Pricebook2": "without it no price of PricebookEntry is seen",
    "CurrencyType": "the rates of an organisation with several currencies",
    "DatedConversionRate": "the same by day",
    "FiscalYearSettings": "the names of the fiscal years that Period lists",
}
"""Objects that are read, or needed, beside those that the mapping names."""
ON_REQUEST: Final = ("Asset", "Case", "ForecastingQuota")
"""Objects that are read only where the settings ask for them; what they take is a permission set of its own."""
SYSTEM_FIELDS: Final = frozenset(
    {
        "Name",
        "OwnerId",
        "CreatedById",
        "CreatedDate",
        "LastModifiedDate",
        "SystemModstamp",
        "IsDeleted",
        "CurrencyIsoCode",
    }
)
ALWAYS_VISIBLE: Final = {
    "Organization": "TimeZoneSidKey DefaultCurrencyIsoCode FiscalYearStartMonth UsesStartDateAsFiscalYearName",
    "User": "Email ManagerId Division Department IsActive UserType UserRoleId",
    "Opportunity": "CloseDate StageName IsClosed IsWon ForecastCategoryName ForecastCategory",
    "OpportunityLineItem": "OpportunityId Product2Id Quantity UnitPrice TotalPrice",
    "OpportunityHistory": "OpportunityId StageName Amount Probability CloseDate",
    "OpportunityFieldHistory": "OpportunityId Field OldValue NewValue",
    "OpportunitySplit": "OpportunityId SplitOwnerId SplitPercentage SplitTypeId",
    "OpportunityStage": "MasterLabel SortOrder IsClosed IsWon",
    "Period": "Type Number StartDate EndDate FiscalYearSettingsId",
    "PricebookEntry": "Product2Id UnitPrice Pricebook2Id IsActive",
    "CampaignMember": "LeadId CampaignId",
    "Lead": "Company Status ConvertedDate ConvertedOpportunityId ConvertedAccountId",
    "Task": "AccountId ActivityDate CompletedDateTime IsClosed IsRecurrence TaskSubtype",
    "Event": "AccountId ActivityDate StartDateTime IsChild IsRecurrence",
    "EmailMessage": "ActivityId ParentId RelatedToId Status Incoming MessageDate FirstOpenedDate",
    "Contract": "AccountId Status",
    "ForecastingQuota": "QuotaOwnerId StartDate PeriodId QuotaAmount IsAmount ForecastingTypeId",
    "LoginHistory": "UserId LoginTime Status",
}
"""Fields that Salesforce shows to whoever may read the object: required ones and its own. They take no permission."""
COMPOUND: Final = {"Account.BillingCountry": "Account.BillingAddress"}
"""Parts of an address are allowed as a whole."""


def _texts(name: str, path: str) -> list[str]:
    tree = Xml.parse(_APP / "permissionsets" / f"{name}.permissionset-meta.xml")  # noqa: S314 (our own file)
    found = tree.findall("/".join(f"{_NAMESPACE}{part}" for part in path.split("/")))
    return [element.text or "" for element in found]


def _allowed(path: str) -> list[str]:
    return [text for name in ("Scorecell_Read", "Scorecell_Read_Optional", _REQUESTED) for text in _texts(name, path)]


def _mappings() -> tuple[ObjectMapping, ...]:
    return load_mapping({name: {"read": True} for name in ON_REQUEST})


def _read_fields(mapping: ObjectMapping) -> Iterator[tuple[str, bool]]:
    """Yield the fields of an object that are read, and whether it is missed where it is absent."""
    choices = [choice for column in mapping.columns for choice in column.choices]
    names = [field for choice in choices for field in choice.fields] + [each.source for each in mapping.keep]
    for field in names:
        first, _, rest = field.path.partition(".")
        yield (f"{first}Id" if rest else first), not (field.optional or mapping.optional)
    for name in filter(None, (mapping.changed, mapping.deleted, mapping.heads)):
        yield name, not mapping.optional


def _permission(object_name: str, field: str) -> str:
    """Return the name of the field's permission; custom fields of tasks and events belong to both."""
    owner = "Activity" if object_name in {"Task", "Event"} and field.endswith("__c") else object_name
    return COMPOUND.get(f"{owner}.{field}", f"{owner}.{field}")


def _is_always_visible(object_name: str, field: str) -> bool:
    return field in SYSTEM_FIELDS or field in ALWAYS_VISIBLE.get(object_name, "").split()


def _needed() -> dict[str, bool]:
    """Return each permission that the mapping needs, and whether every organisation needs it."""
    needed: dict[str, bool] = {}
    for mapping in _mappings():
        for field, is_missed in _read_fields(mapping):
            if not _is_always_visible(mapping.name, field):
                permission = _permission(mapping.name, field)
                needed[permission] = needed.get(permission, False) or is_missed
        for lookup in mapping.lookups:
            names = (lookup.by, lookup.value, lookup.changed, lookup.first, lookup.deleted)
            paths = [*filter(None, names), *(each.source.path for each in lookup.where)]
            fields = {f"{path.partition('.')[0]}Id" if "." in path else path for path in paths}
            needed |= {f"{lookup.source}.{f}": True for f in fields if not _is_always_visible(lookup.source, f)}
    return needed


def test_the_permission_sets_name_exactly_the_fields_that_are_read() -> None:
    allowed = _allowed("fieldPermissions/field")
    assert sorted(allowed) == sorted(set(allowed))
    assert set(allowed) == set(_needed())
    surely_there = set(_texts("Scorecell_Read", "fieldPermissions/field"))
    assert surely_there <= {permission for permission, is_missed in _needed().items() if is_missed}
    assert not any(field.endswith("__c") for field in surely_there)


def test_the_permission_sets_name_exactly_the_objects_that_are_read() -> None:
    read = {*described_names(_mappings()), *BESIDE_THE_MAPPING}
    assert set(_allowed("objectPermissions/object")) == read - set(WITHOUT_OBJECT_PERMISSION)
    assert read >= set(WITHOUT_OBJECT_PERMISSION)


def test_what_is_read_on_request_alone_is_allowed_by_a_set_of_its_own() -> None:
    assert set(ON_REQUEST) == set(described_names(_mappings())) - set(described_names(load_mapping()))
    assert set(_texts(_REQUESTED, "objectPermissions/object")) == {"Asset", "Case"}
    assert {field.partition(".")[0] for field in _texts(_REQUESTED, "fieldPermissions/field")} == {"Asset", "Case"}


def test_nothing_but_reading_is_allowed() -> None:
    assert set(_allowed("fieldPermissions/editable")) == {"false"}
    for right in ("allowCreate", "allowEdit", "allowDelete", "modifyAllRecords"):
        assert set(_allowed(f"objectPermissions/{right}")) == {"false"}, right
    users = set(_allowed("userPermissions/name"))
    assert users == {"ActivitiesAccess", "ApiEnabled", "ViewAllUsers", "ViewRoles"}


@pytest.mark.parametrize("object_name", ["Account", "Case", "Event", "Lead", "Opportunity"])
def test_recorded_describes_agree_on_what_takes_a_permission(object_name: str) -> None:
    path = _DESCRIBES / f"{object_name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not in this checkout.")
    described = {field["name"]: field["permissionable"] for field in json.loads(path.read_text("utf-8"))["fields"]}
    mapping = next(each for each in _mappings() if each.name == object_name)
    for field, _ in _read_fields(mapping):
        if field in described:
            assert described[field] is not _is_always_visible(object_name, field), field
