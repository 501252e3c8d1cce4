"""
A link: a Twisted protocol around a session, on any road that is a stream of bytes.

    connected --begin--> greeting --both HELLOs accepted--> open --> over
        10 s for both                    a PING a minute, three without a sign of life end it (`silence`)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from bitdust.errors import BadIdentity, BitDustError, Timeout, TryLater
from bitdust.identity.document import Document
from bitdust.transport import happened
from bitdust.transport.batch import Batch
from bitdust.transport.exchange import Exchange
from bitdust.transport.interface import Answerer, Doorman, ExchangeReset, Expected, ILink, LinkLost
from bitdust.transport.manners import Manners
from bitdust.transport.pace import STEP, Pace
from bitdust.transport.session import Session
from bitdust.transport.silence import Silence
from bitdust.transport.stream import Stream
from bitdust.wire.frames import VERSION, WHERE, Hello
from bitdust.wire.packets import Packet, Priority
from bitdust.world import Rng, Wall, spawn

#: seconds for connecting and both HELLOs
GREETING = 10.0
#: seconds after which a road is dead on which something was sent and nothing comes: a router has forgotten it
STALLED = 15.0
#: seconds that a GOAWAY has to get out before the connection is cut
LINGER = 5.0
#: own PINGs under way at a time; the peer bears a few more
MAX_PINGS = 8


@dataclass(frozen=True)
class Here:
    """What this end of every link is and uses."""

    document: Callable[[], bytes]
    doorman: Doorman
    clock: IReactorTime
    wall: Wall
    rng: Rng
    pace: Pace
    #: how fast all its links together may receive
    intake: Pace


@implementer(ILink, IPushProducer)
class Link(Protocol):
    """
    @param expected: whom this end dialed; None when it listened.
    @param gone: called once, when the connection is really away.
    @param place: where the peer is, when the road knows that before it is made.
    @param only_asks: it is made to hear where the peer sees us, and for nothing else.
    """

    transport_name: ClassVar[str] = "?"
    direct: ClassVar[bool] = True
    document: Document
    spki: bytes
    _log = Logger()

    def __init__(
        self,
        here: Here,
        address: str,
        expected: Expected | None,
        gone: Callable[[Link], object],
        place: str = "",
        *,
        only_asks: bool = False,
    ) -> None:
        self.address, self.place, self.seen_as = address, place, ""
        #: the one who dialed wants to hear where he is seen, and nothing else
        self.only_asks = only_asks
        self.dialed = expected is not None
        #: fires with this link when it is open, or with the reason why it never will be
        self.ready: Deferred[ILink] = Deferred(lambda _: self._end(LinkLost("cancelled"), cut=True))
        #: how far the peer's clock is ahead, in seconds, as he says
        self.ahead = 0.0
        self._here, self._expected, self._gone = here, expected, gone
        self._session = Session(dialer=self.dialed)
        self._go = self._flush
        self._manners = Manners(here.clock, self, self._flush)
        self._batch = Batch(here.clock, self.hand_on_at_most)
        self._timer: IDelayedCall | None = None
        self._begun = self._open = self._over = False
        self._corked = self._paused = False
        #: nothing is read: until his document is checked; until the limit has room again
        self._meeting = self._held = False
        self._read_on = self._read
        #: counted before it came, so that not all links are let go on at once
        self._paid = 0
        self._silence = Silence(
            here.clock, lambda: not self.is_idle(), lambda: self._held, self._are_you_there, self._too_silent
        )
        self._why = ""
        self._used_at = here.clock.seconds()
        self._closed: list[Deferred[str]] = []
        self._pings: dict[bytes, tuple[float, Deferred[float]]] = {}
        self._answerer: Answerer | None = None
        self._questions: list[Exchange] = []

    # for the users: ILink

    def serve(self, answerer: Answerer) -> None:
        self._answerer = answerer
        questions, self._questions = self._questions, []
        for exchange in questions:
            self._asked(exchange)

    def ask(self, packet: Packet, priority: Priority) -> Exchange:
        if self._over:
            return Exchange(self._session, Stream(True, packet, priority), self._flush, LinkLost(self._why))
        self._used_at = self._here.clock.seconds()
        exchange = Exchange(self._session, self._session.ask(packet, priority), self._flush)
        self._silence.hurry()
        self._flush()
        return exchange

    def ping(self) -> Deferred[float]:
        if self._over:
            return fail(LinkLost(self._why))
        if len(self._pings) >= MAX_PINGS:
            return fail(TryLater("too many pings are under way"))
        token = self._here.rng(8)

        def forget(_: object) -> None:
            self._pings.pop(token, None)

        ponged: Deferred[float] = Deferred(forget)
        self._pings[token] = (self._here.clock.seconds(), ponged)
        self._session.ping(token)
        self._flush()
        return ponged

    def close(self, why: str) -> None:
        if not self._over:
            if self._begun and not self._paused:
                # What was said before goes out before the goodbye.
                self.transport.write(self._session.take(self._batch.size)[0])  # type: ignore[union-attr]
            self._session.go_away(why)
            self._end(LinkLost(f"closed here: {why}"), cut=not self._begun)

    def is_idle(self) -> bool:
        return self._over or not self._session.unfinished()

    def unused(self) -> float:
        """Seconds for which neither end has asked anything; 0 while something is under way."""
        return self._here.clock.seconds() - self._used_at if self.is_idle() else 0.0

    def closed(self) -> Deferred[str]:
        told: Deferred[str] = Deferred()
        if self._over:
            told.callback(self._why)
        else:
            self._closed.append(told)
        return told

    # from the road

    def connectionMade(self) -> None:
        self._wake(GREETING, self._too_slow)

    def secured(self, spki: bytes) -> None:
        """The road is secure and leads to a holder of this device key: begin, if he is whom we mean."""
        if self.suits(spki):
            self.begin(spki)
        elif self._expected is not None:
            self.refuse(wrong_key(self._expected, spki))

    def suits(self, spki: bytes) -> bool:
        """Is this a device we meant?  A listener hears HELLO first."""
        return self._expected is None or self._expected.suits(spki)

    def begin(self, spki: bytes) -> None:
        """The road is secure and leads to a holder of this device key: say HELLO, or wait for his."""
        self.spki = spki
        if self._expected is not None and self._expected.glance:
            self.ready.callback(self)
            self._end(LinkLost("only looked"), cut=True)
            return
        self._begun = True
        self.transport.registerProducer(self, True)  # type: ignore[union-attr]
        if self.dialed:
            self._greet()

    def refuse(self, failure: BitDustError) -> None:
        """The road leads to the wrong one, or is not secure: not a byte of ours goes there."""
        self._end(failure, cut=True)

    def dataReceived(self, data: bytes | memoryview) -> None:
        if self._over:
            return
        self._silence.heard = True
        limit = self._here.intake.limit
        if limit is not None:
            limit.spend(len(data) - self._paid)
        self._paid = 0
        self._tell(self._session.receive(data))
        self._read()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._end(LinkLost(f"the connection was lost: {reason.getErrorMessage()}"), cut=True)
        self._sleep()
        self._gone(self)

    def pauseProducing(self) -> None:
        if not self._paused:
            self._batch.full()
        self._paused = True

    def resumeProducing(self) -> None:
        if self._paused:
            self._batch.emptied()
        self._paused = False
        self._flush()

    def stopProducing(self) -> None:
        self._paused = True

    # receiving

    def _read(self) -> None:
        """Go on to read, or stop until the limit has room again: the road makes the peer wait."""
        if self._over:
            return
        limit = self._here.intake.limit
        # What comes is one stream of bytes, whatever its haste: links take turns.
        held = limit is not None and not limit.room(self._read_on, Priority.CONTROL)
        if held and not self._held:
            self.transport.pauseProducing()  # type: ignore[union-attr]
        elif self._held and not (held or self._meeting):
            if limit is not None:
                limit.spend(STEP)
                self._paid += STEP
            self.transport.resumeProducing()  # type: ignore[union-attr]
        self._held = held

    # greeting

    def _greet(self) -> None:
        now = max(0, int(self._here.wall()))
        features = (WHERE,) if self.only_asks and self.dialed else ()
        self._session.greet(Hello((VERSION,), self._here.document(), features, now, self.place))
        self._flush()

    async def _meet(self, hello: Hello) -> None:
        try:
            answer = self._here.doorman(hello.document, self.spki)
            if isinstance(answer, Awaitable):
                # What he sends meanwhile waits in his own machine.
                self._meeting = True
                self.transport.pauseProducing()  # type: ignore[union-attr]
                try:
                    answer = await answer
                finally:
                    self._meeting = False
                    if not (self._over or self._held):
                        self.transport.resumeProducing()  # type: ignore[union-attr]
            self._check(answer)
        except BitDustError as refusal:
            if not self._over:
                self._log.info("{address} refused: {why}", address=self.address, why=refusal.message)
                self._session.go_away(refusal.message)
                self._end(refusal)
            return
        if self._over:
            return
        self.document, self.seen_as = answer, hello.observed
        self.ahead = hello.now - self._here.wall()
        self.only_asks = self.only_asks or WHERE in hello.features
        if not self.dialed:
            self._greet()
        self._open = True
        self._sleep()
        self._silence.begin()
        behind = self._session.accept()
        self.ready.callback(self)
        self._tell(behind)

    def _check(self, document: Document) -> None:
        meant = self._expected.fingerprint if self._expected is not None else None
        if meant is not None and document.fingerprint != meant:
            raise BadIdentity(f"expected {meant}, got {document.fingerprint}")
        if self.spki not in document.device_spkis:
            raise BadIdentity(f"{document.fingerprint} does not list the device key {self.spki.hex()}")

    # the session's events

    def _tell(self, events: list[happened.Event]) -> None:
        corked, self._corked = self._corked, True
        try:
            for event in events:
                if self._over:
                    return
                self._silence.lively |= not isinstance(event, happened.Ponged)
                self._happened(event)
        finally:
            self._corked = corked
        self._flush()

    def _happened(self, event: happened.Event) -> None:
        match event:
            case happened.Body(stream, data):
                stream.owner.came(data)
            case happened.Opened(stream):
                self._used_at = self._here.clock.seconds()
                self._silence.hurry()
                self._asked(Exchange(self._session, stream, self._flush))
            case happened.Answered(stream):
                stream.owner.answered()
            case happened.Ended(stream):
                stream.owner.ended()
            case happened.Drained(stream):
                stream.owner.drained()
            case happened.WasReset(stream, why):
                stream.owner.failed(ExchangeReset(f"the peer gave it up: {why}"))
            case happened.Ponged(token):
                started, ponged = self._pings.pop(token, (0.0, None))
                if ponged is not None:
                    ponged.callback(self._here.clock.seconds() - started)
            case happened.HelloCame(hello):
                spawn(self._meet(hello)).addErrback(self._broken)
            case happened.Over(why, by_peer):
                if not by_peer:
                    self._log.info("{address} broke the rules: {why}", address=self.address, why=why)
                self._end(LinkLost(f"the peer ended the link: {why}" if by_peer else why))

    def _asked(self, exchange: Exchange) -> None:
        if self._answerer is None:
            self._questions.append(exchange)
            return
        try:
            self._answerer(self, exchange)
        except Exception:
            self._log.failure("a question of {address} could not be answered", address=self.address)
            exchange.reset("failed")

    def _broken(self, failure: Failure) -> None:
        self._log.failure("the link to {address} failed", failure, address=self.address)
        self.close("failed")

    # sending

    def _flush(self) -> None:
        """Hand on what there is to say, as long as the road takes it."""
        if self._corked or self._over:
            return
        self._corked = True
        try:
            while not (self._paused or self._over):
                data, drained = self._take()
                if not data:
                    return
                self.transport.write(data)  # type: ignore[union-attr]
                if len(data) >= self._batch.size and not self._paused:
                    self._batch.taken()
                for stream in drained:
                    stream.owner.drained()
        finally:
            self._corked = False

    def _take(self) -> tuple[bytes, list[Stream]]:
        """What may go now: as much as the road takes, the limit allows, and manners where it can wait."""
        limit, turn = self._here.pace.limit, self._session.turn()
        room, waits = self._batch.size, turn is not None and turn >= Priority.BACKUP
        if waits:
            room = self._yielding_room(room)
        if limit is not None and room:
            room = min(room, limit.room(self._go, turn)) if turn is not None else 0
        data, drained = self._session.take(room)
        if limit is not None:
            limit.spend(len(data))
        if waits:
            self._manners.spend(len(data))
        return data, drained

    def hand_on_at_most(self, size: int) -> None:
        """For `Batch`: from now on the road need not have room for more than so many bytes at a time."""

    def _yielding_room(self, most: int) -> int:
        """Bytes of what can wait that may go now; with 0, `_flush` is called when there are some."""
        return self._manners.room(most)

    def rtt(self) -> float | None:
        """For `Manners`: seconds there and back, with what waits on the way; None: unknown on this road."""
        return None

    def under_way(self) -> int:
        """For `Manners`: bytes handed to the road that the peer's end has not acknowledged."""
        return 0

    # time

    def _wake(self, seconds: float, call: Callable[[], object]) -> None:
        self._sleep()
        self._timer = self._here.clock.callLater(seconds, call)

    def _sleep(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _too_slow(self) -> None:
        self._session.go_away("no HELLO in time")
        self._end(Timeout(f"{self.address} did not say who it is in {GREETING:.0f} s"), cut=True)

    def _are_you_there(self) -> None:
        self._session.ping(self._here.rng(8))
        self._flush()

    def _too_silent(self, seconds: float) -> None:
        self._end(LinkLost(f"silent for {seconds:.0f} s"), cut=True)

    # the end

    def _end(self, failure: BitDustError, *, cut: bool = False) -> None:
        """Tell everybody who waits, and let the connection go: after a GOAWAY got out, or at once (`cut`)."""
        if self._over:
            return
        self._over, self._why = True, failure.message
        self._sleep()
        self._silence.stop()
        self._manners.stop()
        self._let_go(cut)
        lost = failure if isinstance(failure, LinkLost) else LinkLost(failure.message)
        for stream in self._session.unfinished():
            if stream.owner is not None:
                stream.owner.failed(lost)
        for _, ponged in [*self._pings.values()]:
            ponged.errback(lost)
        self._questions.clear()
        self._pings.clear()
        if not self._open and not self.ready.called:
            self.ready.errback(failure)
        closed, self._closed = self._closed, []
        for told in closed:
            told.callback(self._why)

    def _let_go(self, cut: bool) -> None:
        road = self.transport
        if road is None:
            return
        if self._held:
            # The goodbye of the peer is to be seen.
            road.resumeProducing()  # type: ignore[attr-defined]
        if self._begun:
            goodbye, _ = self._session.take(self._batch.size)
            if goodbye:
                road.write(goodbye)
            road.unregisterProducer()  # type: ignore[attr-defined]
        if cut:
            road.abortConnection()  # type: ignore[attr-defined]
        else:
            self._wake(LINGER, road.abortConnection)  # type: ignore[attr-defined]
            road.loseConnection()


def wrong_key(expected: Expected, spki: bytes) -> BadIdentity:
    """Somebody else answers at the peer's address."""
    known = ", ".join(sorted(key.hex() for key in expected.spkis or ())) or "none"
    return BadIdentity(
        f"expected {expected.fingerprint} with one of the device keys {known}; got {spki.hex()}"
    )


def refused(failure: Failure) -> None:
    """Forgive a guest who came to nothing: the link has told the log and him."""
    failure.trap(BitDustError)  # type: ignore[no-untyped-call]
