"""
What a backup may cost, whatever is backed up: memory; and what is read and sent when nothing has changed, or
one byte.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.bench import measure
from tests.bench.measure import MB, Figures, alone
from tests.bench.ours import Grid, Took, tell

#: MiB of memory the customer may have at most
MEMORY = 200.0


@dataclass(frozen=True)
class OneFile:
    """A large file: its backup, the backup after one byte of it has changed, its restore."""

    first: Took
    changed: Took
    restored: Took
    same: bool


@dataclass(frozen=True)
class ManyFiles:
    """
    A tree of small files: its backup, the same again with nothing changed, its restore.

    @param read: bytes the customer has asked the system for in the unchanged run, by whatever road.
    @param grown: bytes by which what lies at the suppliers has grown in it.
    """

    first: Took
    again: Took
    read: int
    grown: int
    restored: Took
    same: bool


def one_file(grid: Grid, path: Path, out: Path) -> OneFile:
    """Back up a large file, change a byte in its middle, back it up again, restore it."""
    first = grid.back_up(path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    changed = grid.back_up(path)
    measure.wait_for(lambda: grid.spooled() == 0, 60, "an empty spool")
    restored = grid.restore(path, out)
    return OneFile(first, changed, restored, measure.same(path, out / str(path).lstrip("/")))


def many_files(grid: Grid, path: Path, out: Path) -> ManyFiles:
    """Back up a tree, back it up again, restore it."""
    measure.until_settled(path)
    first = grid.back_up(path)
    kept, read = grid.kept(), measure.bytes_read(grid.pid)
    again = grid.back_up(path)
    read, kept = measure.bytes_read(grid.pid) - read, grid.kept() - kept
    measure.wait_for(lambda: grid.spooled() == 0, 60, "an empty spool")
    restored = grid.restore(path, out)
    return ManyFiles(first, again, read, kept, restored, measure.same(path, out / str(path).lstrip("/")))


def run(figures: Figures, name: str, run: int, work: Path) -> None:
    """At full size: 2 GB in one file, and 10,000 files of 10 KB."""
    data, out = work / "limits-data", work / "out"
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    try:
        file = measure.random_file(data / "large.bin", 2000 * MB)
        tree = measure.random_tree(data / "tree", 10_000)
        with Grid(work / "limits") as grid, alone():
            large = one_file(grid, file, out)
            tell(figures, name, "backup_2GB", run, large.first, 2000 * MB)
            tell(figures, name, "one_byte_2GB", run, large.changed)
            figures.add(name, "one_byte_2GB_sent", large.changed.task["sent"], "B", run)
            tell(figures, name, "restore_2GB", run, large.restored, 2000 * MB)
            figures.add(name, "restore_2GB_identical", large.same, "", run)
            figures.add(name, "limit_2GB_peak_rss", grid.peak, "MiB", run)
        shutil.rmtree(out)
        with Grid(work / "limits") as grid, alone():
            small = many_files(grid, tree, out)
            figures.add(name, "unchanged_10000x10KB", small.again.wall, "s", run)
            figures.add(name, "unchanged_10000x10KB_read", small.again.task["done"], "B", run)
            figures.add(name, "unchanged_10000x10KB_sent", small.again.task["sent"], "B", run)
            figures.add(name, "unchanged_10000x10KB_rchar", small.read, "B", run)
            figures.add(name, "unchanged_10000x10KB_grown", small.grown, "B", run)
            figures.add(name, "restore_10000x10KB_identical", small.same, "", run)
            figures.add(name, "limit_10000x10KB_peak_rss", grid.peak, "MiB", run)
    finally:
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)
