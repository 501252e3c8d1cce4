"""
Our own network under the stop-watch: identity server, suppliers, customer, each a process on loopback.
"""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from bitdust.demo.network import Network, Peer
from tests.bench import measure
from tests.bench.measure import MB, Figures, alone

#: seconds the longest single step may take
PATIENCE = 3600.0


@dataclass
class Took:
    """
    What one step cost.  Seconds, CPU seconds, MiB at most, and the task as the node tells of it.

    @param others: CPU seconds that everybody else on the machine took meanwhile.
    """

    wall: float
    customer: float
    suppliers: float
    others: float
    peak: float
    supplier_peak: float
    task: dict[str, Any]


class Grid:
    """A customer with his suppliers: a context manager that leaves nothing behind."""

    def __init__(self, folder: Path, suppliers: int = 4, options: dict[str, object] | None = None) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.folder = folder
        self.network = Network(folder / "net")
        self._count = suppliers
        self._options = options or {}
        self.suppliers: list[Peer] = []
        self.customer: Peer
        #: MiB the customer had in memory at most, over all steps
        self.peak = 0.0

    def __enter__(self) -> Grid:
        try:
            self._start()
        except BaseException:
            print(self.tails(), file=sys.stderr)
            self.network.close()
            raise
        return self

    def tails(self) -> str:
        """The last words of every node, for when something did not come."""
        logs = sorted(self.network.folder.glob("*/logs/*.log"))
        return "\n".join(f"== {log.parent.parent.name}\n{log.read_text()[-1500:]}" for log in logs)

    def _start(self) -> None:
        self.network.start_identity_server()
        space = {"services/supplier/donated-space": "40 GB", "services/customer/enabled": False}
        wanted = {
            "services/supplier/enabled": False,
            "services/customer/suppliers-number": self._count,
            "services/customer/needed-space": "16 GB",
            **self._options,
        }
        names = [f"sup{number}" for number in range(self._count)]
        *self.suppliers, self.customer = self.network.start_each(
            {**dict.fromkeys(names, space), "customer": wanted}
        )
        measure.wait_for(lambda: self.health()["suppliers_online"] == self._count, 60, "the last supplier")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.tails(), file=sys.stderr)
        self.network.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """The customer's process."""
        assert self.customer.process is not None
        return self.customer.process.pid

    @property
    def supplier_pids(self) -> list[int]:
        """The suppliers' processes."""
        return [peer.process.pid for peer in self.suppliers if peer.process is not None]

    def health(self) -> dict[str, Any]:
        """What the customer says of everything."""
        answer: dict[str, Any] = self.customer.client.call("process_health")
        return answer

    def back_up(self, path: Path) -> Took:
        """
        Back it up, until all pieces of all blocks are durable at their suppliers and the version committed.
        """
        return self._step(lambda: self.customer.client.call("backup_start_path", str(path)), self._safe)

    def restore(self, path: Path, destination: Path) -> Took:
        """Restore the newest version of `path` below another folder."""
        return self._step(
            lambda: self.customer.client.call("restore_single", str(path), str(destination)), self._ended
        )

    def lose(self, count: int) -> None:
        """So many suppliers die, and the customer knows."""
        for peer in self.suppliers[:count]:
            peer.kill()
        left = len(self.suppliers) - count
        measure.wait_for(lambda: self.health()["suppliers_online"] == left, 60, "news of the dead")

    def spooled(self) -> int:
        """Bytes of blocks that lie with the customer still."""
        return measure.stored(self.customer.home / "backups")

    def kept(self) -> int:
        """Bytes at all the suppliers."""
        return sum(measure.stored(peer.home / "customers") for peer in self.suppliers)

    def _step(self, begin: Any, over: Any) -> Took:
        everyone = [self.pid, *self.supplier_pids]
        for pid in everyone:
            measure.forget_peak(pid)
        ours, theirs = measure.cpu([self.pid]), measure.cpu(self.supplier_pids)
        all_of_it = measure.busy()
        start = time.perf_counter()
        begin()
        measure.wait_for(over, PATIENCE, "the end of a step")
        wall = time.perf_counter() - start
        self.peak = max(self.peak, measure.memory(self.pid))
        all_of_it = measure.busy() - all_of_it
        ours, theirs = measure.cpu([self.pid]) - ours, measure.cpu(self.supplier_pids) - theirs
        return Took(
            wall,
            ours,
            theirs,
            max(0.0, all_of_it - ours - theirs),
            measure.memory(self.pid),
            max(measure.memory(pid) for pid in self.supplier_pids),
            self._task(),
        )

    def _task(self) -> dict[str, Any]:
        task: dict[str, Any] = self.customer.client.call("tasks_list")[-1]
        if task["state"] in ("failed", "cancelled"):
            raise RuntimeError(f"{task['kind']} of {task['name']} {task['state']}: {task['message']}")
        return task

    def _ended(self) -> bool:
        return self._task()["state"] in ("done", "committed")

    def _safe(self) -> bool:
        # Asked often, so the cheaper question goes first.
        return self._ended() and self.health()["state"] == "safe"


def run(figures: Figures, name: str, run: int, work: Path, data: Path, parts: list[str]) -> None:
    """All the steps of the comparison, on data that the peers use too."""
    jobs = []
    for label, megabytes in (("500MB", 500), ("100MB", 100)):
        if label in parts:
            jobs.append(
                (label, measure.random_file(data / f"f{megabytes}_{run}", megabytes * MB), megabytes * MB)
            )
    for label, count in (("1000x10KB", 1000), ("10000x10KB", 10_000)):
        if label in parts:
            jobs.append((label, measure.random_tree(data / f"t{count}_{run}", count), count * 10_000))
    for label, path, size in jobs:
        measure.until_settled(path)
        measure.warm(path)
        began = time.perf_counter()
        with Grid(work / "ours") as grid:
            figures.add(name, "network_up", time.perf_counter() - began, "s", run)
            figures.add(name, "idle_rss_client", measure.memory(grid.pid, "VmRSS"), "MiB", run)
            pids = grid.supplier_pids
            idle = sorted(measure.memory(pid, "VmRSS") for pid in pids)[len(pids) // 2]
            figures.add(name, "idle_rss_storage_node", idle, "MiB", run)
            with alone():
                took = grid.back_up(path)
            tell(figures, name, f"backup_{label}", run, took, size)
            figures.add(name, f"backup_{label}_stored_ratio", grid.kept() / size, "x", run)
            with alone():
                took = grid.back_up(path)
            tell(figures, name, f"rerun_{label}", run, took)
            figures.add(name, f"rerun_{label}_read", took.task["done"], "B", run)
            figures.add(name, f"rerun_{label}_sent", took.task["sent"], "B", run)
            measure.wait_for(lambda: grid.spooled() == 0, 30, "an empty spool")
            # Kept to the end: ext4 creates files many times slower for minutes after many were removed.
            out = work / f"out-{label}-{run}"
            with alone():
                took = grid.restore(path, out)
            tell(figures, name, f"restore_{label}", run, took, size)
            if not measure.same(path, out / str(path).lstrip("/")):
                raise RuntimeError(f"what was restored of {label} differs")


def tell(figures: Figures, name: str, metric: str, run: int, took: Took, size: int = 0) -> None:
    """A step as figures."""
    figures.add(name, metric, took.wall, "s", run)
    if size:
        figures.add(name, metric + "_rate", size / MB / took.wall, "MB/s", run)
        figures.add(name, metric + "_client_cpu_per_gb", took.customer / size * 1e9, "s/GB", run)
        figures.add(name, metric + "_servers_cpu_per_gb", took.suppliers / size * 1e9, "s/GB", run)
    figures.add(name, metric + "_client_cpu", took.customer, "s", run)
    figures.add(name, metric + "_servers_cpu", took.suppliers, "s", run)
    figures.add(name, metric + "_others_cpu", took.others, "s", run)
    figures.add(name, metric + "_others", took.others / took.wall, "cores", run)
    figures.add(name, metric + "_client_peak_rss", took.peak, "MiB", run)
    figures.add(name, metric + "_server_peak_rss", took.supplier_peak, "MiB", run)
