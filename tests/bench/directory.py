"""
What the directories cost: a DHT of 16 nodes on loopback that does nothing for a while, and single questions.

    python -m tests.bench.directory [SECONDS]

Bytes are those of UDP payloads, as libtorrent counts them; IP and UDP add 28 to each datagram.
"""

from __future__ import annotations

import json
import sys
import timeit
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.task import react

from bitdust.directory.address import address_of, seal_address, topic
from bitdust.directory.beacon import SIZE, read_beacon, write_beacon
from bitdust.directory.dht.session import Dht
from bitdust.directory.dht.whereabouts import DhtWhereabouts
from bitdust.identity.keys import Keys
from bitdust.world import inline, pause, spawn
from tests.directory.private_dht import private_dht
from tests.identity.people import ALICE, document

Figures = dict[str, int]


class Case:
    """What `private_dht` asks of a test."""

    def addCleanup(self, work: Callable[[], object]) -> None:
        """The process ends anyway."""


async def figures(nodes: list[Dht]) -> list[Figures]:
    """What each node has counted."""
    return [await node.figures() for node in nodes]


def spent(before: list[Figures], after: list[Figures]) -> dict[str, float]:
    """Bytes and datagrams sent by all nodes together."""
    names = {"bytes": "dht_bytes_out", "datagrams": "dht_messages_out"}
    return {
        shown: sum(late[name] - early[name] for early, late in zip(before, after, strict=True))
        for shown, name in names.items()
    }


async def cost(nodes: list[Dht], question: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    """What one question makes all nodes send, questions and answers."""
    before = await figures(nodes)
    await question()
    await pause(reactor, 1.0)  # type: ignore[arg-type]
    return spent(before, await figures(nodes))


async def main(idle: float) -> None:
    """Print what was measured, as JSON."""
    nodes = await private_dht(Case(), inline, 16, net=41)
    where = DhtWhereabouts(nodes[3], private_addresses=True)
    keys = Keys.from_master(ALICE)
    record = seal_address(keys, address_of(document(), 1.8e9), 1)
    here = topic("nickname", "bench")
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "look, nothing there": lambda: where.look(keys.directory_public),
        "leave": lambda: where.leave(keys, record),
        "look": lambda: where.look(keys.directory_public),
        "gather": lambda: where.gather(here, ("tcp://127.0.41.4:7771",)),
        "gathered": lambda: where.gathered(here),
    }
    found: dict[str, Any] = {"record": len(record)}
    for name, question in questions.items():
        found[name] = await cost(nodes, question)
    await pause(reactor, 10.0)  # type: ignore[arg-type]
    before = await figures(nodes)
    await pause(reactor, idle)  # type: ignore[arg-type]
    total = spent(before, await figures(nodes))
    found["idle, one node, an hour"] = {
        name: round(value * 3600 / idle / len(nodes)) for name, value in total.items()
    }
    people = [f"{number:052}" for number in range(1000)]
    raw = write_beacon(keys.fingerprint, 0.0, {"tcp": 1, "udp": 1}, bytes(16))
    heard = read_beacon(raw, 0.0)
    took = min(timeit.repeat(lambda: heard.whose(people), number=1, repeat=20))
    found["beacon"] = {"bytes": SIZE, "us, 1000 acquaintances": round(1e6 * took)}
    print(json.dumps(found, indent=1))
    for node in nodes:
        await node.stop()


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    react(lambda _: spawn(main(length)))
