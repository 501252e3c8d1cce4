"""
Links over relays: dialing through them, and taking the links that they bring.

Inside a circuit the two ends speak what they speak over TCP: TLS 1.3 with their own device keys, and HELLO.
The relay sees ciphertext.  Which link leads to a relay is not for this floor to know: it asks a callable.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from bitdust.errors import BitDustError, Refused, RemoteFault, Timeout, TryLater
from bitdust.identity.keys import DeviceKey
from bitdust.transport.exchange import Exchange
from bitdust.transport.guests import Partners, nobody
from bitdust.transport.interface import Doorman, ExchangeReset, Expected, IExchange, ILink, ITransport
from bitdust.transport.port import Port
from bitdust.transport.pump import Pump
from bitdust.transport.relay.circuit import Circuit
from bitdust.transport.relay.contact import SCHEME, parse_relayed
from bitdust.transport.secure import SecureLink
from bitdust.transport.stream import Stream
from bitdust.transport.tls import DeviceTls
from bitdust.wire.packets import Fail, Join, Joined, Knock, Packet, Priority
from bitdust.world import Rng, Wall, system_wall

#: bytes that a dialer announces: more than any relay carries in one circuit; the relay's answer says how many
MOST = 2**50

#: a circuit for fewer bytes is an introduction: a piece may have as many
BULK = 128 * 2**20

#: asks a relay: (its fingerprint, its contacts, the question) -> the exchange
Through = Callable[[str, Sequence[str], Packet], Awaitable[IExchange]]


class RelayLink(SecureLink):
    """
    The protocol inside TLS inside a circuit.

    Over one that is only for an introduction nothing is asked that would break it off in the middle.
    """

    transport_name: ClassVar[str] = "relay"
    direct: ClassVar[bool] = False
    #: bytes that the relay carries in each direction
    size = MOST
    circuit: Circuit

    def _take(self) -> tuple[bytes, list[Stream]]:
        self.circuit.haste = self._session.haste()
        return super()._take()

    def more(self) -> None:
        """The circuit has room again for what can wait."""
        self._flush()

    def _yielding_room(self, most: int) -> int:
        # How busy the line is knows the link to the relay: what can wait waits here until that takes more.
        return min(most, self.circuit.room())

    def ask(self, packet: Packet, priority: Priority) -> Exchange:
        if self.size >= BULK or priority <= Priority.MESSAGE:
            return super().ask(packet, priority)
        refusal = ExchangeReset(
            "two nodes are only introduced over this relay: more goes over a straight road"
        )
        return Exchange(self._session, Stream(True, packet, priority), self._flush, refusal)


@implementer(ITransport)
class RelayTransport(Port):
    """
    TLS 1.3 over circuits.

    @param document: this node's own identity document as it is now.
    @param through: asks a relay over this node's own link to it.
    @param partners: those whose links have a place before others'.
    """

    scheme = SCHEME
    direct: ClassVar[bool] = False

    def __init__(
        self,
        clock: IReactorTime,
        device: DeviceKey,
        document: Callable[[], bytes],
        doorman: Doorman,
        through: Through,
        rng: Rng,
        wall: Wall = system_wall,
        partners: Partners = nobody,
    ) -> None:
        # It listens at no address, and has no pace of its own: the links to the relays have.
        super().__init__(clock, document, doorman, "", (), "", rng, wall, None, partners)
        self._tls = DeviceTls(device)
        self._through = through

    def listen(self, accepted: Callable[[ILink], None]) -> Deferred[list[str]]:
        """Take what relays bring; where that is depends on them, so there are no contacts yet."""
        self._accepted = accepted
        return succeed([])

    async def take(self, relay: str, packet: Knock, exchange: IExchange) -> None:
        """
        Somebody wants to be joined to us; answers the exchange, and waits until that is over.

        @param relay: the fingerprint of who brings him.
        @raise TryLater: not now.
        """
        if self._accepted is None:
            raise TryLater("this node takes no links")
        address = f"{SCHEME}://{packet.peer}@{relay}"
        link = self._guest(relay, lambda gone: RelayLink(self._here, address, None, gone))
        exchange.reply(Joined(packet.terms))
        await self._join(link, exchange, packet.terms.size, dials=False).ended

    async def _dial(self, contact: str, expected: Expected) -> ILink:
        where = parse_relayed(contact)
        if expected.fingerprint is None:
            # Whoever is meant by the contact, and nobody else whom the relay would rather have there.
            expected = replace(expected, fingerprint=where.peer)
        exchange = await self._through(where.relay, where.places, Join(where.peer, MOST))
        try:
            answer = await exchange.answer()
            if isinstance(answer, Fail):
                raise Timeout(
                    f"the relay {where.relay} does not join us: {Refused(answer.code, answer.text)}"
                )
            if not isinstance(answer, Joined):
                raise RemoteFault(f"the relay {where.relay} answered something else")
        except BitDustError:
            exchange.reset("not joined")
            raise
        address = f"{SCHEME}://{where.peer}@{where.relay}"
        link = self._begin(RelayLink(self._here, address, expected, self.links.gone))
        self._join(link, exchange, min(answer.terms.size, MOST), dials=True)
        return await link.ready

    def _join(self, link: RelayLink, exchange: IExchange, size: int, *, dials: bool) -> Circuit:
        link.size = size
        link.circuit = circuit = Circuit(exchange, self._clock, size)
        circuit.more = link.more
        factory = TLSMemoryBIOFactory(self._tls, dials, Factory(), self._clock)
        circuit.attach(Pump(factory, link, self._tls.records))
        return circuit
