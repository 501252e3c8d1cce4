"""
somebody -- a node that has an identity: every part that needs to know who we are, built and joined.
"""

from __future__ import annotations

from pathlib import Path

from twisted.logger import Logger

from bitdust.backup.recovery import Recovery
from bitdust.catalog.rows import raise_mark
from bitdust.catalog.schema import SCHEMA as CATALOG
from bitdust.customer.standing import SCHEMA as STANDING
from bitdust.directory.nickname import CERTIFICATE, claim
from bitdust.directory.record import Record
from bitdust.errors import Usage
from bitdust.identity.document import Document
from bitdust.machines import Machines
from bitdust.messaging.schema import SCHEMA as MESSAGES
from bitdust.node.customer_side import CustomerSide
from bitdust.node.directories import Directories
from bitdust.node.messaging_side import MessagingSide
from bitdust.node.own_identity import MAILBOX, SUPPLIER_OFFER, OwnIdentity
from bitdust.node.people import People
from bitdust.node.propagation import SEQUENCE, Propagation
from bitdust.node.reachability import Reachability
from bitdust.node.registration import CATALOG as CATALOG_FILE
from bitdust.node.relay_side import RelaySide
from bitdust.node.roads import build_mapper, build_roads, may_reach, own_addresses, wishes
from bitdust.node.seams import Databases, Ground
from bitdust.node.supplier_side import build_supplier_side
from bitdust.programs import RealPrograms
from bitdust.router.outbox import Outbox
from bitdust.router.router import Router
from bitdust.router.tables import SCHEMA as ROUTER
from bitdust.supplier.customers import SCHEMA as SHELF
from bitdust.supplier.service import SupplierService
from bitdust.watches import RealWatches

#: with so many candidates of identity servers no other directory is asked
ENOUGH = 30


class Somebody:
    """Us, on the network: a customer, a supplier, and somebody to write to."""

    _log = Logger()

    def __init__(
        self, identity: OwnIdentity, ground: Ground, databases: Databases, people: People, machines: Machines
    ) -> None:
        self.identity = identity
        self._ground = ground
        self._people = people
        self._machines = machines
        settings, own = ground.settings, identity.fingerprint
        self.catalog_db = databases.open(CATALOG_FILE, CATALOG)
        router_db = databases.open("router.db", ROUTER)
        self.relays = RelaySide(
            ground, identity, people, self._contracted, self._partners, self._is_unreachable
        )
        roads = build_roads(ground, identity, people.pins, self._partners)
        transports = [*roads, *([self.relays.road] if self.relays.road is not None else [])]
        self.directories = Directories(ground, identity, people.pins, self.relays.others)
        self.router = Router(
            clock=ground.reactor, wall=ground.wall, rng=ground.rng, machines=machines,
            transports=transports, pins=people.pins, meet=people.meet, own=lambda: identity.document,
            op_db=router_db, may_reach=may_reach(settings), is_known=self._is_known,
            address=self.directories.address,
        )  # fmt: skip
        self.relays.join(self.router)
        self.directories.join(self.router)
        self._mapper = build_mapper(ground)
        self.reachability = Reachability(
            clock=ground.reactor, wall=ground.wall, machines=machines, router=self.router,
            transports=transports, wishes=lambda: wishes(settings),
            look=ground.seams.look if ground.seams else own_addresses(settings, people.servers),
            tell=self._moved, relayed=self.relays.contacts, judged=self.relays.reconsider,
            mapper=self._mapper,
        )  # fmt: skip
        self.outbox = Outbox(
            clock=ground.reactor, wall=ground.wall, rng=ground.rng, ask=self.router.ask,
            came=self.router.came, db=router_db,
        )  # fmt: skip
        self.supplier: SupplierService | None = None
        if settings.flag("services/supplier/enabled"):
            self.supplier = build_supplier_side(
                db=databases.open("shelf.db", SHELF), folder=customers_folder(ground), own=own,
                device=identity.device, in_thread=ground.in_thread, clock=ground.reactor, wall=ground.wall,
                settings=settings, router=self.router, outbox=self.outbox, rng=ground.rng,
            )  # fmt: skip
        self.programs = ground.seams.programs if ground.seams else RealPrograms(ground.reactor)
        self.customer = CustomerSide(
            clock=ground.reactor, wall=ground.wall, rng=ground.rng, in_thread=ground.in_thread,
            db=self.catalog_db, router=self.router, machines=machines, settings=settings, keys=identity.keys,
            own=own, home=ground.home, document_of=people.document_of, meet=self._meet,
            candidates=self._candidates, outbox=self.outbox,
            standing=databases.open("standing.db", STANDING), programs=self.programs,
            watches=ground.seams.watches if ground.seams else RealWatches(ground.reactor),
        )  # fmt: skip
        self.propagation = Propagation(
            identity=identity, directory=people.directory, clock=ground.reactor, db=self.catalog_db,
            suppliers=self.customer.suppliers, document_of=people.document_of,
        )  # fmt: skip
        self.messaging: MessagingSide | None = None
        if settings.flag("services/private-messages/enabled"):
            self.messaging = MessagingSide(
                ground=ground, db=databases.open("messages.db", MESSAGES), identity=identity,
                router=self.router, people=people, suppliers=self.customer.suppliers, supplier=self.supplier,
                gatherings=self.directories.gatherings,
            )  # fmt: skip
        self._contacts: list[str] | None = None
        self._up = False

        def hasten(key: str = "") -> None:
            # The roads share their buckets; what goes over a relay goes over one of them.
            for transport in roads:
                transport.pace.set(settings.number("services/network/send-limit"))
                transport.intake.set(settings.number("services/network/receive-limit"))

        self._paces = [pace for transport in roads for pace in (transport.pace, transport.intake)]
        hasten()
        self._unfollow_limit = settings.listen("services/network/", hasten)
        self._unfollow_wishes = [
            settings.listen(key, lambda _: self.reachability.reconsider())
            for key in ("services/tcp-connections/host", "services/network/private-addresses")
        ]
        self._unfollow_donated = settings.listen("services/supplier/donated-space", self._donates_otherwise)
        self._unfollow_nickname = settings.listen("personal/nickname", lambda _: self._tell())
        self.customer.suppliers.changed.listen(lambda _: self._tell())
        self.customer.suppliers.changed.listen(lambda _: self.propagation.supplier_changed())
        self.customer.suppliers.hired.listen(lambda who, _position: self.relays.befriended(who.fingerprint))
        if self.supplier is not None:
            self.supplier.accepted.listen(lambda who, _idurl, _granted: self.relays.befriended(who))
        self.relays.reached.listen(self.directories.soon)
        if self.relays.keeper is not None:
            self.relays.keeper.changed.listen(self._tell)
            self.relays.keeper.changed.listen(self.reachability.reconsider)
        self.propagation.replaced.listen(self.customer.synchronizer.yield_to)
        self.customer.until_findable = self.propagation.until_recorded

    async def start(self) -> None:
        """Be reachable, keep the pieces of others, and tell everyone where we are."""
        if self.supplier is not None:
            await self.supplier.start()
        contacts = await self.router.start()
        await self.directories.start(contacts)
        await self.outbox.start()
        self._contacts = self.reachability.start(contacts)
        self._tell()
        self.relays.start()
        if self.messaging is not None:
            await self.messaging.start()

    async def begin_backups(self) -> None:
        """Be a customer, unless the settings say no."""
        if self._ground.settings.flag("services/customer/enabled"):
            await self.customer.start()
        self._up = True
        self._tell()

    async def recover(self, record: Record) -> None:
        """
        Bring the catalog back from the suppliers that a recovery record names.

        @raise Offline: none can be reached.  @raise Damaged: what they hold is not ours.
        """
        # Records are counted on from the one that brought us here.
        await self.catalog_db(raise_mark, SEQUENCE, record.sequence)
        await Recovery(
            self.catalog_db, self.identity.keys, self._ground.reactor, self._ground.in_thread, self.router,
            self._machines, self._people.meet,
        ).run(record.suppliers)  # fmt: skip

    async def stop(self) -> None:
        """Park the transfers; nothing ticks afterwards."""
        self._unfollow_donated()
        self._unfollow_nickname()
        self._unfollow_limit()
        self.relays.stop()
        for unfollow in self._unfollow_wishes:
            unfollow()
        self.reachability.stop()
        if self._mapper is not None:
            await self._mapper.stop()
        self.propagation.stop()
        if self.messaging is not None:
            self.messaging.stop()
        self.customer.stop()
        await self.programs.end()
        if self.supplier is not None:
            await self.supplier.stop()
        await self.directories.stop()
        await self.outbox.stop()
        await self.router.stop()
        for pace in self._paces:
            pace.set(0)

    def _is_unreachable(self) -> bool:
        return self.reachability.is_unreachable()

    def _moved(self, contacts: list[str]) -> None:
        self._contacts = contacts
        self._tell()

    def _donates_otherwise(self, _: str) -> None:
        if self.supplier is not None:
            self.supplier.donates_otherwise()

    def _tell(self) -> None:
        """Have the world know what is true of us now."""
        if self._contacts is not None:
            offers = ((SUPPLIER_OFFER,) if self.supplier is not None else ()) + self.relays.offers()
            contacts = [*self._contacts, *self.relays.contacts()]
            claims = [*self._nickname(), *self._mailboxes(), *self.directories.claim()]
            self.identity.renew(contacts, offers, claims)
            self.directories.soon()
        self.propagation.soon()

    async def _meet(self, text: str) -> Document:
        """Who bears the IDURL, or is at one of the contacts that `_candidates` told."""
        gatherings = self.directories.gatherings
        if gatherings is not None and not text.startswith("http"):
            return await gatherings.meet_offering(text)
        return await self._people.meet(text)

    async def _candidates(self, limit: int) -> list[str]:
        """Who offers to be a supplier: as identity servers say, and those who gather where these know few."""
        offers = await self._people.candidates(limit)
        gatherings = self.directories.gatherings
        if gatherings is None or len(offers) >= ENOUGH:
            return offers
        return offers + await gatherings.offering(limit - len(offers))

    async def _partners(self) -> set[str]:
        """Fingerprints of those whose links have a place here: contracts, correspondents, whom we carry."""
        written = await self.messaging.book.fingerprints() if self.messaging is not None else []
        return {*await self._contracted(), *self.relays.carried(), *written}

    async def _contracted(self) -> list[str]:
        """Fingerprints of those who have a contract with us: our suppliers, then our customers."""
        seats = [seat.fingerprint for seat in self.customer.suppliers.seats if seat is not None]
        rows = await self.supplier.customers() if self.supplier is not None else []
        return [*seats, *(row.fingerprint for row in rows if row.state == "active")]

    async def _is_known(self, fingerprint: str) -> bool:
        """Has he a contract with us, or is he a correspondent of ours?"""
        if fingerprint in await self._partners():
            return True
        return self.messaging is not None and await self.messaging.book.called(fingerprint) is not None

    def _nickname(self) -> list[tuple[str, bytes]]:
        nickname = self._ground.settings.words("personal/nickname")
        try:
            return [(CERTIFICATE, claim(nickname))] if nickname else []
        except Usage as why:
            self._log.warn("personal/nickname is not claimed: {why}", why=why)
            return []

    def _mailboxes(self) -> list[tuple[str, bytes]]:
        if self.messaging is None:
            return []
        # Before the customer is up it does not know its suppliers: what was said of them stays.
        known = self.messaging.own_mailboxes() if self._up else self.identity.document.all_of(MAILBOX)
        return [(MAILBOX, each) for each in known]


def customers_folder(ground: Ground) -> Path:
    """Where the pieces of others lie."""
    return ground.settings.file("paths/customers") or ground.home / "customers"
