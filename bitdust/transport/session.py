"""
What two ends of a link may say to each other, and what it means: bytes in, events out; no I/O, no clock.

    dialer   HELLO ------------------------> listener     nothing else is taken before HELLO was accepted
             <------------------------ HELLO
    asker    OPEN question, DATA..., END --> answerer     both ends of a link may ask
             <-- ANSWER answer, DATA..., END              END is left out where no body is announced

A body is what its packet announced, to the byte; END may come early only when the other side has no more use
for the rest, having answered completely.  Whoever breaks the rules gets GOAWAY and the link is over.
"""

from __future__ import annotations

from functools import partial

from bitdust.errors import RemoteFault
from bitdust.transport.happened import (
    Answered,
    Body,
    Drained,
    Ended,
    Event,
    HelloCame,
    Opened,
    Over,
    Ponged,
    WasReset,
)
from bitdust.transport.sending import LINK_CREDIT, MAX_OPEN, Sending
from bitdust.transport.stream import STREAM_CREDIT, Stream
from bitdust.wire import frames
from bitdust.wire.codec import decode
from bitdust.wire.frames import Type
from bitdust.wire.packets import Priority

#: answers to PING that may wait to be sent
MAX_PONGS = 16
#: bytes that may come behind a HELLO before it is accepted
MAX_EARLY = 4 * 2**20

_TYPES = frozenset(Type)
_PRIORITIES = frozenset(Priority)


class Session(Sending):
    """
    One end of a link.

    @param dialer: whether this end dialed; the two ends number their questions differently.
    """

    def __init__(self, *, dialer: bool) -> None:
        super().__init__(first=1 if dialer else 2)
        self._dialer = dialer
        self._reader = frames.FrameReader()
        self._greeted = self._accepted = False
        self._last_peers = 0
        self._events: list[Event] = []
        #: the streams for which something came in this turn
        self._arrived: list[Stream] = []

    def receive(self, data: bytes | memoryview) -> list[Event]:
        """What these bytes from the peer mean.  Nothing refers to `data` any more when this returns."""
        if self.over:
            return []
        # Before he is accepted, what follows HELLO is kept as it came.
        self._reader.feed(data if self._accepted else bytes(data))
        if self._greeted and not self._accepted and self._reader.size > MAX_EARLY:
            return [self._fault("too much before HELLO was answered")]
        return self._read()

    def accept(self) -> list[Event]:
        """The peer's HELLO is good; what these bytes meant that came behind it."""
        self._accepted = True
        return self._read()

    def _read(self) -> list[Event]:
        if self._greeted and not self._accepted:
            return []
        coming = self._reader.frames()
        try:
            for kind, number, payload in coming:
                self._frame(kind, number, payload)
                if self.over or (self._greeted and not self._accepted):
                    break
        except RemoteFault as fault:
            self._gather()
            self._events.append(self._fault(fault.message))
        finally:
            coming.close()
        self._gather()
        events, self._events = self._events, []
        return events

    def _fault(self, why: str) -> Over:
        self.go_away(why)
        return Over(why, by_peer=False)

    def _frame(self, kind: int, number: int, payload: memoryview) -> None:
        if kind == Type.DATA and self._accepted:
            self._data(number, payload)
            return
        if kind & frames.IGNORABLE and self._accepted:
            return
        if kind not in _TYPES:
            raise RemoteFault(f"a frame of the unknown type {kind}")
        kind = Type(kind)
        if kind in frames.OF_THE_LINK and number:
            raise RemoteFault(f"{kind.name} on stream {number}")
        if kind is Type.GOAWAY:
            self.over = True
            self._gather()
            self._events.append(Over(frames.read_reason(payload), by_peer=True))
        elif not self._accepted:
            if kind is not Type.HELLO:
                raise RemoteFault(f"{kind.name} before HELLO")
            self._greeted = True
            self._events.append(HelloCame(frames.decode_hello(payload)))
        else:
            self._told[kind](self, number, payload)

    def _hello_again(self, _number: int, _payload: memoryview) -> None:
        raise RemoteFault("a second HELLO")

    def _ping(self, _number: int, payload: memoryview) -> None:
        if len(payload) != 8:
            raise RemoteFault(f"a PING of {len(payload)} bytes instead of 8")
        if self._pongs >= MAX_PONGS:
            raise RemoteFault("more PINGs than answers were read")
        self._pongs += 1
        self._urgent.append((frames.frame(Type.PONG, 0, bytes(payload)), self._ponged))

    def _ponged(self) -> None:
        self._pongs -= 1

    def _pong(self, _number: int, payload: memoryview) -> None:
        if len(payload) != 8:
            raise RemoteFault(f"a PONG of {len(payload)} bytes instead of 8")
        self._events.append(Ponged(bytes(payload)))

    def _open(self, number: int, payload: memoryview) -> None:
        if number % 2 != (0 if self._dialer else 1) or number <= self._last_peers:
            raise RemoteFault(f"OPEN of stream {number} after {self._last_peers}")
        if self._peers >= MAX_OPEN:
            raise RemoteFault(f"more than {MAX_OPEN} exchanges open")
        if not payload or payload[0] not in _PRIORITIES:
            raise RemoteFault("OPEN without a known priority")
        packet = decode(payload[1:])
        stream = Stream(False, packet, Priority(payload[0]), number, in_left=packet.body_size)
        stream.in_ended = packet.body_size == 0
        self._last_peers = number
        self._peers += 1
        self.streams[number] = stream
        self._events.append(Opened(stream))
        if stream.in_ended:
            self._events.append(Ended(stream))

    def _answer(self, number: int, payload: memoryview) -> None:
        packet = decode(payload)
        stream = self._known(number, Type.ANSWER)
        if stream is None or stream.deaf:
            return
        if not stream.asked or stream.answer is not None:
            raise RemoteFault(f"ANSWER on stream {number}, which waits for none")
        stream.answer, stream.in_left = packet, packet.body_size
        self._events.append(Answered(stream))
        if not packet.body_size:
            self._ended(stream)

    def _data(self, number: int, payload: memoryview) -> None:
        size = len(payload)
        if not size:
            raise RemoteFault("an empty DATA")
        self._in_credit -= size
        if self._in_credit < 0:
            raise RemoteFault("more DATA than the link's credit")
        stream = self._known(number, Type.DATA)
        if stream is None or stream.deaf:
            self._owed += size
            return
        if stream.asked and stream.answer is None:
            raise RemoteFault(f"DATA on stream {number} before its ANSWER")
        stream.in_credit -= size
        if stream.in_credit < 0:
            raise RemoteFault(f"more DATA than the credit of stream {number}")
        stream.in_left -= size
        if stream.in_left < 0 or stream.in_ended:
            raise RemoteFault(f"more DATA on stream {number} than its packet announced")
        stream.unread += size
        if not stream.arrived:
            self._arrived.append(stream)
        stream.arrived.append(payload)

    def _end(self, number: int, payload: memoryview) -> None:
        if payload:
            raise RemoteFault("END with a payload")
        stream = self._known(number, Type.END)
        if stream is None:
            return
        if stream.deaf and stream.asked:
            return
        if stream.in_ended or (stream.asked and stream.answer is None):
            raise RemoteFault(f"END on stream {number}, which has none to come")
        if stream.deaf:
            stream.in_ended = True
            self._settle(stream)
        elif stream.in_left:
            raise RemoteFault(f"END on stream {number} with {stream.in_left} bytes to come")
        else:
            self._ended(stream)

    def _window(self, number: int, payload: memoryview) -> None:
        more = frames.read_number(payload)
        if number == 0:
            self._out_credit += more
            if self._out_credit > LINK_CREDIT or not more:
                raise RemoteFault(f"a WINDOW of {more} that nobody owed")
            return
        stream = self._known(number, Type.WINDOW)
        if stream is None:
            return
        stream.out_credit += more
        if stream.out_credit > STREAM_CREDIT or not more:
            raise RemoteFault(f"a WINDOW of {more} on stream {number} that nobody owed")
        if stream.sendable:
            self._turns.add(stream)

    def _reset(self, number: int, payload: memoryview) -> None:
        why = frames.read_reason(payload)
        stream = self._known(number, Type.RESET)
        if stream is None:
            return
        told = not stream.deaf
        self._turn_deaf(stream)
        self._forget(stream)
        if told:
            self._events.append(WasReset(stream, why))

    _told = {
        Type.HELLO: _hello_again,
        Type.PING: _ping,
        Type.PONG: _pong,
        Type.OPEN: _open,
        Type.ANSWER: _answer,
        Type.WINDOW: _window,
        Type.END: _end,
        Type.RESET: _reset,
    }

    def _known(self, number: int, kind: Type) -> Stream | None:
        stream = self.streams.get(number)
        if stream is None:
            # The peer cannot know yet what this end has given up; of what never was, he cannot speak.
            ours = number % 2 == (1 if self._dialer else 0)
            if number == 0 or number >= (self._next if ours else self._last_peers + 1):
                raise RemoteFault(f"{kind.name} on stream {number}, which never was opened")
        return stream

    def _ended(self, stream: Stream) -> None:
        stream.in_ended = True
        self._gather(stream)
        self._events.append(Ended(stream))
        if stream.asked and not stream.out_ended:
            # Answered completely: the rest of the question is not wanted.
            waited = self._empty(stream)
            self._urgent.append((frames.frame(Type.END, stream.number), partial(self._said, stream)))
            if waited:
                self._events.append(Drained(stream))
        self._settle(stream)

    def _gather(self, only: Stream | None = None) -> None:
        """Hand on what came for each stream as one piece, and so let go of the buffer it came in."""
        for stream in (only,) if only else self._arrived:
            if stream.arrived:
                self._events.append(Body(stream, b"".join(stream.arrived)))
                stream.arrived.clear()
        if only is None:
            self._arrived.clear()
