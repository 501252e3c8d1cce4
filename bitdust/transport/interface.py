"""
What the router expects of any road: TCP, UDP, memory, later relays.

A *transport* listens and dials.  It gives out *links*: connections whose other end has proved, by HELLO
inside the handshake, that it holds a device key of the identity it shows.  On a link run *exchanges*: one
question, one answer, each a packet that a body may follow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from zope.interface import Attribute, Interface

from bitdust.errors import BitDustError
from bitdust.identity.document import Document
from bitdust.wire.packets import Packet, Priority
from bitdust.wire.place import Place


class LinkLost(BitDustError):
    """The connection to the peer ended in the middle of this."""

    id = "link_lost"
    exit_code = 18
    http_status = 504


class ExchangeReset(BitDustError):
    """The peer gave up this exchange."""

    id = "reset"
    http_status = 502


@dataclass(frozen=True)
class Expected:
    """
    Whom a dialer means to reach.

    @param fingerprint: who that is; None: whoever answers there.
    @param spkis: the SPKI hashes of the devices that his pinned document lists: another device hears nothing.
        None: we have no document of his.  Then whoever answers learns who we are, which is public, and by
        HELLO shows who he is; nothing else is said before the doorman has taken him in.
    @param glance: only look whether he is there, as one who has not met him: from a port that he never talked
        to, and without a HELLO.  The link that comes of it is over already.
    """

    fingerprint: str | None
    spkis: frozenset[bytes] | None
    glance: bool = False

    def __post_init__(self) -> None:
        if self.fingerprint is None and self.spkis is not None:
            raise ValueError("devices of nobody in particular")

    def suits(self, spki: bytes) -> bool:
        """May this be a device of his?"""
        return self.spkis is None or spki in self.spkis


class IExchange(Interface):
    """One question and its answer, seen from either end."""

    packet = Attribute("the question: a Packet")

    def write(data: bytes | memoryview) -> Deferred[None]:
        """
        Send body bytes.  Fires when all of them were handed on: more may be written, and the buffer reused.
        At most one write waits at a time.  After the peer's complete answer the rest of a question's body is
        not wanted any more: it is dropped, and the write fires at once.

        @raise LinkLost, ExchangeReset
        """

    def unsent() -> int:
        """Bytes of this end's announced body that were not handed on yet; 0 once no more are wanted."""

    def rank(priority: Priority) -> None:
        """Of what haste is what this end writes, and what waits of it.  The peer does not hear of it."""

    def finish() -> None:
        """No more body from this end.  A body ends by itself with the last of its announced `size` bytes."""

    def answer() -> Deferred[Packet]:
        """
        (On the asking end.)  The packet the peer answered with, Fail included.

        @raise LinkLost, ExchangeReset
        """

    def reply(packet: Packet) -> None:
        """
        (On the answering end, once.)  Answer; a body follows with `write` when the packet announces one.
        A complete answer ends the exchange: what is unread of the question's body is dropped.
        """

    def read() -> Deferred[bytes]:
        """
        The next bytes of the peer's body, b"" once it has finished.  Reading gives the peer credit.

        @raise LinkLost, ExchangeReset
        """

    def reset(why: str) -> None:
        """Give up both directions; the peer's waiting calls fail with ExchangeReset.  Harmless when over."""


class ILink(Interface):
    """An authenticated connection."""

    document = Attribute("the peer's identity Document, as accepted by the doorman")
    transport_name = Attribute('"tcp", "udp", "memory", "relay"')
    direct = Attribute("whether it goes straight to the peer; False: a third node carries it")
    address = Attribute("the peer's address as text, for people")
    place = Attribute('where the peer is, as this end sees it: "host:port"; "" on roads without addresses')
    seen_as = Attribute('where this end is, as the peer claims: "host:port", or "" when he does not say')
    dialed = Attribute("True when this end dialed, False when it listened")
    spki = Attribute("the SPKI hash of the peer's device certificate: one that `document` lists")

    def serve(answerer: Answerer) -> None:
        """
        Hand the peer's questions to `answerer`, from now on; those that came before are handed over at once.

        Both ends of a link may ask: call this for links that were dialed, too.
        """

    def ask(packet: Packet, priority: Priority) -> IExchange:
        """Begin an exchange."""

    def is_idle() -> bool:
        """Is no exchange open on it, from either end?"""

    def ping() -> Deferred[float]:
        """Seconds to the peer and back."""

    def close(why: str) -> None:
        """Say GOAWAY with the reason and end the link.  Harmless when closed."""

    def closed() -> Deferred[str]:
        """Fires with the reason once the link is over (a new Deferred for each call)."""


#: handles one incoming question; the exchange is reset if it raises
Answerer = Callable[[ILink, IExchange], None]

#: (raw document, SPKI hash of the TLS certificate it came over) -> the accepted document, now or later.
#: Raises BitDustError (BadIdentity, IdentityConflict) to refuse.  From identity/pinning.py.
Doorman = Callable[[bytes, bytes], Document | Awaitable[Document]]


class IHole(Interface):
    """
    A port of ours whose place beyond our router is known: where a peer can come in who does the same at the
    same moment.  Of two such ends one dials and the other lets in; what comes of it is a link like any other.
    """

    place = Attribute("where others see it: a `wire.place.Place`")

    def dial(places: Sequence[Place], secret: bytes, expected: Expected) -> Deferred[ILink]:
        """
        Begin now.

        @param places: the peer's; they may be sent to.
        @param secret: 16 bytes that both ends of this round know, and nobody else.

        @raise Timeout: nothing came through.
        @raise BadIdentity: somebody else did.
        """

    def let_in(places: Sequence[Place], secret: bytes) -> Deferred[None]:
        """Begin now.  Fires when it is over; a link, if one comes, is told to who listens."""

    def close() -> None:
        """No more of it; a link that has come through stays.  Harmless when closed."""


class IPuncher(Interface):
    """A road that can lead through two routers, neither of which lets strangers in."""

    def hole(observers: Sequence[tuple[str, Expected]], fresh: bool) -> Deferred[IHole]:
        """
        @param observers: contacts of this road where somebody may tell at which place he sees us; the first
            that does is believed.
        @param fresh: from a port that was not used before.
        @raise Timeout: none of them does.
        """


class ITransport(Interface):
    """A road."""

    scheme = Attribute('the scheme of its contacts: "tcp" in tcp://127.0.0.1:7771')
    direct = Attribute("whether its links go straight to the peer")
    pace = Attribute("how fast all its links together may send")
    intake = Attribute("how fast they may receive")

    def listen(accepted: Callable[[ILink], None]) -> Deferred[list[str]]:
        """Take links from others; answers the port's contacts (`tcp://host:port`)."""

    def dial(contact: str, expected: Expected) -> Deferred[ILink]:
        """
        Make a link to the peer who is expected there, within 10 s.

        @raise Timeout: nobody answered.
        @raise BadIdentity: somebody else did.
        """

    def stop() -> Deferred[None]:
        """Stop listening and close every link."""
