"""
One QUIC connection as the transport of its link: the link writes and reads one stream, as with TCP.

    handshake --certificate, proof--> stream of the link --END of either end, or abort--> closing
                                                         a moment, to tell the peer again --> forgotten

Everything that happens in one turn of the reactor is gathered: what came is handed to the link in one piece,
and what is to be said goes out together at the end.

What nobody foresaw, in the library or in what the link does with what came, ends this connection and no
other: all of a node share one socket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter

from qh3.quic import events
from qh3.quic.connection import QuicConnectionError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BadIdentity, RemoteFault
from bitdust.identity.keys import DeviceKey
from bitdust.transport.certificates import ALPN
from bitdust.transport.link import STALLED, Link
from bitdust.transport.udp import proof
from bitdust.transport.udp.order import Order
from bitdust.transport.udp.quic import Quic
from bitdust.transport.udp.routes import Routes
from bitdust.transport.udp.socket import Datagram

#: the stream of the link: the first that a dialer may open
STREAM = 0
#: bytes not sent yet from which on the link pauses, and below which it goes on
HIGH, LOW = 256 * 1024, 128 * 1024
#: how often the link may go on in one turn, before others have theirs
ROUNDS = 4
#: seconds of silence after which a dialer lets himself be heard: routers forget sooner than a link pings
KEEP_ALIVE = 25.0
#: the same in the middle of an exchange: who sends to a place that is ours no more learns the new one
BUSY_ALIVE = 5.0


class Road:
    """
    @param device: our own; it is proved to a listener, or is what the dialer expects.
    @param send: takes datagrams.
    """

    _log = Logger()

    def __init__(
        self,
        quic: Quic,
        link: Link,
        device: DeviceKey,
        clock: IReactorTime,
        send: Callable[[Sequence[Datagram]], None],
        routes: Routes,
    ) -> None:
        self._quic, self._link, self._device = quic, link, device
        self._clock, self._send, self._routes = clock, send, routes
        self.over = self._dropped = False
        self._secured = self._finishing = self._turning = False
        self._proof = b""
        #: of what comes; None as long as its numbers cannot be read
        self._order: Order | None = None
        self._producer: IPushProducer | None = None
        self._pausing = False
        self._heard_at = clock.seconds()
        #: when something was sent that is to be acknowledged, and nothing has come since
        self._waits_since: float | None = None
        self._timer: IDelayedCall | None = None
        self._soon: IDelayedCall | None = None
        routes.add(quic.host_cid, self)

    def begin(self) -> None:
        """Become the transport of the link."""
        self._link.makeConnection(self)  # type: ignore[no-untyped-call]
        self._wake()

    # what a transport does for its link

    def write(self, data: bytes) -> None:
        if self.over or self._finishing or not data:
            return
        if not self._say(data):
            return
        if (
            self._producer is not None
            and not self._pausing
            and self._quic.get_send_buffer_size(STREAM) > HIGH
        ):
            self._pausing = True
            self._producer.pauseProducing()
        self._wake()

    def loseConnection(self) -> None:
        if self.over or self._finishing:
            return
        self._finishing = True
        if not self._secured:
            self.abortConnection()
        elif self._say(b"", end=True):
            self._wake()

    def abortConnection(self) -> None:
        self._close(ConnectionLost("aborted"))

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        self._producer = producer

    def unregisterProducer(self) -> None:
        self._producer = None

    def pauseProducing(self) -> None:
        self._quic.held = True

    def resumeProducing(self) -> None:
        if not self._dropped:
            self._quic.release()
            self._wake()

    def rtt(self) -> float | None:
        """Seconds there and back, as measured last."""
        return self._quic.rtt()

    def under_way(self) -> int:
        """Bytes that were written and are not acknowledged."""
        return self._quic.get_send_buffer_size(STREAM) + self._quic.in_flight()

    # what the socket does with it

    def receive(self, datagrams: Sequence[Datagram]) -> None:
        """What came for it in this turn."""

        def heard() -> None:
            now = self._clock.seconds()
            self._hear(datagrams if self._order is None else self._order.take(datagrams, now), now)
            self._heard_at, self._waits_since = now, None
            self._turn()

        self._alone(heard)

    def drop(self) -> None:
        """Forget it; nothing ticks afterwards."""
        self._dropped = True
        for call in (self._timer, self._soon):
            if call is not None and call.active():
                call.cancel()
        self._timer = self._soon = None
        self._routes.remove(self)
        self._lose(ConnectionLost("the socket is closed"))

    # turns

    def _hear(self, datagrams: Sequence[Datagram], now: float) -> None:
        try:
            for address, group in groupby(datagrams, key=itemgetter(1)):
                self._quic.receive_many_datagrams([data for data, _ in group], address, now)
        except Exception as fault:
            # Whatever the library makes of a stranger's bytes is the stranger's fault.
            self._fault(f"{type(fault).__name__}: {fault}")

    def _alone(self, step: Callable[[], None]) -> None:
        """Do this; whatever comes of it befalls this connection alone."""
        try:
            step()
        except Exception as fault:
            self._log.failure("the connection with {address} failed", address=self._link.address)
            self._say_farewell()
            self._lose(ConnectionLost(f"{type(fault).__name__}: {fault}"))
            self.drop()

    def _say_farewell(self) -> None:
        """Tell the peer, if what has failed is still able to."""
        try:
            self._quic.close()
            self._send(self._quic.datagrams_to_send(self._clock.seconds()))
        except Exception as fault:
            self._log.debug("{address} is not told: {why}", address=self._link.address, why=fault)

    def _wake(self) -> None:
        if not self._turning and self._soon is None and not self._dropped:
            self._soon = self._clock.callLater(0, self._woken)

    def _woken(self) -> None:
        self._soon = None
        self._alone(self._turn)

    def _turn(self) -> None:
        self._turning = True
        try:
            self._happened()
            more = self._flush()
        finally:
            self._turning = False
        if more:
            self._wake()
        self._set_timer()

    def _flush(self) -> bool:
        """Send what there is; whether the link has more for the next turn."""
        for _ in range(ROUNDS):
            datagrams = self._quic.datagrams_to_send(self._clock.seconds())
            if datagrams:
                self._send(datagrams)
                if self._waits_since is None and self._quic.in_flight():
                    self._waits_since = self._clock.seconds()
            if not self._pausing or self._quic.get_send_buffer_size(STREAM) > LOW:
                return False
            self._pausing = False
            if self._producer is not None:
                self._producer.resumeProducing()
        return True

    def _set_timer(self) -> None:
        if self._dropped:
            return
        due = self._quic.get_timer()
        if due is None and self.over:
            self.drop()
            return
        if not self.over and self._link.dialed and self._secured:
            due = min(due or float("inf"), self._heard_at + self._patience())
        if not self.over and self._waits_since is not None:
            due = min(due or float("inf"), self._waits_since + STALLED)
        if self._order is not None and (waits := self._order.due()) is not None:
            due = min(due or float("inf"), waits)
        if due is None:
            return
        wait = max(0.0, due - self._clock.seconds())
        timer = self._timer
        # A timer that comes too early is cheap, and is set anew then.
        if timer is None or not timer.active():
            self._timer = self._clock.callLater(wait, self._tick)
        elif timer.getTime() > due:
            timer.reset(wait)

    def _patience(self) -> float:
        """Seconds of silence after which the dialer lets himself be heard."""
        return KEEP_ALIVE if self._link.is_idle() else BUSY_ALIVE

    def _tick(self) -> None:
        self._timer = None
        self._alone(self._ticked)

    def _ticked(self) -> None:
        now = self._clock.seconds()
        # First what has waited: it may be just what QUIC's own timer misses.
        if self._order is not None:
            self._hear(self._order.overdue(now), now)
        due = self._quic.get_timer()
        if due is not None and due <= now:
            self._quic.handle_timer(now)
        if self._waits_since is not None and now >= self._waits_since + STALLED:
            self._waits_since = None
            self._close(ConnectionLost(f"no sign of life for {STALLED:.0f} s, and something was sent"))
        if not self.over and self._link.dialed and self._secured and now >= self._heard_at + self._patience():
            self._heard_at = now
            self._quic.send_ping(0)
        self._turn()

    # what came

    def _happened(self) -> None:
        parts: list[bytes] = []
        ended = False
        why: str | None = None
        while (event := self._quic.next_event()) is not None:
            match event:
                case events.StreamDataReceived(data=data, end_stream=end, stream_id=stream):
                    if stream != STREAM:
                        self._fault("another stream than the first")
                        return
                    parts.append(data)
                    ended = ended or end
                case events.HandshakeCompleted(alpn_protocol=alpn):
                    self._shook_hands(alpn)
                case events.ConnectionIdIssued(connection_id=name):
                    self._routes.add(name, self)
                case events.ConnectionIdRetired(connection_id=name):
                    self._routes.retire(name)
                case events.StreamReset() | events.StopSendingReceived():
                    why = "the peer gave the stream up"
                case events.ConnectionTerminated(reason_phrase=reason):
                    why = reason or "closed by the peer"
        if parts and not self.over:
            self._came(b"".join(parts))
        if ended:
            self._close(ConnectionDone())
        elif why is not None:
            self._close(ConnectionDone() if self._finishing else ConnectionLost(why))

    def _shook_hands(self, alpn: str | None) -> None:
        if self.over:
            return
        self._order = Order(self._quic.numbers().read, self._clock.seconds())
        if alpn != ALPN.decode():
            self._link.refuse(RemoteFault(f"{self._link.address} does not speak {ALPN.decode()}"))
        elif self._link.dialed:
            spki = self._quic.spki()
            if spki is None:
                self._link.refuse(RemoteFault(f"{self._link.address} shows no key that is known"))
                return
            self._secured = True
            if self._link.suits(spki):
                self._say(proof.prove(self._device, self._quic.binding(), spki))
            self._link.secured(spki)

    def _came(self, data: bytes) -> None:
        if not self._secured:
            if self._link.dialed:
                self._fault("data before the handshake is over")
                return
            self._proof += data
            if len(self._proof) < proof.SIZE:
                return
            shown, data, self._proof = self._proof[: proof.SIZE], self._proof[proof.SIZE :], b""
            try:
                spki = proof.check(shown, self._quic.binding(), self._device.spki)
            except BadIdentity as refusal:
                self._link.refuse(refusal)
                return
            self._secured = True
            self._link.secured(spki)
        if data:
            self._link.dataReceived(data)

    # the end

    def _say(self, data: bytes, *, end: bool = False) -> bool:
        try:
            self._quic.send_stream_data(STREAM, data, end)
        except QuicConnectionError:
            # It has ended, and we have not heard of it yet.
            self._quic.release()
            self._wake()
            return False
        return True

    def _fault(self, why: str) -> None:
        if not self.over:
            self._log.info("{address} broke the rules of QUIC: {why}", address=self._link.address, why=why)
            self._close(ConnectionLost(why))

    def _close(self, error: Exception) -> None:
        """Tell the peer, and the link; the connection answers him for another moment."""
        if self.over:
            return
        self._quic.close()
        self._lose(error)
        self._quic.release()
        self._wake()

    def _lose(self, error: Exception) -> None:
        if not self.over:
            self.over = True
            self._producer = None
            self._pausing = False
            self._clock.callLater(0, self._link.connectionLost, Failure(error))  # type: ignore[no-untyped-call]
