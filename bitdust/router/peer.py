"""One peer: the road to him, his presence, his links, and those who wait for a link to him."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from twisted.internet.defer import CancelledError, Deferred, TimeoutError, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BadIdentity, BitDustError, Cancelled, NotFound, Offline
from bitdust.identity.document import Document
from bitdust.machines import Machines
from bitdust.router.connection import Connection
from bitdust.router.contacts import Contacts
from bitdust.router.dials import Dials
from bitdust.router.links import UNUSED, Links
from bitdust.router.lookup import Lookup, Said
from bitdust.router.message_router import Road, make_message_router
from bitdust.router.pauses import Pauses
from bitdust.router.presence import Announcements, make_presence
from bitdust.router.punching import Punching
from bitdust.router.upgrade import Upgrade
from bitdust.transport.interface import Answerer, Expected, ILink, ITransport
from bitdust.transport.race import Dial
from bitdust.world import spawn

#: a link that was up so many seconds was a good one: the next pause is short again
STEADY = 60.0
#: from this attempt on his identity is fetched anew before each dial
REFRESH_AFTER = 2


@dataclass(frozen=True)
class Surroundings:
    """What every peer of one node is handed."""

    clock: IReactorTime
    machines: Machines
    transports: Mapping[str, ITransport]
    punching: Punching
    lookup: Lookup
    pauses: Pauses
    own: Callable[[], Document]
    #: may this host, of which others say that a peer is there, be sent to?
    may_reach: Callable[[str], bool]
    serve: Answerer
    came: Callable[[str], None]
    went: Callable[[str], None]
    #: a contact has led to a peer
    worked: Callable[[str, str], None]
    linked: Callable[[ILink], None]


class Peer:
    """Somebody this node talks to, known or stranger."""

    _log = Logger()

    def __init__(self, fingerprint: str, around: Surroundings) -> None:
        self.fingerprint = fingerprint
        self.document: Document | None = None
        self.kept = False
        self._around = around
        self._waiting: list[Deferred[ILink]] = []
        self._dials = Dials(around.clock, self._linked, self._unreached)
        self._upgrade = Upgrade(around.clock, self._dial_straight, self._punch, self._linked)
        self._upgraded = False
        self._contacts = Contacts(around.clock, around.may_reach)
        #: what his address record says
        self._said: Said | None = None
        self._suspect: int | None = None
        self._why: BitDustError | None = None
        self._used_at = 0.0
        self._stopped = False
        self.presence = make_presence(
            Announcements(
                came=lambda: around.came(fingerprint),
                went=lambda: around.went(fingerprint),
            )
        )
        self._road = Road(
            clock=around.clock,
            presence=self.presence,
            look_up=self._look_up,
            dial=self._dial,
            hang_up=self._hang_up,
            pause=around.pauses,
        )
        self._router = make_message_router(self._road)
        self.links = Links(
            around.clock,
            ours_first=around.own().fingerprint < fingerprint,
            up=self._router.linked,
            down=self._unlinked,
            needed=self._is_needed,
            chosen=self._chosen,
        )
        self._rows = {
            name: around.machines.watch(machine, f"{name}({fingerprint[:8]})")
            for name, machine in (("message_router", self._router), ("presence", self.presence))
        }

    def know(self, document: Document) -> None:
        """An accepted document of this peer."""
        if self.document is not None and self.document.revision >= document.revision:
            return
        self.document = document
        for name, row in self._rows.items():
            row.name = f"{name}({document.name})"

    def news(self, document: Document) -> None:
        """The same, from elsewhere: he may be found now if he could not before."""
        newer = self.document is None or self.document.revision < document.revision
        self.know(document)
        if newer:
            self._upgrade.hurry()
        if not self.is_forgettable():
            self._router.want()

    def hint(self, contacts: Sequence[str], *, heard: bool = False) -> None:
        """
        He is said to be there, too; his document need not be known.  What was said last is tried first.

        @param heard: he is, since his own datagram came from there.
        """
        if self._contacts.hint(contacts, heard=heard) and not self.is_forgettable():
            self._router.want()

    def seen(self, contacts: Sequence[str]) -> None:
        """He is there at this moment: whoever waits for him waits for no pause, and for no dead contact."""
        self.hint(contacts, heard=True)
        if not self.is_forgettable():
            self._router.seen()

    def try_straight(self) -> None:
        """The network has changed: perhaps he can be reached without a relay now."""
        self._upgrade.hurry()

    def adopt(self, link: ILink) -> None:
        """A link to this peer is there, dialled by either end."""
        if self._stopped:
            link.close("the node is stopping")
            return
        self.know(link.document)
        if link.dialed and link.direct:
            self._around.worked(self.fingerprint, link.address)
        self.links.add(link)
        link.serve(self._around.serve)
        self._around.linked(link)
        best = self.links.best()
        if best is not None:
            self._why = None
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                waiter.callback(best)

    def link(self, within: float) -> Deferred[ILink]:
        """
        The link in use, or the next one.

        @raise Offline: none came in time.
        @raise IdentityConflict, NotFound: none can come.
        """
        if self._stopped:
            raise Cancelled("the node is stopping")
        self._used_at = self._around.clock.seconds()
        best = self.links.best()
        if best is not None:
            return succeed(best)
        waiter: Deferred[ILink] = Deferred(self._waiter_left)
        self._waiting.append(waiter)

        def timed_out(why: Failure) -> Failure:
            if isinstance(why.value, TimeoutError):
                raise self._offline() from None
            return why

        result = waiter.addTimeout(within, self._around.clock).addErrback(timed_out)
        self._router.want()
        return result

    def connection(self) -> Connection | None:
        """What is told of the link in use; None: there is none."""
        best = self.links.best()
        if best is None:
            return None
        return Connection(
            idurl=best.document.idurl,
            fingerprint=self.fingerprint,
            transport=best.transport_name,
            direct=best.direct,
            address=best.address,
            since=self.links.since(),
            dialed=best.dialed,
            rtt=self.links.rtt(),
            upgraded=self._upgraded,
            tries=self._upgrade.tries if not best.direct else 0,
            next_try=self._upgrade.next_try(),
        )

    def keep(self) -> None:
        """Have a link, always."""
        if not self.kept:
            self.kept = True
            self._router.want()

    def let_go(self) -> None:
        """No need to have a link."""
        self.kept = False
        self._check_wanted()

    def is_forgettable(self) -> bool:
        """Would nobody notice if this peer were met anew?"""
        return not self.kept and not self._waiting and self.links.best() is None

    def reconnect(self) -> None:
        """Make the link anew, now."""
        self._road.attempts = 0
        self.links.close("connecting anew")
        if self.kept or self._waiting:
            self._router.want()

    def check(self, patience: float) -> None:
        """Links may be dead, and pauses of the past mean nothing: see which, and make those anew."""
        self._road.attempts = 0
        self.links.check(patience)
        if not self.is_forgettable():
            self._router.want()

    def stop(self, why: str) -> None:
        """End everything about this peer."""
        self._stopped = True
        self._router.stop()
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.errback(Cancelled(why))
        self.links.close(why)
        for row in self._rows.values():
            self._around.machines.forget(row)

    def _offline(self) -> Offline:
        name = self.document.name if self.document is not None else self.fingerprint
        because = f": {self._why.message}" if self._why is not None else ""
        return Offline(f"{name} cannot be reached{because}", hint="`bitdust ping IDURL` tries again")

    def _waiter_left(self, waiter: Deferred[ILink]) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
            self._check_wanted()

    def _is_needed(self) -> bool:
        return self.kept or self._around.clock.seconds() - self._used_at < UNUSED

    def _check_wanted(self) -> None:
        if not self.kept and not self._waiting:
            self._road.attempts = 0
            self._router.unwanted()

    def _unlinked(self, lasted: float) -> None:
        if lasted >= STEADY:
            self._road.attempts = 0
        self._router.unlinked()
        self._check_wanted()

    # What the machine calls.

    def _look_up(self) -> Deferred[None]:
        def broke(why: Failure) -> None:
            if not isinstance(why.value, CancelledError):
                self._log.failure("looking up a peer failed in an unforeseen way", why)
                self._give_up(BitDustError(why.getErrorMessage()))

        return spawn(self._find()).addErrback(broke)

    async def _find(self) -> None:
        lookup = self._around.lookup
        fresh = self._suspect is not None or self._road.attempts >= REFRESH_AFTER
        self._contacts.found = await lookup.places(self.fingerprint)
        try:
            document = await lookup.find(self.fingerprint, self.document, fresh=fresh)
        except BitDustError as why:
            if isinstance(why, NotFound) and self._to_dial():
                self._router.found()
            else:
                self._give_up(why)
            return
        self.know(document)
        if self._suspect is not None or self._road.attempts or not self._to_dial():
            # He is not where he was, as far as we know.
            self._said = await lookup.address(document)
        if not self._to_dial():
            self._give_up(Offline(f"{document.name} has no address that this node can dial"))
        elif self._suspect is not None and max(document.revision, self._told()) <= self._suspect:
            # Nothing newer is to be had: dialling at once would find the stranger again.
            self._suspect = None
            self._router.unknown()
        else:
            self._router.found()

    def _give_up(self, why: BitDustError) -> None:
        """No link can come: say so now, not when the patience of those who wait has ended."""
        self._why = why
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.errback(why)
        self._router.unknown()
        self._check_wanted()

    def _to_dial(self, *, straight: bool | None = None) -> Sequence[Dial]:
        """The contacts to try: all, or only those of straight roads, or only those of others."""
        document, transports = self.document, self._around.transports
        # Where he says that there is a newer document he may have another device; it comes with the link.
        is_newest = document is not None and self._told() <= document.revision
        expected = Expected(self.fingerprint, document.device_spkis if document and is_newest else None)
        published = document.contacts if document is not None else ()
        said = self._said.contacts if self._said is not None else ()

        def is_wanted(contact: str) -> bool:
            road = transports.get(_road(contact))
            return road is not None and straight in (None, road.direct)

        return [
            partial(transports[_road(contact)].dial, contact, expected)
            for contact in self._contacts.to_dial(published, said, is_wanted)
        ]

    def _told(self) -> int:
        """The revision that his address record tells of; 0 without one."""
        return self._said.revision if self._said is not None else 0

    def _dial(self) -> None:
        self._dials.begin(self._to_dial(straight=True), self._to_dial(straight=False))

    def _dial_straight(self) -> None:
        if dials := self._to_dial(straight=True):
            self._dials.begin(dials)

    def _punch(self) -> Deferred[ILink] | None:
        """Come through the routers between, if that is for this end to begin."""
        link = self.links.best()
        if link is None or link.direct or not link.dialed or self.document is None:
            return None
        return self._around.punching.begin(link, Expected(self.fingerprint, self.document.device_spkis))

    def _linked(self, link: ILink) -> None:
        self._suspect = None
        self.adopt(link)

    def _unreached(self, why: BitDustError) -> None:
        self._why = why
        if isinstance(why, BadIdentity) and self.document is not None:
            self._suspect = max(self.document.revision, self._told())
            self._router.impostor()
        else:
            self._router.unreachable()

    def _hang_up(self) -> None:
        self._dials.stop()

    def _chosen(self) -> None:
        best = self.links.best()
        straight = best is not None and best.direct
        self._upgraded = straight and (self._upgraded or self._upgrade.is_wanted)
        self._upgrade.watch(best is not None and not best.direct)


def _road(contact: str) -> str:
    return contact.partition("://")[0]
