"""Small servers for tests, well and ill meaning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol

from bitdust.database import Database
from bitdust.directory.identity_server import SCHEMA, IdentityServer, serve
from bitdust.world import inline

LOOPBACK = "127.0.0.1"


def identity_server(case: Any, **settings: Any) -> IdentityServer:
    """An identity server on a free port of loopback, gone after the test."""
    tls = {name: settings.pop(name) for name in ("certificate", "key") if name in settings}
    host = settings.pop("host", LOOPBACK)
    wall = settings.pop("wall", lambda: 1_000_000.0)
    db = Database(":memory:", SCHEMA, inline)
    server = IdentityServer(db, wall, reactor, "", **settings)
    port = serve(reactor, server, interface=LOOPBACK, port=0, **tls)
    server.base = f"{'https' if tls else 'http'}://{host}:{port.getHost().port}"
    case.addCleanup(db.close)
    case.addCleanup(port.stopListening)
    return server


class Scripted(Protocol):
    """Answers the first bytes of a request with what the script says, and remembers."""

    def connectionMade(self) -> None:
        self.asked = b""
        self.factory.connections.append(self)

    def dataReceived(self, data: bytes) -> None:
        first, self.asked = not self.asked, self.asked + data
        if first:
            self.factory.script(self)

    def connectionLost(self, reason: Any = None) -> None:
        self.factory.connections.remove(self)
        if not self.factory.connections and self.factory.empty:
            self.factory.empty.callback(None)


def scripted_server(case: Any, script: Any) -> str:
    """`http://127.0.0.1:port` of a server that runs `script(connection)`."""
    factory = Factory.forProtocol(Scripted)
    factory.noisy = False
    factory.script, factory.connections, factory.empty = script, [], None
    port = reactor.listenTCP(0, factory, interface=LOOPBACK)

    async def stop() -> None:
        from twisted.internet.defer import Deferred

        await port.stopListening()
        if factory.connections:
            factory.empty = Deferred()
            for connection in list(factory.connections):
                connection.transport.abortConnection()
            await factory.empty

    def cleanup() -> Any:
        from bitdust.world import spawn

        return spawn(stop())

    case.addCleanup(cleanup)
    return f"http://{LOOPBACK}:{port.getHost().port}"


def answering(status: str, *headers: str, body: bytes = b"") -> Any:
    """A script: this response, whole, then the end."""

    def script(connection: Any) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        connection.transport.write("\r\n".join(lines).encode() + body)
        connection.transport.loseConnection()

    return script


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = generate_private_key(SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
        self._certificate = self._signed(name, name, self._key, 3650, [], True)
        self.root = folder / "ca.pem"
        self.root.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def issue(self, *names: str, days: int = 30) -> dict[str, Path]:
        """Certificate and key for these names; expired when `days` is negative."""
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._signed(subject, self._certificate.subject, key, days, list(names), False)
        paths = {"certificate": self.folder / "cert.pem", "key": self.folder / "key.pem"}
        paths["certificate"].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths["key"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths

    def _signed(
        self, subject: Any, issuer: Any, key: EllipticCurvePrivateKey, days: int, names: list[str], ca: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca, None), True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_name(one) for one in names]), False)
        return builder.sign(self._key, SHA256())


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
