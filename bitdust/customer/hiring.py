"""
hiring -- whoever keeps our pieces, from the search for him to the farewell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from bitdust.blocks.shapes import SHAPES, k_of
from bitdust.catalog import deletes
from bitdust.customer import seat_notes
from bitdust.customer.networks import crowd, most_in_one, networks_of
from bitdust.customer.supplier_finder import Hired, SupplierFinder
from bitdust.customer.suppliers import SERVICE, Suppliers
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict
from bitdust.identity.document import Document
from bitdust.router.outbox import Outbox
from bitdust.wire.packets import CancelService, Packet
from bitdust.world import Rng

#: seconds for which somebody who was let go is told so: the rest of his contract's term
TELL_FOR = 180 * 86400.0


@dataclass
class Hiring:
    """
    @param db: the catalog.
    @param make_finder: a finder that agrees with candidates so, and is told whose network is crowded so.
    @param until_committed: resolves when the catalog, as it is now, is at enough suppliers.
    @param later: begins work nobody waits for.
    """

    db: Database
    rng: Rng
    suppliers: Suppliers
    outbox: Outbox
    document_of: Callable[[str], Awaitable[Document]]
    make_finder: Callable[[Callable[[Document], Awaitable[None]], Callable[[Document], bool]], SupplierFinder]
    until_committed: Callable[[], Awaitable[None]]
    later: Callable[[Coroutine[Deferred[Any], Any, object]], None]
    #: why the last search for a supplier found nobody; "" when it found one
    unfound: str = ""
    #: who is asked for a contract at this moment
    _courted: set[str] = field(default_factory=set)
    #: how many suppliers live in which network
    _crowd: Counter[str] = field(default_factory=Counter)
    _releasing: bool = False

    _log = Logger()

    def __post_init__(self) -> None:
        self._finder = self.make_finder(self.agree, self._is_crowded)
        self.suppliers.let_go.listen(lambda who: self.later(self.part(who)))
        # What outlives us: whoever is built anew in our place listens for himself.
        self._stop = self.outbox.answered.listen(self._parted)

    def stop(self) -> None:
        """Hear of no answers any more."""
        self._stop()

    # -- hiring

    def search(self, hired: Callable[[], None], nobody: Callable[[], None]) -> None:
        """Look for somebody for a vacant seat; one of the two is called at the end."""

        async def search() -> None:
            try:
                if await self.suppliers.promote():
                    self.unfound = ""
                    # In the smaller set each keeps more than he was asked for.
                    await self.suppliers.renew()
                    hired()
                    return
                self._crowd = await self._crowded()
                found = await self._finder.find(self.suppliers.excluded())
                if not await self.suppliers.take(found):
                    # The user was faster; he who agreed is told that nothing comes of it.
                    self._courted.discard(found.fingerprint)
                    self.suppliers.let_go(found.fingerprint)
            except (BitDustError, OSError) as error:
                self._log.info("{why}", why=error)
                self.unfound = str(error)
                nobody()
            except Exception:
                nobody()
                raise
            else:
                self.unfound = ""
                hired()
            finally:
                self._courted.clear()

        self.later(search())

    async def change(self, index_or_idurl: str, document: Document) -> tuple[int, Hired | None]:
        """
        Hire this one in that one's place; the position, and who had it.

        @raise NotFound, Conflict: there is no such seat, or he cannot have it.
        @raise Refused, Offline, Timeout: he gives no contract.
        """
        self.suppliers.find(index_or_idurl)
        if document.fingerprint in self.suppliers.excluded():
            raise Conflict(f"{document.idurl} keeps pieces of ours already, or is this node itself")
        await self.agree(document)
        try:
            return await self.suppliers.change(index_or_idurl, Hired(document.fingerprint, document.idurl))
        finally:
            self._courted.discard(document.fingerprint)

    async def agree(self, document: Document) -> None:
        """
        Ask him for a contract.

        @raise Refused, Offline, Timeout, Damaged: there is none.
        """
        # What once ended a contract with him may not end the new one.
        who = document.fingerprint
        self._courted.add(who)
        parting = await self.outbox.withdraw(who, CancelService)
        try:
            await self.suppliers.agree(document)
        except BaseException:
            if parting:
                # It comes to nothing: he is still to be told that we have left.
                self._courted.discard(who)
                self.later(self.part(who))
            raise

    async def _crowded(self) -> Counter[str]:
        found = []
        for seat in self.suppliers.seats:
            if seat is not None:
                # Of who was hired on another machine there may be no document yet.
                with suppress(BitDustError):
                    found.append((await self.document_of(seat.fingerprint)).contacts)
        return crowd(found)

    def _is_crowded(self, document: Document) -> bool:
        n = len(self.suppliers.seats)
        most = most_in_one(n, k_of(n)) if n in SHAPES else 1
        return any(self._crowd[network] >= most for network in networks_of(document.contacts))

    # -- parting

    async def release(self) -> None:
        """
        Somebody without a seat may hold nothing any more: then the next one can be replaced.

        This waits for no commit: when many are gone, there is none before they are replaced.
        """
        seated = {seat.fingerprint for seat in self.suppliers.seats if seat is not None}
        if self.suppliers.known.keys() - seated and not self._releasing:
            self._releasing = True
            try:
                await self.suppliers.reload()
            finally:
                self._releasing = False

    async def part(self, fingerprint: str) -> None:
        """
        Tell somebody who holds nothing of ours any more that his contract has ended, whenever he comes back.
        """
        # Not before the catalog in the network knows it: until then a recovery would look for pieces there.
        try:
            await self.until_committed()
        except BitDustError as error:
            self._log.info("{who} is not told: {why}", who=fingerprint, why=error.message)
            return
        if fingerprint in self._courted or fingerprint in self.suppliers.known:
            return
        packet = CancelService(self.rng(16), SERVICE, self.suppliers.epoch)
        await self.outbox.put(fingerprint, packet, TELL_FOR)
        await self.db(seat_notes.unsign, [fingerprint])
        await self.db(deletes.forget, fingerprint)

    def _parted(self, fingerprint: str, packet: Packet, answer: Packet) -> None:
        if isinstance(packet, CancelService):
            self.later(self._forgiven(fingerprint))

    async def _forgiven(self, fingerprint: str) -> None:
        await self.db(deletes.forgiven, fingerprint)
