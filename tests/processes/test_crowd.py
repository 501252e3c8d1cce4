"""T31: a crowd of connections that say next to nothing."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from bitdust.demo.network import LOOPBACK, Network, Peer
from bitdust.wire.packets import Fail, ListFiles
from tests.processes.nodes import SUPPLIER, forget_peak, memory
from tests.processes.stranger import Stranger
from tests.processes.test_hostile import port_of
from tests.transport.people import person

MIB = 2**20


def test_half_open_connections(net: Network) -> None:
    """
    T31: 5000 connections from 50 addresses that say a byte of TLS a second: an honest peer is served within
    2 s meanwhile, no descriptors run out, and all of them are cut in the end.
    """
    [bob] = net.start(["bob"], SUPPLIER)
    port, crowd = port_of(bob), []
    forget_peak(bob)
    before = memory(bob, "VmRSS")
    try:
        for number in range(5000):
            source = (f"127.0.0.{2 + number % 50}", 0)
            crowd.append(slow := socket.create_connection((LOOPBACK, port), 10, source))
            if number % 2:
                drip(slow, b"\x16\x03\x01\x02\x00")
        # The quickest of three, since the machine may be busy with other tests; each of them is served.
        assert min(seconds_served(port) for _ in range(3)) < 2
        assert descriptors(bob) < 1000
        assert bob.client.call("process_health")["state"]
        waiting, until = set(crowd), time.monotonic() + 20
        while waiting:
            assert time.monotonic() < until, f"{len(waiting)} are not cut"
            for slow in waiting:
                drip(slow, b"\x01")
            waiting -= set(ended(waiting, 1.0))
    finally:
        for slow in crowd:
            slow.close()
    # Of those at the door at a time, and what malloc does not give back.
    assert memory(bob, "VmHWM") - before < 64 * MIB
    assert b"Traceback" not in (bob.home / "logs" / "bitdust.log").read_bytes()


def seconds_served(port: int) -> float:
    """How long an honest stranger takes to connect, and to be answered."""
    begun = time.monotonic()
    with Stranger.greeted(port, person("mallory")) as honest:
        assert isinstance(honest.ask(ListFiles()), Fail)
    return time.monotonic() - begun


def drip(slow: socket.socket, data: bytes) -> None:
    # Who has been cut already is heard of by `ended`.
    with suppress(ConnectionError):
        slow.send(data)


def ended(waiting: Collection[socket.socket], within: float) -> list[socket.socket]:
    """Those that the other end has closed; waits for the first as long as that."""
    with selectors.DefaultSelector() as ready:
        for each in waiting:
            ready.register(each, selectors.EVENT_READ)
        return [cast(socket.socket, key.fileobj) for key, _ in ready.select(within) if is_over(key.fileobj)]


def is_over(slow: Any) -> bool:
    try:
        return bool(slow.recv(1000) == b"")
    except ConnectionError:
        return True


def descriptors(peer: Peer) -> int:
    """How many the process has open."""
    assert peer.process is not None
    return len(list(Path(f"/proc/{peer.process.pid}/fd").iterdir()))
