"""
Both ways of the erasure code from end to end, and blocks of other sizes: 500 MB to 2 of 4 and back.

A node without the extra `fast` is a node whose Python finds an empty package in place of `pyeclib`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.bench import measure
from tests.bench.measure import MB, Figures, alone
from tests.bench.ours import Grid, tell
from tests.bench.peers import missing

SIZE = 500
#: MiB of a block
BLOCKS = (4, 16, 64)
_ASK = "from bitdust.blocks.erasure import Codecs; print(Codecs.best().name)"


def run(figures: Figures, name: str, run: int, work: Path, data: Path) -> None:
    """A store, a restore, a restore from k of the n suppliers by zfec; a store with each size of block."""
    path = measure.random_file(data / f"f{SIZE}_{run}", SIZE * MB)
    with _without_isal(work / "without") as used:
        if used == "zfec":
            _measure(figures, name, "zfec", run, work, path, {}, back=True)
        else:
            missing(figures, "zfec", run, f"the system has another {used}: it cannot be hidden")
    for size in BLOCKS:
        block = {"services/backups/block-size": f"{size} MiB"}
        _measure(figures, name, f"block{size}", run, work, path, block, back=False)


def _measure(
    figures: Figures, name: str, label: str, run: int, work: Path, path: Path,
    options: dict[str, object], *, back: bool,
) -> None:  # fmt: skip
    out = work / "out-codes"
    measure.until_settled(path)
    with Grid(work / "codes", options=options) as grid, alone():
        tell(figures, name, f"backup_{label}", run, grid.back_up(path), SIZE * MB)
        if not back:
            return
        measure.wait_for(lambda: grid.spooled() == 0, 60, "an empty spool")
        tell(figures, name, f"restore_{label}", run, grid.restore(path, out), SIZE * MB)
        shutil.rmtree(out)
        grid.lose(2)
        tell(figures, name, f"restore_{label}_fewest", run, grid.restore(path, out), SIZE * MB)
        if not measure.same(path, out / str(path).lstrip("/")):
            raise RuntimeError(f"what was restored to {out} differs")
        shutil.rmtree(out)


@contextmanager
def _without_isal(folder: Path) -> Iterator[str]:
    """Nodes that start meanwhile do not find ISA-L.  What they use then."""
    empty = folder / "pyeclib"
    empty.mkdir(parents=True, exist_ok=True)
    (empty / "__init__.py").touch()
    before = os.environ.get("PYTHONPATH", "")
    with patch.dict(os.environ, {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), before)))}):
        asked = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True)
        yield asked.stdout.strip()
