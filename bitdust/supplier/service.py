"""
The supplier as others meet it: one handler for each thing a customer can say.

A handler answers with a packet or raises what is to be refused; the router turns that into Fail.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import DeferredSemaphore
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.database import Database
from bitdust.errors import NotFound
from bitdust.events import Signal
from bitdust.router.router import Sender
from bitdust.supplier import contract, customers, notices, pieces
from bitdust.supplier.catalog_shelf import CatalogShelf
from bitdust.supplier.contract import MINIMUM, Terms
from bitdust.supplier.drive import Drive
from bitdust.supplier.lived import Lived
from bitdust.supplier.notices import Notices
from bitdust.supplier.patrol import Patrol
from bitdust.supplier.scrub import Scrubber
from bitdust.supplier.shelf import Shelf
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import (
    Ack,
    AskDigest,
    AskIndex,
    AskSegment,
    CancelService,
    Data,
    DeleteFile,
    Digest,
    Files,
    IndexHead,
    IndexSegment,
    ListFiles,
    Packet,
    RequestService,
    Retrieve,
    UndeleteFile,
)
from bitdust.wire.receipts import Contract, Signer, sign_statement
from bitdust.world import InThread, Rng, Wall, background

#: leaves read for one customer at the same time, in Retrieves; each takes up to 4 MiB
READS_AT_ONCE = 4
#: bytes handed to the link at once
PORTION = 256 * 1024
#: seconds within which a second sign of life is not written down again
HEARD_LATELY = 600

Handler = Callable[[Sender, Any, IExchange], Awaitable[Packet | None]]


@dataclass(frozen=True)
class CustomerRow:
    """One customer, as the API shows him.  Sizes in bytes, times in Unix seconds."""

    fingerprint: str
    idurl: str
    granted: int
    used: int
    pieces: int
    since: int
    last_contact: int
    state: str
    #: what he is told about his contract, if anything is the matter or was of late
    notice: notices.Row | None = None


@dataclass(frozen=True)
class Totals:
    """Bytes given, promised and taken; and what the disk could still take before its floor."""

    customers: int
    donated: int
    promised: int
    used: int
    free: int


class SupplierService:
    """
    Keeps other people's pieces.

    @param db: shelf.db; its tables are `customers.SCHEMA`.
    @param me: our own fingerprint.
    @param donated: the setting, as it is now.
    @param minimum: bytes of the least contract.
    @param is_online: `Router.is_online`: a link that is up keeps its customer's term from ending.
    @param term: seconds of silence after which a customer's pieces go.
    @param rng, put, withdraw: numbers for what is told to customers, and the outbox (`notices.Notices`).
    """

    _log = Logger()

    def __init__(
        self,
        *,
        db: Database,
        drive: Drive,
        me: str,
        device: Signer,
        in_thread: InThread,
        clock: IReactorTime,
        wall: Wall,
        donated: Callable[[], int],
        minimum: int = MINIMUM,
        is_online: Callable[[str], bool] = lambda fingerprint: False,
        term: Callable[[], int] = lambda: pieces.TERM,
        rng: Rng,
        put: Callable[[str, Packet, float], Awaitable[object]],
        withdraw: Callable[[str, type[Packet]], Awaitable[object]],
    ) -> None:
        self.shelf = Shelf(db, drive, me, device, in_thread, wall, Lived(clock, wall))
        self.logs = CatalogShelf(self.shelf)
        self.notices = Notices(db, rng, put, withdraw)
        self.patrol = Patrol(clock, self.shelf, is_online, term, self._tell)
        self.scrubber = Scrubber(clock, self.shelf)
        self._donated = donated
        self._minimum = minimum
        #: fingerprint, IDURL and bytes of a contract with somebody who had none
        self.accepted: Signal[[str, str, int]] = Signal()
        #: fingerprint and IDURL of a customer who has ended his contract
        self.left: Signal[[str, str]] = Signal()
        #: fingerprint and IDURL of a customer whose contract we have ended
        self.rejected: Signal[[str, str]] = Signal()
        self._up = False
        self._heard: dict[str, int] = {}
        self._reading: dict[str, DeferredSemaphore] = {}

    async def start(self) -> None:
        """Clear up after the last run and begin to walk.  No handler may be called before."""
        await self.shelf.open()
        self._up = True
        self.patrol.start()
        self.scrubber.start()

    def donates_otherwise(self) -> None:
        """The setting was changed: perhaps somebody is asked to leave, or may stay after all."""
        if self._up:
            self.patrol.soon()

    def answered(self, fingerprint: str, packet: Packet, answer: Packet) -> None:
        """What lay in the outbox was answered."""
        background(
            self.notices.answered(fingerprint, packet, answer, self.shelf.now()),
            lambda failure: self._log.failure("that a notice was heard was not written down", failure),
        )

    async def _tell(self, term: int, now: int) -> None:
        await self.notices.tell(self._donated(), term, now)

    async def stop(self) -> None:
        """Nothing ticks afterwards."""
        self._up = False
        await self.scrubber.stop()
        await self.patrol.stop()
        await self.shelf.lived.settle(self.shelf.db, 1.0)

    def commands(self) -> dict[type[Packet], Handler]:
        """What can be asked, for `Router.answer`."""
        return {
            RequestService: self.request_service,
            CancelService: self.cancel_service,
            Data: self.data,
            Retrieve: self.retrieve,
            ListFiles: self.list_files,
            AskDigest: self.digest,
            DeleteFile: self.delete_file,
            UndeleteFile: self.undelete_file,
            IndexHead: self.index_head,
            AskIndex: self.ask_index,
            IndexSegment: self.index_segment,
            AskSegment: self.ask_segment,
        }

    async def heard(self, fingerprint: str, idurl: str = "") -> None:
        """Any authenticated sign of life begins a customer's term anew.  Strangers do not matter."""
        now = self.shelf.now()
        if abs(now - self._heard.get(fingerprint, -HEARD_LATELY)) < HEARD_LATELY:
            return
        if await self.shelf.db(customers.heard, fingerprint, now, self.shelf.lived(), idurl):
            self._heard[fingerprint] = now

    async def request_service(self, sender: Sender, packet: RequestService, exchange: IExchange) -> Packet:
        """A contract, new or renewed."""
        shelf = self.shelf
        now = shelf.now()

        def agree(c: sqlite3.Connection) -> tuple[bool, customers.Customer]:
            terms = Terms(self._donated(), self._minimum, shelf.drive.free())
            known = customers.find(c, sender.fingerprint)
            if customers.is_rejected(c, sender.fingerprint):
                raise customers.NotCustomer("the owner of this supplier does not keep your pieces any more")
            agreed = contract.agree(
                c, sender.fingerprint, sender.document.idurl, packet, terms, now, shelf.lived()
            )
            new = known is None or known.state != "active"
            if new:
                pieces.begin_anew(c, sender.fingerprint)
            return new, agreed

        new, customer = await shelf.db(agree)
        if new:
            self.accepted(customer.fingerprint, customer.idurl, customer.granted)
        signed = Contract(sender.fingerprint, shelf.me, now, customer.granted, customer.since, customer.epoch)
        return Ack(sign_statement(signed, shelf.device))

    async def cancel_service(self, sender: Sender, packet: CancelService, exchange: IExchange) -> Packet:
        """The customer leaves: what he has here is removed from now on."""

        def cancel(c: sqlite3.Connection) -> None:
            customer = customers.find(c, sender.fingerprint)
            if customer is None:
                raise customers.NotCustomer()
            customers.not_behind(c, customer, packet.epoch)
            contract.end(c, customer, "cancelled")
            pieces.forgive(c, sender.fingerprint)

        await self.shelf.db(cancel)
        self.left(sender.fingerprint, sender.document.idurl)
        self.patrol.soon()
        return Ack()

    async def reject(self, idurl_or_fingerprint: str, allow: bool = False) -> str:
        """
        End a customer's contract and remove his pieces; he gets no other.  With `allow`, he may ask again.

        Answers his IDURL.  @raise NotFound: he never was a customer.
        """

        def reject(c: sqlite3.Connection) -> customers.Customer:
            for each in customers.everyone(c):
                if idurl_or_fingerprint in (each.idurl, each.fingerprint):
                    customers.reject(c, each.fingerprint, not allow)
                    if not allow and each.state == "active":
                        contract.end(c, each, "cancelled")
                        pieces.forgive(c, each.fingerprint)
                    return each
            raise NotFound(
                f"{idurl_or_fingerprint!r} is no customer", hint="`bitdust customer list` lists them"
            )

        customer = await self.shelf.db(reject)
        if not allow:
            self.rejected(customer.fingerprint, customer.idurl)
            self.patrol.soon()
        return customer.idurl

    async def data(self, sender: Sender, packet: Data, exchange: IExchange) -> Packet:
        """A piece to keep."""
        return Ack(await self.shelf.keep(sender.fingerprint, packet, exchange.read))

    async def retrieve(self, sender: Sender, packet: Retrieve, exchange: IExchange) -> None:
        """Leaves of a piece, with their proof."""
        await self.heard(sender.fingerprint)
        turn = self._reading.setdefault(sender.fingerprint, DeferredSemaphore(READS_AT_ONCE))
        await turn.acquire()
        try:
            answer, leaves = await self.shelf.leaves(sender.fingerprint, packet)
            await _send(exchange, answer, leaves)
        finally:
            turn.release()
            if turn.tokens == turn.limit:
                self._reading.pop(sender.fingerprint, None)

    async def list_files(self, sender: Sender, packet: ListFiles, exchange: IExchange) -> Files:
        """What is kept here for the asker."""
        await self.heard(sender.fingerprint)
        return await self.shelf.listing(sender.fingerprint, packet)

    async def digest(self, sender: Sender, packet: AskDigest, exchange: IExchange) -> Digest:
        """What all that is kept here for the asker comes to."""
        await self.heard(sender.fingerprint)

        def digest(c: sqlite3.Connection) -> Digest:
            if customers.find(c, sender.fingerprint) is None:
                raise customers.NotCustomer()
            return Digest(*pieces.digest(c, sender.fingerprint))

        return await self.shelf.db.read(digest)

    async def delete_file(self, sender: Sender, packet: DeleteFile, exchange: IExchange) -> Packet:
        """Tombstones for blocks of the asker's own; the pieces go when their time has come."""
        shelf = self.shelf

        def bury(c: sqlite3.Connection) -> None:
            shelf.may_change(c, sender.fingerprint, packet.epoch)
            pieces.bury(c, sender.fingerprint, packet.tombstones, shelf.now(), shelf.lived())

        await shelf.db(bury)
        self.patrol.soon()
        return Ack()

    async def undelete_file(self, sender: Sender, packet: UndeleteFile, exchange: IExchange) -> Packet:
        """The asker has brought back what he had deleted."""
        shelf = self.shelf

        def unbury(c: sqlite3.Connection) -> None:
            shelf.may_change(c, sender.fingerprint, packet.epoch)
            pieces.unbury(c, sender.fingerprint, packet.blocks)

        await shelf.db(unbury)
        return Ack()

    async def index_head(self, sender: Sender, packet: IndexHead, exchange: IExchange) -> Packet:
        """The head of a customer's catalog log."""
        await self.logs.keep_head(sender.fingerprint, packet.head, sender.document.publickey)
        self.patrol.soon()
        return Ack()

    async def ask_index(self, sender: Sender, packet: AskIndex, exchange: IExchange) -> Packet:
        """The head kept here; b"" when there is none."""
        await self.heard(sender.fingerprint)
        return IndexHead(bytes(16), await self.logs.head(sender.fingerprint))

    async def index_segment(self, sender: Sender, packet: IndexSegment, exchange: IExchange) -> Packet:
        """A segment of a customer's catalog log."""
        return Ack(await self.logs.keep(sender.fingerprint, packet, exchange.read))

    async def ask_segment(self, sender: Sender, packet: AskSegment, exchange: IExchange) -> None:
        """That segment again."""
        await self.heard(sender.fingerprint)
        answer, content = await self.logs.segment(sender.fingerprint, packet.epoch, packet.number)
        await _send(exchange, answer, content)

    async def customers(self) -> list[CustomerRow]:
        """Everyone who has, or had, a contract here."""

        def rows(c: sqlite3.Connection) -> list[CustomerRow]:
            return [
                CustomerRow(
                    each.fingerprint, each.idurl, each.granted, each.used, pieces.count(c, each.fingerprint),
                    each.since, each.last_contact,
                    "rejected" if customers.is_rejected(c, each.fingerprint) else each.state,
                    notices.of(c, each.fingerprint),
                )
                for each in customers.everyone(c)
            ]  # fmt: skip

        return await self.shelf.db.read(rows)

    async def totals(self) -> Totals:
        """The sums over all customers."""

        def sums(c: sqlite3.Connection) -> Totals:
            present = sum(each.state == "active" for each in customers.everyone(c))
            return Totals(
                present, self._donated(), customers.promised(c), customers.used(c), self.shelf.drive.free()
            )

        return await self.shelf.db.read(sums)


async def _send(exchange: IExchange, answer: Packet, body: bytes) -> None:
    exchange.reply(answer)
    view = memoryview(body)
    for at in range(0, len(view), PORTION):
        await exchange.write(view[at : at + PORTION])
    exchange.finish()
