"""TLS in large steps: what goes wrong on one connection is nothing to the others."""

from __future__ import annotations

from contextlib import suppress

from OpenSSL import SSL
from OpenSSL._util import lib
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from bitdust.transport.pump import Pump
from bitdust.transport.tls import DeviceTls
from tests.processes.stranger import context
from tests.transport.people import person


@implementer(IHandshakeListener)
class Inside(Protocol):
    """What runs inside TLS; `leaves`: it ends the connection with the first bytes."""

    def __init__(self, leaves: bool) -> None:
        self.leaves, self.got, self.why = leaves, b"", ""

    def suits(self, spki: bytes) -> bool:
        return True

    def handshakeCompleted(self) -> None:
        self.transport.secured()

    def dataReceived(self, data: bytes) -> None:
        self.got += bytes(data)
        if self.leaves:
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure) -> None:
        self.why = reason.getErrorMessage()


class Socket(StringTransport):
    def abortConnection(self) -> None:
        super().abortConnection()
        self.protocol.connectionLost(Failure(ConnectionAbortedError("aborted")))


class Pair:
    """A peer with plain OpenSSL, and our end."""

    def __init__(self, tls: DeviceTls, leaves: bool = False) -> None:
        self.inside = Inside(leaves)
        factory = TLSMemoryBIOFactory(tls, False, Factory(), clock := Clock())
        self.ours = Pump(factory, self.inside, tls.records)
        self.socket = Socket()
        self.socket.protocol = self.ours
        self.ours.makeConnection(self.socket)
        self.peer = SSL.Connection(context(person("bob")), None)
        self.peer.set_connect_state()
        for _ in range(3):
            with suppress(SSL.WantReadError):
                self.peer.do_handshake()
            if said := self.said():
                self.ours.dataReceived(said)
            clock.advance(0)
            if answer := self.socket.value():
                self.peer.bio_write(answer)
            self.socket.clear()

    def said(self, data: bytes = b"") -> bytes:
        """The peer's records."""
        if data:
            self.peer.send(data)
        try:
            return self.peer.bio_read(2**20)
        except SSL.WantReadError:
            return b""


def test_a_wrong_record_ends_its_own_connection_only() -> None:
    """Also when who was inside left before: OpenSSL keeps its errors by thread, not by connection."""
    tls = DeviceTls(person("alice").device)
    bad, good = Pair(tls, leaves=True), Pair(tls)
    first, second = bad.said(b"first"), bytearray(bad.said(b"second"))
    second[-1] ^= 1
    bad.ours.dataReceived(first + bytes(second))
    assert bad.inside.got == b"first"
    assert bad.inside.why
    good.ours.dataReceived(good.said(b"and so on"))
    assert (good.inside.got, good.inside.why) == (b"and so on", "")


def test_a_wrong_record_is_named() -> None:
    """Who is still there hears what was wrong, and gets none of it."""
    bad = Pair(DeviceTls(person("alice").device))
    record = bytearray(bad.said(b"data"))
    record[-1] ^= 1
    bad.ours.dataReceived(bytes(record))
    assert bad.inside.got == b""
    assert bad.socket.disconnecting
    bad.ours.connectionLost(Failure(ConnectionDone()))
    assert "bad record mac" in bad.inside.why or "decryption failed" in bad.inside.why


def test_what_is_said_too_late_leaves_no_error() -> None:
    """Whose TLS has ended says nothing more, and spoils no other connection of the thread."""
    tls = DeviceTls(person("alice").device)
    gone, good = Pair(tls), Pair(tls)
    gone.peer.shutdown()
    gone.ours.dataReceived(gone.said())
    gone.ours.write(b"too late")
    assert not lib.ERR_peek_error()
    good.ours.dataReceived(good.said(b"and so on"))
    assert (good.inside.got, good.inside.why) == (b"and so on", "")
