"""
`python -m tests.bench`: everything of docs/benchmarks.md, measured anew.

Runs of ours and of the peers take turns, so that a slow quarter of an hour is slow for all of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import time
from compileall import compile_dir
from pathlib import Path

from bitdust.blocks.erasure import Codecs
from tests.bench import doors, healing, limits, ours, raw, roads, scale, shapes
from tests.bench.measure import Figures
from tests.bench.peers import Scripts, missing
from tests.bench.render import tables

_HERE = Path(__file__).parent
_REPOSITORY = _HERE.parent.parent
_PARTS = ("500MB", "100MB", "1000x10KB", "10000x10KB")


def main() -> int:
    """Measure, write the figures down, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often each figure is taken (3)")
    parser.add_argument(
        "--parts", default="500MB,1000x10KB,10000x10KB", help=f"of {','.join(_PARTS)}; which data"
    )
    parser.add_argument(
        "--only",
        default="ours,restic,tahoe,raw,shapes,limits,doors,healing,roads",
        help="of ours,restic,tahoe,raw,shapes,limits,doors,healing,roads; who runs",
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
    parts, only = options.parts.split(","), options.only.split(",")
    out = options.out or _HERE / "results" / time.strftime("%Y-%m-%d-%H%M.jsonl")
    out.parent.mkdir(parents=True, exist_ok=True)
    # As an installed package has it, whatever the environment says of writing bytecode.
    compile_dir(_REPOSITORY / "bitdust", quiet=1)
    figures = Figures(out)
    figures.take({"about": _about()})
    shutil.rmtree(options.work, ignore_errors=True)
    large = [part for part in parts if part != "1000x10KB"]
    for run in range(options.runs):
        scripts = Scripts(options.peers.resolve(), options.work / f"peers-{run}", options.data)
        if "ours" in only and large:
            _ours(figures, run, options, large)
        if "restic" in only:
            scripts.restic(figures, run)
        if "tahoe" in only and "500MB" in parts:
            scripts.tahoe(figures, run, "f500")
        if "raw" in only:
            raw.run(figures, run, options.peers.resolve().parent / "primitives")
    if "shapes" in only:
        for run in range(options.runs):
            shapes.run(figures, "bitdust", run, options.work, options.data)
    # Tahoe removes thousands of files at its end, which would slow down whoever comes next.
    if "1000x10KB" in parts:
        for run in range(options.runs):
            if "ours" in only:
                _ours(figures, run, options, ["1000x10KB"])
        for run in range(options.runs):
            if "tahoe" in only:
                scripts = Scripts(options.peers.resolve(), options.work / f"peers-{run}", options.data)
                scripts.tahoe(figures, run, "t1000")
    if "healing" in only:
        tahoe = os.environ.get("TAHOE") or shutil.which("tahoe")
        for run in range(options.runs):
            healing.run(figures, run, options.work, options.data, tahoe)
    if "doors" in only:
        for run in range(options.runs):
            doors.run(figures, "bitdust", run, options.work)
    if "roads" in only:
        for run in range(options.runs):
            roads.run(figures, "bitdust", run)
    if "limits" in only:
        limits.run(figures, "bitdust", 0, options.work)
    if "scale" in only:
        scale.run_bytes(figures, "bitdust", 0, options.work, scale.BYTES)
        scale.run_files(figures, "bitdust", 0, options.work, scale.FILES)
    if "10GB" in only:
        scale.run_bytes(figures, "bitdust", 0, options.work, scale.VAST_BYTES)
    if "1000000" in only:
        scale.run_files(figures, "bitdust", 0, options.work, scale.VAST_FILES)
    shutil.rmtree(options.work, ignore_errors=True)
    print(f"\nwritten to {out}\n\n{tables(figures.rows)}")
    return 0


def _ours(figures: Figures, run: int, options: argparse.Namespace, parts: list[str]) -> None:
    try:
        ours.run(figures, "bitdust", run, options.work, options.data, parts)
    except (TimeoutError, RuntimeError) as error:
        missing(figures, "bitdust", run, f"run {run} failed: {error}")


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
