"""
relay_side -- we, as a relay, and as one who is reached over relays: the parts, and how they are joined.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from twisted.logger import Logger

from bitdust.errors import BitDustError, Denied
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.node.own_identity import OwnIdentity
from bitdust.node.people import People
from bitdust.node.relay_view import RelayView, relay_view
from bitdust.node.seams import Ground
from bitdust.relay.keeper import Keeper
from bitdust.relay.register import Register
from bitdust.relay.service import OFFER, RelayService
from bitdust.router.router import Router, Sender
from bitdust.transport.guests import Partners
from bitdust.transport.interface import IExchange
from bitdust.transport.relay.port import RelayTransport
from bitdust.wire.packets import AskReached, Knock, Packet, Priority

CARRIES, ROUTES, LIMIT = (
    "services/proxy-server/enabled",
    "services/proxy-server/routes-limit",
    "services/proxy-server/carry-limit",
)
TRANSPORT = "services/proxy-transport/"
ENABLED, ALWAYS, PREFERRED = (
    "services/proxy-transport/enabled",
    "services/proxy-transport/receiving-enabled",
    "services/proxy-transport/preferred-routers",
)
#: seconds that a dialer has to get a link to a relay
TO_RELAY = 8.0
#: relays among those whom we only met that are asked in one round
MET = 8


class RelaySide:
    """
    @param own: those who have a contract with us, in either direction, by fingerprint.
    @param partners: those whose links have a place before others'.
    @param unreachable: has it been found that others cannot reach us?
    """

    _log = Logger()

    def __init__(
        self,
        ground: Ground,
        identity: OwnIdentity,
        people: People,
        own: Callable[[], Awaitable[Sequence[str]]],
        partners: Partners,
        unreachable: Callable[[], bool],
    ) -> None:
        self._ground, self._identity, self._people = ground, identity, people
        self._own, self._unreachable = own, unreachable
        self._router: Router | None = None
        self._unfollow: list[Callable[[], None]] = []
        #: the road that is dialed and taken over relays; None: not wanted
        self.road: RelayTransport | None = None
        #: our places at relays; None before the router is there, or when that is not wanted
        self.keeper: Keeper | None = None
        #: we as a relay; None: we are none
        self.service: RelayService | None = None
        #: who is reached over us; None: we are no relay
        self.register: Register | None = None
        #: those may be others now, or be called otherwise
        self.reached: Signal[[]] = Signal()
        if ground.settings.flag(ENABLED):
            self.road = RelayTransport(
                ground.reactor, identity.device, lambda: identity.document.raw, people.pins.doorman,
                self._through, ground.rng, ground.wall, partners,
            )  # fmt: skip

    def join(self, router: Router) -> None:
        """From now on its questions are answered, and relays are asked over it."""
        settings, clock = self._ground.settings, self._ground.reactor
        self._router = router
        if self.road is not None:
            router.answer(Knock, self._knocked)
            self.keeper = Keeper(clock, self._identity.fingerprint, router, self._wanted, self._candidates)
            self._unfollow.append(settings.listen(TRANSPORT, lambda _: self.reconsider()))
        if settings.flag(CARRIES):
            self.service = service = RelayService(
                clock, router.link, self._is_own, lambda: settings.number(ROUTES)
            )
            for packet, handler in service.commands().items():
                router.answer(packet, handler)
            self.register = Register(service.reached, self._people.document_of, clock)
            router.answer(AskReached, self.register.asked)
            service.pace.set(settings.number(LIMIT))
            self._unfollow += [
                router.went.listen(service.went),
                service.asked.listen(self.reached),
                settings.listen(LIMIT, lambda _: service.pace.set(settings.number(LIMIT))),
            ]

    def start(self) -> None:
        """Look for relays, if any are wanted."""
        if self.keeper is not None:
            self.keeper.start()

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        for unfollow in self._unfollow:
            unfollow()
        if self.keeper is not None:
            self.keeper.stop()
        if self.service is not None:
            self.service.pace.set(0)

    def reconsider(self) -> None:
        """Whether others can reach us may have changed."""
        if self.keeper is not None:
            self.keeper.hurry()

    def befriended(self, fingerprint: str) -> None:
        """Somebody has a contract with us from now on, in either direction."""
        if self.service is not None:
            self.service.befriended(fingerprint)

    def contacts(self) -> list[str]:
        """The contacts at which relays take calls for us."""
        return self.keeper.contacts() if self.keeper is not None else []

    def carried(self) -> list[str]:
        """Fingerprints of those who are reached over us."""
        return [each.fingerprint for each in self.service.reached()] if self.service is not None else []

    def status(self) -> RelayView:
        """What is told of all that."""
        clock, wall = self._ground.reactor.seconds(), self._ground.wall()
        return relay_view(
            self.service.carrying() if self.service is not None else None,
            self.keeper.places() if self.keeper is not None else None,
            self._wanted(),
            lambda then: wall + then - clock,
        )

    async def others(self) -> list[Document]:
        """Those who are reached over us, in whose place we gather."""
        return await self.register.documents() if self.register is not None else []

    def offers(self) -> tuple[str, ...]:
        """What we offer as a relay, for the identity."""
        return (OFFER,) if self.service is not None else ()

    def _wanted(self) -> bool:
        return self._ground.settings.flag(ALWAYS) or self._unreachable()

    async def _is_own(self, fingerprint: str) -> bool:
        return fingerprint in await self._own()

    async def _candidates(self) -> list[Document]:
        """Those the owner prefers, those who have a contract with us, and those we only met."""
        found: dict[str, Document] = {}
        for idurl in self._ground.settings.several(PREFERRED):
            try:
                document = await self._people.meet(idurl)
            except BitDustError as why:
                self._log.info("the relay {idurl} is not found: {why}", idurl=idurl, why=why)
            else:
                found[document.fingerprint] = document
        for fingerprint in await self._own():
            pinned = await self._people.pins.get(fingerprint)
            if pinned is not None and OFFER in pinned.document.offers:
                found.setdefault(fingerprint, pinned.document)
        for document in await self._people.pins.offering(OFFER, MET):
            found.setdefault(document.fingerprint, document)
        return [*found.values()]

    async def _through(self, relay: str, places: Sequence[str], question: Packet) -> IExchange:
        assert self._router is not None, "join() comes before the first dial"
        self._router.hint(relay, places)
        return await self._router.open(relay, question, priority=Priority.RESTORE, within=TO_RELAY)

    async def _knocked(self, sender: Sender, packet: Knock, exchange: IExchange) -> None:
        if self.road is None or self.keeper is None or not self.keeper.has(sender.fingerprint):
            raise Denied("this node has no place at that relay")
        await self.road.take(sender.fingerprint, packet, exchange)
