"""
What every road of sockets has in common: whom it lets in, how long a dial may take, and how it stops.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from itertools import cycle, islice
from typing import Any, ClassVar, TypeVar, cast

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.errors import BitDustError, Conflict, Timeout
from bitdust.transport.guests import Guests, Partners, nobody
from bitdust.transport.interface import Doorman, Expected, ILink
from bitdust.transport.link import GREETING, Here, Link, refused
from bitdust.transport.links import Links
from bitdust.transport.pace import Paces
from bitdust.transport.race import Race
from bitdust.wire.place import Place, read_place
from bitdust.world import Rng, Wall, spawn

#: seconds for asking one where we are seen, those for which he is asked alone, and how often it is asked
ASKS, ALONE, OBSERVERS = 3.0, 0.5, 3

L = TypeVar("L", bound=Link)
T = TypeVar("T")


class Port:
    """
    @param document: this node's own identity document as it is now.
    @param host: the address to listen at; "0.0.0.0" for all.
    @param ports: those to listen at, the first that is free; 0 lets the system choose.
    @param setting: the option that says at which port to listen.
    @param paces: the limits, when this road shares them with others.
    @param partners: those whose links have a place before others'.
    """

    scheme: ClassVar[str]
    direct: ClassVar[bool] = True
    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        document: Callable[[], bytes],
        doorman: Doorman,
        host: str,
        ports: Sequence[int],
        setting: str,
        rng: Rng,
        wall: Wall,
        paces: Paces | None,
        partners: Partners = nobody,
    ) -> None:
        paces = paces or Paces(clock)
        self.pace, self.intake = paces.send, paces.receive
        self.links = Links()
        self._clock, self._host, self._ports, self._setting = clock, host, ports, setting
        self._here = Here(document, doorman, clock, wall, rng, self.pace, self.intake)
        self._guests = Guests(partners)
        self._dialing: set[Deferred[ILink]] = set()
        self._accepted: Callable[[ILink], None] | None = None

    def dial(self, contact: str, expected: Expected) -> Deferred[ILink]:
        dialing = spawn(self._dial(contact, expected))

        def too_slow(_result: object, _seconds: float) -> ILink:
            raise Timeout(f"nobody answered at {contact} in {GREETING:.0f} s")

        def over(result: object) -> object:
            self._dialing.discard(dialing)
            return result

        self._dialing.add(dialing)
        dialing.addTimeout(GREETING, self._clock, too_slow)
        dialing.addBoth(over)
        return dialing

    async def _dial(self, contact: str, expected: Expected) -> ILink:
        raise NotImplementedError

    def stop(self) -> Deferred[None]:
        return spawn(self._stop())

    async def _stop(self) -> None:
        self._accepted = None
        for dialing in [*self._dialing]:
            dialing.cancel()
        await self.links.close("this node stops")

    async def _observed(
        self,
        observers: Sequence[tuple[str, Expected]],
        ask: Callable[[str, Expected], Coroutine[Deferred[Any], Any, Link]],
    ) -> tuple[ILink, Place]:
        """
        A link made only to ask, and where its other end sees us.

        Who does not answer soon is not waited for: the next is asked beside him, or he once more, for a first
        word that got lost is repeated by the system after a whole second.

        @raise Timeout: nobody says.
        """
        dials = [partial(self._asking, ask, *each) for each in islice(cycle(observers), OBSERVERS)]
        try:
            link = await Race(self._clock, dials, head=ALONE).won
        except BitDustError as why:
            raise Timeout(f"nobody says where this node is seen: {why}") from None
        return link, read_place(link.seen_as)

    def _asking(
        self,
        ask: Callable[[str, Expected], Coroutine[Deferred[Any], Any, Link]],
        contact: str,
        expected: Expected,
    ) -> Deferred[ILink]:
        async def asked() -> ILink:
            try:
                link = await spawn(ask(contact, expected)).addTimeout(ASKS, self._clock)
            except TimeoutError:
                raise Timeout(f"{contact} did not answer in {ASKS:.0f} s") from None
            if not link.seen_as:
                link.close("nothing heard")
                raise Timeout(f"{contact} does not say where we are")
            return link

        return spawn(asked())

    def _first_free(self, listen: Callable[[int], T]) -> T:
        """What `listen` makes of the first port that is free.  @raise Conflict: none is."""
        troubles = []
        for port in self._ports:
            try:
                return listen(port)
            except CannotListenError as trouble:
                troubles.append(f"cannot listen at {self.scheme} {self._host}:{port}: {trouble.socketError}")
        raise Conflict(
            "; ".join(troubles),
            hint=f"another program has that port, perhaps another node: end it, or set {self._setting}"
            " to another, 0 for any",
        )

    def _begin(self, link: L) -> L:
        self.links.add(link)
        return link

    def _guest(self, host: str, make: Callable[[Callable[[Link], None]], L]) -> L:
        """The link of somebody who dialed from that address."""

        def gone(link: Link) -> None:
            self._guests.gone(link)
            self.links.gone(link)

        link = self._begin(make(gone))
        self._guests.came(link, host)
        link.ready.addCallbacks(self._arrived, refused)
        return link

    def _arrived(self, link: ILink) -> None:
        guest = cast(Link, link)
        self._guests.greeted(guest)
        if self._accepted is not None and not guest.only_asks:
            self._accepted(link)
