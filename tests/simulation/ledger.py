"""
The budget: nobody's suppliers are struck harder than the shape of his blocks bears.

A fault that destroys is charged to every customer who keeps something there, and stays on his account for as
long as a program that heals itself may take, counting only hours in which it could have.  No account holds
more than n - k suppliers: beyond that a loss would be nobody's fault.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.simulation.plan import DAY

#: seconds until this is found and mended, in which the customer is up and the network is whole
WINDOWS = {"death": 3 * DAY, "wipe": 3 * DAY, "liar": 3 * DAY, "flip": 6 * DAY, "burn": 3 * DAY}


class Ledger:
    """The accounts of all customers, by name."""

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        #: customer -> supplier -> seconds left on the account
        self._charged: dict[str, dict[str, float]] = {}

    def may_strike(self, victim: str, customers: Iterable[str]) -> bool:
        """Whether all of these can bear that."""
        return all(len({*self._charged.get(customer, {}), victim}) <= self._allowed for customer in customers)

    def charge(self, kind: str, victim: str, customers: Iterable[str]) -> None:
        """They have to."""
        for customer in customers:
            account = self._charged.setdefault(customer, {})
            account[victim] = max(account.get(victim, 0.0), WINDOWS[kind])

    def pass_time(self, customer: str, seconds: float) -> None:
        """So long he was up, in a network that was whole."""
        account = self._charged.get(customer, {})
        self._charged[customer] = {
            victim: left - seconds for victim, left in account.items() if left > seconds
        }
