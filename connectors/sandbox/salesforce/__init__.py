"""A Salesforce org on loopback: data out of CSVs, SOQL, the REST API and its faults. For trying and testing."""

from connectors.sandbox.salesforce.errors import OrgError
from connectors.sandbox.salesforce.org import SalesforceOrg
from connectors.sandbox.salesforce.service import SalesforceService
from connectors.sandbox.salesforce.settings import ConnectedApp, SalesforceSettings

__all__ = ["ConnectedApp", "OrgError", "SalesforceOrg", "SalesforceService", "SalesforceSettings"]
