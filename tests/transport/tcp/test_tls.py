"""Who does not speak TLS 1.3 with a certificate, ALPN and HELLO gets nowhere: over real sockets."""

from __future__ import annotations

import os
import select
import socket
import struct
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from bitdust.transport.certificates import ALPN
from bitdust.transport.guests import PER_HOST
from bitdust.transport.interface import Expected, ILink, LinkLost
from bitdust.transport.link import GREETING
from bitdust.transport.tcp.port import TcpTransport
from bitdust.transport.tls import DeviceTls
from bitdust.wire.frames import Hello, Type, encode_hello, frame
from bitdust.wire.packets import Ack, ListFiles, Priority
from tests.transport.conformance import echo
from tests.transport.people import Person, doorman, person

ALICE, BOB = person("alice"), person("bob")


def context(
    who: Person | None, *, version: int = SSL.TLS1_3_VERSION, alpn: bytes | None = ALPN
) -> SSL.Context:
    """What a stranger's program might use."""
    made = SSL.Context(SSL.TLS_METHOD)
    made.set_max_proto_version(version)
    if who is not None:
        made.use_certificate(x509.load_pem_x509_certificate(who.device.certificate_pem))
        made.use_privatekey(load_pem_private_key(who.device.pem, None))
    if alpn:
        made.set_alpn_protos([alpn])
    return made


def heard(port: int, tls: SSL.Context, say: bytes = b"") -> bytes:
    """(In a thread.)  Everything the listener says inside TLS to one who shakes hands and says this."""
    with socket.create_connection(("127.0.0.1", port), 10) as plain:
        plain.settimeout(None)
        connection = SSL.Connection(tls, plain)
        connection.set_connect_state()
        got = b""
        try:
            connection.do_handshake()
            if say:
                connection.sendall(say)
            while True:
                got += connection.recv(65536)
        except (SSL.Error, OSError):
            return got


def self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """A certificate of another kind than ours."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
    return builder.not_valid_after(datetime(2001, 1, 1, tzinfo=UTC)).sign(key, SHA256())


class SlowReactor:
    """The reactor with another clock: sockets are real, time is turned by hand."""

    def __init__(self) -> None:
        self.clock = Clock()

    def __getattr__(self, name: str) -> object:
        return getattr(self.clock if name in ("callLater", "seconds", "getDelayedCalls") else reactor, name)


class TestStrangers(TestCase):
    """A listener, and programs that are not ours."""

    timeout = 20

    def setUp(self) -> None:
        self.time = SlowReactor()
        self.accepted: list[ILink] = []
        self.roads: list[TcpTransport] = []

    async def tearDown(self) -> None:
        for road in self.roads:
            await self.turning(road.stop())

    async def turning(self, waiting: Deferred) -> object:
        """Wait, while the hand-turned clock runs what is due now."""
        while not waiting.called:
            self.time.clock.advance(0)
            await deferLater(reactor, 0.001)
        return await waiting

    def road(self, who: Person) -> TcpTransport:
        road = TcpTransport(
            self.time, who.device, lambda: who.raw, doorman, "127.0.0.1", 0, os.urandom, lambda: 1000.0
        )
        self.roads.append(road)
        return road

    def accept(self, link: ILink) -> None:
        link.serve(echo)
        self.accepted.append(link)

    async def listening(self) -> int:
        [contact] = await self.road(BOB).listen(self.accept)
        return int(contact.rpartition(":")[2])

    async def stranger(self, tls: SSL.Context, say: bytes = b"") -> bytes:
        port = await self.listening()
        return await self.turning(deferToThread(heard, port, tls, say))

    def hello(self, who: Person) -> bytes:
        return frame(Type.HELLO, 0, encode_hello(Hello((1,), who.raw, (), 1)))

    async def test_a_good_stranger_is_answered(self) -> None:
        """The other tests mean something: with everything right, HELLO is answered by HELLO."""
        said = await self.stranger(context(ALICE), self.hello(ALICE) + frame(Type.GOAWAY, 0))
        assert said[3] == Type.HELLO
        assert BOB.raw in said

    async def test_a_peer_who_vanishes(self) -> None:
        """A socket that is torn down in the middle of a link ends it at once, and nothing else happens."""

        def vanish(port: int) -> None:
            plain = socket.create_connection(("127.0.0.1", port), 10)
            plain.settimeout(None)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection = SSL.Connection(context(ALICE), plain)
            connection.set_connect_state()
            connection.do_handshake()
            connection.sendall(self.hello(ALICE))
            connection.recv(65536)
            plain.close()

        port = await self.listening()
        await self.turning(deferToThread(vanish, port))
        while not self.accepted:
            await deferLater(reactor, 0.001)
        [link] = self.accepted
        asked = link.ask(ListFiles(), Priority.CONTROL).answer()
        asked.addErrback(lambda failure: failure.trap(LinkLost))
        assert "lost" in await self.turning(link.closed())
        assert asked.called
        assert self.time.getDelayedCalls() == []

    async def test_tls_1_2_is_refused(self) -> None:
        """T17: TLS 1.2 ends in the handshake."""
        assert await self.stranger(context(ALICE, version=SSL.TLS1_2_VERSION), self.hello(ALICE)) == b""
        assert self.accepted == []

    async def test_no_certificate_is_refused(self) -> None:
        """T17: without a client certificate nothing is heard and nothing said."""
        assert await self.stranger(context(None), self.hello(ALICE)) == b""
        assert self.accepted == []

    async def test_another_protocol_is_refused(self) -> None:
        """Who means another protocol, or names none, is not talked to."""
        port = await self.listening()
        for alpn in (None, b"h2"):
            said = await self.turning(
                deferToThread(heard, port, context(ALICE, alpn=alpn), self.hello(ALICE))
            )
            assert said == b""
        assert self.accepted == []

    async def test_a_stolen_document_is_refused(self) -> None:
        """T17: swapped certificates of two known peers: Carol's device with Alice's document gets GOAWAY."""
        said = await self.stranger(context(person("carol")), self.hello(ALICE))
        assert said[3] == Type.GOAWAY
        assert b"does not list" in said
        assert self.accepted == []

    async def test_a_certificate_of_another_kind_is_a_stranger(self) -> None:
        """A well-formed certificate with an elliptic-curve key passes TLS, and is refused at HELLO."""
        tls = context(None)
        key = ec.generate_private_key(ec.SECP256R1())
        tls.use_certificate(self_signed(key))
        tls.use_privatekey(key)
        said = await self.stranger(tls, self.hello(ALICE))
        assert said[3] == Type.GOAWAY

    async def test_frames_before_hello_are_refused(self) -> None:
        """Whatever comes before HELLO gets GOAWAY and nothing of ours."""
        said = await self.stranger(context(ALICE), frame(Type.PING, 0, bytes(8)) + self.hello(ALICE))
        assert said[3] == Type.GOAWAY
        assert b"PING before HELLO" in said
        assert BOB.raw not in said

    async def test_a_slow_handshake_is_cut(self) -> None:
        """T31: who dawdles in the TLS handshake is cut after ten seconds, whatever he drips meanwhile."""
        port = await self.listening()
        with socket.create_connection(("127.0.0.1", port), 10) as slow:
            slow.settimeout(10)
            slow.send(b"\x16\x03\x01\x02\x00")
            await deferLater(reactor, 0.05)
            for _ in range(int(GREETING)):
                self.time.clock.advance(1.0)
                slow.send(b"\x01")
                await deferLater(reactor, 0.005)
            ended = deferToThread(ending, slow)
            await self.turning(ended)
        assert self.time.getDelayedCalls() == []

    async def test_a_crowd_does_not_keep_others_out(self) -> None:
        """T31: one address gets a hundred connections and no more; another address is served meanwhile."""
        port = await self.listening()
        crowd = [
            socket.create_connection(("127.0.0.1", port), 10, ("127.0.0.2", 0)) for _ in range(PER_HOST + 50)
        ]
        try:
            link = await self.turning(self.road(ALICE).dial(f"tcp://127.0.0.1:{port}", BOB.expected))
            assert await self.turning(link.ask(ListFiles(), Priority.CONTROL).answer()) == Ack()
            assert len(self.roads[0].links) == PER_HOST + 1
            # The listener says nothing first: only who was shut out has something to read.
            while len(select.select(crowd, [], [], 0)[0]) < 50:
                await deferLater(reactor, 0.001)
            assert len(self.roads[0].links) == PER_HOST + 1
            self.time.clock.advance(GREETING)
            while len(self.roads[0].links) > 1:
                await deferLater(reactor, 0.001)
            assert await self.turning(link.ask(ListFiles(), Priority.CONTROL).answer()) == Ack()
        finally:
            for one in crowd:
                one.close()


class TestImpostor(TestCase):
    """Programs that are not ours, and dialers."""

    timeout = 20

    async def test_nothing_is_said_to_the_wrong_listener(self) -> None:
        """T17: a dialer ends in the handshake when the listener has another key: not a byte follows."""
        carol = person("carol")
        said: list[bytes] = []

        def impostor(listener: socket.socket) -> None:
            plain, _ = listener.accept()
            with plain:
                tls = DeviceTls(carol.device)
                connection = SSL.Connection(tls.context, plain)
                connection.set_app_data(Anyone())
                connection.set_accept_state()
                try:
                    connection.do_handshake()
                    said.append(connection.recv(65536))
                except (SSL.Error, OSError):
                    return

        road = TcpTransport(reactor, ALICE.device, lambda: ALICE.raw, doorman, "127.0.0.1", 0, os.urandom)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            waiting = deferToThread(impostor, listener)
            expected = Expected(BOB.document.fingerprint, BOB.document.device_spkis)
            dialing = road.dial(f"tcp://127.0.0.1:{listener.getsockname()[1]}", expected)
            failure = await self.failed(dialing)
            await waiting
        await road.stop()
        assert said == []
        assert BOB.document.fingerprint in failure
        assert carol.device.spki.hex() in failure

    async def failed(self, dialing: Deferred) -> str:
        try:
            await dialing
        except Exception as error:
            return str(error)
        raise AssertionError("no failure")


class Anyone:
    """Suits everybody."""

    wrappedProtocol: Anyone

    def __init__(self) -> None:
        self.wrappedProtocol = self

    def suits(self, spki: bytes) -> bool:
        return True


def ending(one: socket.socket) -> None:
    """Wait until the other end has shut it."""
    try:
        while one.recv(1000):
            pass
    except ConnectionError:
        return
