"""
What a backup costs at most, with real processes: memory, and traffic when little or nothing has changed.

Sizes are modest by default; `BITDUST_FULL_SIZE=1` takes those of the promise, 2 GB and 10,000 files.
"""

from __future__ import annotations

import os
from pathlib import Path

from bitdust.blocks.chunker import MAX_CHUNK
from tests.bench import limits, measure
from tests.bench.measure import MB
from tests.bench.ours import Grid

_FULL = bool(os.environ.get("BITDUST_FULL_SIZE"))
_LARGE, _MANY = (2000 * MB, 10_000) if _FULL else (200 * MB, 2_000)


def test_a_large_file_takes_little_memory_and_one_byte_of_it_little_traffic(tmp_path: Path) -> None:
    """
    It comes back identical, the customer never has more than 200 MiB, and one changed byte sends a few MiB.
    """
    path = measure.random_file(tmp_path / "large.bin", _LARGE)
    with Grid(tmp_path / "grid") as grid:
        seen = limits.one_file(grid, path, tmp_path / "out")
        assert grid.peak <= limits.MEMORY
    assert seen.same
    # One chunk or two, in a block padded by an eighth at most, at twice its size.
    assert 0 < seen.changed.task["sent"] <= 2 * 2 * MAX_CHUNK * 9 // 8


def test_an_unchanged_tree_costs_no_read_and_no_block(tmp_path: Path) -> None:
    """
    A tree of small files comes back identical within 200 MiB; a second backup reads no file, sends no block.
    """
    path = measure.random_tree(tmp_path / "tree", _MANY)
    with Grid(tmp_path / "grid") as grid:
        seen = limits.many_files(grid, path, tmp_path / "out")
        assert grid.peak <= limits.MEMORY
    assert seen.same
    assert (seen.again.task["done"], seen.again.task["sent"]) == (0, 0)
    # Not only by its own word: the process read less than a quarter of the bytes, and the suppliers got
    # less than the smallest block would be: the version's line in the log.
    assert seen.read < _MANY * 10_000 // 4
    assert seen.grown < 4096
