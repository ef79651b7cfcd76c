"""How numbers and dates are written in the spreadsheet's locale: a table of the locales that the stand-in knows."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

_EPOCH = datetime.datetime(1899, 12, 30)  # noqa: DTZ001 (a sheet's dates have no zone)
_DAY_SECONDS = 86_400
SERIAL_MAX = 2_958_465
"""The last day a sheet knows: 9999-12-31."""


@dataclass(frozen=True, slots=True)
class Locale:
    """Separators, the usual date pattern and the currency of a locale."""

    decimal: str
    thousands: str
    date: str
    currency: str


_THIN = "\u202f"
LOCALES: dict[str, Locale] = {
    "en_US": Locale(".", ",", "m/d/yyyy", "$"),
    "en_GB": Locale(".", ",", "dd/mm/yyyy", "£"),
    "en_CA": Locale(".", ",", "yyyy-mm-dd", "$"),
    "en_AU": Locale(".", ",", "dd/mm/yyyy", "$"),
    "en_IE": Locale(".", ",", "dd/mm/yyyy", "€"),
    "fr_FR": Locale(",", _THIN, "dd/mm/yyyy", "€"),
    "fr_CA": Locale(",", _THIN, "yyyy-mm-dd", "$"),
    "de_DE": Locale(",", ".", "dd.mm.yyyy", "€"),
    "es_ES": Locale(",", ".", "d/m/yyyy", "€"),
    "it_IT": Locale(",", ".", "dd/mm/yyyy", "€"),
    "nl_NL": Locale(",", ".", "d-m-yyyy", "€"),
    "tr_TR": Locale(",", ".", "dd.mm.yyyy", "₺"),
    "pt_BR": Locale(",", ".", "dd/mm/yyyy", "R$"),
    "pl_PL": Locale(",", _THIN, "dd.mm.yyyy", "zł"),
    "ja_JP": Locale(".", ",", "yyyy/mm/dd", "¥"),
}


def serial_of(moment: datetime.datetime) -> float:
    """Return days since 1899-12-30, the fraction being the time of day."""
    passed = moment - _EPOCH
    return passed.days + passed.seconds / _DAY_SECONDS


def moment_of(serial: float) -> datetime.datetime:
    """Return the date and time of a serial number, to the second. It must lie within the years 1 to 9999."""
    return _EPOCH + datetime.timedelta(seconds=round(serial * _DAY_SECONDS))
