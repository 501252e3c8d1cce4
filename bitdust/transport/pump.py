"""
TLS in large steps.

Twisted moves one record of 16 KiB at a time, and calls half a dozen functions for each of them; at hundreds
of MB/s that is much of what a connection costs.  This does the same work for all that is there at once, as
soon as the handshake is over, and leaves everything rare to Twisted: handshakes, shutdowns and errors.
"""

from __future__ import annotations

from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

from bitdust.transport.tcp.records import SPACE, Records


class Pump(TLSMemoryBIOProtocol):
    """
    The TLS of one connection; the protocol inside gets all that one read of the socket brought as one.

    @param records: where it decrypts; the protocol inside keeps nothing of what it is shown there.
    """

    _secure = False

    def __init__(self, factory: TLSMemoryBIOFactory, inside: IProtocol, records: Records) -> None:
        super().__init__(factory, inside)  # type: ignore[no-untyped-call]
        self._records = records

    def write(self, data: bytes) -> None:
        """Encrypt and hand on."""
        if not (data and self._is_flowing()):
            super().write(data)  # type: ignore[no-untyped-call]
            return
        connection = self.getHandle()  # type: ignore[no-untyped-call]
        view = memoryview(data)
        for at in range(0, len(view), SPACE):
            records = self._records.seal(connection, view[at : at + SPACE])
            if records is None:
                # Twisted meets the same error, and knows what follows from it.
                super().write(bytes(view[at:]))  # type: ignore[no-untyped-call]
                return
            self.hand_on(records)

    def hand_on(self, records: memoryview) -> None:
        """Bytes for the road, which are there only until this returns."""
        self.transport.write(bytes(records))  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        """Decrypt and hand on."""
        if not self._is_flowing():
            super().dataReceived(data)  # type: ignore[no-untyped-call]
            return
        connection = self.getHandle()  # type: ignore[no-untyped-call]
        connection.bio_write(data)
        goes_on = True
        while goes_on and self.connected:
            plain, goes_on = self._records.read(connection)
            if not plain:
                break
            self.wrappedProtocol.dataReceived(plain)  # type: ignore[arg-type]
        if not goes_on and self.connected:
            # The end of the stream, or an error: OpenSSL says it again to Twisted.
            self._flushReceiveBIO()  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The road is away."""
        if self._aborted:
            # Twisted would ask OpenSSL for what is left, and its error holds all of the connection in a ring:
            # a crowd that is cut would stay for as long as the garbage collector leaves it.
            self._lostTLSConnection = True
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def _is_flowing(self) -> bool:
        # Whose TLS has ended, though not yet his connection, has nothing more to say.
        is_over = self.disconnecting or self._lostTLSConnection
        return self._secure and bool(self.connected) and not is_over

    def secured(self) -> None:
        """The handshake is over, and the protocol inside has heard of it."""
        self._secure = True
