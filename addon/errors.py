"""The error family of the add-on: what a command or a request answers with when it cannot do its work."""

from __future__ import annotations


class AddonError(Exception):
    """Base of all errors of this package; the message is one sentence for a user or an operator."""


class SettingsError(AddonError):
    """A setting is missing or wrong; names it and says what to write."""


class StoreError(AddonError):
    """The data folder cannot be read or written."""


class NotAllowedError(AddonError):
    """The caller is not who they say, or may not ask this. The message never says more than that."""


class RequestError(AddonError):
    """A request is not of the form the contract gives; answered with 400."""
