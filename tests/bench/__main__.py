"""
`python -m tests.bench`: everything of docs/benchmarks.md, measured anew.

Runs of ours and of the peers take turns, so that a slow quarter of an hour is slow for all of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from compileall import compile_dir
from pathlib import Path

from bitdust.blocks.erasure import Codecs
from bitdust.errors import BitDustError
from tests.bench import (
    codes,
    doors,
    healing,
    limits,
    ours,
    pipeline,
    quic,
    raw,
    roads,
    scale,
    shapes,
    starts,
)
from tests.bench.measure import Figures
from tests.bench.peers import Scripts, missing
from tests.bench.render import tables

_HERE = Path(__file__).parent
_REPOSITORY = _HERE.parent.parent
_PARTS = ("500MB", "100MB", "1000x10KB", "10000x10KB")
_US = "bitdust"
#: what runs when nothing is said, in about 40 minutes; what takes long, or needs aioquic, is asked for
_USUAL = (
    "ours", "restic", "tahoe", "raw", "shapes", "starts", "pipeline", "codes", "limits", "scale", "doors",
    "healing", "roads",
)  # fmt: skip
_LONG = ("10GB", "1000000", "quic")


def main() -> int:
    """Measure, write the figures down, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often each figure is taken (3)")
    parser.add_argument(
        "--parts", default="500MB,1000x10KB,10000x10KB", help=f"of {','.join(_PARTS)}; which data"
    )
    parser.add_argument(
        "--only", default=",".join(_USUAL), help=f"of {','.join((*_USUAL, *_LONG))}; who runs, and what"
    )
    default = os.environ.get("BITDUST_PEERS", str(_REPOSITORY.parent / "shared/bench/peers"))
    parser.add_argument(
        "--peers", type=Path, default=Path(default), help="the peers' scripts (BITDUST_PEERS)"
    )
    parser.add_argument("--work", type=Path, default=Path("/tmp/bitdust-bench"), help="where all of it runs")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("PEERS_DATA", "/tmp/peers/data")),
        help="what is stored",
    )
    parser.add_argument("--out", type=Path, help="the results file (tests/bench/results/TIME.jsonl)")
    options = parser.parse_args()
    if wrong := set(options.only.split(",")) - {*_USUAL, *_LONG}:
        parser.error(f"there is no {', '.join(sorted(wrong))}")
    out = options.out or _HERE / "results" / time.strftime("%Y-%m-%d-%H%M.jsonl")
    out.parent.mkdir(parents=True, exist_ok=True)
    # As an installed package has it, whatever the environment says of writing bytecode.
    compile_dir(_REPOSITORY / "bitdust", quiet=1)
    figures = Figures(out)
    figures.take({"about": _about()})
    # Who ends it ends the nodes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    shutil.rmtree(options.work, ignore_errors=True)
    try:
        _measure(figures, options)
    finally:
        shutil.rmtree(options.work, ignore_errors=True)
    print(f"\nwritten to {out}\n\n{tables(figures.rows)}")
    return 0


def _measure(figures: Figures, options: argparse.Namespace) -> None:
    parts, only = options.parts.split(","), options.only.split(",")
    work, data = options.work, options.data
    tahoe = os.environ.get("TAHOE") or shutil.which("tahoe")
    large = [part for part in parts if part != "1000x10KB"]

    def step(what: str, run: int, measure: Callable[..., object], *more: object) -> None:
        """One that breaks is said to be missing, and the rest is measured."""
        if what in only:
            try:
                measure(figures, *more)
            except (OSError, RuntimeError, subprocess.SubprocessError, BitDustError) as error:
                missing(figures, what, run, f"run {run} failed: {error}"[:300])

    for run in range(options.runs):
        scripts = Scripts(options.peers.resolve(), work / f"peers-{run}", data)
        if large:
            step("ours", run, ours.run, _US, run, work, data, large)
        step("restic", run, scripts.restic, run)
        if "500MB" in parts:
            step("tahoe", run, scripts.tahoe, run, "f500")
        step("raw", run, raw.run, run, options.peers.resolve().parent / "primitives")
    for run in range(options.runs):
        step("shapes", run, shapes.run, _US, run, work, data)
        step("starts", run, starts.run, _US, run, work)
        step("pipeline", run, pipeline.run, _US, run)
        step("codes", run, codes.run, _US, run, work, data)
    # Tahoe removes thousands of files at its end, which would slow down whoever comes next.
    if "1000x10KB" in parts:
        for run in range(options.runs):
            step("ours", run, ours.run, _US, run, work, data, ["1000x10KB"])
        for run in range(options.runs):
            scripts = Scripts(options.peers.resolve(), work / f"peers-{run}", data)
            step("tahoe", run, scripts.tahoe, run, "t1000")
    for run in range(options.runs):
        step("healing", run, healing.run, run, work, data, tahoe)
    for run in range(options.runs):
        step("doors", run, doors.run, _US, run, work)
        step("roads", run, roads.run, _US, run)
        step("quic", run, quic.run, run)
    step("limits", 0, limits.run, _US, 0, work)
    step("scale", 0, scale.run_bytes, _US, work, scale.BYTES)
    step("scale", 0, scale.run_files, _US, work, scale.FILES)
    step("10GB", 0, scale.run_bytes, _US, work, scale.VAST_BYTES, options.runs)
    step("1000000", 0, scale.run_files, _US, work, scale.VAST_FILES, options.runs)


def _about() -> dict[str, object]:
    """The machine, and how busy others keep it."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "erasure_code": Codecs.best().name,
    }


if __name__ == "__main__":
    sys.exit(main())
