"""A Salesforce org and a Google Sheets service on loopback, and a seeded demo company. For trying and testing."""
