"""
Asks the router for two ports, says what it has promised, and gives them back when its input ends.

    python -m tests.natlab.mapping ADDRESS
"""

from __future__ import annotations

import json
import sys
from ipaddress import ip_address

from twisted.internet import reactor, task
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.protocol import Protocol
from twisted.internet.stdio import StandardIO

from bitdust.reach.port_mapper import PortMapper
from bitdust.world import Threads


class Input(Protocol):
    """Fires when it ends."""

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred()

    def connectionLost(self, reason: object = None) -> None:
        self.ended.callback(None)


async def work(address: str) -> None:
    threads = Threads(reactor, 1, "mapping")
    threads.start()
    mapper = PortMapper(reactor, threads, frozenset({"tcp", "udp"}))
    mapper.wanted = {"tcp": 7771, "udp": 7772}
    mapper.promised = lambda ports: print(json.dumps(ports), flush=True)
    ending = Input()
    StandardIO(ending)
    await mapper.begin([ip_address(address)])
    await ending.ended
    await mapper.stop()
    threads.stop()


if __name__ == "__main__":
    task.react(lambda _: ensureDeferred(work(*sys.argv[1:])))
