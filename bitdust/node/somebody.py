"""
somebody -- a node that has an identity: every part that needs to know who we are, built and joined.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path

from twisted.logger import Logger

from bitdust.backup.recovery import Recovery
from bitdust.catalog.rows import raise_mark
from bitdust.catalog.schema import SCHEMA as CATALOG
from bitdust.config.settings import Settings
from bitdust.customer.standing import SCHEMA as STANDING
from bitdust.directory.nickname import CERTIFICATE, claim
from bitdust.directory.record import Record
from bitdust.errors import Usage
from bitdust.machines import Machines
from bitdust.messaging.schema import SCHEMA as MESSAGES
from bitdust.node.customer_side import CustomerSide
from bitdust.node.messaging_side import MessagingSide
from bitdust.node.own_identity import MAILBOX, SUPPLIER_OFFER, OwnIdentity
from bitdust.node.people import People
from bitdust.node.propagation import SEQUENCE, Propagation
from bitdust.node.registration import CATALOG as CATALOG_FILE
from bitdust.node.seams import Databases, Ground
from bitdust.node.supplier_side import build_supplier_side
from bitdust.programs import RealPrograms
from bitdust.router.outbox import Outbox
from bitdust.router.router import Router
from bitdust.router.tables import SCHEMA as ROUTER
from bitdust.supplier.customers import SCHEMA as SHELF
from bitdust.supplier.service import SupplierService
from bitdust.transport.interface import ITransport
from bitdust.transport.tcp.port import TcpTransport
from bitdust.watches import RealWatches

#: all addresses of this machine
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a peer is there to be reached; the API listens on loopback only

#: where other nodes reach us
TCP_PORT = "services/tcp-connections/tcp-port"


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
        transports = self._transports()
        self.router = Router(
            clock=ground.reactor, wall=ground.wall, rng=ground.rng, machines=machines,
            transports=transports, pins=people.pins, meet=people.meet, own=lambda: identity.document,
            op_db=router_db,
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
                settings=settings, router=self.router,
            )  # fmt: skip
        self.programs = ground.seams.programs if ground.seams else RealPrograms(ground.reactor)
        self.customer = CustomerSide(
            clock=ground.reactor, wall=ground.wall, rng=ground.rng, in_thread=ground.in_thread,
            db=self.catalog_db, router=self.router, machines=machines, settings=settings, keys=identity.keys,
            own=own, home=ground.home, document_of=people.document_of, meet=people.meet,
            candidates=people.candidates, outbox=self.outbox,
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
            )  # fmt: skip
        self._contacts: list[str] | None = None
        self._up = False

        def hasten(key: str = "") -> None:
            # There is one road today; were there more, they would share one bucket.
            for transport in transports:
                transport.pace.set(settings.number("services/network/send-limit"))
                transport.intake.set(settings.number("services/network/receive-limit"))

        self._paces = [pace for transport in transports for pace in (transport.pace, transport.intake)]
        hasten()
        self._unfollow_limit = settings.listen("services/network/", hasten)
        self._unfollow_nickname = settings.listen("personal/nickname", lambda _: self._tell())
        self.customer.suppliers.changed.listen(lambda _: self._tell())
        self.propagation.replaced.listen(self.customer.synchronizer.yield_to)
        self.customer.until_findable = self.propagation.until_recorded

    async def start(self) -> None:
        """Be reachable, keep the pieces of others, and tell everyone where we are."""
        if self.supplier is not None:
            await self.supplier.start()
        contacts = await self.router.start()
        await self.outbox.start()
        self._contacts = [self._public(contact) for contact in contacts]
        self._tell()
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
        self._unfollow_nickname()
        self._unfollow_limit()
        self.propagation.stop()
        if self.messaging is not None:
            self.messaging.stop()
        self.customer.stop()
        await self.programs.end()
        if self.supplier is not None:
            await self.supplier.stop()
        await self.outbox.stop()
        await self.router.stop()
        for pace in self._paces:
            pace.set(0)

    def _tell(self) -> None:
        """Have the world know what is true of us now."""
        if self._contacts is not None:
            offers = (SUPPLIER_OFFER,) if self.supplier is not None else ()
            self.identity.renew(self._contacts, offers, [*self._nickname(), *self._mailboxes()])
        self.propagation.soon()

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

    def _transports(self) -> list[ITransport]:
        ground, identity, pins = self._ground, self.identity, self._people.pins
        if ground.seams is not None:
            return ground.seams.transports(identity, pins)
        host = ground.settings.words("services/tcp-connections/interface") or EVERYWHERE
        port, *instead = ports_to_try(ground.settings, identity.document.contacts)
        return [
            TcpTransport(
                ground.reactor, identity.device, lambda: identity.document.raw, pins.doorman, host, port,
                ground.rng, ground.wall, instead,
            )
        ]  # fmt: skip

    def _public(self, contact: str) -> str:
        """The contact as others shall use it."""
        if not contact.startswith("tcp:"):
            return contact
        host = self._ground.settings.words("services/tcp-connections/host") or self._own_address()
        return f"tcp://{host}:{contact.rpartition(':')[2]}"

    def _own_address(self) -> str:
        """The address of this machine that leads to the first identity server; sends nothing."""
        servers = self._people.servers
        target = servers[0].partition("//")[2] if servers else "192.0.2.1"
        host = target.partition("/")[0].partition(":")[0]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((host, 9))
            except OSError:
                return "127.0.0.1"
            address: str = probe.getsockname()[0]
            return address


def ports_to_try(settings: Settings, contacts: Iterable[str]) -> list[int]:
    """
    The TCP ports to listen at, the first that is free; 0: any.

    @param contacts: those that are published of us now.
    """
    port = settings.number(TCP_PORT)
    if port and settings.source(TCP_PORT) != "default":
        return [port]
    # Several nodes live on one machine: whoever comes second takes another port, and keeps it; so does who
    # wants any.
    before = [int(contact.rpartition(":")[2]) for contact in contacts if contact.startswith("tcp:")]
    return list(dict.fromkeys([*before, port, 0]))


def customers_folder(ground: Ground) -> Path:
    """Where the pieces of others lie."""
    return ground.settings.file("paths/customers") or ground.home / "customers"
