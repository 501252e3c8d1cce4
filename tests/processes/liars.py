"""Servers of identities that mean ill: raw sockets in a thread, one script for each connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Script = Callable[[socket.socket], None]


class Server:
    """Answers every connection by its present script."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.script: Script = answer(b"")
        self.sent = 0
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(20)
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                with connection:
                    connection.recv(65536)
                    self.script(connection)


@contextmanager
def server(certificate: dict[str, Path] | None = None) -> Iterator[Server]:
    """A server, until the end of the block; https when it is given a certificate and key."""
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate["certificate"], certificate["key"])
    made = Server(tls)
    try:
        yield made
    finally:
        made.stop()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    """This response, whole."""

    def script(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)

    return script


def endless(chunk: bytes, pause: threading.Event | None = None, seconds: float = 0) -> Script:
    """A body that never ends; with an event, one chunk each so many seconds until it is set."""

    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while pause is None or not pause.wait(seconds):
            connection.sendall(chunk)

    return script
