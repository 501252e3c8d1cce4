"""
Plain bytes out of TLS, without detours.

`Connection.recv` makes two objects for each record of 16 KiB and asks OpenSSL three things about it: a sixth
of what a receiver does at hundreds of MB/s.  Here OpenSSL decrypts into one space, record behind record.  The
price is one inner thing of pyOpenSSL, `Connection._ssl`, which is why its version is held.
"""

from __future__ import annotations

from OpenSSL import SSL
from OpenSSL._util import ffi, lib

#: plain bytes of the largest TLS record
RECORD = 16 * 1024
#: bytes that are seen at once: what one read of the socket brings, as plain bytes
SPACE = 256 * 1024


class Records:
    """The space that any number of connections decrypt into, one after the other."""

    def __init__(self) -> None:
        self._space = ffi.new("char[]", SPACE + RECORD)
        self._view = memoryview(ffi.buffer(self._space))

    def read(self, connection: SSL.Connection) -> tuple[memoryview, bool]:
        """
        What has come on this connection, about as much as the space has room for; and whether it can go on.

        The bytes are there until the next call, on any connection.  All was read when nothing comes any more.
        """
        handle, at = connection._ssl, 0
        while at < SPACE:
            got = lib.SSL_read(handle, self._space + at, RECORD)
            if got <= 0:
                return self._view[:at], lib.SSL_get_error(handle, got) == lib.SSL_ERROR_WANT_READ
            at += got
        return self._view[:at], True
