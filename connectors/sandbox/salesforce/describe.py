"""What the API says of its objects and fields, in the shape of the real describe calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.sandbox.salesforce.schema import Field, ObjectType, label_of
from connectors.sandbox.salesforce.table import Table
from connectors.sandbox.salesforce.values import NUMBER_TYPES
from connectors.sandbox.salesforce.view import View

_PICKLIST_VALUES_MAX = 500
_BYTES_PER_CHARACTER = 3
_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "currency": "xsd:double",
    "double": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "anyType": "xsd:anyType",
}
_READ_ONLY = frozenset(
    {"Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"}
    | {"IsClosed", "IsWon", "ExpectedRevenue", "Fiscal", "FiscalYear", "FiscalQuarter", "HasOpportunityLineItem"}
)
_FIELD_DEFAULTS: Mapping[str, object] = {
    "aiPredictionField": False,
    "autoNumber": False,
    "calculatedFormula": None,
    "caseSensitive": False,
    "compoundFieldName": None,
    "controllerName": None,
    "defaultValue": None,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "externalId": False,
    "extraTypeInfo": None,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "mask": None,
    "maskType": None,
    "queryByDistance": False,
    "referenceTargetField": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "restrictedPicklist": False,
    "searchPrefilterable": False,
    "unique": False,
    "writeRequiresMasterRead": False,
}
_OBJECT_DEFAULTS: Mapping[str, object] = {
    "activateable": False,
    "associateEntityType": None,
    "associateParentEntity": None,
    "createable": True,
    "customSetting": False,
    "deepCloneable": False,
    "deprecatedAndHidden": False,
    "feedEnabled": False,
    "hasSubtypes": False,
    "isInterface": False,
    "isSubtype": False,
    "layoutable": True,
    "mruEnabled": False,
    "queryable": True,
    "retrieveable": True,
    "searchable": False,
    "triggerable": False,
    "updateable": True,
}
_FULL_DEFAULTS: Mapping[str, object] = {
    "actionOverrides": [],
    "compactLayoutable": False,
    "defaultImplementation": None,
    "extendedBy": None,
    "extendsInterfaces": None,
    "implementedBy": None,
    "implementsInterfaces": None,
    "listviewable": None,
    "lookupLayoutable": None,
    "namedLayoutInfos": [],
    "networkScopeFieldName": None,
    "recordTypeInfos": [],
    "searchLayoutable": False,
    "sobjectDescribeOption": "FULL",
    "supportedScopes": [],
}


def global_describe(view: View, base: str) -> Mapping[str, object]:
    """Return the list of all objects. ``base`` is the path of the API version."""
    summaries = [object_summary(table.kind, base) for table in view.tables()]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries}


def object_summary(kind: ObjectType, base: str) -> dict[str, object]:
    """Return what the list of all objects says of one."""
    path = f"{base}/sobjects/{kind.name}"
    can_be_deleted = kind.place("IsDeleted") is not None
    return {
        **_OBJECT_DEFAULTS,
        "custom": kind.name.endswith("__c"),
        "deletable": can_be_deleted,
        "keyPrefix": kind.prefix,
        "label": kind.label,
        "labelPlural": kind.plural,
        "mergeable": kind.place("MasterRecordId") is not None,
        "name": kind.name,
        "replicateable": kind.place("SystemModstamp") is not None,
        "undeletable": can_be_deleted,
        "urls": {"rowTemplate": f"{path}/{{ID}}", "describe": f"{path}/describe", "sobject": path},
    }


def describe(view: View, table: Table, base: str) -> Mapping[str, object]:
    """Return everything the API says of an object and of the fields that the user may see."""
    return {
        **object_summary(table.kind, base),
        **_FULL_DEFAULTS,
        "childRelationships": _children(view, table.kind),
        "fields": [_field(view, table, each) for each in view.fields(table.kind)],
    }


def _children(view: View, kind: ObjectType) -> Sequence[Mapping[str, object]]:
    return [
        {
            "cascadeDelete": each.cascade,
            "childSObject": child.kind.name,
            "deprecatedAndHidden": False,
            "field": each.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": None,
            "restrictedDelete": False,
        }
        for child in view.tables()
        for each in view.fields(child.kind)
        if kind.name in each.targets
    ]


def _field(view: View, table: Table, field: Field) -> Mapping[str, object]:
    is_writable = field.name not in _READ_ONLY and not field.calculated
    return {
        **_FIELD_DEFAULTS,
        "aggregatable": field.filterable and field.type not in {"boolean", "anyType"},
        "byteLength": _BYTES_PER_CHARACTER * field.length if field.type not in {"id", "reference"} else 18,
        "calculated": field.calculated,
        "cascadeDelete": field.cascade,
        "createable": is_writable,
        "custom": field.custom,
        "defaultedOnCreate": field.type == "boolean" or not is_writable,
        "digits": 8 if field.type == "int" else 0,
        "filterable": field.filterable,
        "groupable": field.groupable,
        "idLookup": field.name in {"Id", "Name"},
        "label": f"{table.kind.label} ID" if field.name == "Id" else label_of(field.name),
        "length": field.length,
        "name": field.name,
        "nameField": field.name == "Name",
        "namePointing": len(field.targets) > 1,
        "nillable": not field.required,
        "permissionable": not field.required and is_writable,
        "picklistValues": _picklist(view, table, field),
        "polymorphicForeignKey": len(field.targets) > 1,
        "precision": (field.precision or 18) if field.type in NUMBER_TYPES - {"int"} else 0,
        "referenceTo": list(field.targets),
        "relationshipName": field.relationship or None,
        "scale": field.scale,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "updateable": is_writable,
    }


def _picklist(view: View, table: Table, field: Field) -> Sequence[Mapping[str, object]]:
    """Return the values to choose from: the stages of a deal in their order, else those that stand in the rows."""
    if field.type not in {"picklist", "combobox"}:
        return []
    stages = view.table("OpportunityStage")
    if (table.kind.name, field.name) == ("Opportunity", "StageName") and stages is not None and stages.rows:
        named = sorted((stages.named(row) for row in stages.rows.values()), key=lambda row: row["SortOrder"] or 0)
        return [_choice(str(stage["ApiName"]), active=stage["IsActive"] is True) for stage in named]
    place = table.kind.places[field.name.lower()]
    values = sorted({str(row[place]) for row in table.rows.values() if row[place] is not None})
    return [_choice(value, active=True) for value in values[:_PICKLIST_VALUES_MAX]]


def _choice(value: str, *, active: bool) -> Mapping[str, object]:
    return {"active": active, "defaultValue": False, "label": value, "validFor": None, "value": value}
