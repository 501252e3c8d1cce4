"""
Every peer this node talks to, by fingerprint: asking, being asked, and who is there.

Upper layers know nothing of links: they say "ask bob this" and get his answer or a clear error.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.database import Database
from bitdust.errors import RemoteFault, Usage
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.idurl import is_private
from bitdust.machines import Machines
from bitdust.router.answered import Answered
from bitdust.router.asking import ask_on
from bitdust.router.connection import Connection
from bitdust.router.inbox import Handler, Inbox, Sender
from bitdust.router.letting_in import LettingIn, nobody
from bitdust.router.lookup import Lookup, PinBook, Said, unsaid
from bitdust.router.pauses import Pauses
from bitdust.router.peer import Peer, Surroundings
from bitdust.router.places import Places
from bitdust.router.punching import Punching
from bitdust.transport.contact import is_dialable
from bitdust.transport.interface import Expected, IExchange, ILink, IPuncher, ITransport, LinkLost
from bitdust.wire.packets import Ack, Identity, Packet, Priority, Punch, PunchNow
from bitdust.world import Rng, Wall

__all__ = ["Handler", "Router", "Sender"]

P = TypeVar("P", bound=Packet)

#: peers nobody needs any more that are remembered for their names and pauses; the longest unused go first
MOST_IDLE = 1000


class Router:
    """
    The one way to any peer.

    @param own: this node's own document as it is now.
    @param pins: the pinned identities of others (`identity.pinning.Pins`).
    @param meet: fetches the identity document at an IDURL anew (`Acquaintances.meet`).
    @param may_reach: may this host, of which others say that a peer is there, be sent to?
    @param is_known: is he somebody for whom places are kept: a supplier, customer or correspondent of ours?
    @param op_db: where answered op ids and good contacts are remembered; its tables are `tables.SCHEMA`.
    @param address: looks for the address record of somebody who is not where he was.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        rng: Rng,
        machines: Machines,
        transports: Sequence[ITransport],
        pins: PinBook,
        meet: Callable[[str], Awaitable[Document]],
        own: Callable[[], Document],
        op_db: Database,
        may_reach: Callable[[str], bool] = lambda host: not is_private(host),
        is_known: Callable[[str], Awaitable[bool]] = nobody,
        address: Callable[[Document], Awaitable[Said | None]] = unsaid,
    ) -> None:
        #: fingerprint of a peer that came online
        self.came: Signal[[str]] = Signal()
        #: fingerprint of a peer that was online and went away
        self.went: Signal[[str]] = Signal()
        #: a link to a peer that has just come up
        self.linked: Signal[[ILink]] = Signal()
        self._clock = clock
        self._own = own
        self._pins = pins
        self._transports = tuple(transports)
        self._inbox = Inbox(Answered(op_db, wall))
        self._inbox.answer(Identity, self._told_identity)
        by_scheme = {transport.scheme: transport for transport in self._transports}
        punchers = {scheme: each for scheme, each in by_scheme.items() if IPuncher.providedBy(each)}
        self._letting_in = LettingIn(clock, punchers, self._observers, may_reach, is_known)
        self._inbox.answer(Punch, self._letting_in.asked)
        self._inbox.answer(PunchNow, self._letting_in.begin)
        self._peers: dict[str, Peer] = {}
        self._stopped = False
        places = Places(op_db, wall)
        self._around = Surroundings(
            clock=clock,
            machines=machines,
            transports=by_scheme,
            punching=Punching(clock, rng, punchers, self._observers, may_reach),
            lookup=Lookup(pins, meet, places.of, address),
            pauses=Pauses(rng),
            own=own,
            may_reach=may_reach,
            serve=self._inbox.take,
            came=self.came,
            went=self.went,
            worked=places.worked,
            linked=self.linked,
        )

    async def start(self) -> list[str]:
        """Listen on every transport; answers the contacts of this node (`tcp://host:port`)."""
        contacts: list[str] = []
        for transport in self._transports:
            contacts += await transport.listen(self._accepted)
        return contacts

    async def stop(self) -> None:
        """End every link and every wait.  Nothing ticks afterwards."""
        self._stopped = True
        self._inbox.stop()
        self._letting_in.stop()
        peers = list(self._peers.values())
        self._peers.clear()
        for peer in peers:
            peer.stop("the node is stopping")
        for transport in self._transports:
            await transport.stop()

    async def ask(
        self,
        fingerprint: str,
        packet: Packet,
        *,
        priority: Priority = Priority.CONTROL,
        within: float = 30.0,
    ) -> Packet:
        """
        Ask and wait for the answer; `within` includes the time to get a link.

        Every question may be asked twice: it only reads, or names what it changes, or has an op id.  So a
        link lost in the middle is replaced and the question asked again while there is time.

        @raise Refused: the peer answered Fail.
        @raise Offline: no link to the peer in time, or none can be had.
        @raise NotFound: no identity of that fingerprint is known here.
        @raise IdentityConflict: the peer's sources disagree; nothing is sent to him.
        @raise Timeout: a link, but no answer in time.
        """
        if packet.body_size:
            raise ValueError("a question with a body needs open()")
        until = self._clock.seconds() + within
        while True:
            link = await self._link(fingerprint, until)
            try:
                return await ask_on(self._clock, link, packet, until - self._clock.seconds(), priority)
            except LinkLost:
                self._peer(fingerprint).links.drop(link)

    async def open(
        self, fingerprint: str, packet: Packet, *, priority: Priority, within: float = 30.0
    ) -> IExchange:
        """
        Begin an exchange whose body, answer and end are the caller's own affair.

        @raise Offline, NotFound, IdentityConflict: as with `ask`.
        """
        link = await self._link(fingerprint, self._clock.seconds() + within)
        return link.ask(packet, priority)

    def answer(self, packet_type: type[P], handler: Handler[P]) -> None:
        """
        Questions of this type are answered by the handler from now on.

        It is given a `Question`, an exchange on which it may `read` the body and `reply` itself.  A question
        with an op id is given to it once; its answer is remembered and given to repetitions.
        """
        self._inbox.answer(packet_type, handler)

    def know(self, document: Document) -> None:
        """An accepted document of a peer, maybe newer than the one used so far."""
        if not self._stopped:
            self._peer(document.fingerprint).news(document)

    def hint(self, fingerprint: str, contacts: Sequence[str]) -> None:
        """He is said to be reached there, too (at most 4 are tried); his document comes with the link."""
        if not self._stopped and fingerprint != self._own().fingerprint:
            self._peer(fingerprint).hint(contacts)

    def seen(self, fingerprint: str, contacts: Sequence[str]) -> None:
        """He is there at this moment: if he is wanted he is dialled at once."""
        if not self._stopped and fingerprint != self._own().fingerprint:
            self._peer(fingerprint).seen(contacts)

    async def call(self, contact: str) -> Document:
        """
        Meet whoever is at this contact; he is a peer like any other then.

        @raise Usage: no road leads there, or none may be taken.
        @raise Timeout, BadIdentity: nobody there is to be met.
        """
        transport = self._around.transports.get(contact.partition("://")[0])
        if transport is None:
            raise Usage(f"no road of this node leads to {contact[:256]!r}")
        if not is_dialable(contact, self._around.may_reach):
            raise Usage(f"{contact[:256]!r} is in a private network, or at a port that is no node's")
        link = await transport.dial(contact, Expected(None, None))
        document: Document = link.document
        self._accepted(link)
        return document

    def try_straight(self) -> None:
        """The network has changed: who is reached over a relay is tried without one, at once."""
        for peer in list(self._peers.values()):
            peer.try_straight()

    def is_online(self, fingerprint: str) -> bool:
        """Is there a link to the peer at this moment?"""
        # Asked of the links, not of the machine: who hears that he came asks this in the middle of its move.
        return self.link(fingerprint) is not None

    def link(self, fingerprint: str) -> ILink | None:
        """The link in use; None when away.  Dials nobody."""
        peer = self._peers.get(fingerprint)
        return peer.links.best() if peer is not None else None

    def connections(self) -> list[Connection]:
        """Every peer who is there, and how; those last used last."""
        return [found for peer in self._peers.values() if (found := peer.connection()) is not None]

    def rtt(self, fingerprint: str) -> float | None:
        """Seconds to the peer and back when last measured; None when away."""
        peer = self._peers.get(fingerprint)
        return peer.links.rtt() if peer is not None else None

    def transport_of(self, fingerprint: str) -> str | None:
        """Name of the transport of the present link; None when away."""
        link = self.link(fingerprint)
        return link.transport_name if link is not None else None

    def keep(self, fingerprint: str) -> None:
        """Keep a link to the peer up: redial for ever, with growing pauses.  Twice is once."""
        if not self._stopped:
            self._peer(fingerprint).keep()

    def let_go(self, fingerprint: str) -> None:
        """No need to keep the link up any more; an existing one is not cut."""
        peer = self._peers.get(fingerprint)
        if peer is not None:
            peer.let_go()

    def reconnect(self) -> None:
        """End every link, and make those anew that are kept or waited for, without the pauses of the past."""
        for peer in list(self._peers.values()):
            peer.reconnect()

    def check(self, patience: float) -> None:
        """
        The machine was asleep, or its network is another one: links that give no sign of life within
        `patience` seconds are made anew, and nobody waits for the pauses of the past.
        """
        for peer in list(self._peers.values()):
            peer.check(patience)

    async def ping(self, fingerprint: str, within: float = 10.0) -> tuple[float, str]:
        """
        Seconds an Identity took to be acknowledged, and the name of the transport it went over.

        @raise Offline, Timeout, Refused: as with `ask`.
        """
        until = self._clock.seconds() + within
        while True:
            link = await self._link(fingerprint, until)
            asked = self._clock.seconds()
            try:
                await ask_on(self._clock, link, Identity(self._own().raw), until - self._clock.seconds())
            except LinkLost:
                self._peer(fingerprint).links.drop(link)
                continue
            seconds = self._clock.seconds() - asked
            self._peer(fingerprint).links.measured(link, seconds)
            return seconds, link.transport_name

    async def _link(self, fingerprint: str, until: float) -> ILink:
        if fingerprint == self._own().fingerprint:
            raise Usage("that is this node itself")
        # At least one look is taken: a link that is there needs no time.
        return await self._peer(fingerprint).link(max(0.0, until - self._clock.seconds()))

    def _peer(self, fingerprint: str) -> Peer:
        peer = self._peers.pop(fingerprint, None)
        if peer is None:
            self._forget_some()
            peer = Peer(fingerprint, self._around)
            if self._stopped:
                peer.stop("the node is stopping")
                return peer
        # Behind the others: the order of the dictionary is the order of use.
        self._peers[fingerprint] = peer
        return peer

    def _forget_some(self) -> None:
        if len(self._peers) < MOST_IDLE:
            return
        for peer in [peer for peer in self._peers.values() if peer.is_forgettable()][: MOST_IDLE // 10]:
            del self._peers[peer.fingerprint]
            peer.stop("forgotten")

    def _accepted(self, link: ILink) -> None:
        fingerprint = link.document.fingerprint
        if self._stopped or fingerprint == self._own().fingerprint:
            link.close("the node is stopping" if self._stopped else "this is a link to myself")
            return
        self._peer(fingerprint).adopt(link)

    def _observers(self, scheme: str) -> list[tuple[str, Expected]]:
        """
        Who may tell at which place he sees us on that road: whom we have dialed where he says he is, latest
        first, those in public networks before others.
        """
        found = [
            (contact, Expected(peer.fingerprint, link.document.device_spkis))
            for peer in reversed(self._peers.values())
            if (link := peer.links.best()) is not None
            and link.direct
            and link.dialed
            and link.address in link.document.contacts
            for contact in link.document.contacts
            if contact.partition("://")[0] == scheme
        ]
        return sorted(found, key=lambda each: is_private(urlsplit(each[0]).hostname or ""))

    async def _told_identity(self, sender: Sender, packet: Identity, exchange: IExchange) -> Packet:
        if packet.document != sender.document.raw:
            document = await self._pins.doorman(packet.document, sender.link.spki)
            if document.fingerprint != sender.fingerprint:
                raise RemoteFault("that is the identity of somebody else")
            self.know(document)
        return Ack()
