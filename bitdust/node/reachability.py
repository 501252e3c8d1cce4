"""
reachability -- finds out where this node is reached, and has it told to the world when that changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from bitdust.machines import Machines
from bitdust.node.network_connector import Asking, NetworkConnector, make_network_connector
from bitdust.node.views import NetworkView, RoadView
from bitdust.reach.claims import Claim
from bitdust.reach.dial_back import DialBacks
from bitdust.reach.inquiry import Inquiry
from bitdust.reach.scopes import Address
from bitdust.reach.standpoint import Standpoint, Verdict, Wishes
from bitdust.reach.watch import Look, Watch
from bitdust.router.router import Router, Sender
from bitdust.transport.interface import IExchange, ILink, ITransport
from bitdust.wire.packets import DialBack, DialledBack, Packet
from bitdust.world import Wall, background, give_up, pause

#: seconds that changes are gathered for, and between two that are told
GATHER, SELDOM = 2.0, 60.0
#: seconds for an answer: dials of the other end take up to ten
DIALS = 25.0
#: seconds a link may keep silent after a sleep or a change of the network
PATIENCE = 5.0
#: seconds that a machine that has just woken, or moved, is given to find its network
SETTLE = 1.0


class IMapper(Protocol):
    """What asks the router for ports (`reach.port_mapper`)."""

    #: the roads for which that is wished
    roads: frozenset[str]
    wanted: Mapping[str, int]
    promised: Callable[[dict[str, int]], None]
    trouble: str

    async def begin(self, addresses: Sequence[Address]) -> None: ...

    async def stop(self) -> None: ...


class Reachability:
    """
    @param wishes: what the owner says of his addresses.
    @param look: the addresses of this machine that lead out; None: it has none that change.
    @param tell: is given our contacts whenever they are others, but those of relays.
    @param mapper: asks the router for ports; None: that is not wanted, or cannot be had.
    @param judged: called when it may have changed whether others can reach us.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        machines: Machines,
        router: Router,
        transports: Sequence[ITransport],
        wishes: Callable[[], Wishes],
        look: Look | None,
        tell: Callable[[list[str]], None],
        relayed: Callable[[], Sequence[str]] = tuple,
        judged: Callable[[], None] = lambda: None,
        mapper: IMapper | None = None,
    ) -> None:
        self._clock, self._router, self._machines, self._tell = clock, router, machines, tell
        self._mapper = mapper
        self._schemes = [transport.scheme for transport in transports if transport.direct]
        self.standpoint, self._judged = Standpoint(wishes, relayed), judged
        self._links: dict[ILink, Claim | None] = {}
        self._watch = Watch(clock, wall, look, self._moved, self._woke) if look is not None else None
        self._inquiry = Inquiry(clock, self.standpoint, self._claims, self._ask, self._weigh)
        self._dial_backs = DialBacks(clock, {each.scheme: each for each in transports})
        self._machine: NetworkConnector = make_network_connector(Asking(self._inquiry.ask))
        self._row = machines.watch(self._machine, "network_connector")
        self._told: list[str] = []
        self._unreachable = False
        self._told_at = float("-inf")
        self._telling: IDelayedCall | None = None
        self._checking: Deferred[None] | None = None
        self._unfollow = router.linked.listen(self._linked)
        router.answer(DialBack, self._dial_back)

    def start(self, contacts: Sequence[str]) -> list[str]:
        """We listen there; the contacts at which others shall try."""
        standpoint = self.standpoint
        for contact in contacts:
            scheme, _, place = contact.partition("://")
            _, _, port = place.rpartition(":")
            if port.isdecimal():
                standpoint.ports[scheme] = int(port)
            else:
                standpoint.others = (*standpoint.others, contact)
        if self._watch is not None:
            standpoint.own = self._watch.start()
        if self._mapper is not None:
            self._mapper.promised = self._promised
            wished = standpoint.ports.keys() & self._mapper.roads
            self._mapper.wanted = {road: standpoint.ports[road] for road in sorted(wished)}
            self._ask_router()
        self._machine.start()
        if self._links:
            self._machine.linked()
        self._told = standpoint.contacts(self._clock.seconds())
        self._inquiry.start()
        return self._told

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        self._unfollow()
        if self._watch is not None:
            self._watch.stop()
        self._inquiry.stop()
        if self._mapper is not None:
            self._mapper.promised = lambda ports: None
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        if self._checking is not None:
            give_up(self._checking)
        self._machine.stop()
        self._machines.forget(self._row)

    def is_unreachable(self) -> bool:
        """Have others tried in vain, and nobody with success?"""
        return self.standpoint.is_unreachable(self._clock.seconds())

    def reconsider(self) -> None:
        """Something that follows from other things is different: wishes, relays, promised ports."""
        self._weigh()

    def network(self) -> NetworkView:
        """What is known now."""
        now, standpoint = self._clock.seconds(), self.standpoint
        roads = tuple(
            RoadView(
                scheme,
                standpoint.ports.get(scheme, 0),
                sum(link.transport_name == scheme for link in self._links),
                tuple(standpoint.believed(scheme, now)),
            )
            for scheme in self._schemes
        )
        return NetworkView(
            state=self._row.state,
            reachable=standpoint.verdict(now),
            nat=standpoint.mapping(),
            roads=roads,
            addresses=standpoint.own,
            mapped=dict(standpoint.mapped),
            contacts=(*self._told, *standpoint.relayed()),
            relays=tuple(standpoint.relayed()),
            links=len(self._links),
            trouble=self._mapper.trouble if self._mapper is not None else "",
        )

    # links

    def _linked(self, link: ILink) -> None:
        # Who had to come over a relay has come through a hole: it proves nothing, and its socket is another.
        who = link.document.fingerprint
        through_hole = any(not each.direct and each.document.fingerprint == who for each in self._links)
        claim = None if through_hole else self.standpoint.heard(link, self._clock.seconds())
        self._links[link] = claim
        if len(self._links) == 1:
            self._machine.linked()
        link.closed().addCallback(lambda _: self._parted(link))
        if claim is not None:
            self._weigh()
            if self._inquiry.is_due():
                self._inquiry.ask()

    def _claims(self) -> list[tuple[ILink, Claim]]:
        return [(link, claim) for link, claim in self._links.items() if claim is not None]

    def _parted(self, link: ILink) -> None:
        claim = self._links.pop(link, None)
        if claim is not None:
            self.standpoint.parted(link.transport_name, claim, self._clock.seconds())
        if not self._links:
            self._machine.unlinked()

    # what follows

    def _weigh(self) -> None:
        now = self._clock.seconds()
        machine = self._machine
        verdict = self.standpoint.verdict(now)
        {
            Verdict.UNKNOWN: machine.unknown,
            Verdict.DIRECTLY: machine.directly,
            Verdict.INSIDE: machine.inside,
            Verdict.RELAYED: machine.relayed,
            Verdict.NOT: machine.unreached,
        }[verdict]()
        if self.is_unreachable() != self._unreachable:
            self._unreachable = not self._unreachable
            self._judged()
        if self._telling is None and self.standpoint.contacts(now) != self._told:
            wait = max(GATHER, self._told_at + SELDOM - now)
            self._telling = self._clock.callLater(wait, self._tell_now)

    def _tell_now(self) -> None:
        self._telling = None
        now = self._clock.seconds()
        contacts = self.standpoint.contacts(now)
        if contacts != self._told:
            self._log.info("others reach this node at {contacts}", contacts=", ".join(contacts) or "nothing")
            self._told, self._told_at = contacts, now
            self._tell(contacts)

    # dialling

    async def _ask(self, fingerprint: str, question: DialBack) -> Packet:
        return await self._router.ask(fingerprint, question, within=DIALS)

    async def _dial_back(self, sender: Sender, question: DialBack, _exchange: IExchange) -> DialledBack:
        return await self._dial_backs.answer(sender.link, question)

    # the router

    def _ask_router(self) -> None:
        if self._mapper is not None:
            background(
                self._mapper.begin(self.standpoint.own),
                lambda why: self._log.failure("the router could not be asked for ports", why),
            )

    def _promised(self, ports: dict[str, int]) -> None:
        self.standpoint.mapped = ports
        self._weigh()

    # the machine under us

    def _moved(self, addresses: tuple[Address, ...]) -> None:
        shown = ", ".join(map(str, addresses)) or "none"
        self._log.info("this machine has other addresses now: {shown}", shown=shown)
        before, self.standpoint.own = self.standpoint.own, addresses
        if not {*before} <= {*addresses}:
            # A link that goes on all the same comes from elsewhere now.
            self.standpoint.forget()
            self._links = dict.fromkeys(self._links)
            self._ask_router()
        self._begin_anew()

    def _woke(self, slept: float) -> None:
        self._log.info("this machine has slept for {slept:.0f} s", slept=slept)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Links are tried at once, and others asked once more."""
        self.standpoint.proofs.clear()
        self._inquiry.forget()
        if self._checking is not None:
            give_up(self._checking)
        self._checking = background(
            self._check(), lambda why: self._log.failure("links could not be checked", why)
        )

    async def _check(self) -> None:
        await pause(self._clock, SETTLE)
        self._router.check(PATIENCE)
        self._router.try_straight()
        await pause(self._clock, PATIENCE + GATHER)
        # Whoever is still there is asked; others come by themselves.
        self._machine.changed()
        self._weigh()
