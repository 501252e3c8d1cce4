"""
Where those gather who offer to be suppliers, so that neither few miss each other nor many crowd one place.

There are one place, then 16, then 256.  A supplier is to be found at the first of his three that is not
crowded; who looks for suppliers begins at the first, too, and goes on at one of the next while it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from bitdust.directory.address import topic
from bitdust.directory.interface import IWhereabouts
from bitdust.world import Rng

#: places of each level
LEVELS = (1, 16, 256)
#: so many make a place crowded
CROWD = 100


def place(level: int, bucket: int) -> bytes:
    """The topic of one place."""
    return topic("offer", f"supplier {level} {bucket}")


async def offer(whereabouts: IWhereabouts, fingerprint: str, contacts: Sequence[str], level: int = 0) -> int:
    """
    Be found by those who look for suppliers, for the next half hour; answers the level of the place.

    @param level: those before it were crowded lately, and are not asked.
    @raise Offline, Timeout, TryLater
    """
    number = int.from_bytes(hashlib.sha256(fingerprint.encode()).digest()[:4], "big")
    last = len(LEVELS) - 1
    while level < last and len(await whereabouts.gathered(place(level, number % LEVELS[level]))) >= CROWD:
        level += 1
    await whereabouts.gather(place(level, number % LEVELS[level]), contacts)
    return level


async def offering(whereabouts: IWhereabouts, rng: Rng) -> list[tuple[str, ...]]:
    """
    Contacts of some who offer, for each those that may lead to him; [] when there is nobody.

    @raise Offline, Timeout, TryLater
    """
    found: dict[tuple[str, ...], None] = {}
    for level, buckets in enumerate(LEVELS):
        here = await whereabouts.gathered(place(level, int.from_bytes(rng(4), "big") % buckets))
        found.update(dict.fromkeys(here))
        if len(here) < CROWD:
            break
    return list(found)
