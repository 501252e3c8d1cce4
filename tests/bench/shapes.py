"""
More suppliers: what 4 of 7 and 7 of 13 cost beside 2 of 4, with all of them and with as few as may be;
and how long a node takes until it answers.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from bitdust.blocks.shapes import k_of
from tests.bench import measure
from tests.bench.measure import MB, Figures, alone
from tests.bench.ours import Grid, tell

SHAPES = (4, 7, 13)
SIZE = 500


def run(figures: Figures, name: str, run: int, work: Path, data: Path) -> None:
    """A store, a restore, a restore from k of the n suppliers, a start of the customer's node."""
    path = measure.random_file(data / f"f{SIZE}_{run}", SIZE * MB)
    out = work / "out-shapes"
    for n in SHAPES:
        measure.until_settled(path)
        with Grid(work / "shapes", n) as grid:
            with alone():
                took = grid.back_up(path)
            tell(figures, name, f"backup_n{n}", run, took, SIZE * MB)
            figures.add(name, f"backup_n{n}_sent", took.task["sent"], "B", run)
            measure.wait_for(lambda grid=grid: grid.spooled() == 0, 60, "an empty spool")
            with alone():
                took = grid.restore(path, out)
            tell(figures, name, f"restore_n{n}", run, took, SIZE * MB)
            _compare(path, out)
            grid.lose(n - k_of(n))
            with alone():
                took = grid.restore(path, out)
            tell(figures, name, f"restore_n{n}_fewest", run, took, SIZE * MB)
            _compare(path, out)
            grid.customer.kill()
            began = time.perf_counter()
            grid.customer.start()
            grid.customer.wait()
            figures.add(name, f"start_n{n}", time.perf_counter() - began, "s", run)


def _compare(path: Path, out: Path) -> None:
    if not measure.same(path, out / str(path).lstrip("/")):
        raise RuntimeError(f"what was restored to {out} differs")
    shutil.rmtree(out)
