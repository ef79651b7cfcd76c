"""The meaning of every number: canonical tables, measures, KPIs, periods, the cube and its answers.

Pure: no web framework, no CRM, no spreadsheet, no clock and no network.
"""
