"""
peers -- what the owner does with the people his node deals with: choose, refuse, call, connect anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted.internet.defer import gatherResults

from bitdust.errors import BitDustError, NotFound
from bitdust.world import spawn

if TYPE_CHECKING:
    from bitdust.node.node import Node


@dataclass(frozen=True)
class Changed:
    """A seat has another supplier.  `old` is "" when it was vacant."""

    position: int
    old: str
    new: str


@dataclass(frozen=True)
class Sign:
    """What came of calling somebody.  `rtt` in seconds, None without an answer; `error` is the id, or ""."""

    position: int
    idurl: str
    result: str
    rtt: float | None
    transport: str
    error: str


@dataclass
class Peers:
    """The people of one node."""

    node: Node

    async def change_supplier(self, index_or_idurl: str, new_idurl: str) -> Changed:
        """
        Hire a certain node in a supplier's place.

        @raise NotFound, Conflict, Refused, Offline, Timeout: it cannot be had.
        """
        customer = self.node.as_somebody().customer
        customer.synchronizer.check()
        document = await self.node.people.meet(new_idurl)
        position, old = await customer.change_supplier(index_or_idurl, document)
        return Changed(position, old.idurl if old is not None else "", document.idurl)

    async def reject_customer(self, idurl: str, allow: bool) -> str:
        """End his contract, or let him ask again; his IDURL.  @raise NotFound: he is no customer."""
        self.node.as_somebody()
        supplier = self.node.supplier
        if supplier is None:
            raise NotFound("this node is no supplier: it has no customers")
        return await supplier.reject(idurl, allow)

    async def ping_suppliers(self, timeout: float) -> list[Sign]:
        """Call everyone who has a seat."""
        seats = self.node.as_somebody().customer.suppliers.seats
        return await self._ping(
            ((position, seat.idurl, seat.fingerprint) for position, seat in enumerate(seats) if seat), timeout
        )

    async def ping_customers(self, timeout: float) -> list[Sign]:
        """Call everyone who has a contract here."""
        self.node.as_somebody()
        rows = enumerate(await self.node.customers_list())
        return await self._ping(
            ((position, row.idurl, row.fingerprint) for position, row in rows if row.state == "active"),
            timeout,
        )

    def reconnect(self) -> None:
        """Make all links anew."""
        self.node.as_somebody().router.reconnect()

    async def _ping(self, who: Iterable[tuple[int, str, str]], timeout: float) -> list[Sign]:
        router = self.node.as_somebody().router

        async def one(position: int, idurl: str, fingerprint: str) -> Sign:
            try:
                rtt, by = await router.ping(fingerprint, within=timeout)
            except BitDustError as error:
                return Sign(position, idurl, error.message, None, "", error.id)
            text = f"Ack(Identity) from {idurl} by {by} in {rtt:.3f} sec"
            return Sign(position, idurl, text, rtt, by, "")

        signs: list[Sign] = await gatherResults([spawn(one(*each)) for each in who])
        return signs
