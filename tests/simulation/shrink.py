"""The fewest faults that still bring a failure: halves are left out while it fails, then one at a time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

from tests.simulation.plan import Fault, Shape, faults_of
from tests.simulation.simulation import run

#: runs that shrinking may cost
RUNS = 60


def shrunk(seed: int, shape: Shape, oracle: str, runs: int = RUNS) -> list[Fault]:
    """Faults of this seed, as few as could be found, with which the same oracle speaks."""
    context = multiprocessing.get_context("fork")

    def fails(faults: list[Fault]) -> bool:
        with context.Pool(1) as pool:
            return bool(pool.apply(_oracle_of, (seed, shape, faults)) == oracle)

    return fewest(faults_of(seed, shape), fails, runs)


def fewest(faults: list[Fault], fails: Callable[[list[Fault]], bool], runs: int) -> list[Fault]:
    """Leave out ever smaller stretches, as long as it fails without them."""
    size = len(faults)
    while size > 0 and runs > 0:
        size = max(1, size // 2) if size > 1 else 0
        at = 0
        while size and at < len(faults) and runs > 0:
            rest = faults[:at] + faults[at + size :]
            runs -= 1
            if fails(rest):
                faults = rest
            else:
                at += size
    return faults


def _oracle_of(seed: int, shape: Shape, faults: list[Fault]) -> str:
    return run(seed, shape, only=faults).oracle
