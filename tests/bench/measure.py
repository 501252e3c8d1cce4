"""
Time, CPU and memory of processes, and where the figures go: one JSON object a line.

Format, data and lock are those of the peers' scripts, so that all of them can be put side by side.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: what the peers' scripts use too
LOCK = Path(os.environ.get("BENCH_LOCK", "/tmp/bench.lock"))
MB = 1000 * 1000

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Figures:
    """What was measured: kept, shown and written down."""

    path: Path | None = None
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, peer: str, metric: str, value: float, unit: str, run: int, **more: object) -> None:
        """One figure."""
        self.take(
            {"peer": peer, "metric": metric, "value": round(value, 4), "unit": unit, "run": run, **more}
        )

    def take(self, row: dict[str, object]) -> None:
        """One figure that somebody else has measured."""
        self.rows.append(row)
        line = json.dumps(row)
        print(line, flush=True)
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(line + "\n")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the machine for a timed section."""
    with LOCK.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cpu(pids: list[int]) -> float:
    """Seconds of CPU these processes have used so far."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICK


def busy() -> float:
    """Seconds of CPU that all processes of the machine together have used so far."""
    # user, nice, system, idle, iowait, irq, softirq, steal: what others on the same host took counts too.
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / _TICK


def memory(pid: int, key: str = "VmHWM") -> float:
    """MiB the process has in memory, or (VmHWM) had at most."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(key)


def forget_peak(pid: int) -> None:
    """The highest memory counts from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def bytes_read(pid: int) -> int:
    """Bytes the process has asked the system for with `read` and its like: files, sockets, everything."""
    return int(Path(f"/proc/{pid}/io").read_text().split()[1])


def random_file(path: Path, size: int) -> Path:
    """A file of random bytes, made when it is not there."""
    if not path.exists() or path.stat().st_size != size:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for at in range(0, size, 8 << 20):
                file.write(os.urandom(min(8 << 20, size - at)))
    return path


def random_tree(path: Path, count: int, size: int = 10_000) -> Path:
    """A tree of random files, 100 a folder, made when it is not there."""
    done = path.with_name(path.name + ".done")
    if not done.exists():
        shutil.rmtree(path, ignore_errors=True)
        for number in range(count):
            folder = path / f"d{number // 100:03d}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"f{number:05d}.bin").write_bytes(os.urandom(size))
        done.touch()
    return path


def same(one: Path, other: Path) -> bool:
    """Whether two files, or all the files of two trees, are byte for byte the same."""
    if one.is_file():
        return filecmp.cmp(one, other, shallow=False)
    names, others = files_of(one), files_of(other)
    return names == others and all(filecmp.cmp(one / name, other / name, shallow=False) for name in names)


def files_of(path: Path) -> list[str]:
    """The relative names of all files below."""
    return sorted(
        os.path.relpath(os.path.join(folder, name), path)
        for folder, _, names in os.walk(path)
        for name in names
    )


def stored(path: Path) -> int:
    """Bytes of all files below."""
    return sum((path / name).lstat().st_size for name in files_of(path))


def warm(path: Path) -> None:
    """Have all of it in the page cache: whoever comes first would read the disk for all who follow."""
    space = bytearray(MB)
    for file in [path] if path.is_file() else [path / name for name in files_of(path)]:
        with file.open("rb", buffering=0) as content:
            while content.readinto(space):
                pass


def until_settled(path: Path, seconds: float = 2.2) -> None:
    """
    Wait until the last change in a tree is old enough that its date proves something.

    A node reads again what was changed within two seconds of its read: dates are that coarse.
    """
    newest = max((entry.lstat().st_ctime for entry in [path, *path.rglob("*")]), default=0.0)
    time.sleep(max(0.0, newest + seconds - time.time()))


def wait_for(look: Callable[[], bool], seconds: float, what: str) -> None:
    """
    Until it is so.  Looks every fiftieth of the time that has passed: to look costs those who are asked.

    @raise TimeoutError: it did not come in that time.
    """
    begin = time.monotonic()
    while not look():
        passed = time.monotonic() - begin
        if passed > seconds:
            raise TimeoutError(f"{what} did not come in {seconds:.0f} s")
        time.sleep(max(0.02, passed / 50))
