"""Token, port and socket of a node."""

import socket
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from twisted.internet import reactor
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.trial.unittest import TestCase

from bitdust.daemon.doors import Doors, token_of
from bitdust.errors import Damaged
from bitdust.world import spawn


def test_token_is_made_once_and_private(tmp_path: Path) -> None:
    """The same token at every start, readable by the owner only."""
    token = token_of(tmp_path, lambda n: b"\x01" * n)
    assert token_of(tmp_path, lambda n: b"\x02" * n) == token
    assert len(token) == 43
    assert stat.S_IMODE((tmp_path / "api-token").stat().st_mode) == 0o600


def test_broken_token_is_said(tmp_path: Path) -> None:
    """An empty token would open the doors to everybody: it is refused."""
    (tmp_path / "api-token").write_bytes(b"\n")
    with pytest.raises(Damaged, match="holds no token"):
        token_of(tmp_path, lambda n: b"\x01" * n)


class DoorsTest(TestCase):
    """With real sockets."""

    def make(self, wanted: int = 0, kept: int | None = None, deep: str = "") -> Doors:
        """Doors in a folder of their own, closed at the end."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        home = Path(folder.name) / deep
        home.mkdir(exist_ok=True)
        site = ServerFactory.forProtocol(Protocol)
        doors = Doors(reactor, home, site, site, wanted, kept)
        doors.open()
        self.addCleanup(lambda: spawn(doors.close()))
        return doors

    async def test_taken_port(self) -> None:
        """With the wanted port taken the node takes another and says so in `api-url`."""
        first = self.make()
        second = self.make(wanted=first.port)
        self.assertNotEqual(first.port, second.port)
        self.assertEqual((second.home / "api-url").read_text().strip(), f"http://127.0.0.1:{second.port}")
        self.assertEqual(stat.S_IMODE((second.home / "api-url").stat().st_mode), 0o600)

    async def test_kept_port(self) -> None:
        """After a restart the node has the port it had."""
        first = self.make()
        port = first.port
        await first.close()
        self.assertEqual(self.make(wanted=0, kept=port).port, port)

    async def test_socket_is_private_and_survives_a_crash(self) -> None:
        """The socket is for its owner only; one left by a killed process is replaced."""
        doors = self.make()
        path = doors.home / "api.sock"
        await doors.close()
        with socket.socket(socket.AF_UNIX) as killed:
            killed.bind(str(path))
        doors.open()
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    async def test_too_long_a_name(self) -> None:
        """A folder too deep for a socket still gets its port."""
        doors = self.make(deep="d" * 100)
        self.assertFalse((doors.home / "api.sock").exists())
        self.assertTrue(doors.port)
        await doors.close()
        self.assertFalse((doors.home / "api-url").exists())
