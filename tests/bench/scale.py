"""
How cost grows: with the bytes of one file, and with the number of files of 1 KB, each time in a network of
its own.  The longest of each, 10 GB and a million of files, are asked for by themselves.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import measure
from tests.bench.measure import MB, Figures, alone
from tests.bench.ours import Grid, tell
from tests.bench.peers import missing

#: megabytes of one file, and how many files of `SMALL` bytes
BYTES, FILES = (125, 500, 2000), (1000, 10_000, 100_000)
VAST_BYTES, VAST_FILES = (10_000,), (1_000_000,)
SMALL = 1000
#: bytes of the disk for each byte of one file: itself, its pieces at 2 of 4, what comes back; for each small
#: file, which takes a page of the disk; and what stays free
TIMES, EACH, RESERVE = 5, 15_000, 8_000 * MB
#: pages of a listing that are asked for, and the names in each
PAGES, NAMES = 25, 100


def run_bytes(figures: Figures, name: str, work: Path, sizes: tuple[int, ...], runs: int = 1) -> None:
    """One file of so many megabytes, there and back; each run has a network of its own."""
    for size in sizes:
        metric = f"scale_{size}MB"
        if not _has_room(figures, metric, 0, work, TIMES * size * MB):
            continue
        data, out = work / "scale-data", work / "scale-out"
        try:
            path = measure.random_file(data / f"f{size}", size * MB)
            for run in range(runs):
                with Grid(work / "scale") as grid, alone():
                    tell(figures, name, f"{metric}_store", run, grid.back_up(path), size * MB)
                    _until_brought(grid)
                    tell(figures, name, f"{metric}_restore", run, grid.restore(path, out), size * MB)
                    figures.add(name, f"{metric}_identical", _same(path, out), "", run)
                    figures.add(name, f"{metric}_peak_rss", grid.peak, "MiB", run)
                shutil.rmtree(out)
        finally:
            shutil.rmtree(data, ignore_errors=True)
            shutil.rmtree(out, ignore_errors=True)


def run_files(figures: Figures, name: str, work: Path, counts: tuple[int, ...], runs: int = 1) -> None:
    """
    So many small files: a backup, one with nothing changed, pages of the listing; each run has a network of
    its own.  The last restores them, too: a million of files that are removed again slow down whoever comes
    next.
    """
    for count in counts:
        metric = f"scale_{count}files"
        if not _has_room(figures, metric, 0, work, EACH * count):
            continue
        data, out = work / "scale-data", work / "scale-out"
        try:
            tree = measure.random_tree(data / f"t{count}", count, SMALL)
            for run in range(runs):
                with Grid(work / "scale") as grid, alone():
                    measure.until_settled(tree)
                    tell(figures, name, f"{metric}_first", run, grid.back_up(tree))
                    tell(figures, name, f"{metric}_again", run, grid.back_up(tree))
                    for word, seconds in _pages(grid, tree).items():
                        figures.add(name, f"{metric}_{word}", seconds, "s", run)
                    if run == runs - 1:
                        _until_brought(grid)
                        tell(figures, name, f"{metric}_restore", run, grid.restore(tree, out))
                        figures.add(name, f"{metric}_identical", _same(tree, out), "", run)
                    figures.add(name, f"{metric}_peak_rss", grid.peak, "MiB", run)
        finally:
            shutil.rmtree(data, ignore_errors=True)
            shutil.rmtree(out, ignore_errors=True)


def _has_room(figures: Figures, metric: str, run: int, work: Path, size: int) -> bool:
    work.mkdir(parents=True, exist_ok=True)
    room = shutil.disk_usage(work).free
    if room < size + RESERVE:
        missing(
            figures, metric, run, f"{room / 1e9:.0f} GB of the disk are free, {size / 1e9:.0f} are needed"
        )
    return room >= size + RESERVE


def _until_brought(grid: Grid) -> None:
    """All pieces are at the suppliers, and what is restored comes from there."""
    measure.wait_for(lambda: grid.spooled() == 0, 120, "an empty spool")


def _same(path: Path, out: Path) -> bool:
    return measure.same(path, out / str(path).lstrip("/"))


def _pages(grid: Grid, tree: Path) -> dict[str, float]:
    """
    Seconds of the usual page and of the longest: walking through the folders of the newest version, looking
    into the last one of each page; and of the usual page of a search for what is not there.
    """
    listed, searched = [], []
    after = ""
    for _ in range(PAGES):
        page, took = _asked(grid, "version_list", str(tree), None, NAMES, after)
        listed.append(took)
        for last in page["entries"][-1:]:
            _, took = _asked(grid, "version_list", f"{page['backup_id']}:{last['inside']}", None, NAMES)
            listed.append(took)
        after = page["after"]
        if not after:
            break
    after = ""
    for _ in range(PAGES):
        page, took = _asked(grid, "versions_find", "*.jpg", str(tree), limit=NAMES, after=after)
        searched.append(took)
        after = page["after"]
        if not after:
            break
    return {"page": median(listed), "longest_page": max(listed), "search": median(searched)}


def _asked(grid: Grid, method: str, *args: object, **more: object) -> tuple[dict[str, Any], float]:
    began = time.perf_counter()
    answer: dict[str, Any] = grid.customer.client.call(method, *args, **more)
    return answer, time.perf_counter() - began
