"""
The exchange with a relay that carries one link, as TLS sees the transport below it.

It has the haste of what the link says: the link to the relay yields with a backup inside as with one of its
own, by what the road there measures.  Bytes stay in their order, so whatever is in a hurry hurries all that
waits before it.

What the link says is handed to the exchange piece by piece; the relay, and behind it the peer, gives credit
for what it has read, so that a slow reader at the far end makes the near end pause.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress, IPushProducer, IReactorTime, ITransport
from twisted.internet.protocol import Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from bitdust.errors import BitDustError
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import Priority

#: bytes not handed on yet from which on the link pauses, and below which it goes on
HIGH, LOW = 256 * 1024, 64 * 1024
#: the same, as long as it is a backup that goes: what has more haste waits behind no more than that
YIELDING = 64 * 1024


@implementer(IAddress)
class Place:
    """Behind a relay there is no address."""


@implementer(ITransport)
class Circuit:
    """
    @param size: bytes that may go in each direction.
    """

    _log = Logger()

    def __init__(self, exchange: IExchange, clock: IReactorTime, size: int) -> None:
        self._exchange, self._clock = exchange, clock
        self._left = size
        self.over = self._closing = False
        #: fires with the reason when it is over
        self.ended: Deferred[str] = Deferred()
        self._protocol: Protocol | None = None
        self._producer: IPushProducer | None = None
        self._pausing = self._stalled = False
        #: of what haste is what the link writes at this moment; and calls the link when more may be written
        self.haste = Priority.RESTORE
        self.more: Callable[[], object] = lambda: None
        self._out: deque[tuple[bytes, Priority]] = deque()
        self._ranked = Priority.RESTORE
        self._waiting = 0
        self._writing = self._reading = False
        self._came_early = b""

    def attach(self, protocol: Protocol) -> None:
        """Become the transport of the protocol."""
        self._protocol = protocol
        protocol.makeConnection(self)  # type: ignore[no-untyped-call]
        self._read()

    # what a transport does for its protocol

    def write(self, data: bytes) -> None:
        if self.over or self._closing or not data:
            return
        if len(data) > self._left:
            self._end(ConnectionLost("the relay carries no more than this"))
            return
        self._left -= len(data)
        haste = max(Priority.RESTORE, self.haste)
        self._out.append((data, haste))
        self._waiting += len(data)
        if self._writing and haste < self._ranked:
            self._rank(haste)
        self._send()
        if self._waiting > HIGH and self._producer is not None and not self._pausing:
            self._pausing = True
            self._producer.pauseProducing()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        self.write(b"".join(data))

    def room(self) -> int:
        """Bytes that may be written now of what can wait; `more` is called when it is worth to ask again."""
        return max(0, YIELDING - self._waiting)

    def loseConnection(self) -> None:
        if not (self.over or self._closing):
            self._closing = True
            self._send()

    def abortConnection(self) -> None:
        self._end(ConnectionLost("aborted"))

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        self._producer = producer

    def unregisterProducer(self) -> None:
        self._producer = None

    def pauseProducing(self) -> None:
        self._stalled = True

    def resumeProducing(self) -> None:
        self._stalled = False
        self._read()

    def stopProducing(self) -> None:
        self.loseConnection()

    def getPeer(self) -> IAddress:
        return Place()

    def getHost(self) -> IAddress:
        return Place()

    # the exchange

    def _send(self) -> None:
        if self._writing or self.over:
            return
        if not self._out:
            if self._closing:
                self._end(ConnectionDone())
            return
        data = b"".join(each for each, _ in self._out)
        self._rank(min(haste for _, haste in self._out))
        self._out.clear()
        self._writing = True
        writing = self._exchange.write(data)
        writing.addCallbacks(self._sent, self._lost, (len(data),))
        writing.addErrback(self._broken)

    def _sent(self, _: object, size: int) -> None:
        self._writing = False
        self._waiting -= size
        self._send()
        if self._pausing and self._waiting <= LOW and not self.over:
            self._pausing = False
            if self._producer is not None:
                self._producer.resumeProducing()
        if not self.over:
            self.more()

    def _rank(self, priority: Priority) -> None:
        if priority != self._ranked:
            self._ranked = priority
            self._exchange.rank(priority)

    def _read(self) -> None:
        if self._stalled or self.over or self._protocol is None:
            return
        if self._came_early:
            data, self._came_early = self._came_early, b""
            self._protocol.dataReceived(data)
        if not (self._reading or self._stalled or self.over):
            self._reading = True
            reading = self._exchange.read()
            reading.addCallbacks(self._came, self._lost)
            reading.addErrback(self._broken)

    def _came(self, data: bytes) -> None:
        self._reading = False
        if self.over or self._protocol is None:
            return
        if not data:
            self._end(ConnectionDone())
        elif self._stalled:
            self._came_early = data
        else:
            self._protocol.dataReceived(data)
            self._read()

    def _lost(self, why: Failure) -> None:
        why.trap(BitDustError)  # type: ignore[no-untyped-call]
        self._end(ConnectionLost(why.getErrorMessage()))

    def _broken(self, why: Failure) -> None:
        self._log.failure("a circuit broke", why)
        self._end(ConnectionLost("it broke"))

    def _end(self, error: Exception) -> None:
        if self.over:
            return
        self.over = True
        self._producer = None
        self._out.clear()
        self._exchange.reset("the link is over")
        if self._protocol is not None:
            # Whoever ends it may be in the middle of something.
            self._clock.callLater(0, self._protocol.connectionLost, Failure(error))  # type: ignore[no-untyped-call]
        self.ended.callback(str(error))
