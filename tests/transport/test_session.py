"""The rules of a link: what honest ends say arrives, and who breaks them is told and left."""

from __future__ import annotations

import os
import random
from collections import defaultdict

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bitdust.transport.happened import (
    Answered,
    Body,
    Drained,
    Ended,
    Event,
    HelloCame,
    Opened,
    Over,
    WasReset,
)
from bitdust.transport.sending import LINK_CREDIT, MAX_OPEN, RESERVED, SHORTEST
from bitdust.transport.session import Session
from bitdust.transport.stream import STREAM_CREDIT, Stream
from bitdust.wire.codec import encode
from bitdust.wire.frames import MAX_PAYLOAD, FrameReader, Hello, Type, frame, header, number
from bitdust.wire.packets import Ack, Data, Fail, ListFiles, Packet, Priority

HELLO = Hello((1,), b"document", (), 0)
ZERO = bytes(32)
#: how many times longer than usual frames are fuzzed: 50 opens a million streams on one link
FUZZ = int(os.environ.get("FUZZ", "1"))


def piece(size: int) -> Data:
    """A packet that announces a body."""
    return Data(block=ZERO, number=0, size=size, root=ZERO)


def opened(stream: int, packet: Packet, priority: int = Priority.BACKUP) -> bytes:
    """An OPEN."""
    return frame(Type.OPEN, stream, bytes([priority]) + encode(packet))


def listener() -> Session:
    """A session that has accepted its dialer."""
    session = Session(dialer=False)
    hello = Session(dialer=True)
    hello.greet(HELLO)
    [came] = session.receive(hello.take(2**20)[0])
    assert came == HelloCame(HELLO)
    assert session.accept() == []
    return session


def pair() -> tuple[Session, Session]:
    """Two sessions that have accepted each other."""
    dialer, other = Session(dialer=True), listener()
    other.greet(HELLO)
    dialer.receive(other.take(2**20)[0])
    dialer.accept()
    return dialer, other


def frames(session: Session) -> list[tuple[int, int, bytes]]:
    """What a session says, in frames."""
    reader = FrameReader()
    while data := session.take(2**18)[0]:
        reader.feed(data)
    return [(kind, stream, bytes(payload)) for kind, stream, payload in reader.frames()]


def carry(source: Session, target: Session, *, consume: bool = True) -> list[Event]:
    """Take all that one says to the other, who reads every body at once."""
    events: list[Event] = []
    while data := source.take(2**18)[0]:
        for event in target.receive(data):
            events.append(event)
            if isinstance(event, Body) and consume:
                target.consumed(event.stream, len(event.data))
    return events


def settle(one: Session, other: Session) -> None:
    """Until nobody has anything to say."""
    quiet = 0
    while quiet < 2:
        data, _ = one.take(2**18)
        quiet = 0 if data else quiet + 1
        for event in other.receive(data):
            if isinstance(event, Body):
                other.consumed(event.stream, len(event.data))
        one, other = other, one


# what changes its haste


@pytest.mark.parametrize("written", ["before", "after"])
def test_a_body_may_change_its_haste(written: str) -> None:
    """What waits, and what comes, goes by the new one at this end; the peer hears nothing of it."""
    dialer, other = pair()
    one, two = (dialer.ask(piece(10), Priority.RESTORE) for _ in range(2))
    heard = carry(dialer, other)
    if written == "before":
        dialer.write(one, bytes(10))
    dialer.rank(one, Priority.REPAIR)
    if written == "after":
        dialer.write(one, bytes(10))
    assert dialer.turn() == dialer.haste() == Priority.REPAIR
    dialer.write(two, bytes(10))
    assert dialer.turn() == Priority.RESTORE
    dialer.ping(bytes(8))
    assert dialer.haste() == Priority.CONTROL
    dialer.rank(two, Priority.REPAIR)
    dialer.rank(two, Priority.RESTORE)
    said = [number for kind, number, _ in frames(dialer) if kind == Type.DATA]
    assert sorted(said) == sorted([one.number, two.number])
    assert [event.stream.priority for event in heard if isinstance(event, Opened)] == [Priority.RESTORE] * 2


def test_what_is_not_open_yet_keeps_its_haste() -> None:
    """Its place among those that wait is of that haste."""
    dialer, _ = pair()
    waiting = [dialer.ask(piece(10), Priority.BACKUP) for _ in range(MAX_OPEN)][-1]
    dialer.rank(waiting, Priority.RESTORE)
    dialer.reset(waiting, "not wanted")
    assert waiting.over


# who breaks the rules

BROKEN: dict[str, bytes] = {
    "second HELLO": frame(Type.HELLO, 0, b"\x80"),
    "unknown type 99": frame(99, 0),
    "unknown type 0": frame(0, 0),
    "frame of 16777215": header(Type.DATA, 1, 2**24 - 1),
    "PING on stream 1": frame(Type.PING, 1, bytes(8)),
    "PING of 7": frame(Type.PING, 0, bytes(7)),
    "PONG of 9": frame(Type.PONG, 0, bytes(9)),
    "more PINGs": frame(Type.PING, 0, bytes(8)) * 17,
    "OPEN of stream 0": opened(0, ListFiles()),
    "OPEN of stream 2": opened(2, ListFiles()),
    "OPEN of stream 3": opened(3, ListFiles()) * 2,
    "OPEN of stream 1": opened(3, ListFiles()) + opened(1, ListFiles()),
    "known priority": opened(1, ListFiles(), 5),
    "known priority ": frame(Type.OPEN, 1),
    "not a packet": frame(Type.OPEN, 1, b"\x00\xc1"),
    "60 KiB packet": frame(Type.OPEN, 1, bytes(61_000) + bytes(442)),
    "a packet of": frame(Type.OPEN, 1, bytes(MAX_PAYLOAD)),
    "more than 64": b"".join(opened(2 * n + 1, ListFiles()) for n in range(65)),
    "never was opened": frame(Type.DATA, 1, b"x"),
    "ANSWER on stream 2": frame(Type.ANSWER, 2, encode(Ack())),
    "ANSWER on stream 1": opened(1, ListFiles()) + frame(Type.ANSWER, 1, encode(Ack())),
    "an empty DATA": opened(1, piece(5)) + frame(Type.DATA, 1),
    "than its packet announced": opened(1, piece(5)) + frame(Type.DATA, 1, bytes(6)),
    "than its packet announced ": opened(1, ListFiles()) + frame(Type.DATA, 1, b"x"),
    "than its packet announced  ": opened(1, piece(5)) + frame(Type.DATA, 1, bytes(5)) + frame(Type.END, 1)
    + frame(Type.DATA, 1, b"x"),
    "with 2 bytes to come": opened(1, piece(5)) + frame(Type.DATA, 1, bytes(3)) + frame(Type.END, 1),
    "END with a payload": opened(1, piece(5)) + frame(Type.END, 1, b"x"),
    "END on stream 1": opened(1, ListFiles()) + frame(Type.END, 1),
    "credit of stream": opened(1, piece(2**30)) + frame(Type.DATA, 1, bytes(MAX_PAYLOAD)) * 17,
    "link's credit": b"".join(
        opened(n, piece(2**20)) + frame(Type.DATA, n, bytes(MAX_PAYLOAD)) * 16 for n in range(1, 19, 2)
    ),
    "that nobody owed": frame(Type.WINDOW, 0, number(1)),
    "that nobody owed ": opened(1, ListFiles()) + frame(Type.WINDOW, 1, number(1)),
    "that nobody owed  ": opened(1, ListFiles()) + frame(Type.WINDOW, 1, number(0)),
    "that nobody owed   ": frame(Type.WINDOW, 0, number(2**32 - 1)),
    "a window of 3": frame(Type.WINDOW, 0, bytes(3)),
    "WINDOW on stream 7": frame(Type.WINDOW, 7, number(1)),
    "reason of 513": opened(1, ListFiles()) + frame(Type.RESET, 1, bytes(513)),
    "RESET on stream 1": frame(Type.RESET, 1),
}  # fmt: skip


@pytest.mark.parametrize("why", BROKEN)
@pytest.mark.parametrize("step", [1, 1000, 2**30], ids=["in bytes", "in pieces", "at once"])
def test_broken_rules_end_the_link(why: str, step: int) -> None:
    """T32: every broken rule gets GOAWAY with the reason, and nothing that follows is heard."""
    data = BROKEN[why]
    if len(data) > 200_000 and step == 1:
        step = 4096
    session = listener()
    events = [event for at in range(0, len(data), step) for event in session.receive(data[at : at + step])]
    over = [event for event in events if isinstance(event, Over)]
    assert len(over) == 1
    assert not over[0].by_peer
    assert why.strip() in over[0].why or why == "60 KiB packet"
    assert events[-1] is over[0]
    said = frames(session)
    assert said[-1] == (Type.GOAWAY, 0, over[0].why.encode())
    assert session.receive(opened(5, ListFiles())) == []
    assert frames(session) == []


@pytest.mark.parametrize("first", [one for one in Type if one not in (Type.HELLO, Type.GOAWAY)])
def test_nothing_before_hello(first: Type) -> None:
    """Anything but HELLO and GOAWAY as the first frame ends the link, unknown types included."""
    for kind in (first, 99, 200):
        session = Session(dialer=False)
        [over] = session.receive(frame(kind, 0))
        assert isinstance(over, Over)
        assert frames(session)[-1][0] == Type.GOAWAY


def test_nothing_is_heard_until_hello_is_accepted() -> None:
    """What comes behind a HELLO waits for `accept`, and too much of it ends the link."""
    dialer = Session(dialer=True)
    dialer.greet(HELLO)
    dialer.ask(ListFiles(), Priority.CONTROL)
    session = Session(dialer=False)
    assert session.receive(dialer.take(2**20)[0]) == [HelloCame(HELLO)]
    assert session.receive(b"") == []
    [came, ended] = session.accept()
    assert isinstance(came, Opened)
    assert isinstance(ended, Ended)

    session = Session(dialer=False)
    dialer = Session(dialer=True)
    dialer.greet(HELLO)
    session.receive(dialer.take(2**20)[0])
    events: list[Event] = []
    for _ in range(80):
        events += session.receive(frame(200, 0, bytes(MAX_PAYLOAD)))
    assert [type(event) for event in events] == [Over]


def test_types_with_the_high_bit_are_ignored() -> None:
    """A frame of tomorrow that says it may be ignored, is."""
    session = listener()
    assert session.receive(frame(0x80, 0, b"?") + frame(0xFF, 77, b"?")) == []
    assert not session.over


def test_goaway_is_heard() -> None:
    """The peer's reason comes through, also before any HELLO."""
    for session in (Session(dialer=True), pair()[0]):
        assert session.receive(frame(Type.GOAWAY, 0, b"tired")) == [Over("tired", by_peer=True)]
        assert session.over


# what honest ends do


def test_question_and_answer() -> None:
    """Both ends ask; both have forgotten the exchange when it is over."""
    one, other = pair()
    for asker, answerer in ((one, other), (other, one)):
        stream = asker.ask(ListFiles(), Priority.CONTROL)
        came, ended = carry(asker, answerer)
        assert isinstance(came, Opened)
        assert came.stream.packet == ListFiles()
        assert isinstance(ended, Ended)
        answerer.answer(came.stream, Ack())
        answered, ended = carry(answerer, asker)
        assert isinstance(answered, Answered)
        assert stream.answer == Ack()
        assert not one.unfinished()
        assert not other.unfinished()


def test_an_unread_body_stops_at_the_credit() -> None:
    """T19: without reading, one stream carries 1 MiB, all together 8 MiB, and what is read flows on."""
    one, other = pair()
    streams = [one.ask(piece(4 * 2**20), Priority.BACKUP) for _ in range(10)]
    body = bytes(4 * 2**20)
    for stream in streams:
        assert one.write(stream, body)
    got: dict[int, int] = defaultdict(int)
    for event in carry(one, other, consume=False):
        if isinstance(event, Body):
            got[event.stream.number] += len(event.data)
    assert max(got.values()) <= STREAM_CREDIT
    assert sum(got.values()) == LINK_CREDIT
    # The urgent passes by.
    one.ask(ListFiles(), Priority.CONTROL)
    assert any(isinstance(event, Opened) for event in carry(one, other, consume=False))
    for came in [*other.streams.values()]:
        other.consumed(came, came.unread)
    settle(one, other)
    assert all(stream.out_ended for stream in streams)


@pytest.mark.parametrize("limit", [10_000, 2**16, 2**18, 2**19])
def test_no_more_is_handed_out_than_there_is_room_for(limit: int) -> None:
    one, other = pair()
    stream = one.ask(piece(2**20), Priority.BACKUP)
    carry(one, other)
    assert one.write(stream, bytes(2**20))
    data = one.take(limit)[0]
    assert limit - SHORTEST <= len(data) <= limit


def test_more_questions_than_places_wait() -> None:
    """Never more than 64 are open; the last places are kept for what is urgent; all come in at last."""
    one, other = pair()
    asked = [one.ask(ListFiles(), Priority.BACKUP) for _ in range(200)]
    came = [event.stream for event in carry(one, other) if isinstance(event, Opened)]
    assert len(came) == MAX_OPEN - RESERVED
    one.ask(Ack(), Priority.CONTROL)
    urgent = [event.stream for event in carry(one, other) if isinstance(event, Opened)]
    assert [stream.packet for stream in urgent] == [Ack()]
    came += urgent
    while came:
        other.answer(came.pop(0), Ack())
        carry(other, one)
        came += [event.stream for event in carry(one, other) if isinstance(event, Opened)]
        assert len(other.streams) <= MAX_OPEN
    assert all(stream.answer == Ack() for stream in asked)
    assert not one.unfinished()


def test_a_waiting_question_can_be_given_up() -> None:
    """A question that never went out is forgotten without a word."""
    one, other = pair()
    asked = [one.ask(ListFiles(), Priority.BACKUP) for _ in range(MAX_OPEN)]
    carry(one, other)
    one.reset(asked[-1], "never mind")
    assert frames(one) == []
    assert asked[-1].over


def test_a_peer_who_does_not_read_cannot_go_on() -> None:
    """T32: answers that were not read yet count as open questions, so they cannot pile up."""
    session = listener()
    for count in range(1000):
        events = session.receive(opened(2 * count + 1, ListFiles()))
        for event in events:
            if isinstance(event, Opened):
                if count % 2:
                    session.reset(event.stream, "no")
                else:
                    session.answer(event.stream, Ack())
        if session.over:
            break
    assert count == MAX_OPEN


def test_many_opens_one_after_the_other() -> None:
    """T32: very many questions that are read and answered leave nothing behind."""
    session = listener()
    for count in range(20_000 * FUZZ):
        for event in session.receive(opened(2 * count + 1, ListFiles())):
            if isinstance(event, Opened):
                session.answer(event.stream, Ack())
        session.take(2**18)
    assert not session.over
    assert not session.streams


def test_an_early_answer_frees_the_writer() -> None:
    """A complete answer ends the question's body: its writer is told, the rest is not sent, nothing stays."""
    one, other = pair()
    stream = one.ask(piece(2**30), Priority.BACKUP)
    one.write(stream, bytes(4 * 2**20))
    came = next(event.stream for event in carry(one, other, consume=False) if isinstance(event, Opened))
    other.answer(came, Fail(code="no_space"))
    told = carry(other, one)
    assert [type(event) for event in told] == [Answered, Ended, Drained]
    assert one.write(stream, b"more") is False
    settle(one, other)
    assert not one.unfinished()
    assert not other.unfinished()
    # All the credit of the link has come back.
    again = one.ask(piece(LINK_CREDIT), Priority.BACKUP)
    one.write(again, bytes(LINK_CREDIT))
    settle(one, other)
    assert again.out_ended


def test_resets_cross_and_are_late() -> None:
    """Whatever is under way when an end gives up is no offence."""
    one, other = pair()
    stream = one.ask(piece(2**20), Priority.BACKUP)
    one.write(stream, bytes(2**19))
    came = next(event.stream for event in carry(one, other, consume=False) if isinstance(event, Opened))
    other.answer(came, piece(10))
    other.write(came, bytes(10))
    one.reset(stream, "enough")
    # The answer with its end is under way while the reset is.
    late, early = other.take(2**20)[0], one.take(2**20)[0]
    assert one.receive(late) == []
    other.receive(early)
    other.reset(came, "too")
    settle(one, other)
    assert not one.over
    assert not other.over
    assert not one.unfinished()
    assert not other.unfinished()


def test_bugs_of_ours_are_not_sent() -> None:
    """More body than announced, an answer to an answer, a body before the answer: ValueError here."""
    one, other = pair()
    stream = one.ask(piece(5), Priority.BACKUP)
    with pytest.raises(ValueError, match="announced"):
        one.write(stream, bytes(6))
    with pytest.raises(ValueError, match="no question"):
        one.answer(stream, Ack())
    came = next(event.stream for event in carry(one, other) if isinstance(event, Opened))
    with pytest.raises(ValueError, match="after its answer"):
        other.write(came, b"x")
    other.answer(came, piece(3))
    with pytest.raises(ValueError, match="no question"):
        other.answer(came, Ack())


def test_noise() -> None:
    """T32: a hundred thousand random frames and random bytes end in GOAWAY or are borne; nothing escapes."""
    rng = random.Random(32)
    kinds = [*Type, 11, 99, 128, 255]
    packets = [encode(ListFiles()), encode(piece(100)), encode(Ack()), b"\xc1"]
    for _ in range(3000 * FUZZ):
        session = listener()
        session.ask(piece(1000), Priority.MESSAGE)
        for _ in range(40):
            payload = rng.choice([b"", rng.randbytes(4), rng.randbytes(8), rng.choice(packets)])
            if rng.random() < 0.5:
                payload = bytes([rng.randrange(6)]) + rng.choice(packets)
            session.receive(frame(rng.choice(kinds), rng.randrange(6), payload))
            session.take(2**16)
            if session.over:
                break
        assert len(session.streams) <= 2 * MAX_OPEN


def test_damaged_conversations() -> None:
    """T32: honest traffic with bytes changed, lost and doubled ends in GOAWAY or is borne: no crash."""
    rng = random.Random(33)
    one, _ = pair()
    asked = [one.ask(packet, Priority.BACKUP) for packet in (piece(300), ListFiles(), piece(70_000), Ack())]
    one.write(asked[0], bytes(300))
    one.write(asked[2], bytes(70_000))
    one.reset(asked[3], "enough")
    one.ping(bytes(8))
    honest, _ = one.take(2**20)
    over = 0
    for _ in range(3000 * FUZZ):
        damaged = bytearray(honest)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(600) if rng.random() < 0.9 else rng.randrange(len(damaged))
            size = rng.randrange(1, 12)
            match rng.randrange(3):
                case 0:
                    damaged[at] ^= rng.randrange(1, 256)
                case 1:
                    del damaged[at : at + size]
                case 2:
                    damaged[at:at] = damaged[at : at + size]
        session = listener()
        cut = rng.randrange(len(damaged))
        for part in (bytes(damaged[:cut]), bytes(damaged[cut:])):
            for event in session.receive(part):
                if isinstance(event, Opened):
                    session.answer(event.stream, Ack())
                elif isinstance(event, Body):
                    session.consumed(event.stream, len(event.data))
            session.take(2**20)
        over += session.over
    assert 1000 * FUZZ < over < 3000 * FUZZ


class AnyOrder(RuleBasedStateMachine):
    """Two honest ends that do whatever they may, over a slow road that cuts anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = pair()
        self.roads = [bytearray(), bytearray()]
        self.writing: set[Stream] = set()
        self.bodies: dict[Stream, int] = defaultdict(int)
        self.unread: dict[Stream, int] = defaultdict(int)
        self.mine: list[tuple[int, Stream]] = []
        self.come: list[tuple[int, Stream]] = []

    @rule(
        end=st.integers(0, 1), size=st.sampled_from([0, 1, 70_000, 3 * 2**20]), prio=st.sampled_from(Priority)
    )
    def ask(self, end: int, size: int, prio: Priority) -> None:
        packet = piece(size) if size else ListFiles()
        self.mine.append((end, self.ends[end].ask(packet, prio)))

    @rule(data=st.data(), size=st.sampled_from([1, 70_000, 2 * 2**20]))
    def write(self, data: st.DataObject, size: int) -> None:
        places = [(e, s) for e, s in self.mine + self.come if s.out_left and s not in self.writing]
        if places:
            end, stream = data.draw(st.sampled_from(places))
            if self.ends[end].write(stream, bytes(min(size, stream.out_left))):
                self.writing.add(stream)

    @rule(data=st.data(), size=st.sampled_from([0, 5, 2 * 2**20]))
    def answer(self, data: st.DataObject, size: int) -> None:
        places = [(e, s) for e, s in self.come if s.answer is None and not s.over]
        if places:
            end, stream = data.draw(st.sampled_from(places))
            self.ends[end].answer(stream, piece(size) if size else Ack())

    @rule(data=st.data())
    def reset(self, data: st.DataObject) -> None:
        places = self.mine + self.come
        if places:
            end, stream = data.draw(st.sampled_from(places))
            self.ends[end].reset(stream, "why not")

    @rule(end=st.integers(0, 1), size=st.integers(0, 300_000))
    def carry(self, end: int, size: int) -> None:
        data, drained = self.ends[end].take(2**17)
        self.writing.difference_update(drained)
        self.roads[end] += data
        part = bytes(self.roads[end][:size])
        del self.roads[end][:size]
        for event in self.ends[1 - end].receive(part):
            assert not isinstance(event, Over), event
            if isinstance(event, Opened):
                self.come.append((1 - end, event.stream))
            elif isinstance(event, Body):
                self.unread[event.stream] += len(event.data)
                self.bodies[event.stream] += len(event.data)
            elif isinstance(event, Drained | WasReset):
                self.writing.discard(event.stream)
            elif isinstance(event, Ended):
                packet = event.stream.answer if event.stream.asked else event.stream.packet
                assert self.bodies[event.stream] == packet.body_size

    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        places = [(e, s) for e, s in self.mine + self.come if self.unread[s]]
        if places:
            end, stream = data.draw(st.sampled_from(places))
            self.ends[end].consumed(stream, self.unread.pop(stream))

    @precondition(lambda self: self.mine)
    @rule()
    def finish(self) -> None:
        """In the end, when everybody does his part, everything is over and all credit is back."""
        for _ in range(200):
            before = [*self.roads[0], *self.roads[1]], len(self.mine)
            for end in (0, 1):
                self.carry(end, 2**30)
            for end, stream in self.mine + self.come:
                session = self.ends[end]
                if self.unread[stream]:
                    session.consumed(stream, self.unread.pop(stream))
                if not stream.asked and stream.in_ended and stream.answer is None:
                    session.answer(stream, Ack())
                if stream.out_left and not stream.out_size:
                    session.write(stream, bytes(stream.out_left))
            if not any(session.unfinished() for session in self.ends) and before == ([], len(self.mine)):
                break
        assert not any(session.unfinished() for session in self.ends)
        self.mine.clear()
        self.come.clear()

    @invariant()
    def nobody_is_accused(self) -> None:
        assert not any(session.over for session in self.ends)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
