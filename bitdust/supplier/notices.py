"""
What customers are told about their contracts, and whether they have heard it.

There is one notice for each customer, and it says how everything stands: whoever hears the newest needs no
other.  It lies in the ledger first and in the outbox then; as long as something is the matter it is told anew
each week, whether or not it was heard, for the customer may be on another machine by now.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bitdust.events import Signal
from bitdust.supplier import customers
from bitdust.supplier.customers import Customer
from bitdust.supplier.customers_rejector import choose
from bitdust.supplier.pieces import TERM
from bitdust.wire.packets import Ack, Notice, Packet
from bitdust.world import Rng

#: how a contract stands; the words of `packets.Notice`
WELL, FULL, SILENT, LEAVE, ENDED = "well", "full", "silent", "leave", "ended"
#: seconds after which a notice is told again
WEEK = 7 * 86400


@dataclass(frozen=True)
class Row:
    """
    A notice.  `since` (Unix seconds) it is so; `until`: when pieces go unless the customer is heard of, or 0;
    `told`: when it was last put into the outbox, or 0; `heard`: when he acknowledged it, or 0.
    """

    customer: str
    state: str
    since: int
    until: int
    told: int
    heard: int


@dataclass(frozen=True)
class Told:
    """A row that is to be told, with what its packet says besides, and to whom."""

    row: Row
    idurl: str
    used: int
    granted: int


class Notices:
    """
    Brings the notices to the customers.

    @param put: `Outbox.put`; without it nobody is told.
    @param withdraw: `Outbox.withdraw`.
    @param db: the ledger.
    """

    def __init__(
        self,
        db: Callable[..., Awaitable[list[Told]]],
        rng: Rng,
        put: Callable[[str, Packet, float], Awaitable[object]],
        withdraw: Callable[[str, type[Packet]], Awaitable[object]],
    ) -> None:
        #: (fingerprint, IDURL, state): something new is told to this customer
        self.told: Signal[[str, str, str]] = Signal()
        self._db = db
        self._rng = rng
        self._put = put
        self._withdraw = withdraw

    async def tell(self, donated: int, term: int, now: int) -> None:
        """Write down how every contract stands, and tell those who are to be told."""
        for each in await self._db(review, donated, term, now):
            who, row = each.row.customer, each.row
            if not row.told:
                self.told(who, each.idurl, row.state)
            await self._withdraw(who, Notice)
            packet = Notice(self._rng(16), row.state, each.used, each.granted, row.until)
            await self._put(who, packet, float(WEEK))
            # Cut off before this, it is told twice, which is no harm.
            await self._db(told, who, row.state, now)

    async def answered(self, fingerprint: str, packet: Packet, answer: Packet, now: int) -> None:
        """He has said something to what lay in the outbox."""
        if isinstance(packet, Notice) and isinstance(answer, Ack):
            await self._db(heard, fingerprint, packet.state, now)


def of(c: sqlite3.Connection, customer: str) -> Row | None:
    """The notice of this customer, if there is one."""
    row = c.execute("SELECT * FROM notices WHERE customer = ?", (customer,)).fetchone()
    return Row(*row) if row else None


def asked(c: sqlite3.Connection) -> dict[str, int]:
    """Who is asked to leave, and since when."""
    return dict(c.execute("SELECT customer, since FROM notices WHERE state = ? ORDER BY customer", (LEAVE,)))


def review(c: sqlite3.Connection, donated: int, term: int, now: int) -> list[Told]:
    """Bring the notices up to date; answers those that are to be told now."""
    known = customers.everyone(c)
    leaving = set(choose([each for each in known if each.state == "active"], asked(c), donated))
    due = []
    for each in known:
        row = _as_it_is(c, each, each.fingerprint in leaving, term, now)
        if row is not None and (not row.told or row.told + WEEK <= now):
            due.append(Told(row, each.idurl, each.used, each.granted))
    return due


def _as_it_is(c: sqlite3.Connection, customer: Customer, leaves: bool, term: int, now: int) -> Row | None:
    """The customer's notice as it is to be now, durably; None: there is nothing to tell."""
    before = of(c, customer.fingerprint)
    state = _state(c, customer, leaves)
    until = customer.last_contact + term if customer.grace is not None and state != ENDED else 0
    if before is None or before.state != state:
        if not state or (before is None and state == WELL):
            _forget(c, customer.fingerprint)
            return None
        row = Row(customer.fingerprint, state, now, until, 0, 0)
    else:
        row = replace(before, until=until)
    c.execute(
        "INSERT OR REPLACE INTO notices VALUES (?, ?, ?, ?, ?, ?)",
        (row.customer, row.state, row.since, row.until, row.told, row.heard),
    )
    if state not in (WELL, ENDED) or (not row.heard and row.since + TERM > now):
        return row
    # What is over and was heard is not told again; that a contract has ended stays known.
    if state == WELL:
        _forget(c, customer.fingerprint)
    return None


def _state(c: sqlite3.Connection, customer: Customer, leaves: bool) -> str:
    """How this contract stands; "": it is over, and its customer knows."""
    if customer.state == "cancelled" and not customers.is_rejected(c, customer.fingerprint):
        return ""
    if customer.state != "active":
        return ENDED
    if leaves:
        return LEAVE
    if customer.grace is not None:
        return SILENT
    return FULL if customer.used > customer.granted else WELL


def told(c: sqlite3.Connection, customer: str, state: str, now: int) -> None:
    """It lies in the outbox."""
    c.execute("UPDATE notices SET told = ? WHERE customer = ? AND state = ?", (now, customer, state))


def heard(c: sqlite3.Connection, customer: str, state: str, now: int) -> None:
    """He has acknowledged it, if it is still what is to be told."""
    c.execute("UPDATE notices SET heard = ? WHERE customer = ? AND state = ?", (now, customer, state))


def _forget(c: sqlite3.Connection, customer: str) -> None:
    c.execute("DELETE FROM notices WHERE customer = ?", (customer,))
