"""
One question and its answer, as the users of a link see it: Deferreds around a stream.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from bitdust.errors import BitDustError
from bitdust.transport.interface import ExchangeReset, IExchange
from bitdust.transport.session import Session
from bitdust.transport.stream import Stream
from bitdust.wire.packets import Packet, Priority

#: parts of a body kept as they came: who sends byte by byte shall not cost more than his bytes
MOST_PARTS = 256


@implementer(IExchange)
class Exchange:
    """
    @param flush: sends what the session has to say.
    @param failure: set when it could not even begin.
    """

    def __init__(
        self,
        session: Session,
        stream: Stream,
        flush: Callable[[], None],
        failure: BitDustError | None = None,
    ) -> None:
        self.packet = stream.packet
        self._session, self._stream, self._flush = session, stream, flush
        self._failure = failure
        self._body: list[bytes] = []
        self._ended = False
        self._writing: Deferred[None] | None = None
        self._reading: Deferred[bytes] | None = None
        self._asking: list[Deferred[Packet]] = []
        stream.owner = self

    # for the users

    def write(self, data: bytes | memoryview) -> Deferred[None]:
        if self._failure is not None:
            return fail(self._failure)
        if self._writing is not None:
            raise ValueError("the write before this one has not been taken yet")
        if not self._session.write(self._stream, data):
            return succeed(None)
        written: Deferred[None] = Deferred(self._cancelled)
        self._writing = written
        self._flush()
        return written

    def unsent(self) -> int:
        return self._stream.out_left + self._stream.out_size

    def rank(self, priority: Priority) -> None:
        self._session.rank(self._stream, priority)

    def finish(self) -> None:
        if self._stream.out_left and self._failure is None:
            raise ValueError(f"{self._stream.out_left} bytes of the announced body were not written")

    def answer(self) -> Deferred[Packet]:
        if self._stream.answer is not None:
            return succeed(self._stream.answer)
        if self._failure is not None:
            return fail(self._failure)
        answered: Deferred[Packet] = Deferred(self._cancelled)
        self._asking.append(answered)
        return answered

    def reply(self, packet: Packet) -> None:
        if self._failure is not None:
            return
        self._session.answer(self._stream, packet)
        if not packet.body_size:
            self._give_up(ExchangeReset("the question was answered, its body is gone"))
        self._flush()

    def read(self) -> Deferred[bytes]:
        if self._reading is not None:
            raise ValueError("the read before this one has not been answered yet")
        if self._body:
            taken = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            self._body.clear()
            self._session.consumed(self._stream, len(taken))
            self._flush()
            return succeed(taken)
        if self._failure is not None:
            return fail(self._failure)
        if self._ended:
            return succeed(b"")
        if self._stream.deaf:
            return fail(ExchangeReset("the question was answered, its body is gone"))
        self._reading = Deferred(self._cancelled)
        return self._reading

    def reset(self, why: str) -> None:
        if self._failure is None and not self._stream.over:
            self._session.reset(self._stream, why)
            self.failed(ExchangeReset(f"given up: {why}"))
            self._flush()

    def _cancelled(self, _waiting: Deferred[object]) -> None:
        # The Deferred fails by itself; nobody waits for it any more.
        self._asking = [waiting for waiting in self._asking if waiting is not _waiting]
        if self._reading is _waiting:
            self._reading = None
        if self._writing is _waiting:
            self._writing = None
        self.reset("cancelled")

    # for the link

    def answered(self) -> None:
        """The answer has come."""
        asking, self._asking = self._asking, []
        for waiting in asking:
            waiting.callback(self._stream.answer)  # type: ignore[arg-type]

    def came(self, data: bytes) -> None:
        """Bytes of the peer's body have come."""
        if self._failure is not None:
            return
        reading, self._reading = self._reading, None
        if reading is None:
            self._body.append(data)
            if len(self._body) == MOST_PARTS:
                self._body = [b"".join(self._body)]
            return
        self._session.consumed(self._stream, len(data))
        reading.callback(data)

    def ended(self) -> None:
        """The peer's body is complete."""
        self._ended = True
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.callback(b"")

    def drained(self) -> None:
        """Everything written was handed on."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.callback(None)

    def failed(self, failure: BitDustError) -> None:
        """It has come to an end before its time: whoever waits is told."""
        if self._failure is not None or (self._stream.asked and self._stream.complete):
            self.drained()
            return
        self._give_up(failure)

    def _give_up(self, failure: BitDustError) -> None:
        self._failure = failure
        self._body.clear()
        waiting: list[Deferred[object]] = [*self._asking]  # type: ignore[list-item]
        waiting += [one for one in (self._reading, self._writing) if one is not None]  # type: ignore[misc]
        self._asking, self._reading, self._writing = [], None, None
        for one in waiting:
            # Whoever heard of the one may have cancelled the other.
            if not one.called:
                one.errback(failure)
