"""
What one end of a link has to say, in which order, and when an exchange is over.

Three things limit it: the peer's credit for bodies, 64 open questions, and what the road takes at a time.
Frames that carry no body are *urgent*: they go before all bodies, in the order they were said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from bitdust.transport.stream import STREAM_STEP, Stream
from bitdust.transport.turns import Turns
from bitdust.wire import frames
from bitdust.wire.codec import encode
from bitdust.wire.frames import MAX_PAYLOAD, Hello, Type
from bitdust.wire.packets import Packet, Priority

#: body bytes one side may send on all streams together before the other has read some
LINK_CREDIT = 8 * 2**20
LINK_STEP = 2**20
#: questions of one side that may be open at a time, and how many of them only urgent ones may use
MAX_OPEN, RESERVED = 64, 8

#: bytes of a frame below which none is cut for want of room
SHORTEST = 1024
#: bytes of urgent frames handed out at a time when no bodies may go
URGENT = 64 * 1024


class Sending:
    """
    The half of a session that speaks.

    @param first: the number of the first question of this end.
    """

    def __init__(self, first: int) -> None:
        #: nothing is said or heard any more
        self.over = False
        #: the open exchanges, of both ends, by their number
        self.streams: dict[int, Stream] = {}
        self._next = first
        self._asked = self._peers = self._pongs = 0
        self._waiting: dict[Priority, deque[Stream]] = {priority: deque() for priority in Priority}
        #: whole frames, each with what to do once it is handed out
        self._urgent: deque[tuple[bytes, Callable[[], None] | None]] = deque()
        self._turns = Turns()
        self._out_credit = self._in_credit = LINK_CREDIT
        self._owed = 0
        # Credit counts as given only when its WINDOW is handed out: who does not read gets none.
        self._due: set[Stream] = set()

    def greet(self, hello: Hello) -> None:
        """Say HELLO."""
        self._urgent.append((frames.frame(Type.HELLO, 0, frames.encode_hello(hello)), None))

    def ask(self, packet: Packet, priority: Priority) -> Stream:
        """Begin an exchange; it waits its turn when too many are open.  Its body is given to `write`."""
        stream = Stream(True, packet, priority, head=encode(packet), out_left=packet.body_size)
        self._waiting[priority].append(stream)
        self._let_in()
        return stream

    def answer(self, stream: Stream, packet: Packet) -> None:
        """Answer a question, once."""
        if stream.asked or stream.answer is not None:
            raise ValueError("there is no question to answer")
        if stream.over or stream.deaf:
            return
        encoded = encode(packet)
        stream.answer, stream.out_left = packet, packet.body_size
        ended = None if packet.body_size else partial(self._said, stream)
        self._urgent.append((frames.frame(Type.ANSWER, stream.number, encoded), ended))
        if ended:
            self._turn_deaf(stream)

    def write(self, stream: Stream, data: bytes | memoryview) -> bool:
        """
        Send some of the announced body.  Answers whether `Drained` will follow; otherwise it is done.

        @raise ValueError: more than was announced.
        """
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        if stream.over or stream.deaf or stream.out_ended or (stream.asked and stream.complete):
            return False
        if not stream.asked and stream.answer is None:
            raise ValueError("a body comes after its answer")
        if len(view) > stream.out_left:
            raise ValueError(f"{len(view)} bytes where {stream.out_left} of the announced body are left")
        if not len(view):
            return False
        stream.out_left -= len(view)
        stream.out.append(view)
        stream.out_size += len(view)
        if stream.number and stream.sendable:
            self._turns.add(stream)
        return True

    def rank(self, stream: Stream, priority: Priority) -> None:
        """What this end sends on it is of that haste from now on.  The peer does not hear of it."""
        waits = bool(stream.number) and stream.sendable
        if priority == stream.priority or not stream.number:
            return
        self._turns.drop(stream)
        stream.priority = priority
        if waits:
            self._turns.add(stream)

    def consumed(self, stream: Stream, size: int) -> None:
        """So many bytes of the peer's body were read: he may send as many more."""
        if self.over or not size or stream.unread < size:
            return
        stream.unread -= size
        self._owed += size
        stream.owed += size
        if stream.owed >= STREAM_STEP and stream.in_left > stream.in_credit and not stream.over:
            self._due.add(stream)

    def reset(self, stream: Stream, why: str) -> None:
        """Give it up."""
        if stream.over or stream.deaf or self.over:
            return
        self._turn_deaf(stream)
        self._empty(stream)
        if stream.asked and not stream.number:
            self._waiting[stream.priority].remove(stream)
            stream.over = True
            return
        # The number stays taken until the frame is out: a peer who does not read cannot go on opening.
        frame = frames.frame(Type.RESET, stream.number, frames.reason(why))
        self._urgent.append((frame, partial(self._forget, stream)))

    def ping(self, token: bytes) -> None:
        """Ask for a sign of life that carries these 8 bytes."""
        self._urgent.append((frames.frame(Type.PING, 0, token), None))

    def go_away(self, why: str) -> None:
        """Say why the link ends.  Nothing else is said or heard from now on."""
        self.over = True
        self._urgent.clear()
        self._urgent.append((frames.frame(Type.GOAWAY, 0, frames.reason(why)), None))

    def take(self, limit: int) -> tuple[bytes, list[Stream]]:
        """
        About `limit` bytes to send now, b"" when there are none; and the streams whose writes have been
        handed on completely.  With 0, only what carries no body.
        """
        parts: list[bytes | memoryview] = []
        drained: list[Stream] = []
        size = 0
        size += self._windows(parts)
        while self._urgent and size < (limit or URGENT):
            frame, sent = self._urgent.popleft()
            parts.append(frame)
            size += len(frame)
            if sent is not None:
                sent()
        while size < limit and self._out_credit > 0 and not self.over:
            stream = self._turns.next()
            if stream is None:
                break
            # A byte more than asked for would be a step of its own for whoever takes it.
            size += self._cut(stream, parts, max(limit - size - frames.HEADER, SHORTEST))
            if not stream.out_size:
                drained.append(stream)
        return b"".join(parts), drained

    def turn(self) -> Priority | None:
        """The most urgent body that could go on now; None when none could."""
        return self._turns.first() if self._out_credit > 0 and not self.over else None

    def haste(self) -> Priority:
        """Of what haste is what `take` gives next: what carries no body has all of it."""
        turn = self.turn()
        return Priority.CONTROL if turn is None or self._urgent or self._due else turn

    def _windows(self, parts: list[bytes | memoryview]) -> int:
        """The credit the peer is owed by now."""
        before = len(parts)
        if self.over:
            return 0
        if self._owed >= LINK_STEP or (self._owed and self._in_credit < LINK_STEP):
            parts.append(frames.frame(Type.WINDOW, 0, frames.number(self._owed)))
            self._in_credit, self._owed = self._in_credit + self._owed, 0
        for stream in sorted(self._due, key=lambda stream: stream.number):
            parts.append(frames.frame(Type.WINDOW, stream.number, frames.number(stream.owed)))
            stream.in_credit, stream.owed = stream.in_credit + stream.owed, 0
        self._due.clear()
        return (len(parts) - before) * (frames.HEADER + 4)

    def _cut(self, stream: Stream, parts: list[bytes | memoryview], most: int) -> int:
        first = stream.out[0]
        size = min(len(first), MAX_PAYLOAD, most, stream.out_credit, self._out_credit)
        parts.append(frames.header(Type.DATA, stream.number, size))
        if size == len(first):
            parts.append(first)
            stream.out.popleft()
        else:
            parts.append(first[:size])
            stream.out[0] = first[size:]
        stream.out_size -= size
        stream.out_credit -= size
        self._out_credit -= size
        self._turns.sent(stream, size)
        if not stream.out_size and not stream.out_left:
            parts.append(frames.frame(Type.END, stream.number))
            self._said(stream)
            if not stream.asked:
                self._turn_deaf(stream)
        return size + frames.HEADER

    def unfinished(self) -> list[Stream]:
        """Every exchange that is not over, those that wait for their turn included."""
        return [*self.streams.values(), *(stream for waiting in self._waiting.values() for stream in waiting)]

    def _let_in(self) -> None:
        """Open what waits, as far as places are free."""
        for priority, waiting in self._waiting.items():
            places = MAX_OPEN if priority <= Priority.MESSAGE else MAX_OPEN - RESERVED
            while waiting and self._asked < places:
                stream = waiting.popleft()
                stream.number, self._next = self._next, self._next + 2
                self._asked += 1
                self.streams[stream.number] = stream
                question = bytes([priority]) + stream.head
                stream.head = b""
                ended = None if stream.packet.body_size else partial(self._said, stream)
                self._urgent.append((frames.frame(Type.OPEN, stream.number, question), ended))
                if stream.sendable:
                    self._turns.add(stream)

    # how exchanges end

    def _said(self, stream: Stream) -> None:
        """Everything this end has to say is out."""
        stream.out_ended = True
        self._settle(stream)

    def _settle(self, stream: Stream) -> None:
        if stream.out_ended and stream.in_ended and (stream.answer is not None) and not stream.over:
            self._forget(stream)

    def _turn_deaf(self, stream: Stream) -> None:
        """What the peer still sends on it is thrown away."""
        stream.deaf = True
        stream.arrived.clear()
        self._due.discard(stream)
        self._owed += stream.unread
        stream.unread = 0
        self._settle(stream)

    def _empty(self, stream: Stream) -> bool:
        """Throw away what waits to be sent; whether there was something."""
        waited = stream.out_size > 0
        self._turns.drop(stream)
        stream.out.clear()
        stream.out_size = stream.out_left = 0
        return waited

    def _forget(self, stream: Stream) -> None:
        if self.streams.pop(stream.number, None) is None:
            return
        stream.over = True
        self._empty(stream)
        self._due.discard(stream)
        if stream.asked:
            self._asked -= 1
            self._let_in()
        else:
            self._peers -= 1
            stream.deaf = True
