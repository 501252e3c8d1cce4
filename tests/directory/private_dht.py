"""A DHT of our own on loopback: many nodes, each at an address of its own, known to nobody else."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import gatherResults

from bitdust.directory.dht.session import Dht, Situation
from bitdust.world import InThread, Threads, pause, spawn

#: seconds to wait for something that takes some milliseconds
SOON = 20.0
PORT = 6881
#: how the addresses of this process begin: other tests run beside it
HERE = f"127.{100 + os.getpid() % 100}"


def threads(case: Any) -> InThread:
    """A thread that ends with the test."""
    pool = Threads(reactor, 1, "test")  # type: ignore[arg-type]
    pool.start()
    case.addCleanup(pool.stop)
    return pool


async def private_dht(case: Any, in_thread: InThread, size: int, net: int) -> list[Dht]:
    """
    So many nodes that know each other, gone after the test.

    @param net: nodes of different numbers do not meet: their addresses are HERE.`net`.1 and up.
    """
    nodes = [Dht(reactor, in_thread, situation(net, number)) for number in range(1, size + 1)]  # type: ignore[arg-type]
    for node in nodes:
        await node.start()
        case.addCleanup(lambda one=node: spawn(one.stop()))
    for node in nodes:
        node.know([(f"{HERE}.{net}.{number}", PORT) for number in range(1, size + 1)])
    await until_settled(nodes, size // 2)
    return nodes


def situation(net: int, number: int) -> Situation:
    """Where the node of that number is."""
    return Situation(f"{HERE}.{net}.{number}", PORT, private=True)


async def until_settled(nodes: list[Dht], knows: int) -> None:
    """Until each node knows so many others."""
    end = reactor.seconds() + SOON  # type: ignore[attr-defined]
    while True:
        figures = await gatherResults([spawn(node.figures()) for node in nodes])
        if all(each["dht_nodes"] >= knows for each in figures):
            return
        assert reactor.seconds() < end, [each["dht_nodes"] for each in figures]  # type: ignore[attr-defined]
        await pause(reactor, 0.05)  # type: ignore[arg-type]
