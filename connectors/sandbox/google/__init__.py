"""A Google service on loopback: service-account tokens, ID-token certificates, Sheets and a little of Drive."""

from connectors.sandbox.google.errors import ApiError
from connectors.sandbox.google.service import CERTS_PATH, TOKEN_PATH, GoogleService
from connectors.sandbox.google.settings import SERVICE_ACCOUNT, GoogleSettings
from connectors.sandbox.google.spreadsheet import Spreadsheet
from connectors.sandbox.google.user import User

__all__ = [
    "CERTS_PATH",
    "SERVICE_ACCOUNT",
    "TOKEN_PATH",
    "ApiError",
    "GoogleService",
    "GoogleSettings",
    "Spreadsheet",
    "User",
]
