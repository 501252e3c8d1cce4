"""
A link over TLS, whatever carries its bytes.
"""

from __future__ import annotations

from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from bitdust.errors import RemoteFault
from bitdust.transport.certificates import ALPN
from bitdust.transport.link import Link, wrong_key
from bitdust.transport.tls import peer_of


@implementer(IHandshakeListener)
class SecureLink(Link):
    """The protocol inside TLS; a `Pump` is its transport."""

    _found: bytes | None = None

    def suits(self, spki: bytes) -> bool:
        """Asked in the middle of the handshake."""
        if super().suits(spki):
            return True
        self._found = spki
        return False

    def handshakeCompleted(self) -> None:
        road = self.transport
        spki = peer_of(road.getHandle())  # type: ignore[union-attr]
        if road.negotiatedProtocol != ALPN:  # type: ignore[union-attr]
            self.refuse(RemoteFault(f"{self.address} does not speak {ALPN.decode()}"))
        elif spki is None or not self.suits(spki):
            self.refuse(RemoteFault(f"{self.address} shows no key that is known"))
        else:
            road.secured()  # type: ignore[union-attr]
            self.begin(spki)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._found is not None and self._expected is not None:
            self.refuse(wrong_key(self._expected, self._found))
        super().connectionLost(reason)
