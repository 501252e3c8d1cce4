"""Who is not one of us sends datagrams: he gets nowhere, and costs little."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from bitdust.transport.guests import PER_HOST
from bitdust.transport.link import GREETING
from bitdust.transport.udp import proof
from bitdust.transport.udp.door import FIRST
from bitdust.transport.udp.port import CROWD, UdpTransport
from bitdust.transport.udp.quic import Device, Quic
from bitdust.wire.frames import Hello, Type, encode_hello, frame
from bitdust.world import spawn
from tests.transport.people import Person, person

from .air import Address, Air, result
from .test_road import ALICE, BOB, HERE, THERE, bring

HELLO = frame(Type.HELLO, 0, encode_hello(Hello((1,), ALICE.raw, (), 1000)))


class Stranger:
    """A program that is not ours, at one address; `heard` are the datagrams that come back."""

    def __init__(self, air: Air, host: str, quic: Quic | None = None) -> None:
        self.heard: list[bytes] = []
        self.bytes_said = 0
        self._air, self.quic = air, quic
        self.handle = air.open(host, 5000, self)
        self.said = b""

    def makeConnection(self, _: object) -> None:
        return

    def say(self, data: bytes, to: Address) -> None:
        self.bytes_said += len(data)
        self.handle.sendto(data, to)

    def datagramReceived(self, data: bytes, source: Address) -> None:
        self.heard.append(data)
        if self.quic is not None:
            self.quic.receive_datagram(data, source, self._air.clock.seconds())
            self.flush()

    def flush(self) -> None:
        assert self.quic is not None
        for data, to in self.quic.datagrams_to_send(self._air.clock.seconds()):
            self.say(data, to)

    def happened(self) -> list[Any]:
        assert self.quic is not None
        return list(iter(self.quic.next_event, None))


class Listening:
    def __init__(self) -> None:
        self.air = Air()
        self.bob: UdpTransport = self.air.road(BOB, THERE)
        result(self.bob.listen(self.air.accept))
        self.place = self.air.place(THERE)

    def first(self, who: Person = ALICE) -> bytes:
        """The first datagram of a handshake."""
        quic = Device(who.device).dial()
        quic.connect(self.place, self.air.clock.seconds())
        return quic.datagrams_to_send(self.air.clock.seconds())[0][0]

    def works(self) -> None:
        """Whatever happened, a friend gets in."""
        contact = f"udp://{self.place[0]}:{self.place[1]}"
        link = self.air.until(self.air.road(ALICE, HERE).dial(contact, BOB.expected))
        assert self.air.until(spawn(bring(link, 10_000))) == "10000"

    def handshaken(self, who: Person = ALICE, host: str = "198.51.100.1") -> Stranger:
        """A stranger whose handshake is over; he has said nothing yet."""
        quic = Device(who.device).dial()
        quic.connect(self.place, self.air.clock.seconds())
        stranger = Stranger(self.air, host, quic)
        stranger.flush()
        self.air.turn(0.1)
        assert any(type(each).__name__ == "HandshakeCompleted" for each in stranger.happened())
        return stranger

    def shown(self, stranger: Stranger, data: bytes, stream: int = 0) -> bytes:
        """What Bob says inside, when this is said on the stream."""
        assert stranger.quic is not None
        stranger.quic.send_stream_data(stream, data)
        stranger.flush()
        self.air.turn(1.0)
        return b"".join(each.data for each in stranger.happened() if hasattr(each, "stream_id"))


@pytest.fixture
def bob() -> Iterator[Listening]:
    made = Listening()
    yield made
    made.air.stop()


def test_noise(bob: Listening) -> None:
    """Random bytes of any length and kind are not answered, and leave nothing behind."""
    noise = random.Random(7)
    stranger = Stranger(bob.air, "198.51.100.1")
    for number in range(3000):
        size = noise.choice((0, 1, 5, 21, 50, FIRST - 1, FIRST, 1400, 2000))
        data = bytearray(noise.randbytes(size))
        if data:
            data[0] = number % 256
        if number % 3 and size > 5:
            data[1:5] = (1).to_bytes(4, "big")
        stranger.say(bytes(data), bob.place)
    bob.air.turn(1.0)
    assert sum(map(len, stranger.heard)) <= 3 * stranger.bytes_said
    bob.air.turn(2 * GREETING)
    assert bob.bob._outlet.routes.all() == []
    bob.works()


def test_cut_short(bob: Listening) -> None:
    """The beginning of a good first datagram is worth nothing, wherever it is cut."""
    stranger, good = Stranger(bob.air, "198.51.100.1"), bob.first()
    for size in range(0, len(good), 13):
        stranger.say(good[:size], bob.place)
    bob.air.turn(1.0)
    assert stranger.heard == []
    bob.air.turn(2 * GREETING)
    assert bob.bob._outlet.routes.all() == []


def test_flipped_bits(bob: Listening) -> None:
    """A first datagram with a wrong bit makes no link, and no answer of more than three times."""
    noise, good = random.Random(8), bob.first()
    stranger = Stranger(bob.air, "198.51.100.1")
    for _ in range(300):
        data = bytearray(good)
        data[noise.randrange(len(data))] ^= 1 << noise.randrange(8)
        stranger.say(bytes(data), bob.place)
    bob.air.turn(2 * GREETING)
    assert sum(map(len, stranger.heard)) <= 3 * stranger.bytes_said
    assert bob.air.links == []
    assert bob.bob._outlet.routes.all() == []
    bob.works()


def test_another_version(bob: Listening) -> None:
    """Who speaks another version of QUIC hears which one we speak; nobody else does."""
    stranger, good = Stranger(bob.air, "198.51.100.1"), bob.first()
    for version, size, answers in ((0x1A2A3A4A, FIRST, 1), (0x1A2A3A4A, FIRST - 1, 1), (0, FIRST, 1)):
        stranger.say((good[:1] + version.to_bytes(4, "big") + good[5:])[:size], bob.place)
        bob.air.turn(0.1)
        assert len(stranger.heard) == answers
    [told] = stranger.heard
    assert told.endswith((1).to_bytes(4, "big"))
    assert len(told) < 100
    assert bob.bob._outlet.routes.all() == []


def test_no_cannon(bob: Listening) -> None:
    """Who begins in another's name brings on him no more than three times what he said; then it is over."""
    stranger = Stranger(bob.air, "198.51.100.1")
    stranger.say(bob.first(), bob.place)
    bob.air.turn(2 * GREETING)
    assert stranger.heard
    assert sum(map(len, stranger.heard)) <= 3 * stranger.bytes_said
    assert bob.bob._outlet.routes.all() == []
    assert len(bob.bob.links) == 0


def test_a_crowd_of_invented_addresses(bob: Listening) -> None:
    """T31: past some handshakes that do not end, everybody shows first where he is: friends still get in."""
    for number in range(4 * CROWD):
        host = f"198.51.100.{number}"
        Stranger(bob.air, host).say(bob.first(), bob.place)
    bob.air.turn(0.1)
    assert len(bob.bob.links) == CROWD
    bob.works()


@pytest.mark.parametrize("host", ["198.51.100.1", "2001:db8::{}"])
def test_a_crowd_in_one_household(bob: Listening, host: str) -> None:
    """T31: one address, or one /64 of IPv6, gets a hundred links and no more; another is served meanwhile."""
    quick = [Device(ALICE.device).dial() for _ in range(PER_HOST + 20)]
    bob.air.clock.advance(0)
    for number, quic in enumerate(quick):
        quic.connect(bob.place, bob.air.clock.seconds())
        handle = bob.air.open(host.format(number), 6000 + number, Mute(quic, bob.air))
        for data, to in quic.datagrams_to_send(bob.air.clock.seconds()):
            handle.sendto(data, to)
    bob.air.turn(1.0)
    assert len(bob.bob.links) == PER_HOST
    bob.works()


def test_strangers_who_stay_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """T31: greeted strangers from many addresses who ask nothing and answer every ping lock nobody out."""
    monkeypatch.setattr("bitdust.transport.guests.INSIDE", 12)
    air = Air()
    carol = person("carol")

    async def partners() -> list[str]:
        return [carol.expected.fingerprint or ""]

    try:
        bob = air.road(BOB, THERE, partners)
        [contact] = result(bob.listen(air.accept))
        at_home = air.until(air.road(carol, "192.0.2.7").dial(contact, BOB.expected))
        crowd = [
            air.until(air.road(ALICE, f"198.51.100.{number}").dial(contact, BOB.expected))
            for number in range(20)
        ]
        air.turn(600.0)
        over = [link.closed() for link in crowd]
        assert len(bob.links) == 12
        again = air.until(air.road(carol, "192.0.2.8").dial(contact, BOB.expected))
        stranger = air.until(air.road(person("dave"), "192.0.2.9").dial(contact, BOB.expected))
        air.turn(1.0)
        for link in (at_home, again, stranger):
            assert air.until(spawn(bring(link, 1000))) == "1000"
        assert len(bob.links) == 12
        assert [each.called for each in over].count(True) == 20 - 9
    finally:
        air.stop()


class Mute:
    """Shakes hands, and says nothing."""

    def __init__(self, quic: Quic, air: Air) -> None:
        self._quic, self._air = quic, air

    def makeConnection(self, transport: Any) -> None:
        self._transport = transport

    def datagramReceived(self, data: bytes, source: Address) -> None:
        self._quic.receive_datagram(data, source, self._air.clock.seconds())
        for out, to in self._quic.datagrams_to_send(self._air.clock.seconds()):
            self._transport.sendto(out, to)


def proven(stranger: Stranger, who: Person, listener: bytes = BOB.device.spki) -> bytes:
    assert stranger.quic is not None
    return proof.prove(who.device, stranger.quic.binding(), listener)


def test_a_good_stranger_is_answered(bob: Listening) -> None:
    """The other tests mean something: with everything right, HELLO is answered by HELLO."""
    stranger = bob.handshaken()
    said = bob.shown(stranger, proven(stranger, ALICE) + HELLO)
    assert said[3] == Type.HELLO
    assert BOB.raw in said


def test_without_a_proof_nothing_is_heard(bob: Listening) -> None:
    """T17: who does not show his device key is not heard and not told anything."""
    assert bob.shown(bob.handshaken(), HELLO) == b""
    assert bob.air.links == []


def test_a_proof_of_another_connection(bob: Listening) -> None:
    """T17: a proof that was made for another connection, or for another listener, proves nothing."""
    first, second = bob.handshaken(), bob.handshaken(host="198.51.100.2")
    assert bob.shown(second, proven(first, ALICE) + HELLO) == b""
    third = bob.handshaken(host="198.51.100.3")
    assert bob.shown(third, proven(third, ALICE, person("carol").device.spki) + HELLO) == b""
    assert bob.air.links == []


def test_a_stolen_document_is_refused(bob: Listening) -> None:
    """T17: Carol's device with Alice's document gets GOAWAY."""
    stranger = bob.handshaken(person("carol"))
    said = bob.shown(stranger, proven(stranger, person("carol")) + HELLO)
    assert said[3] == Type.GOAWAY
    assert b"does not list" in said
    assert bob.air.links == []


def test_frames_before_hello_are_refused(bob: Listening) -> None:
    """Whatever comes before HELLO gets GOAWAY and nothing of ours."""
    stranger = bob.handshaken()
    said = bob.shown(stranger, proven(stranger, ALICE) + frame(Type.PING, 0, bytes(8)) + HELLO)
    assert said[3] == Type.GOAWAY
    assert BOB.raw not in said


def test_another_stream_ends_it(bob: Listening) -> None:
    """There is one stream; who opens another is not talked to any more."""
    stranger = bob.handshaken()
    assert bob.shown(stranger, HELLO, stream=4) == b""
    bob.air.turn(1.0)
    assert len(bob.bob.links) == 0


def test_who_says_nothing_is_cut(bob: Listening) -> None:
    """T31: a handshake without HELLO ends after ten seconds."""
    bob.handshaken()
    assert len(bob.bob.links) == 1
    bob.air.turn(GREETING + 1)
    assert len(bob.bob.links) == 0


def test_another_protocol_is_refused(bob: Listening) -> None:
    """Who means another protocol, or names none, is not talked to."""
    for number, names in enumerate((["h3"], None)):
        quic = Device(ALICE.device).dial()
        quic.configuration.alpn_protocols = names
        quic.connect(bob.place, bob.air.clock.seconds())
        stranger = Stranger(bob.air, f"198.51.100.{number}", quic)
        stranger.flush()
        bob.air.turn(GREETING)
        assert len(bob.bob.links) == 0
    assert bob.air.links == []
