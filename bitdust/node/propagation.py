"""
propagation -- the identity servers are told who and where we are, and keep our recovery record.

Whenever something changed, and again until every server of our own has it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
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
#: seconds a commit waits for the first recovery record
PATIENCE = 30.0
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
        Wait until a recovery record tells where our suppliers are, so that a new machine finds the catalog.

        Not for ever: whoever cannot reach the identity servers is told so by `trouble`.
        """
        until = self.clock.seconds() + PATIENCE
        while not (self._told and self._told[1]) and (left := until - self.clock.seconds()) > 0:
            await either(self.clock, self._recorded.next(), left)

    def stop(self) -> None:
        """Tell nobody any more."""
        if self._work is not None:
            give_up(self._work)

    async def _tell_all(self) -> None:
        wait = FIRST_PAUSE
        while self._again:
            self._again = False
            await pause(self.clock, GATHER)
            try:
                await self._tell()
                self.trouble = ""
                wait = FIRST_PAUSE
            except BitDustError as error:
                self.trouble = error.message
                self._log.warn("the identity servers are not up to date: {why}", why=error.message)
                await self._look_for_another()
                self._again = True
                await pause(self.clock, wait)
                wait = min(2 * wait, LONGEST_PAUSE)

    async def _tell(self) -> None:
        """
        @raise BitDustError: a server did not take it.
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
        self._recorded()

    async def _look_for_another(self) -> None:
        """Did a later document drop our device?  Then our identity was recovered elsewhere."""
        ours = self.identity.document
        for source in ours.sources:
            try:
                theirs = parse(await self.directory.find(source))
            except BitDustError:
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
