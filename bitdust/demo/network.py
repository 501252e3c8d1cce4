"""
A network of real nodes on this machine: an identity server and any number of peers, each a process of its
own.

All traffic stays on the loopback interface, every node has a folder of its own below one, and ports are given
by the system.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bitdust.client import Client
from bitdust.config.settings import Settings
from bitdust.errors import BitDustError, NoDaemon, Timeout

#: a node's settings, in its folder
SETTINGS = "bitdust.toml"
#: how often the identity server is started before its port is given up
TRIES = 5
#: the address everything listens on
LOOPBACK = "127.0.0.1"
#: seconds a process has to answer, and to end
COMES_UP, GOES_DOWN = 30.0, 15.0
#: the signals that end a story
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: seconds between two looks
LOOK = 0.05


@dataclass
class Peer:
    """
    One node: its folder, its process, and a client to talk to it.

    @param within: words that go before its command, to run it elsewhere.
    """

    name: str
    home: Path
    process: subprocess.Popen[bytes] | None = None
    within: tuple[str, ...] = ()

    @property
    def client(self) -> Client:
        """Talks to the node over the socket in its folder."""
        return Client(self.home)

    def start(self) -> None:
        """Begin the process; `wait` tells when it answers."""
        log = (self.home / "console.log").open("ab")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BITDUST_")}
        with log, _undisturbed():
            self.process = subprocess.Popen(
                [
                    *self.within,
                    sys.executable,
                    "-m",
                    "bitdust.daemon.run",
                    "--home",
                    str(self.home),
                    "--quiet",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
                preexec_fn=_disturbable,
            )

    def wait(self, within: float = COMES_UP) -> None:
        """
        Until the node answers, for so many seconds at most.

        @raise Timeout, BitDustError: it does not, or its process has ended.
        """
        end = time.monotonic() + within
        while True:
            try:
                self.client.call("process_health")
                return
            except NoDaemon:
                if self.process is not None and self.process.poll() is not None:
                    raise BitDustError(f"{self.name} has ended with code {self.process.returncode}") from None
                if time.monotonic() > end:
                    raise Timeout(f"{self.name} does not answer") from None
                time.sleep(LOOK)

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """SIGTERM, and SIGKILL for who does not heed it.  Answers the exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            code = self.process.wait(GOES_DOWN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code


@dataclass
class Network:
    """
    The whole network; a context manager that leaves no process and, without `keep`, no file.

    @param folder: where all the nodes' folders go.
    """

    folder: Path
    keep: bool = False
    peers: dict[str, Peer] = field(default_factory=dict)
    server: str = ""

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process; remove the folder."""
        for peer in self.peers.values():
            if peer.process is not None:
                peer.process.terminate()
        for peer in self.peers.values():
            peer.stop()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start_identity_server(self, name: str = "ids") -> Peer:
        """The identity server everyone uses: a node without an identity of its own."""
        peer = self._prepare(
            name,
            {
                "services/identity-server/enabled": True,
                "services/identity-server/host": LOOPBACK,
                "services/identity-server/interface": LOOPBACK,
            },
        )
        for attempt in range(1, TRIES + 1):
            port = free_port()
            Settings(peer.home / SETTINGS).set("services/identity-server/web-port", port)
            peer.start()
            try:
                peer.wait()
                break
            except BitDustError:
                # Anything that connects anywhere may have taken the port meanwhile.
                if attempt == TRIES or peer.process is None or peer.process.poll() is None:
                    raise
        self.server = f"http://{LOOPBACK}:{port}"
        return peer

    def prepare(self, name: str, options: dict[str, object] | None = None) -> Peer:
        """A peer that knows the identity server; not yet started."""
        return self._prepare(
            name, {"services/identity-propagate/known-servers": self.server, **(options or {})}
        )

    def start(self, names: list[str], options: dict[str, object] | None = None) -> list[Peer]:
        """Peers, started side by side, each with an identity of its own name."""
        return self.start_each(dict.fromkeys(names, options or {}))

    def start_each(self, wanted: Mapping[str, dict[str, object]]) -> list[Peer]:
        """The same, each with settings of its own."""
        peers = [self.prepare(name, options) for name, options in wanted.items()]
        for peer in peers:
            peer.start()
        for peer in peers:
            peer.wait()
            peer.client.call("identity_create", peer.name)
        return peers

    def _prepare(self, name: str, options: dict[str, object]) -> Peer:
        home = self.folder / name
        home.mkdir(mode=0o700, parents=True)
        settings = Settings(home / SETTINGS)
        usual: dict[str, object] = {
            "interface/api/port": free_port(),
            "services/network/private-addresses": True,
            "services/tcp-connections/host": LOOPBACK,
            "services/tcp-connections/interface": LOOPBACK,
            "services/tcp-connections/tcp-port": 0,
            "services/udp-datagrams/udp-port": 0,
            "services/entangled-dht/enabled": False,
            "services/lan-beacons/enabled": False,
            "services/supplier/free-space-floor": "64 MB",
        }
        for key, value in {**usual, **options}.items():
            settings.set(key, value)
        peer = self.peers[name] = Peer(name, home)
        return peer


def free_port() -> int:
    """A port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _undisturbed() -> Iterator[None]:
    """
    A signal that comes now is heard a moment later: not between the birth of a process and our knowing it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _disturbable() -> None:
    # What the parent does not want to hear now, its child must hear all its life.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
