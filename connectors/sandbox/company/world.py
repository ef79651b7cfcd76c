"""What is there before any deal: the time, the staff, the products, the companies around, the campaigns."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.company.accounts import Account, Contact
from connectors.sandbox.company.campaigns import Campaign
from connectors.sandbox.company.clock import Window
from connectors.sandbox.company.people import Staff
from connectors.sandbox.company.products import Product


@dataclass(frozen=True, slots=True)
class World:
    """Everything that deals, leads and activities are drawn from. Accounts are in the order of their creation."""

    window: Window
    staff: Staff
    products: tuple[Product, ...]
    accounts: tuple[Account, ...]
    contacts: tuple[Contact, ...]
    campaigns: tuple[Campaign, ...]
