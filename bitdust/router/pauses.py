"""How long to wait before trying again: longer each time, and never in step with others."""

from __future__ import annotations

from dataclasses import dataclass

from bitdust.world import Rng

#: no pause is shorter: two ends that lose a link do not spin
FLOOR = 0.05
#: who did not answer so often, for about a day, is tried less: pauses may be so many times as long
OFTEN, SELDOM = 200, 4


@dataclass(frozen=True)
class Pauses:
    """`pauses(attempt)` is a number of seconds, full jitter below a bound that doubles with each attempt."""

    rng: Rng
    first: float = 1.0
    longest: float = 900.0

    def __call__(self, attempt: int) -> float:
        bound = min(self.longest, self.first * 2.0 ** min(attempt, 30))
        if attempt >= OFTEN:
            bound *= SELDOM
        chance = int.from_bytes(self.rng(4), "big") / 2**32
        return max(FLOOR, bound * chance)
