"""
What a week costs a customer who does nothing: `python -m tests.simulation.idle [FILES] [DAYS]`.

10,000 files at four suppliers; all as it is in the program, silence of the links included.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from bitdust.transport.link import Link
from bitdust.wire.packets import Packet, Priority
from tests.simulation.network import JITTER, LATENCY
from tests.simulation.plan import DAY
from tests.world import House, World, noise


def week(files: int = 10_000, days: float = 7.0) -> dict[str, object]:
    """Bytes that left the customer and that came to him, and what was asked how often."""
    world = World("idle")
    asked: Counter[str] = Counter()
    ask = Link.ask

    def counted(link: Link, packet: Packet, priority: Priority) -> object:
        asked[type(packet).__name__] += 1
        return ask(link, packet, priority)

    try:
        world.network.latency(LATENCY, jitter=JITTER)
        world.suppliers(4)
        alice = world.customer(services__backups__block_size="16 MB")
        source = world.folder / "files"
        for number in range(files):
            path = source / f"{number % 100}" / f"file{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(noise(str(number), 2000))
        assert alice.back_up(source, 3600).state == "committed"
        alice.until_safe(3600)
        world.run(3600)
        quiet = _bytes(world, alice)
        Link.ask = counted  # type: ignore[assignment,method-assign]
        world.run(days * DAY)
        out, came = (after - before for after, before in zip(_bytes(world, alice), quiet, strict=True))
        stored = sum(house.shelf_used() for house in world.seated(alice))
    finally:
        Link.ask = ask  # type: ignore[method-assign]
    world.close()
    return {
        "files": files,
        "days": days,
        "stored": stored,
        "sent": out,
        "received": came,
        "asked": dict(asked),
    }


def _bytes(world: World, house: House) -> tuple[int, int]:
    sent = world.network.bytes
    out = sum(size for (source, _), size in sent.items() if source == house.place)
    return out, sum(size for (_, target), size in sent.items() if target == house.place)


if __name__ == "__main__":
    print(json.dumps(week(*(int(word) for word in sys.argv[1:]))))
