"""
Ten bugs as patches of the program, one a file: a simulation that does not find them would find nothing.

Each module has `MIX`, the shape under which it is looked for, and `planted()`, within which the program has
the bug.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
from pathlib import Path

from tests.simulation.plan import Shape
from tests.simulation.simulation import Outcome, run

NAMES = (
    "ack_before_fsync",
    "never_replace",
    "ignore_audits",
    "release_early",
    "accept_older",
    "no_dedup",
    "quota_unlocked",
    "resurrect",
    "no_backoff",
    "timer_lost",
)
#: seeds within which each must be caught
ENOUGH = 200


def shape_of(name: str) -> Shape:
    """The shape under which this bug is looked for."""
    shape: Shape = importlib.import_module(f"{__name__}.{name}").MIX
    return shape


def with_bug(name: str, seed: int) -> Outcome:
    """A run of the program with the bug."""
    module = importlib.import_module(f"{__name__}.{name}")
    return run(seed, module.MIX, bug=module.planted)


def without(name: str, seed: int) -> Outcome:
    """The same run of the program as it is."""
    return run(seed, shape_of(name))


def hunt(name: str, seeds: range, results: Path | None = None) -> int:
    """
    Run seeds until one catches the bug, and see that the program as it is passes that one.

    Answers 1 when it was not caught, or when nothing is wrong with that seed but the oracle.
    """
    failed = 0
    for each in NAMES if name == "all" else (name,):
        caught: Outcome | None = None
        for seed in seeds:
            outcome = _alone(with_bug, each, seed)
            print(f"{each}, seed {seed}: {outcome.oracle or 'not caught'} {outcome.why[:300]}", flush=True)
            if outcome.oracle:
                caught = outcome
                break
        if caught is None:
            failed = 1
            continue
        plain = _alone(without, each, caught.seed)
        if plain.oracle:
            print(f"without the bug seed {caught.seed} fails, too: {plain.oracle} {plain.why[:2000]}")
            failed = 1
        if results is not None:
            row = {"bug": each, "seed": caught.seed, "oracle": caught.oracle, "why": caught.why[:200]}
            with results.open("a") as file:
                file.write(json.dumps({**row, "plain": plain.oracle}) + "\n")
    return failed


def _alone(work: object, name: str, seed: int) -> Outcome:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(work, (name, seed))  # type: ignore[arg-type]
