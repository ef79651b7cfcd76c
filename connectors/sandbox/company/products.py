"""What the demo company sells: eight products with list price and unit cost, in one price book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.sandbox.company.clock import DAY_SECONDS, Window, iso_instant
from connectors.sandbox.company.files import Row, flag, money
from connectors.sandbox.company.ids import record_id

PRICE_BOOK_ID: Final = record_id("01s", 1)


@dataclass(frozen=True, slots=True)
class Product:
    """A product; prices in cents. ``weight`` is how often it is put into a deal, beside the others."""

    id: str
    price_entry_id: str
    name: str
    code: str
    family: str
    list_price: int
    unit_cost: int
    weight: float


_PLANS: Final = (
    ("Pulse Core", "Pulse", 4_800, 0.34, 1.5),
    ("Pulse Pro", "Pulse", 12_500, 0.36, 1.2),
    ("Pulse Enterprise", "Pulse", 36_000, 0.38, 0.5),
    ("Relay Gateway", "Relay", 7_200, 0.48, 0.9),
    ("Relay Cloud", "Relay", 9_600, 0.28, 0.8),
    ("Beacon Analytics", "Beacon", 15_000, 0.22, 0.7),
    ("Beacon Insights", "Beacon", 22_000, 0.24, 0.4),
    ("Care Plan", "Care", 2_400, 0.55, 1.1),
)


def catalogue_of_products() -> tuple[Product, ...]:
    """Return the eight products; they are the same for every seed."""
    return tuple(
        Product(
            id=record_id("01t", number), price_entry_id=record_id("01u", number), name=name,
            code=name.upper().replace(" ", "-"), family=family, list_price=price * 100,
            unit_cost=round(price * 100 * cost_share), weight=weight,
        )
        for number, (name, family, price, cost_share, weight) in enumerate(_PLANS, 1)
    )  # fmt: skip


def product_rows(products: Sequence[Product], window: Window) -> Iterator[Row]:
    """Yield the Product2 records, with the unit cost as a custom field."""
    for product in products:
        yield {
            "Id": product.id, "Name": product.name, "ProductCode": product.code, "Family": product.family,
            "IsActive": flag(True), "Unit_Cost__c": money(product.unit_cost), **_stamps(window),
        }  # fmt: skip


def price_book_rows(window: Window) -> Iterator[Row]:
    """Yield the standard price book."""
    yield {
        "Id": PRICE_BOOK_ID, "Name": "Standard Price Book", "IsStandard": flag(True), "IsActive": flag(True),
        **_stamps(window),
    }  # fmt: skip


def price_entry_rows(products: Sequence[Product], window: Window) -> Iterator[Row]:
    """Yield the PricebookEntry records: the list prices."""
    for product in products:
        yield {
            "Id": product.price_entry_id, "Name": product.name, "Product2Id": product.id,
            "Pricebook2Id": PRICE_BOOK_ID, "UnitPrice": money(product.list_price), "IsActive": flag(True),
            "UseStandardPrice": flag(False), "ProductCode": product.code, **_stamps(window),
        }  # fmt: skip


def _stamps(window: Window) -> Row:
    stamp = iso_instant(window.first * DAY_SECONDS)
    return {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp, "IsDeleted": flag(False)}
