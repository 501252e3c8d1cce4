"""
A node at its beginning and at rest: how long it takes to answer, alone and as one of six, and what it holds
in memory when there is nothing to do.
"""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench import measure
from tests.bench.measure import Figures, alone
from tests.bench.ours import Grid

#: starts of one node, and seconds at rest before its memory is looked at
STARTS, REST = 5, 5.0


def run(figures: Figures, name: str, run: int, work: Path) -> None:
    """The network of the demo until all suppliers are hired; its customer at rest, killed and started."""
    with alone():
        began = time.perf_counter()
        with Grid(work / "starts") as grid:
            figures.add(name, "network_hired", time.perf_counter() - began, "s", run)
            time.sleep(REST)
            figures.add(name, "rest_rss_customer", measure.memory(grid.pid, "VmRSS"), "MiB", run)
            resting = sorted(measure.memory(pid, "VmRSS") for pid in grid.supplier_pids)
            figures.add(name, "rest_rss_supplier", resting[len(resting) // 2], "MiB", run)
            for _ in range(STARTS):
                grid.customer.kill()
                began = time.perf_counter()
                grid.customer.start()
                grid.customer.wait()
                figures.add(name, "start_node", time.perf_counter() - began, "s", run)
                figures.add(name, "start_node_cpu", measure.cpu([grid.pid]), "s", run)
