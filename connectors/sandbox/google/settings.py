"""What can be set about the Google stand-in."""

from __future__ import annotations

from dataclasses import dataclass

SERVICE_ACCOUNT = "scorecell@sandbox-project.iam.gserviceaccount.com"


@dataclass(frozen=True, slots=True)
class GoogleSettings:
    """Accounts, allowances and lifetimes. The defaults are those that Google documents.

    ``shared_with`` are the addresses that every spreadsheet which is put into the service is shared with; ``locale``
    and ``time_zone`` are those of a spreadsheet that is created over HTTP without its own.
    """

    service_account: str = SERVICE_ACCOUNT
    shared_with: tuple[str, ...] = (SERVICE_ACCOUNT,)
    project_number: int = 123_456_789_012
    client_id: str = "123456789012-sandbox.apps.googleusercontent.com"
    reads_per_minute_per_user: int = 60
    writes_per_minute_per_user: int = 60
    reads_per_minute: int = 300
    writes_per_minute: int = 300
    retry_after_is_sent: bool = False
    access_token_lifetime_seconds: int = 3_600
    id_token_lifetime_seconds: int = 3_600
    certs_max_age_seconds: int = 22_000
    time_zone: str = "Etc/GMT"
    locale: str = "en_US"

    @property
    def addon_service_account(self) -> str:
        """Return the address that system ID tokens of the add-on carry."""
        return f"service-{self.project_number}@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"
