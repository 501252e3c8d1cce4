"""
Every peer this node talks to, by fingerprint: asking, being asked, and who is there.

Upper layers know nothing of links: they say "ask bob this" and get his answer or a clear error.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from twisted.internet.interfaces import IReactorTime

from bitdust.database import Database
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.machines import Machines
from bitdust.transport.interface import IExchange, ILink, ITransport
from bitdust.wire.packets import Packet, Priority
from bitdust.world import Rng, Wall

P = TypeVar("P", bound=Packet)


@dataclass(frozen=True)
class Sender:
    """Who asked, and over which link."""

    fingerprint: str
    document: Document
    link: ILink


#: Answers a question.  None: it replied on the exchange itself.
Handler = Callable[[Sender, P, IExchange], Awaitable[Packet | None]]


class Router:
    """
    The one way to any peer.

    @param own: this node's own document as it is now.
    @param pins: the pinned identities of others (`identity.pinning.Pins`).
    @param meet: fetches the identity document at an IDURL anew (`Acquaintances.meet`).
    @param op_db: where answered op ids are remembered; its tables are `inbox.SCHEMA`.
    """

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        rng: Rng,
        machines: Machines,
        transports: Sequence[ITransport],
        pins: object,
        meet: Callable[[str], Awaitable[Document]],
        own: Callable[[], Document],
        op_db: Database,
    ) -> None:
        #: fingerprint of a peer that came online
        self.came: Signal[[str]] = Signal()
        #: fingerprint of a peer that was online and went away
        self.went: Signal[[str]] = Signal()

    async def start(self) -> list[str]:
        """Listen on every transport; answers the contacts of this node (`tcp://host:port`)."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End every link and every wait.  Nothing ticks afterwards."""
        raise NotImplementedError

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
        @raise Offline: no link to the peer in time.
        @raise Timeout: a link, but no answer in time.
        """
        raise NotImplementedError

    async def open(
        self, fingerprint: str, packet: Packet, *, priority: Priority, within: float = 30.0
    ) -> IExchange:
        """
        Begin an exchange whose body, answer and end are the caller's own affair.

        @raise Offline: no link to the peer in time.
        """
        raise NotImplementedError

    def answer(self, packet_type: type[P], handler: Handler[P]) -> None:
        """Questions of this type are answered by the handler from now on."""
        raise NotImplementedError

    def know(self, document: Document) -> None:
        """An accepted document of a peer, newer than the one used so far."""
        raise NotImplementedError

    def is_online(self, fingerprint: str) -> bool:
        """Is there a link to the peer at this moment?"""
        raise NotImplementedError

    def rtt(self, fingerprint: str) -> float | None:
        """Seconds to the peer and back when last measured; None when never, or away."""
        raise NotImplementedError

    def transport_of(self, fingerprint: str) -> str | None:
        """Name of the transport of the present link; None when away."""
        raise NotImplementedError

    def keep(self, fingerprint: str) -> None:
        """Keep a link to the peer up: redial for ever, with growing pauses.  Twice is once."""
        raise NotImplementedError

    def let_go(self, fingerprint: str) -> None:
        """No need to keep the link up any more; an existing one is not cut."""
        raise NotImplementedError

    async def ping(self, fingerprint: str, within: float = 10.0) -> tuple[float, str]:
        """Seconds an Identity took to be acknowledged, and the name of the transport it went over."""
        raise NotImplementedError
