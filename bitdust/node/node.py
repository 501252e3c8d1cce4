"""
class Node: one user's node, as its API sees it.

A node without an identity waits for one to be made or recovered; it may serve the identities of others
meanwhile.  With one it is a customer and a supplier (see somebody.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger

from bitdust.backup.backups import Backups
from bitdust.config.settings import Settings
from bitdust.directory.identity_client import IdentityClient
from bitdust.disk import private_folder
from bitdust.errors import BitDustError, Conflict, NoIdentity, TryLater
from bitdust.events import Signal
from bitdust.identity.pinning import SCHEMA as PINS
from bitdust.machines import Machines
from bitdust.node import tell
from bitdust.node.chronicle import Chronicle, follow_settings
from bitdust.node.customer_side import CustomerSide
from bitdust.node.happenings import Happenings
from bitdust.node.health import look_at
from bitdust.node.health_watch import HealthWatch
from bitdust.node.identity_role import serve_identities
from bitdust.node.messaging_side import MessagingSide
from bitdust.node.own_identity import OwnIdentity
from bitdust.node.pages import Pages
from bitdust.node.peers import Peers
from bitdust.node.people import People
from bitdust.node.reach_words import explained
from bitdust.node.registration import IDENTITY, Registration
from bitdust.node.relay_view import RelayView
from bitdust.node.seams import Databases, Ground, Seams
from bitdust.node.services import Services
from bitdust.node.somebody import Somebody, customers_folder
from bitdust.node.views import (
    CustomerView,
    DirectoryView,
    Health,
    IdentityView,
    KitView,
    NetworkView,
    Pong,
    Replacing,
    SupplierView,
)
from bitdust.router.connection import Connection
from bitdust.supplier.service import SupplierService
from bitdust.world import InThread, Rng, Wall, background, give_up, pause

#: seconds between two attempts to recover: doubled each time, up to two minutes
AGAIN, LONGEST_PAUSE = 15.0, 120.0


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
        self.home = private_folder(home)
        self.settings = settings
        self.machines = Machines(tells=lambda: settings.flag("logs/automat-transitions-enabled"))
        #: the node is asked to end; True: and to start anew
        self.on_stop: Signal[[bool]] = Signal()
        #: what happened lately, for whoever asks or listens
        self.happenings = Happenings(reactor, wall)
        self._health_watch = HealthWatch(reactor, self.health, self.happenings)
        self._chronicle: Chronicle | None = None
        self._unfollow_settings: Callable[[], None] = lambda: None
        self.somebody: Somebody | None = None
        #: those who show our pages, if anybody does
        self.pages: Pages | None = None
        #: after a restart the page is to be opened
        self.shows_again = False
        self._ground = Ground(reactor, home, settings, rng, wall, threads, seams)
        self._databases = Databases(self._ground)
        self.people = People(self._ground, self._databases.open("peers.db", PINS))
        self.registration = Registration(
            self._ground, self.people, lambda: self.identity, self._become, self._is_usurped, self._retire
        )
        self.peers = Peers(self)
        self.services = Services(
            settings, lambda: self.somebody is not None, self._build_anew, self._serve_anew, self._may_switch
        )
        self._recovering: Deferred[None] | None = None
        self._serving: IListeningPort | None = None

    # -- living

    async def start(self) -> None:
        """Come up: serve identities if that is wanted, and be who we are."""
        self._unfollow_settings = follow_settings(self.settings, self.happenings)
        self._serving = serve_identities(self._ground, self._databases)
        self.services.start()
        identity = OwnIdentity.load(self.home / IDENTITY, self._ground.wall) or self.registration.cut_off()
        if identity is not None:
            await self._become(identity)
        self.happenings.tell("node.ready", idurl=self.identity.document.idurl if self.identity else "")

    async def _become(self, identity: OwnIdentity) -> None:
        """From now on this node is somebody."""
        somebody = Somebody(identity, self._ground, self._databases, self.people, self.machines)
        recovering = self.registration.is_recovering()
        somebody.customer.synchronizer.recovering = recovering
        self.somebody = somebody
        self._chronicle = Chronicle(self._ground.reactor, self.happenings, self._health_watch.soon)
        self._chronicle.follow(somebody.customer, somebody.supplier)
        self._chronicle.follow_relays(somebody.relays)
        if somebody.messaging is not None:
            somebody.messaging.messages.received.listen(
                lambda message: self.happenings.tell("message.received", id=message.id, sender=message.sender)
            )
        await somebody.start()
        if recovering:
            self._recovering = background(
                self._recover(somebody), lambda failure: self._log.failure("recovery broke", failure)
            )
        else:
            await somebody.begin_backups()

    async def _recover(self, somebody: Somebody) -> None:
        """Try until the catalog is here; then live on as if nothing had happened."""
        wait = AGAIN
        while True:
            try:
                await somebody.recover(self.registration.record())
                somebody.customer.synchronizer.recovering = False
                self.registration.recovered()
                break
            except (BitDustError, OSError, TimeoutError) as error:
                somebody.customer.synchronizer.recovering = True
                self._log.warn("the catalog is not recovered yet: {why}", why=error)
                self.registration.not_yet(error if isinstance(error, BitDustError) else TryLater(str(error)))
                await pause(self._ground.reactor, wait)
                wait = min(2 * wait, LONGEST_PAUSE)
        await somebody.begin_backups()

    def _is_usurped(self) -> bool:
        return self.somebody is not None and bool(self.somebody.customer.synchronizer.usurped)

    async def _retire(self) -> None:
        """From now on this node is nobody, and its catalog is closed."""
        somebody, self.somebody = self.as_somebody(), None
        await self._put_down(somebody)
        await somebody.catalog_db.close()

    async def shut_down(self) -> None:
        """Park the transfers, close the catalog, leave nothing ticking."""
        self._unfollow_settings()
        await self.services.stop()
        self._health_watch.stop()
        if self.somebody is not None:
            await self._put_down(self.somebody)
        if self._serving is not None:
            await maybeDeferred(self._serving.stopListening)
        await self._databases.close()

    async def _build_anew(self) -> None:
        """Put all parts down and build them with the settings as they are now."""
        somebody = self.as_somebody()
        await self._put_down(somebody)
        await self._become(somebody.identity)

    async def _serve_anew(self) -> None:
        """Serve identities, or no more, as the settings say now."""
        serving, self._serving = self._serving, None
        if serving is not None:
            await maybeDeferred(serving.stopListening)
        self._serving = serve_identities(self._ground, self._databases)

    def _may_switch(self) -> None:
        if self.registration.is_recovering():
            raise TryLater("the catalog is being recovered: nothing is switched meanwhile")

    async def _put_down(self, somebody: Somebody) -> None:
        """End all its parts, and whatever worked on them."""
        if self._recovering is not None:
            give_up(self._recovering)
        if self._chronicle is not None:
            self._chronicle.stop()
            self._chronicle = None
        await somebody.stop()

    def stop(self) -> None:
        """Begin to end, a moment from now: the answer to whoever asked goes out first."""
        self._ground.reactor.callLater(0.1, self.on_stop, False)

    def restart(self, show: bool = False) -> None:
        """Begin to end and start anew, a moment from now; with `show`, and then to open the page."""
        self.shows_again = show
        self._ground.reactor.callLater(0.1, self.on_stop, True)

    def show(self) -> None:
        """Begin to open the page in the browser of this machine.  @raise TryLater: there are no pages."""
        self.require_pages().show()

    def require_pages(self) -> Pages:
        """@raise TryLater: nobody shows the pages of this node."""
        if self.pages is None:
            raise TryLater("this node shows no pages")
        return self.pages

    def now(self) -> float:
        """The date, in Unix seconds."""
        return self._ground.wall()

    # -- who we are

    def as_somebody(self) -> Somebody:
        """@raise NoIdentity: there is no identity yet."""
        if self.somebody is None:
            raise NoIdentity()
        return self.somebody

    @property
    def identity(self) -> OwnIdentity | None:
        """Our identity, if there is one."""
        return self.somebody.identity if self.somebody is not None else None

    @property
    def customer(self) -> CustomerSide | None:
        """We as a customer, if we are somebody."""
        return self.somebody.customer if self.somebody is not None else None

    @property
    def supplier(self) -> SupplierService | None:
        """We as a supplier, if we are one."""
        return self.somebody.supplier if self.somebody is not None else None

    # -- what the API asks

    @property
    def backups(self) -> Backups:
        """@raise NoIdentity: there is no identity yet."""
        return self.as_somebody().customer.backups

    @property
    def messaging(self) -> MessagingSide:
        """
        Correspondents, messages and nicknames.

        @raise NoIdentity: there is no identity yet.
        @raise Conflict: the settings say that there are no private messages here.
        """
        messaging = self.as_somebody().messaging
        if messaging is None:
            raise Conflict(
                "private messages are switched off here",
                hint="`bitdust config set services/private-messages/enabled true`",
            )
        return messaging

    async def health(self) -> Health:
        """The state of everything in one sentence, and its parts."""
        trouble = self.registration.trouble
        recovering = (trouble.message if trouble else "") if self.registration.is_recovering() else None
        untold = self.somebody.propagation.trouble if self.somebody is not None else ""
        found = await look_at(self.customer, recovering, untold, self.now())
        return replace(found, network=self.network().sentence) if self.somebody is not None else found

    def network(self) -> NetworkView:
        """How others come to this node.  @raise NoIdentity: there is no identity yet."""
        return explained(self.as_somebody().reachability.network(), self.settings)

    async def suppliers_list(self) -> list[SupplierView]:
        """The present supplier set."""
        return await tell.suppliers(self.as_somebody().customer, self.as_somebody().router)

    async def supplier_replace(self, index_or_idurl: str | int) -> Replacing:
        """
        Replace a supplier, named by position or IDURL; his pieces are rebuilt at whoever takes his place.

        @raise NotFound: no such supplier.
        """
        customer = self.as_somebody().customer
        customer.synchronizer.check()
        position, seat = await customer.suppliers.replace(str(index_or_idurl))
        customer.fire_hire.restart()
        return Replacing(position, seat.idurl)

    async def customers_list(self) -> list[CustomerView]:
        """Who keeps pieces here."""
        return await tell.customers(self.supplier, self.now())

    async def space_donated(self) -> dict[str, int]:
        """Bytes: donated, consumed (promised), used, real (on disk), free; and how many customers."""
        return await tell.donated(self.supplier, self._ground.in_thread, customers_folder(self._ground))

    async def space_consumed(self) -> dict[str, int]:
        """Bytes needed, used, free at the suppliers, in all and per supplier."""
        return await tell.consumed(self.as_somebody().customer)

    async def space_local(self) -> dict[str, int]:
        """Bytes this node's own folders take, and what the disk has free."""
        return await self._ground.in_thread(
            tell.local, self.home, customers_folder(self._ground), self.settings
        )

    def relay_status(self) -> RelayView:
        """Whom we carry for, and who carries for us."""
        return self.as_somebody().relays.status()

    def connections(self) -> list[Connection]:
        """Who is connected now, and how; times in Unix seconds.  @raise NoIdentity: nobody can be."""
        return tell.connections(self.as_somebody().router, self.now() - self._ground.reactor.seconds())

    async def ping(self, idurl: str, timeout: float) -> Pong:
        """
        Fetch who bears the name now, and ask him for a sign of life.

        @raise Timeout, Offline: there is none.
        """
        router = self.as_somebody().router
        document = await self.people.meet(idurl)
        router.know(document)
        rtt, transport = await router.ping(document.fingerprint, within=timeout)
        return Pong(document.idurl, rtt, transport)

    async def directories_list(self) -> list[DirectoryView]:
        """Where this node tells of itself and finds others.  @raise NoIdentity: it tells nothing yet."""
        somebody, servers = self.as_somebody(), self.people.directory
        return await somebody.directories.views(
            servers if isinstance(servers, IdentityClient) else None, somebody.propagation.trouble
        )

    async def identity_get(self) -> IdentityView:
        """@raise NoIdentity: there is none yet."""
        return tell.identity(self.as_somebody().identity)

    async def identity_create(self, name: str, servers: list[str]) -> IdentityView:
        """Make the identity and publish it at these identity servers (default: those of the settings)."""
        return self._tell_identity("identity.created", await self.registration.create(name, servers))

    async def identity_backup(self, path: str | None, passphrase: str | None) -> KitView:
        """The recovery kit, as words and, with a path, as a file."""
        return await self.registration.backup(self.as_somebody().identity, path, passphrase)

    async def identity_recover(self, kit: str, seeds: list[str], passphrase: str | None) -> IdentityView:
        """
        Bring an identity back from its kit, with its catalog.

        @raise Offline: the identity is here now, but no supplier shows the catalog yet; it is tried on.
        """
        identity = await self.registration.recover(kit, seeds, passphrase)
        self._tell_identity("identity.recovered", identity)
        await self.registration.until_recovered()
        return tell.identity(identity)

    def _tell_identity(self, type: str, identity: OwnIdentity) -> IdentityView:
        view = tell.identity(identity)
        self.happenings.tell(type, idurl=view.idurl, name=view.name, fingerprint=view.fingerprint)
        return view
