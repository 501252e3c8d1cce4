"""Programs that are not ours: they speak to a listening node as badly as they like."""

from __future__ import annotations

import socket
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from bitdust.transport.certificates import ALPN
from bitdust.wire.codec import decode, encode
from bitdust.wire.frames import FrameReader, Hello, Type, encode_hello, frame, read_reason
from bitdust.wire.packets import Packet, Priority
from tests.transport.people import Person

#: bytes of a body sent before the other side gives more credit
CREDIT = 2**20


class Gone(Exception):
    """The node ended the link; the text is the reason it gave."""


def context(
    who: Person | None, *, version: int = SSL.TLS1_3_VERSION, alpn: bytes | None = ALPN
) -> SSL.Context:
    """TLS with any certificate, version and protocol."""
    made = SSL.Context(SSL.TLS_METHOD)
    made.set_max_proto_version(version)
    if who is not None:
        made.use_certificate(x509.load_pem_x509_certificate(who.device.certificate_pem))
        made.use_privatekey(load_pem_private_key(who.device.pem, None))
    if alpn:
        made.set_alpn_protos([alpn])
    return made


class Stranger:
    """
    A link of one's own making, by hand.

    @param tls: None: the stranger speaks no TLS at all.
    """

    def __init__(self, port: int, tls: SSL.Context | None) -> None:
        self.plain = socket.create_connection(("127.0.0.1", port), 20)
        self.plain.settimeout(20)
        self._reader = FrameReader()
        self._next = 1
        self.tls: SSL.Connection | None = None
        if tls is not None:
            self.plain.settimeout(None)
            self.tls = SSL.Connection(tls, self.plain)
            self.tls.set_connect_state()

    @classmethod
    def greeted(cls, port: int, who: Person) -> Stranger:
        """One who has said a good HELLO and heard one."""
        made = cls(port, context(who))
        made.say(hello(who))
        kind, _, _ = made.hear()
        assert kind == Type.HELLO
        return made

    def __enter__(self) -> Stranger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.plain.close()

    def say(self, data: bytes) -> None:
        """Send these bytes, inside TLS where there is one."""
        try:
            if self.tls is None:
                self.plain.sendall(data)
            else:
                self.tls.sendall(data)
        except (SSL.Error, OSError) as gone:
            raise Gone(str(gone)) from None

    def hear(self) -> tuple[int, int, bytes]:
        """
        The next frame.

        @raise Gone: GOAWAY, or the end.
        """
        while True:
            for kind, stream, payload in self._reader.frames():
                if kind == Type.GOAWAY:
                    raise Gone(read_reason(payload))
                return kind, stream, bytes(payload)
            try:
                data = self.tls.recv(65536) if self.tls is not None else self.plain.recv(65536)
            except (SSL.Error, OSError) as gone:
                raise Gone(f"without a word: {gone}") from None
            if not data:
                raise Gone("without a word")
            self._reader.feed(data)

    def last_words(self) -> str:
        """Listen until the node ends the link; the reason it gives."""
        try:
            while True:
                self.hear()
        except Gone as gone:
            return str(gone)

    def ask(self, question: Packet | bytes, body: bytes = b"") -> Packet:
        """
        Ask; the head of the answer.

        @raise Gone: the link was ended over it.
        @raise ConnectionError: the node will not have this exchange.
        """
        number, self._next = self._next, self._next + 2
        packed = question if isinstance(question, bytes) else encode(question)
        self.say(frame(Type.OPEN, number, bytes([Priority.BACKUP]) + packed))
        for at in range(0, min(len(body), CREDIT), 65536):
            self.say(frame(Type.DATA, number, body[at : at + 65536]))
        if body:
            self.say(frame(Type.END, number))
        while True:
            kind, stream, payload = self.hear()
            if stream == number and kind == Type.ANSWER:
                return decode(payload)
            if stream == number and kind == Type.RESET:
                raise ConnectionError(read_reason(memoryview(payload)))


def hello(who: Person) -> bytes:
    """A good HELLO."""
    return frame(Type.HELLO, 0, encode_hello(Hello((1,), who.raw, (), 1)))
