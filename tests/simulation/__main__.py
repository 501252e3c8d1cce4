"""
`python -m tests.simulation`: run seeds, one process each; what fails is shrunk and can be repeated.

The last line of a failure is the command that repeats it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
from pathlib import Path

from tests.simulation.plan import SMALL, Shape
from tests.simulation.shrink import shrunk
from tests.simulation.simulation import Outcome, run


def main() -> int:
    """Run what is asked for; 1 when a seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", default="1-10", help="one, or from-to (1-10)")
    parser.add_argument(
        "--nodes", type=int, default=20, help="nodes; a third of them are customers, too (20)"
    )
    parser.add_argument("--days", type=float, default=7.0, help="days with faults; two without follow (7)")
    parser.add_argument("--suppliers", type=int, default=4, help="suppliers of each customer (4)")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at the same time (1)")
    parser.add_argument(
        "--resume", type=Path, help="JSON lines of seeds that are done; more are written there"
    )
    parser.add_argument("--hard", action="store_true", help="many faults, as in the seeds of `make test`")
    parser.add_argument("--bug", help="with this bug, until a seed catches it")
    parser.add_argument("--no-shrink", action="store_true", help="do not look for the fewest faults")
    parser.add_argument("--trace", action="store_true", help="show the last lines of every run")
    args = parser.parse_args()
    if args.bug is not None:
        from tests.simulation.bugs import hunt

        return hunt(args.bug, _seeds(args.seeds), args.resume)
    shape = Shape(args.nodes, args.days, args.suppliers, SMALL.mix if args.hard else Shape.mix)
    done = _done(args.resume)
    seeds = [seed for seed in _seeds(args.seeds) if seed not in done]
    failed = 0
    began = time.monotonic()
    with multiprocessing.get_context("fork").Pool(args.jobs, maxtasksperchild=1) as pool:
        for outcome in pool.imap_unordered(_Run(shape), seeds, 1):
            if args.resume is not None:
                with args.resume.open("a") as file:
                    about = {
                        "python": platform.python_version(),
                        "shape": [args.nodes, args.days, args.suppliers],
                    }
                    file.write(json.dumps({**outcome.short, **about}) + "\n")
            print(_line(outcome), flush=True)
            if args.trace:
                print("\n".join(outcome.last))
            if outcome.oracle:
                failed += 1
                _explain(outcome, shape, args.no_shrink)
    print(f"{len(seeds) - failed} of {len(seeds)} seeds passed in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


class _Run:
    """Runs a seed in a process of its own."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def __call__(self, seed: int) -> Outcome:
        return run(seed, self._shape)


def _line(outcome: Outcome) -> str:
    what = f"FAILED {outcome.oracle}: {outcome.why}" if outcome.oracle else "passed"
    struck = ", ".join(f"{number} {kind}" for kind, number in sorted(outcome.struck.items()))
    return (
        f"seed {outcome.seed}: {what}; {outcome.turns} calls, {outcome.cpu:.1f} s CPU, trace {outcome.trace};"
        f" {struck}; {dict(outcome.facts)}"
    )


def _explain(outcome: Outcome, shape: Shape, as_it_is: bool) -> None:
    print("\n".join(outcome.last))
    if not as_it_is:
        faults = shrunk(outcome.seed, shape, outcome.oracle)
        print(f"the fewest faults found that bring {outcome.oracle}:")
        for fault in faults:
            print(f"  {fault}")
    print(
        f"repeat: {sys.executable} -m tests.simulation --seeds {outcome.seed} --nodes {shape.nodes}"
        f" --days {shape.days:g} --suppliers {shape.n}{' --hard' if shape.mix == SMALL.mix else ''}"
    )


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _done(path: Path | None) -> set[int]:
    if path is None or not os.path.exists(path):
        return set()
    return {json.loads(line)["seed"] for line in path.read_text().splitlines()}


if __name__ == "__main__":
    sys.exit(main())
