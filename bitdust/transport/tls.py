"""
TLS 1.3 between two devices: both show a self-signed certificate, and the key in it is what counts.
"""

from __future__ import annotations

from typing import Protocol as Shape

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509 import load_pem_x509_certificate
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IOpenSSLServerConnectionCreator
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

from bitdust.identity.keys import DeviceKey
from bitdust.transport.certificates import ALPN, spki_of
from bitdust.transport.tcp.records import Records, whole_writes


class Judge(Shape):
    """The protocol inside TLS, which says whether this is the right device."""

    def suits(self, spki: bytes) -> bool: ...


@implementer(IOpenSSLClientConnectionCreator, IOpenSSLServerConnectionCreator)
class DeviceTls:
    """Makes the TLS side of every connection of one device; they share the space to decrypt into."""

    def __init__(self, device: DeviceKey) -> None:
        # Not twisted's CertificateOptions: it still speaks pyOpenSSL's deprecated certificate objects.
        context = SSL.Context(SSL.TLS_METHOD)
        whole_writes(context)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.use_certificate(load_pem_x509_certificate(device.certificate_pem))
        context.use_privatekey(Ed25519PrivateKey.from_private_bytes(device.secret))
        context.check_privatekey()
        context.set_alpn_protos([ALPN])
        context.set_alpn_select_callback(_select)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verify)
        # A resumed session would skip the certificate.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET)
        self.context = context
        self.records = Records()

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        return self._connection(tlsProtocol)

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        return self._connection(tlsProtocol)

    def _connection(self, tls: TLSMemoryBIOProtocol) -> SSL.Connection:
        connection = SSL.Connection(self.context, None)
        connection.set_app_data(tls)
        return connection


def _verify(connection: SSL.Connection, certificate: crypto.X509, _error: int, depth: int, _ok: int) -> bool:
    # Names, dates and issuers mean nothing here; that the peer holds the key, TLS proves.
    if depth:
        return True
    judge: Judge = connection.get_app_data().wrappedProtocol
    try:
        spki = spki_of(certificate.to_cryptography())
    except ValueError:
        return False
    return spki is not None and judge.suits(spki)


def _select(_connection: SSL.Connection, offered: list[bytes]) -> bytes | SSL._NoOverlappingProtocols:
    return ALPN if ALPN in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def peer_of(connection: SSL.Connection) -> bytes | None:
    """The SPKI hash of the certificate the peer has shown."""
    certificate = connection.get_peer_certificate(as_cryptography=True)
    return None if certificate is None else spki_of(certificate)
