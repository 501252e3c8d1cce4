"""
QUIC as one device speaks it: version 1, TLS 1.3, one stream; words in and datagrams out, no I/O, no clock.

The library shows the listener's certificate and asks the dialer for none (`proof` says what he does instead).
No tickets are given out: a resumed session would skip the certificate.
"""

from __future__ import annotations

import io
import ssl
from dataclasses import replace

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.x509 import load_der_x509_certificate
from qh3.quic.configuration import QuicConfiguration
from qh3.quic.connection import QuicConnection
from qh3.quic.packet import QuicProtocolVersion
from qh3.tls import SignatureAlgorithm

from bitdust.identity.keys import DeviceKey
from bitdust.transport.certificates import ALPN, spki_of
from bitdust.transport.udp.numbers import Numbers

VERSION = int(QuicProtocolVersion.VERSION_1)
#: bytes of the names that this end gives its connections
ID = 8
#: bytes that may be under way to one who does not read, and so what one link keeps at most in each direction
WINDOW = 2**20
#: bytes of a datagram: fits the smallest road of IPv6; the dialer finds out whether more fits
DATAGRAM = 1232
#: seconds to the peer and back, as long as nobody knows: first words that are lost are said again after three
#: times that
FIRST_RTT = 0.1
#: seconds without a sign of life after which QUIC gives up; a link gives up before, and says so
IDLE = 300.0

_LISTENER, _DIALER = "SERVER_TRAFFIC_SECRET_0", "CLIENT_TRAFFIC_SECRET_0"
_USE = b"bitdust/1 device proof"


class Quic(QuicConnection):
    """One connection."""

    #: what came stays in the library, which so makes the peer wait
    held = False

    def _drain_core(self) -> None:
        # The library gives credit back for what is taken out of its core here, not for what comes.
        if not self.held:
            super()._drain_core()

    def release(self) -> None:
        """Hold no more."""
        if self.held:
            self.held = False
            self._drain_core()

    def rtt(self) -> float | None:
        """Seconds there and back, as measured last; None before that."""
        return None if self._core is None else self._core.latest_rtt

    def in_flight(self) -> int:
        """Bytes that were sent and are neither acknowledged nor lost."""
        return 0 if self._core is None else self._core.bytes_in_flight

    def spki(self) -> bytes | None:
        """The SPKI hash of the certificate the listener has shown."""
        certificate = self.get_peercert()
        try:
            return (
                None
                if certificate is None
                else spki_of(load_der_x509_certificate(certificate.public_bytes()))
            )
        except ValueError:
            return None

    def binding(self) -> bytes:
        """32 bytes that only the two ends of this connection know.  @raise ValueError: not secure yet."""
        return HKDFExpand(SHA256(), 32, _USE).derive(self._secret(_LISTENER))

    def numbers(self) -> Numbers:
        """Of the packets that the peer sends.  @raise ValueError: not secure yet."""
        suite = self.get_cipher()
        if suite is None:
            raise ValueError("the handshake is not over")
        return Numbers(self._secret(_LISTENER if self.configuration.is_client else _DIALER), suite, ID)

    def _secret(self, label: str) -> bytes:
        lines = self.configuration.secrets_log_file
        assert isinstance(lines, io.StringIO), "every connection is made by Device"
        for line in lines.getvalue().splitlines():
            name, _, secret = line.split()
            if name == label:
                return bytes.fromhex(secret)
        raise ValueError("the handshake is not over")


class Device:
    """Makes every connection of one device."""

    def __init__(self, device: DeviceKey) -> None:
        common = QuicConfiguration(
            alpn_protocols=[ALPN.decode()], connection_id_length=ID, idle_timeout=IDLE,
            max_data=WINDOW, max_stream_data=WINDOW, max_datagram_size=DATAGRAM, initial_rtt=FIRST_RTT,
            supported_versions=[VERSION], verify_mode=ssl.CERT_NONE,
        )  # fmt: skip
        # That the listener holds the key of his certificate, TLS proves; names and dates mean nothing.
        self._dialer = replace(common, is_client=True, signature_algorithms=[SignatureAlgorithm.ED25519])
        self._listener = replace(common, is_client=False)
        self._listener.load_cert_chain(device.certificate_pem, device.pem)

    def dial(self) -> Quic:
        """A connection to begin."""
        return Quic(configuration=replace(self._dialer, secrets_log_file=io.StringIO()))

    def take(self, first_id: bytes, retried_as: bytes | None) -> Quic:
        """
        A connection that another begins.

        @param first_id: the name that he made up for it.
        @param retried_as: the name that our Retry gave it, when he was sent one.
        """
        return Quic(
            configuration=replace(self._listener, secrets_log_file=io.StringIO()),
            original_destination_connection_id=first_id,
            retry_source_connection_id=retried_as,
        )
