"""The products in a deal: one to four lines, some below and a few above list price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.sandbox.company.products import Product

_LINE_COUNTS: Final = (0.40, 0.30, 0.20, 0.10)
_DISCOUNT_STEPS: Final = (5, 10, 15, 20)


@dataclass(frozen=True, slots=True)
class Line:
    """A product in a deal; prices in cents, the discount in percent (negative: a surcharge) or None."""

    product: Product
    quantity: int
    unit_price: int
    discount: int | None

    @property
    def subtotal(self) -> int:
        """Return quantity times price, in cents."""
        return self.quantity * self.unit_price

    @property
    def total(self) -> int:
        """Return what the customer pays, in cents."""
        return round(self.subtotal * (100 - (self.discount or 0)) / 100)

    @property
    def cost(self) -> int:
        """Return what the goods cost us, in cents."""
        return self.quantity * self.product.unit_cost


def quote(random: Random, products: Sequence[Product], target: int) -> tuple[Line, ...]:
    """Return lines of different products whose total comes near the target (cents)."""
    affordable = [product for product in products if product.list_price <= target * 1.2]
    count = random.choices((1, 2, 3, 4), _LINE_COUNTS)[0]
    chosen = _draw(random, affordable or [min(products, key=lambda product: product.list_price)], count)
    shares = [random.uniform(0.5, 1.5) for _ in chosen]
    return tuple(
        _line(random, product, target * share / sum(shares)) for product, share in zip(chosen, shares, strict=True)
    )


def _draw(random: Random, products: list[Product], count: int) -> list[Product]:
    """Return up to ``count`` different products, the common ones more often."""
    remaining = list(products)
    chosen = []
    for _ in range(min(count, len(products))):
        product = random.choices(remaining, [p.weight for p in remaining])[0]
        remaining.remove(product)
        chosen.append(product)
    return chosen


def _line(random: Random, product: Product, target: float) -> Line:
    quantity = max(1, round(target / product.list_price))
    unit_price, discount = product.list_price, None
    draw = random.random()
    if draw < 0.28:
        discount = random.choice(_DISCOUNT_STEPS)
    elif draw < 0.52:
        unit_price = round(product.list_price * random.uniform(0.88, 0.98))
    elif draw < 0.56:
        unit_price = round(product.list_price * random.uniform(1.02, 1.08))
    return Line(product, quantity, unit_price, discount)
