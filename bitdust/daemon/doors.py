"""
Where the node's one site is listened to: a port of the loopback address and a unix socket in its folder.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IListeningPort, IReactorTCP, IReactorUNIX
from twisted.internet.protocol import ServerFactory
from twisted.logger import Logger

from bitdust.daemon.home import SOCKET, TOKEN, URL
from bitdust.disk import read_file, write_file
from bitdust.errors import Damaged
from bitdust.world import Rng

LOOPBACK = "127.0.0.1"
TOKEN_BYTES = 32
LONGEST_SOCKET_PATH = 107  # bytes: what the system has room for


def token_of(home: Path, rng: Rng) -> str:
    """
    The word that opens the doors of this node, made once.

    @raise Damaged: the file is there and holds no token.
    """
    path = home / TOKEN
    if not path.exists():
        write_file(path, base64.urlsafe_b64encode(rng(TOKEN_BYTES)).rstrip(b"=") + b"\n")
    path.chmod(0o600)
    token = read_file(path, 4096).decode("ascii", "replace").strip()
    if len(token) < 16 or not token.isascii() or not token.isprintable():
        raise Damaged(f"{path} holds no token", hint="remove it: the node makes a new one at its next start")
    return token


@dataclass
class Doors:
    """
    The ways in, while the node runs.

    @param site: asks for the token; `private_site`, on the socket, does not.
    @param wanted: the port of the settings; 0 for any free one.
    @param kept: the port before a restart, which the node is to have again.
    """

    reactor: IReactorTCP
    home: Path
    site: ServerFactory[Any]
    private_site: ServerFactory[Any]
    wanted: int
    kept: int | None = None
    port: int = 0
    _ports: list[IListeningPort] = field(default_factory=list)
    _log: Logger = field(default_factory=lambda: Logger(namespace="bitdust.doors"))

    @property
    def url(self) -> str:
        """Where the node answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def open(self) -> None:
        """Listen, and say where in the file `api-url`."""
        tcp = self._listen_tcp()
        self.port = _number(tcp.getHost())
        self._ports.append(tcp)
        self._listen_unix()
        write_file(self.home / URL, self.url.encode() + b"\n")

    async def close(self) -> None:
        """Let nobody in any more."""
        # The address goes first: whoever gets the port next must not be shown our token.
        (self.home / URL).unlink(missing_ok=True)
        while self._ports:
            await maybeDeferred(self._ports.pop().stopListening)

    def _listen_tcp(self) -> IListeningPort:
        for number in (self.kept, self.wanted):
            if number is not None:
                try:
                    return self.reactor.listenTCP(number, self.site, interface=LOOPBACK)
                except CannotListenError as error:
                    self._log.warn("port {port} is taken: {why}", port=number, why=str(error.socketError))
        return self.reactor.listenTCP(0, self.site, interface=LOOPBACK)

    def _listen_unix(self) -> None:
        path = self.home / SOCKET
        if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
            self._log.warn("{path} is too long a name for a socket: only the port is open", path=str(path))
            return
        # We hold the lock of the folder: what lies there is left from a process that was killed.
        path.unlink(missing_ok=True)
        reactor = IReactorUNIX(self.reactor)
        self._ports.append(reactor.listenUNIX(str(path), self.private_site, mode=0o600))


def _number(address: IAddress) -> int:
    assert isinstance(address, IPv4Address)
    return address.port
