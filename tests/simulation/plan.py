"""
What a seed comes to: how large the network is, which faults strike it, and what its people do meanwhile.

All of it is drawn before the first node starts, so a run can be repeated without one of its faults.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace

HOUR, DAY = 3600.0, 86400.0

#: kind -> how many of them strike a node in a week, on average.  `flip` and below it destroy something.
USUAL: dict[str, float] = {
    "crash": 1.0,
    "cut": 1.0,
    "away": 0.7,
    "slow": 0.2,
    "full": 0.2,
    "sluggish": 0.2,
    "clock": 0.5,
    "partition": 0.05,
    "swizzle": 0.05,
    "servers": 0.05,
    "stale": 0.1,
    "flip": 0.5,
    "wipe": 0.05,
    "death": 0.08,
    "liar": 0.03,
    "burn": 0.03,
}
#: what destroys pieces, and so is charged to the budget of everybody who keeps some there
DESTROYING = ("flip", "wipe", "death", "liar", "burn")
#: what a customer does -> how often a day, on average
DEEDS: dict[str, float] = {
    "backup": 1.0,
    "delete": 0.15,
    "message": 0.7,
    "erase": 0.2,
    "tidy": 0.05,
    "replace": 0.04,
    "restless": 0.01,
}
#: of so many seeds one has databases and threads that answer up to so many seconds late, all the time
LATE_EVERY, LATE = 3, 0.004


@dataclass(frozen=True)
class Shape:
    """
    @param nodes: how many nodes; `customers` of them keep files at the others, and all are suppliers.
    @param days: so long are there faults; two more days without follow.
    @param n: suppliers of each customer.
    @param mix: kind of fault -> how many in a week for each node.
    @param deeds: what a customer does -> how often a day.
    @param greedy: customers do not count what they have, and are granted little.
    """

    nodes: int = 20
    days: float = 7.0
    n: int = 4
    mix: tuple[tuple[str, float], ...] = tuple(USUAL.items())
    deeds: tuple[tuple[str, float], ...] = tuple(DEEDS.items())
    greedy: bool = False

    @property
    def customers(self) -> int:
        """A third of the nodes."""
        return max(1, self.nodes // 3)

    def with_mix(self, **kinds: float) -> Shape:
        """The same, with these faults only."""
        return replace(self, mix=tuple(kinds.items()))

    def with_deeds(self, **kinds: float) -> Shape:
        """The same, with these deeds only."""
        return replace(self, deeds=tuple(kinds.items()))


@dataclass(frozen=True)
class Fault:
    """
    One fault.

    @param at: seconds after the network is staffed and everything is safe.
    @param who: index of the node it strikes.
    @param seconds: how long it lasts, where it does.
    @param chance: a number below 2**32 for what else is left to chance.
    """

    at: float
    kind: str
    who: int
    seconds: float
    chance: int

    def __str__(self) -> str:
        return f"{self.kind} of {self.who} at {self.at:.0f} for {self.seconds:.0f} ({self.chance})"


@dataclass(frozen=True)
class Deed:
    """
    What somebody does: `backup`, `delete` (a version), `message` (to node `whom`), `erase` (what came to
    `whom`), `tidy` (he deletes whatever comes from now on), `replace` (a supplier), or
    `restless`: replace all of them.
    """

    at: float
    kind: str
    who: int
    whom: int


def chance_of(*words: object) -> random.Random:
    """Chance that repeats itself, for one purpose."""
    text = " ".join(str(word) for word in words)
    return random.Random(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big"))


def faults_of(seed: int, shape: Shape) -> list[Fault]:
    """The faults of a seed, in order of time."""
    found = []
    for kind, weekly in shape.mix:
        chance = chance_of(seed, "faults", kind)
        # What destroys must be found and mended before the end is judged: rot takes the scrub five days.
        span = {"flip": shape.days - 3.7, "wipe": shape.days - 1.5, "liar": shape.days - 1.5}.get(
            kind, shape.days - (1.0 if kind in ("death", "burn") else 0.3)
        )
        expected = weekly * shape.nodes * max(0.0, span) / 7
        number = int(expected) + (chance.random() < expected % 1)
        for _ in range(number):
            seconds = chance.choice([60.0, 600.0, HOUR, 3 * HOUR, 6 * HOUR])
            at = round(chance.uniform(0, span * DAY), 3)
            who = chance.randrange(shape.nodes)
            found.append(Fault(at, kind, who, seconds, chance.getrandbits(32)))
    return sorted(found, key=lambda fault: (fault.at, fault.kind, fault.who))


def lateness_of(seed: int) -> float:
    """Seconds by which answers of databases and threads are late at most, in the whole run of this seed."""
    return 0.0 if seed % LATE_EVERY else LATE


def deeds_of(seed: int, shape: Shape) -> list[Deed]:
    """What people do: a backup a day, some deletions, messages, and now and then another supplier."""
    chance = chance_of(seed, "deeds")
    found = []
    for who in range(shape.customers):
        for kind, each_day in shape.deeds:
            expected = each_day * shape.days
            for _ in range(int(expected) + (chance.random() < expected % 1)):
                whom = chance.randrange(shape.nodes)
                found.append(Deed(round(chance.uniform(0, shape.days * DAY), 3), kind, who, whom))
    return sorted(found, key=lambda deed: (deed.at, deed.kind, deed.who))


#: for `make test`: few nodes, few days, many faults
SMALL = Shape(9, 1.6).with_mix(
    crash=3,
    cut=2,
    away=1,
    slow=0.4,
    full=0.4,
    sluggish=0.4,
    clock=1,
    partition=0.2,
    swizzle=0.1,
    servers=0.2,
    stale=0.3,
    wipe=0.6,
    death=0.6,
    liar=0.3,
)
