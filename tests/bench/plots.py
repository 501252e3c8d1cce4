"""
How cost grows, as plots: `python -m tests.bench.plots RESULTS.jsonl...` writes `docs/plots/scale-*.svg`.

Lines are what the dot in the middle would cost if cost grew exactly with size.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

from tests.bench.render import OURS, Medians
from tests.plot import Plot, Point

PLOTS = Path(__file__).parent.parent.parent / "docs/plots"
#: the unit of a size, and the steps whose cost is shown
KINDS = {
    "bytes": ("MB", ("store", "restore")),
    "files": ("files", ("first", "again", "restore")),
}


def scale(m: Medians, kind: str) -> Plot | None:
    """CPU of the customer over size; None with fewer than two points."""
    unit, steps = KINDS[kind]
    across = "MB of one file" if kind == "bytes" else "files of 1 KB"
    plot = Plot(f"What the customer computes for {across}", across, "seconds of CPU", log_x=True, log_y=True)
    for step in steps:
        points = _points(m, rf"scale_(\d+){unit}_{step}_client_cpu")
        if len(points) < 2:
            return None
        size, cost = points[len(points) // 2]
        plot.lines.append((step, [(at, cost * at / size) for at, _ in points]))
        plot.dots += [(step, point, point[1], point[1]) for point in points]
    return plot


def _points(m: Medians, pattern: str) -> list[Point]:
    found = []
    for peer, metric in m.all:
        if peer == OURS and (match := re.fullmatch(pattern, metric)):
            value = m.of(peer, metric)
            if value:
                found.append((float(match[1]), value))
    return sorted(found)


def write(rows: Sequence[dict[str, object]]) -> list[Path]:
    """All plots that there are points for."""
    m = Medians(rows)
    written = []
    for kind in KINDS:
        plot = scale(m, kind)
        if plot is not None:
            PLOTS.mkdir(exist_ok=True)
            written.append(PLOTS / f"scale-{kind}.svg")
            written[-1].write_text(plot.svg())
    return written


def main() -> None:
    """Of results files."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plots", description=__doc__)
    parser.add_argument("results", type=Path, nargs="+")
    found = parser.parse_args().results
    for path in write([json.loads(line) for each in found for line in each.read_text().splitlines()]):
        print(path)


if __name__ == "__main__":
    main()
