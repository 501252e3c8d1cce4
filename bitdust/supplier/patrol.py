"""
The round through the shelf: whose term ends, which deletions are due, what is to be cleared away.

A term is 180 days after the last sign of life, or longer, as its owner wishes.  It is read off the wall
clock, which may be wrong; so this node must have lived through as many days (`lived`), and before anything
goes, less than 30 must have been noticed, and it must have run for three days since then, in which the
customer could have called.  A deletion waits by both clocks, too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from bitdust.background import put_off
from bitdust.events import Signal
from bitdust.supplier import catalog_shelf, contract, customers, pieces, quota
from bitdust.supplier.customers import Customer
from bitdust.supplier.pieces import TERM
from bitdust.supplier.shelf import BATCH, Shelf
from bitdust.world import spawn

DAY = 86400
#: seconds before its end at which a term is noticed, and that the node must run afterwards
NOTICE, GRACE = 30 * DAY, 3 * DAY
#: seconds between two rounds
INTERVAL = 3600.0


class Patrol:
    """
    Walks every hour, from `start` to `stop`.

    @param is_online: is there a link to the peer now?  That counts as a sign of life, even a silent one.
    @param term: seconds of silence after which a customer's pieces go.
    @param tell: told the term and the time, brings the customers' notices up to date.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        shelf: Shelf,
        is_online: Callable[[str], bool],
        term: Callable[[], int],
        tell: Callable[[int, int], Awaitable[None]],
    ) -> None:
        #: (fingerprint, days left): his pieces will go unless he is heard of
        self.noticed: Signal[[str, int]] = Signal()
        #: (fingerprint, IDURL): his term is over, his pieces are being removed
        self.expired: Signal[[str, str]] = Signal()
        self._clock = clock
        self._shelf = shelf
        self._is_online = is_online
        self._term = term
        self._tell = tell
        self._last = clock.seconds()
        self._walking: Deferred[None] | None = None
        self._again = False
        self._call = LoopingCall(self.soon)
        self._call.clock = clock

    def start(self) -> None:
        """Walk now, and then again and again."""
        self._last = self._clock.seconds()
        self._call.start(INTERVAL)

    def soon(self) -> None:
        """Something has changed: walk now, or once more when the present round is over."""
        if self._walking is not None:
            self._again = True
            return
        self._again = False
        self._walking = spawn(self.round())
        self._walking.addErrback(put_off(self._log, "a patrol")).addCallback(self._walked)

    async def stop(self) -> None:
        """No more rounds; one that is on its way is waited for."""
        if self._call.running:
            self._call.stop()
        while self._walking is not None:
            waiting: Deferred[None] = Deferred()
            self._walking.addBoth(waiting.callback)
            await waiting

    async def round(self) -> None:
        """One round, here and now."""
        shelf = self._shelf
        ran, self._last = self._clock.seconds() - self._last, self._clock.seconds()
        await shelf.lived.settle(shelf.db)
        now, lived = shelf.now(), shelf.lived()
        known = await shelf.db.read(customers.everyone)
        online = [customer.fingerprint for customer in known if self._is_online(customer.fingerprint)]
        for customer, left, over in await shelf.db(_terms, online, now, lived, ran, self._term()):
            if over:
                self._log.info("the term of {customer} is over", customer=customer.fingerprint)
                self.expired(customer.fingerprint, customer.idurl)
            elif customer.grace is None:
                self.noticed(customer.fingerprint, left // DAY)
        await self._tell(self._term(), now)
        past = await shelf.db.read(_past, now, lived)
        # Mostly nothing is to be cleared away, and one look says so.
        if past is None:
            return
        while await shelf.db(pieces.purge, now, lived, BATCH):
            await shelf.sweep()
        for fingerprint in past:
            await self.clear(fingerprint)
        await shelf.db(pieces.forget, now - TERM, lived - TERM)
        await shelf.sweep()

    async def clear(self, customer: str) -> None:
        """Remove what is left of a past customer; bit by bit, so that others are served meanwhile."""
        shelf = self._shelf
        while await shelf.db(_clear_some, customer):
            await shelf.sweep()
        await shelf.sweep()

    def _walked(self, _: None) -> None:
        self._walking = None
        if self._again and self._call.running:
            self.soon()


def _terms(
    c: sqlite3.Connection, online: list[str], now: int, lived: float, ran: float, term: int
) -> list[tuple[Customer, int, bool]]:
    """Whose term ends soon or is over: (he, seconds left, is it over)."""
    for fingerprint in online:
        customers.heard(c, fingerprint, now, lived)
    found = []
    for customer in customers.everyone(c):
        left = max(customer.last_contact - now, int(customer.lived - lived)) + term
        if customer.state != "active" or left >= NOTICE:
            continue
        grace = 0.0 if customer.grace is None else customer.grace + max(0.0, ran)
        over = left <= 0 and customer.grace is not None and grace >= GRACE
        c.execute("UPDATE customers SET grace = ? WHERE fingerprint = ?", (grace, customer.fingerprint))
        if over:
            contract.end(c, customer, "expired")
        found.append((customer, max(0, left), over))
    return found


def _past(c: sqlite3.Connection, now: int, lived: float) -> list[str] | None:
    """Past customers of whom something is here; None: there are none, and nothing else is to go now."""
    past = [
        fingerprint
        for (fingerprint,) in c.execute(
            """SELECT fingerprint FROM customers u WHERE state != 'active' AND (
                 EXISTS (SELECT 1 FROM pieces p WHERE p.customer = u.fingerprint)
                 OR EXISTS (SELECT 1 FROM segments s WHERE s.customer = u.fingerprint)
                 OR EXISTS (SELECT 1 FROM heads h WHERE h.customer = u.fingerprint))
               ORDER BY since, fingerprint"""
        )
    ]
    return past if past or pieces.is_due(c, now, lived, TERM) or quota.going(c, 1) else None


def _clear_some(c: sqlite3.Connection, customer: str) -> int:
    known = customers.find(c, customer)
    if known is None or known.state == "active":
        return 0
    catalog_shelf.leave(c, customer)
    return pieces.leave(c, customer, BATCH)
