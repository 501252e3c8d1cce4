"""
class Node: one user's node, every part built and joined.

A node without an identity waits for one to be made or recovered; it may serve the identities of others
meanwhile. With one it is a customer and a supplier.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger

from bitdust.backup.backups import Backups
from bitdust.backup.recovery import Recovery
from bitdust.catalog.schema import SCHEMA as CATALOG
from bitdust.config.settings import Settings
from bitdust.database import Database
from bitdust.directory.acquaintance import Acquaintances
from bitdust.directory.guarded import make_agent
from bitdust.directory.identity_client import IdentityClient
from bitdust.directory.identity_server import SCHEMA as IDENTITIES
from bitdust.directory.identity_server import IdentityServer, serve
from bitdust.directory.interface import IDirectory
from bitdust.directory.record import RecordSupplier
from bitdust.disk import private_folder
from bitdust.errors import BitDustError, NoIdentity, NotFound
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.pinning import SCHEMA as PINS
from bitdust.identity.pinning import Pins
from bitdust.machines import Machines
from bitdust.node import tell
from bitdust.node.customer_side import CustomerSide
from bitdust.node.health import look_at
from bitdust.node.own_identity import SUPPLIER_OFFER, OwnIdentity
from bitdust.node.propagation import Propagation
from bitdust.node.registration import Registration
from bitdust.node.supplier_side import build_supplier_side
from bitdust.node.views import (
    CustomerView,
    Health,
    IdentityView,
    KitView,
    Pong,
    Replacing,
    SupplierView,
)
from bitdust.router.outbox import Outbox
from bitdust.router.router import Router
from bitdust.router.tables import SCHEMA as ROUTER
from bitdust.supplier.customers import SCHEMA as SHELF
from bitdust.supplier.service import SupplierService
from bitdust.transport.interface import ITransport
from bitdust.transport.tcp.port import TcpTransport
from bitdust.world import InThread, Rng, Threads, Wall, background, give_up, pause

#: the folder of our own identity
IDENTITY = "identity"
#: all addresses of this machine
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a peer is there to be reached; the API listens on loopback only
#: seconds between two attempts to recover
AGAIN = 15.0


@dataclass(frozen=True)
class Seams:
    """
    What a simulation hands a node.

    @param serial: runs what concerns one database, one call at a time.
    """

    directory: IDirectory
    transports: Callable[[OwnIdentity, Pins], list[ITransport]]
    serial: InThread


class Node:
    """
    One user's node.

    @param reactor: time, sockets and threads.
    @param home: its folder.
    @param threads: the pool for what takes long.
    @param seams: what stands in for sockets, identity servers and threads in a simulation.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        reactor: Any,
        home: Path,
        settings: Settings,
        rng: Rng,
        wall: Wall,
        threads: InThread,
        seams: Seams | None = None,
    ) -> None:
        self.home = home
        self.settings = settings
        self.machines = Machines()
        #: the node is asked to end; True: and to start anew
        self.on_stop: Signal[[bool]] = Signal()
        self.identity: OwnIdentity | None = None
        self.customer: CustomerSide | None = None
        self.supplier: SupplierService | None = None
        self.router: Router | None = None
        self.recovering: Deferred[None] | None = None
        self._reactor = reactor
        self._rng = rng
        self._wall = wall
        self.in_thread = threads
        self._seams = seams
        self._serials: list[Threads] = []
        self._databases: list[Database] = []
        self._serving: IListeningPort | None = None
        self._propagation: Propagation | None = None
        private_folder(home)
        self.peers_db = self._database("peers.db", PINS)
        self.pins = Pins(self.peers_db, wall)
        self.registration = Registration(self, home, rng, wall)
        self._meet_people()

    # -- building

    def _meet_people(self) -> None:
        """What finds other people: needed with and without an identity of our own."""
        self.servers = [
            _server(text) for text in self.settings.several("services/identity-propagate/known-servers")
        ]
        self.directory, self.acquaintances = self.people(self.servers)

    def people(self, servers: list[str]) -> tuple[IDirectory, Acquaintances]:
        """The directory as these identity servers show it."""
        if self._seams is not None:
            return self._seams.directory, Acquaintances(self._seams.directory, self.pins)
        agent = make_agent(
            self._reactor,
            private_addresses=self.settings.flag("services/network/private-addresses"),
            trust_root=self.settings.file("services/identity-propagate/trust-root"),
        )
        directory = IdentityClient(agent, self._reactor, servers)
        return directory, Acquaintances(directory, self.pins)

    def _build(self, identity: OwnIdentity) -> None:
        """Every part that needs to know who we are, and how they are joined."""
        settings = self.settings
        self.identity = identity
        self.catalog_db = self._database("catalog.db", CATALOG)
        router_db = self._database("router.db", ROUTER)
        self.router = Router(
            clock=self._reactor, wall=self._wall, rng=self._rng, machines=self.machines,
            transports=self._transports(identity),
            pins=self.pins, meet=self.acquaintances.meet, own=lambda: identity.document, op_db=router_db,
        )  # fmt: skip
        self.outbox = Outbox(
            clock=self._reactor, wall=self._wall, rng=self._rng, ask=self.router.ask, came=self.router.came,
            db=router_db,
        )  # fmt: skip
        if settings.flag("services/supplier/enabled"):
            folder = self._customers_folder()
            self.supplier = build_supplier_side(
                db=self._database("shelf.db", SHELF), folder=folder, own=identity.fingerprint,
                device=identity.device, in_thread=self.in_thread, clock=self._reactor, wall=self._wall,
                settings=settings, router=self.router,
            )  # fmt: skip
        self.customer = CustomerSide(
            clock=self._reactor, wall=self._wall, rng=self._rng, in_thread=self.in_thread, db=self.catalog_db,
            router=self.router, machines=self.machines, settings=settings, keys=identity.keys,
            own=identity.fingerprint, home=self.home, document_of=self.document_of,
            meet=self.acquaintances.meet, candidates=self.directory.candidates, outbox=self.outbox,
        )  # fmt: skip
        self._propagation = Propagation(
            identity=identity, directory=self.directory, clock=self._reactor, db=self.catalog_db,
            suppliers=self.customer.suppliers, document_of=self.document_of,
        )  # fmt: skip
        self.customer.suppliers.changed.listen(lambda _: self.propagate())

    def _transports(self, identity: OwnIdentity) -> list[ITransport]:
        if self._seams is not None:
            return self._seams.transports(identity, self.pins)
        settings = self.settings
        return [
            TcpTransport(
                self._reactor, identity.device, lambda: identity.document.raw, self.pins.doorman,
                settings.words("services/tcp-connections/interface") or EVERYWHERE,
                settings.number("services/tcp-connections/tcp-port"), self._rng, self._wall,
            )
        ]  # fmt: skip

    def _database(self, name: str, schema: list[str]) -> Database:
        if self._seams is not None:
            database = Database(self.home / name, schema, self._seams.serial)
        else:
            serial = Threads(self._reactor, 1, name)
            serial.start()
            self._serials.append(serial)
            database = Database(self.home / name, schema, serial)
        self._databases.append(database)
        return database

    # -- living

    async def start(self) -> None:
        """Come up: serve identities if that is wanted, and be who we are."""
        self._serve_identities()
        identity = OwnIdentity.load(self.home / IDENTITY, self._wall)
        if identity is not None:
            await self.become(identity)

    async def become(self, identity: OwnIdentity) -> None:
        """From now on this node is somebody."""
        self._meet_people()
        self._build(identity)
        assert self.router is not None
        assert self.customer is not None
        if self.supplier is not None:
            await self.supplier.start()
        contacts = await self.router.start()
        await self.outbox.start()
        offers = (SUPPLIER_OFFER,) if self.supplier is not None else ()
        identity.renew([self._public(contact) for contact in contacts], offers)
        self.propagate()
        if self.registration.is_recovering():
            self.recovering = background(self._recover(), self._recovery_broke)
        elif self.settings.flag("services/customer/enabled"):
            await self.customer.start()

    async def _recover(self) -> None:
        """Try until the catalog is here; then live on as if nothing had happened."""
        assert self.router is not None
        assert self.customer is not None
        assert self.identity is not None
        while True:
            try:
                await self.recover_catalog(await self.registration.named_suppliers())
                break
            except BitDustError as error:
                self.registration.not_yet(error)
                self._log.warn("the catalog is not recovered yet: {why}", why=error.message)
                await pause(self._reactor, AGAIN)
        self.registration.recovered()
        await self.customer.start()
        self.propagate()

    async def recover_catalog(self, suppliers: tuple[RecordSupplier, ...]) -> None:
        """
        Bring the catalog back from these suppliers.

        @raise Offline: none can be reached.  @raise Damaged: what they hold is not ours.
        """
        assert self.router is not None
        assert self.identity is not None
        await Recovery(
            self.catalog_db, self.identity.keys, self._reactor, self.in_thread, self.router, self.machines,
            self.acquaintances.meet,
        ).run(suppliers)  # fmt: skip

    def _recovery_broke(self, failure: Any) -> None:
        self._log.failure("recovery broke", failure)

    def propagate(self) -> None:
        """Tell the identity servers who and where we are, and where our suppliers are."""
        if self._propagation is not None:
            self._propagation.soon()

    async def shut_down(self) -> None:
        """Park the transfers, close the catalog, leave nothing ticking."""
        if self.recovering is not None:
            give_up(self.recovering)
        if self._propagation is not None:
            self._propagation.stop()
        if self.customer is not None:
            self.customer.stop()
        if self.supplier is not None:
            await self.supplier.stop()
        if self.router is not None:
            await self.outbox.stop()
            await self.router.stop()
        if self._serving is not None:
            await maybeDeferred(self._serving.stopListening)
        for database in self._databases:
            await database.close()
        for serial in self._serials:
            serial.stop()

    def stop(self) -> None:
        """Begin to end, a moment from now: the answer to whoever asked goes out first."""
        self._reactor.callLater(0.1, self.on_stop, False)

    def restart(self, show: bool = False) -> None:
        """Begin to end and start anew, a moment from now."""
        self._reactor.callLater(0.1, self.on_stop, True)

    # -- what the API asks

    @property
    def backups(self) -> Backups:
        """@raise NoIdentity: there is no identity yet."""
        return self.as_customer().backups

    def as_customer(self) -> CustomerSide:
        """@raise NoIdentity: there is no identity yet."""
        if self.customer is None:
            raise NoIdentity()
        return self.customer

    async def health(self) -> Health:
        """The state of everything in one sentence, and its parts."""
        return await look_at(self)

    async def suppliers_list(self) -> list[SupplierView]:
        """The present supplier set."""
        return await tell.suppliers(self.as_customer(), self.as_router())

    async def supplier_replace(self, index_or_idurl: str | int) -> Replacing:
        """
        Replace a supplier, named by position or IDURL; his pieces are rebuilt at whoever takes his place.

        @raise NotFound: no such supplier.
        """
        customer = self.as_customer()
        customer.synchronizer.check()
        position, seat = await customer.suppliers.replace(str(index_or_idurl))
        customer.fire_hire.restart()
        return Replacing(position, seat.idurl)

    async def customers_list(self) -> list[CustomerView]:
        """Who keeps pieces here."""
        return await tell.customers(self.supplier)

    async def space_donated(self) -> dict[str, int]:
        """Bytes: donated, consumed (promised), used, real (on disk), free; and how many customers."""
        return await tell.donated(self.supplier, self.in_thread, self._customers_folder())

    async def space_consumed(self) -> dict[str, int]:
        """Bytes needed, used, free at the suppliers, in all and per supplier."""
        return await tell.consumed(self.as_customer())

    async def space_local(self) -> dict[str, int]:
        """Bytes this node's own folders take, and what the disk has free."""
        return await self.in_thread(tell.local, self.home, self._customers_folder(), self.settings)

    async def ping(self, idurl: str, timeout: float) -> Pong:
        """
        Fetch who bears the name now, and ask him for a sign of life.

        @raise Timeout, Offline: there is none.
        """
        router = self.as_router()
        document = await self.acquaintances.meet(idurl)
        router.know(document)
        rtt, transport = await router.ping(document.fingerprint, within=timeout)
        return Pong(document.idurl, rtt, transport)

    async def identity_get(self) -> IdentityView:
        """@raise NoIdentity: there is none yet."""
        return tell.identity(self.as_somebody())

    async def identity_create(self, name: str, servers: list[str]) -> IdentityView:
        """Make the identity and publish it at these identity servers (default: those of the settings)."""
        return tell.identity(await self.registration.create(name, servers))

    async def identity_backup(self, path: str | None, passphrase: str | None) -> KitView:
        """The recovery kit, as words and, with a path, as a file."""
        return await self.registration.backup(self.as_somebody(), path, passphrase)

    async def identity_recover(self, kit: str, seeds: list[str], passphrase: str | None) -> IdentityView:
        """
        Bring an identity back from its kit, with its catalog.

        @raise Offline: the identity is here now, but no supplier shows the catalog yet; it is tried on.
        """
        identity = await self.registration.recover(kit, seeds, passphrase)
        await self.registration.until_recovered()
        return tell.identity(identity)

    def as_router(self) -> Router:
        """@raise NoIdentity: there is no identity yet."""
        if self.router is None:
            raise NoIdentity()
        return self.router

    def as_somebody(self) -> OwnIdentity:
        """@raise NoIdentity: there is no identity yet."""
        if self.identity is None:
            raise NoIdentity()
        return self.identity

    def _customers_folder(self) -> Path:
        return self.settings.file("paths/customers") or self.home / "customers"

    async def document_of(self, fingerprint: str) -> Document:
        """
        The pinned document of a peer.

        @raise NotFound: he is not known.
        """
        return await _known(self.pins, fingerprint)

    def _serve_identities(self) -> None:
        settings = self.settings
        if not settings.flag("services/identity-server/enabled"):
            return
        certificate = settings.file("services/identity-server/certificate")
        port = settings.number("services/identity-server/web-port")
        host = settings.words("services/identity-server/host") or "127.0.0.1"
        usual = 443 if certificate is not None else 80
        base = (
            f"{'https' if certificate is not None else 'http'}://{host}{'' if port == usual else f':{port}'}"
        )
        server = IdentityServer(self._database("identities.db", IDENTITIES), self._wall, self._reactor, base)
        self._serving = serve(
            self._reactor, server, interface=settings.words("services/identity-server/interface"), port=port,
            certificate=certificate, key=settings.file("services/identity-server/private-key"),
        )  # fmt: skip

    def _public(self, contact: str) -> str:
        """The contact as others shall use it."""
        if not contact.startswith("tcp:"):
            return contact
        host = self.settings.words("services/tcp-connections/host") or self._own_address()
        return f"tcp://{host}:{contact.rpartition(':')[2]}"

    def _own_address(self) -> str:
        """The address of this machine that leads to the first identity server; sends nothing."""
        target = self.servers[0].partition("//")[2] if self.servers else "192.0.2.1"
        host = target.partition("/")[0].partition(":")[0]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((host, 9))
            except OSError:
                return "127.0.0.1"
            address: str = probe.getsockname()[0]
            return address


async def _known(pins: Pins, fingerprint: str) -> Document:
    pinned = await pins.get(fingerprint)
    if pinned is None:
        raise NotFound(f"the identity {fingerprint[:20]}… is not known here")
    return pinned.document


def _server(text: str) -> str:
    return text if "://" in text else f"http://{text}"
