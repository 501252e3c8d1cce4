"""
propagation -- the identity servers are told who and where we are, and keep our recovery record.

Whenever something changed, and again until every server of our own has it; and every few weeks, so that no
server forgets us.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from bitdust.catalog.rows import mark, set_mark
from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.directory.interface import IDirectory
from bitdust.directory.record import MAX_SUPPLIERS, Record, RecordSupplier, seal_record
from bitdust.errors import BitDustError
from bitdust.events import Signal
from bitdust.identity.document import Document, parse
from bitdust.node.own_identity import OwnIdentity
from bitdust.world import background, either, give_up, pause

#: seconds changes are gathered for, and the pauses between attempts
GATHER, FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0, 600.0
#: seconds a commit waits for a recovery record of the present suppliers
PATIENCE = 30.0
#: seconds after which everything is told again though nothing has changed
RENEW = 25 * 86400.0
#: seconds without any supplier before we look whether another node has our place: doubled each time, up to
#: LONGEST_PAUSE
ALONE = 5.0
#: what an attempt may fail with, to be tried again
FAILURES = (BitDustError, OSError, TimeoutError)
#: the mark in the catalog that counts our recovery records
SEQUENCE = "record_sequence"


@dataclass
class Propagation:
    """Keeps the identity servers up to date."""

    identity: OwnIdentity
    directory: IDirectory
    clock: IReactorTime
    db: Database
    suppliers: Suppliers
    document_of: Callable[[str], Awaitable[Document]]
    #: what was wrong at the last attempt, in words; "" when all went well
    trouble: str = ""
    #: another installation has taken our place: what is known of it, in words
    replaced: Signal[[str]] = field(default_factory=Signal)
    _work: Deferred[None] | None = None
    _again: bool = False
    _told: tuple[bytes, tuple[RecordSupplier, ...]] | None = None
    _recorded: Signal[[]] = field(default_factory=Signal)
    #: somebody waits: the pause between attempts is over
    _hurry: Signal[[]] = field(default_factory=Signal)
    _renewal: IDelayedCall | None = None
    _lonely: Deferred[None] | None = None

    _log: Logger = field(default_factory=lambda: Logger(namespace="bitdust.node.propagation"))

    def soon(self) -> None:
        """Something may have changed."""
        self._again = True
        if self._work is None or self._work.called:
            self._work = background(
                self._tell_all(), lambda failure: self._log.failure("propagation broke", failure)
            )

    async def until_recorded(self) -> None:
        """
        Wait until a recovery record names our present suppliers, so that a new machine finds the catalog.

        Not for ever: whoever cannot reach the identity servers is told so by `trouble`.
        """
        until = self.clock.seconds() + PATIENCE
        while not self._is_recorded() and (left := until - self.clock.seconds()) > 0:
            self.soon()
            self._hurry()
            await either(self.clock, self._recorded.next(), left)
        if not self._is_recorded():
            self.trouble = self.trouble or "they have not answered yet"
            self._log.warn("committed without a recovery record: {why}", why=self.trouble)

    def supplier_changed(self) -> None:
        """Suppliers came or went.  Who is left by all of them was perhaps replaced: they know that first."""
        is_alone = self.suppliers.present and not self.suppliers.connected()
        if is_alone and (self._lonely is None or self._lonely.called):
            self._lonely = background(
                self._look_while_alone(), lambda failure: self._log.failure("looking broke", failure)
            )

    async def _look_while_alone(self) -> None:
        wait = ALONE
        while not self.suppliers.connected():
            await pause(self.clock, wait)
            wait = min(2 * wait, LONGEST_PAUSE)
            if not self.suppliers.connected() and await self._look_for_another():
                return

    def stop(self) -> None:
        """Tell nobody any more."""
        if self._lonely is not None:
            give_up(self._lonely)
        if self._work is not None:
            give_up(self._work)
        if self._renewal is not None and self._renewal.active():
            self._renewal.cancel()

    def _is_recorded(self) -> bool:
        named = {each.fingerprint for each in self._told[1]} if self._told else set()
        present = {seat.fingerprint for seat in self.suppliers.present[:MAX_SUPPLIERS]}
        return bool(present) and present == named

    def _renew(self) -> None:
        self._told = None
        self.soon()

    async def _tell_all(self) -> None:
        wait = FIRST_PAUSE
        while self._again:
            self._again = False
            await pause(self.clock, GATHER)
            try:
                await self._tell()
                self.trouble = ""
                wait = FIRST_PAUSE
            except FAILURES as error:
                self.trouble = str(error) or type(error).__name__
                self._log.warn("the identity servers are not up to date: {why}", why=self.trouble)
                await self._look_for_another()
                self._again = True
                await either(self.clock, self._hurry.next(), wait)
                wait = min(2 * wait, LONGEST_PAUSE)

    async def _tell(self) -> None:
        """
        @raise BitDustError, OSError, TimeoutError: a server did not take it.
        """
        document = self.identity.document
        named = await self._named()
        before = self._told or (b"", None)
        if before[0] != document.raw:
            for source in document.sources:
                await self.directory.publish(source, document.raw)
        if before[1] != named and named:
            await self._put_record(document, named)
        self._told = (document.raw, named)
        if self._renewal is not None and self._renewal.active():
            self._renewal.cancel()
        self._renewal = self.clock.callLater(RENEW, self._renew)
        self._recorded()

    async def _look_for_another(self) -> bool:
        """Did a later document drop our device?  Then our identity was recovered elsewhere."""
        ours = self.identity.document
        for source in ours.sources:
            try:
                theirs = parse(await self.directory.find(source))
            except FAILURES:
                continue
            if (
                theirs.fingerprint == ours.fingerprint
                and theirs.revision > ours.revision
                and self.identity.device.spki not in theirs.device_spkis
            ):
                self.replaced(
                    f"another node of this identity was set up on {theirs.date}:"
                    " nothing is changed here any more"
                )
                return True
        return False

    async def _put_record(self, document: Document, named: tuple[RecordSupplier, ...]) -> None:
        keys = self.identity.keys
        # Counted before it is sent: a number is never used for two records.
        sequence = await self.db(_next)
        record = Record(keys.generation, sequence, document.sources, named)
        await self.directory.put_record(keys.record_name, seal_record(keys, record))

    async def _named(self) -> tuple[RecordSupplier, ...]:
        """Suppliers of the present set whose contacts we know."""
        named = []
        for seat in self.suppliers.present[:MAX_SUPPLIERS]:
            try:
                contacts = (await self.document_of(seat.fingerprint)).contacts
            except BitDustError:
                contacts = ()
            named.append(RecordSupplier(seat.fingerprint, seat.idurl, contacts[:8]))
        return tuple(named)


def _next(c: sqlite3.Connection) -> int:
    sequence = mark(c, SEQUENCE) + 1
    set_mark(c, SEQUENCE, sequence)
    return sequence
