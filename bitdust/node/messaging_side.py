"""
messaging_side -- we, as somebody who writes and is written to: the parts of `messaging`, built and joined.
"""

from __future__ import annotations

from collections.abc import Sequence

from twisted.logger import Logger

from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.errors import BitDustError, NotFound
from bitdust.identity.idurl import parse_idurl
from bitdust.messaging.address_book import AddressBook
from bitdust.messaging.collector import Collector
from bitdust.messaging.mailbox import Mailbox
from bitdust.messaging.messages import Messages
from bitdust.messaging.nicknames import Nicknames
from bitdust.messaging.postman import Postman
from bitdust.node.gatherings import Gatherings
from bitdust.node.own_identity import MAILBOX, OwnIdentity
from bitdust.node.people import People
from bitdust.node.seams import Ground
from bitdust.router.router import Router
from bitdust.supplier.customers import active
from bitdust.supplier.service import SupplierService
from bitdust.wire.packets import MailWaiting, Message

#: most mailboxes that an identity names, and that are used of another's
MAILBOXES = 3


class MessagingSide:
    """
    Correspondents, messages, nicknames; and a mailbox for our customers where we are a supplier.

    @param db: its tables are `messaging.schema.SCHEMA`.
    @param suppliers: those of our own; the first of them are our mailboxes.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        ground: Ground,
        db: Database,
        identity: OwnIdentity,
        router: Router,
        people: People,
        suppliers: Suppliers,
        supplier: SupplierService | None,
        gatherings: Gatherings | None = None,
    ) -> None:
        self._own = identity.fingerprint
        self._router = router
        self._people = people
        self._suppliers = suppliers
        self._supplier = supplier
        self.book = AddressBook(
            db=db, own=self._own, pins=people.pins, meet=people.meet, is_online=router.is_online
        )
        self.nicknames = Nicknames(
            directory=lambda: people.directory, pins=people.pins, meet=people.meet, book=self.book,
            gathered=gatherings.called if gatherings is not None else None,
        )  # fmt: skip
        self.mailbox = Mailbox(
            db=db, wall=ground.wall, is_customer=self._is_customer, ask=router.ask, is_online=router.is_online
        )
        self.messages = Messages(
            clock=ground.reactor, wall=ground.wall, rng=ground.rng, db=db, keys=identity.keys,
            own=lambda: identity.document, pins=people.pins, book=self.book, carry=self._carry,
        )  # fmt: skip
        self.postman = Postman(
            clock=ground.reactor, wall=ground.wall, rng=ground.rng, db=db, own=self._own, ask=router.ask,
            came=router.came, mailboxes=self._mailboxes_of, deposit=self._deposit,
            received=self.messages.came_back, rests=self.messages.lies_at_mailbox,
        )  # fmt: skip
        self.collector = Collector(
            is_mailbox=self._is_mailbox, ask=router.ask, came=router.came, take=self.messages.collected
        )
        router.answer(Message, self.messages.brought)
        router.answer(MailWaiting, self.collector.told)
        for packet, handler in self.mailbox.commands().items():
            router.answer(packet, handler)

    async def start(self) -> None:
        """Take up what was on its way."""
        self.messages.start()
        await self.postman.start()

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        self.collector.stop()
        self.postman.stop()
        self.messages.stop()
        self.mailbox.stop()
        self.book.stop()

    def own_mailboxes(self) -> list[bytes]:
        """What our identity document says of where letters for us may be left."""
        return [
            f"{each.idurl}#fp={each.fingerprint}".encode() for each in self._suppliers.present[:MAILBOXES]
        ]

    def _carry(self, peer: str) -> None:
        self.postman.carry(peer)

    def _is_mailbox(self, fingerprint: str) -> bool:
        return any(each.fingerprint == fingerprint for each in self._suppliers.present)

    async def _is_customer(self, fingerprint: str) -> bool:
        if self._supplier is None:
            return False
        try:
            await self._supplier.shelf.db.read(active, fingerprint)
        except BitDustError:
            return False
        return True

    async def _deposit(self, recipient: str, letter: bytes) -> None:
        await self.mailbox.deposit(self._own, recipient, letter)

    async def _mailboxes_of(self, peer: str, idurl: str) -> Sequence[str]:
        """
        Where somebody has his letters left, as his newest document says; all of them known to the router.

        @raise NotFound: he is not known, and his document cannot be had.
        """
        try:
            document = await self._people.meet(parse_idurl(idurl).url)
        except BitDustError as why:
            self._log.debug("{idurl} cannot be fetched anew: {why}", idurl=idurl, why=why)
            document = await self._people.document_of(peer)
        if document.fingerprint != peer:
            document = await self._people.document_of(peer)
        found = []
        for text in document.all_of(MAILBOX)[:MAILBOXES]:
            try:
                found.append(await self._known(text.decode("ascii", "replace"), peer))
            except BitDustError as why:
                self._log.debug("a mailbox of {peer} cannot be used: {why}", peer=peer, why=why)
        return found

    async def _known(self, text: str, owner: str) -> str:
        """
        The fingerprint of a mailbox that is named so.

        @raise BitDustError: it is nobody, or somebody else bears the name.
        """
        name = parse_idurl(text)
        if name.fingerprint is None or name.fingerprint == owner:
            raise NotFound("no fingerprint, or the owner's own")
        if name.fingerprint == self._own or await self._people.pins.get(name.fingerprint) is not None:
            return name.fingerprint
        # Not `#fp=` here: that would be a person's word.
        document = await self._people.meet(name.url)
        if document.fingerprint != name.fingerprint:
            raise NotFound(f"{name.url} is somebody else")
        return name.fingerprint
