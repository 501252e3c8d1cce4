"""
TLS records in large steps, without detours.

`Connection.recv` makes two objects for each record of 16 KiB and asks OpenSSL three things about it, and
`Connection.send` is called once for each: a third of what a link does at hundreds of MB/s.  Here OpenSSL
decrypts into one space, record behind record, and encrypts as much at once.  The price are inner things of
pyOpenSSL, `Connection._ssl` and `_from_ssl`, which is why its version is held.
"""

from __future__ import annotations

from OpenSSL import SSL
from OpenSSL._util import ffi, lib

from bitdust.transport.batch import MOST

#: plain bytes of the largest TLS record
RECORD = 16 * 1024
#: plain bytes that are seen, or encrypted, at once: the largest batch of a link is one step
SPACE = MOST
#: bytes that TLS adds to a record at most, and those of its own messages that may wait beside our data
_OVERHEAD, _MESSAGES = 256, 4096
_SEALED = SPACE + (SPACE // RECORD + 1) * _OVERHEAD + _MESSAGES


class Records:
    """The spaces that any number of connections decrypt and encrypt into, one after the other."""

    def __init__(self) -> None:
        self._plain = ffi.new("char[]", SPACE + RECORD)
        self._plain_view = memoryview(ffi.buffer(self._plain))
        self._sealed = ffi.new("char[]", _SEALED)
        self._sealed_view = memoryview(ffi.buffer(self._sealed))

    def read(self, connection: SSL.Connection) -> tuple[memoryview, bool]:
        """
        What has come on this connection, about as much as the space has room for; and whether it can go on.

        The bytes are there until the next call, on any connection.  All was read when nothing comes any more.
        """
        handle, at = connection._ssl, 0
        while at < SPACE:
            got = lib.SSL_read(handle, self._plain + at, RECORD)
            if got <= 0:
                # Not `SSL_get_error`: before OpenSSL 4 that takes for this one's error whatever another
                # connection left, since errors are kept by thread.
                return self._plain_view[:at], bool(lib.SSL_want_read(handle))
            at += got
        return self._plain_view[:at], True

    def seal(self, connection: SSL.Connection, data: memoryview) -> memoryview | None:
        """
        The records that carry `data`, at most SPACE bytes, behind whatever TLS itself has to say.

        They are there until the next call, on any connection.  None: OpenSSL refuses, and took not a byte.
        """
        size = len(data)
        if lib.SSL_write(connection._ssl, ffi.from_buffer(data), size) != size:
            lib.ERR_clear_error()
            return None
        return self._sealed_view[: lib.BIO_read(connection._from_ssl, self._sealed, _SEALED)]


def whole_writes(context: SSL.Context) -> None:
    """Let one call encrypt all that it is given, where pyOpenSSL has it stop after each record."""
    lib.SSL_CTX_clear_mode(context._context, lib.SSL_MODE_ENABLE_PARTIAL_WRITE)
