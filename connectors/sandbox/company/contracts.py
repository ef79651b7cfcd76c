"""Running contracts: a year each, most of them renewed, some not, a few won back later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.sandbox.company.clock import DAY_SECONDS, Window, iso_day, iso_instant
from connectors.sandbox.company.deals import Deal
from connectors.sandbox.company.files import Row, flag, money
from connectors.sandbox.company.ids import record_id

_RENEWAL_CHANCE: Final = 0.84
_TERM_DAYS: Final = 365
_SMALLEST_VALUE: Final = 300_000
_MOST_TERMS: Final = 12


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract from its first to its last day; the yearly value in cents."""

    account_id: str
    owner_id: str
    started_on: int
    ended_on: int
    annual_value: int


def sign_contracts(random: Random, deals: Sequence[Deal], window: Window) -> tuple[Contract, ...]:
    """Return the contracts that the won deals led to, in the order of their beginning."""
    wins: dict[str, list[Deal]] = defaultdict(list)
    for deal in deals:
        if deal.is_won and not deal.is_deleted:
            wins[deal.account.id].append(deal)
    found = [contract for won in wins.values() for contract in _of_account(random, won, window)]
    return tuple(sorted(found, key=lambda contract: (contract.started_on, contract.account_id)))


def _of_account(random: Random, won: list[Deal], window: Window) -> Iterator[Contract]:
    """Yield the contracts of one account: renewed year by year, or begun again with the next win after a loss."""
    won = sorted(won, key=lambda deal: (deal.close_day, deal.number))
    started_on: int | None = won[0].close_day
    value = 0
    for _ in range(_MOST_TERMS):
        if started_on is None or started_on > window.today:
            return
        value = _value(won, started_on, value)
        ended_on = started_on + _TERM_DAYS - 1
        yield Contract(won[0].account.id, won[-1].owner.id, started_on, ended_on, value)
        if random.random() < _RENEWAL_CHANCE:
            started_on = ended_on + 1
        else:
            started_on = next((deal.close_day for deal in won if deal.close_day > ended_on + 30), None)


def _value(won: list[Deal], started_on: int, value_before: int) -> int:
    """Return the yearly value: a part of what was sold in the year before, else a little more than it was."""
    sold = sum(deal.amount or 0 for deal in won if started_on - _TERM_DAYS < deal.close_day <= started_on)
    return max(_SMALLEST_VALUE, sold * 3 // 5 or value_before * 103 // 100)


def contract_rows(contracts: Sequence[Contract], window: Window) -> Iterator[Row]:
    """Yield the Contract records, with the yearly value as a custom field."""
    for number, contract in enumerate(contracts, 1):
        created_at = min(window.now, contract.started_on * DAY_SECONDS)
        is_over = contract.ended_on < window.today
        modified_at = iso_instant((contract.ended_on + 1) * DAY_SECONDS - 1 if is_over else created_at)
        yield {
            "Id": record_id("800", number), "ContractNumber": f"{number:08}", "AccountId": contract.account_id,
            "OwnerId": contract.owner_id, "Status": "Expired" if is_over else "Activated",
            "StartDate": iso_day(contract.started_on), "EndDate": iso_day(contract.ended_on), "ContractTerm": 12,
            "Annual_Value__c": money(contract.annual_value), "ActivatedDate": iso_instant(created_at),
            "CreatedDate": iso_instant(created_at), "LastModifiedDate": modified_at, "SystemModstamp": modified_at,
            "IsDeleted": flag(False),
        }  # fmt: skip


def customers_on(contracts: Sequence[Contract], day: int) -> Mapping[str, Contract]:
    """Return the contracts that run on a day, by account id."""
    return {one.account_id: one for one in contracts if one.started_on <= day <= one.ended_on}
