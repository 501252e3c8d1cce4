"""
What a backup computes, alone: read, cut, name, compress, encrypt, code and hash, in two threads of one
process as a job does it, without a catalog or a network.  Beside it the raw prototype, which has the same
libraries; and what units and blocks of other sizes would cost.
"""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

from bitdust.backup.packer import Packer
from bitdust.backup.reading import Reading
from bitdust.backup.walk import Walk
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import UNIT
from bitdust.customer.spool import Spool
from tests.bench import measure
from tests.bench.measure import MB, Figures, alone

SIZE = 256
SHAPES = ((2, 4), (4, 7), (7, 13))
#: KiB of a unit, MiB of a block: what is swept
UNITS, BLOCKS = (64, 128, 256, 512, 1024), (4, 16, 64, 128)
#: what a block has by default, in MiB
BLOCK = 16
#: each is taken so often, and the best counts, as in the prototype's own figures
TIMES = 3


def run(figures: Figures, name: str, run: int) -> None:
    """Every shape with both codes; then units and blocks in the shape 2 of 4."""
    # In memory, where there is such a folder: this is not about the disk.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder, alone():
        path = measure.random_file(Path(folder) / "data" / "file", SIZE * MB)
        best, plain = Codecs.best(), Codecs.reference()
        for k, n in SHAPES:
            for codecs in {each.name: each for each in (best, plain)}.values():
                _tell(figures, name, f"pipeline_{k}_of_{n}_{codecs.name}", run, path, codecs, k, n)
        for kib in UNITS:
            _tell(figures, name, f"pipeline_unit_{kib}KiB", run, path, best, 2, 4, unit=kib * 2**10)
        for mib in BLOCKS:
            _tell(figures, name, f"pipeline_block_{mib}MiB", run, path, best, 2, 4, block=mib * 2**20)


def _tell(
    figures: Figures, name: str, metric: str, run: int, path: Path, codecs: Codecs, k: int, n: int,
    *, unit: int = UNIT, block: int = BLOCK * 2**20,
) -> None:  # fmt: skip
    wall, cpu = min(_once(path, codecs, k, n, unit, block) for _ in range(TIMES))
    figures.add(name, metric + "_rate", SIZE / wall, "MB/s", run)
    figures.add(name, metric + "_cpu_per_gb", cpu / SIZE * 1000, "s/GB", run)


def _once(path: Path, codecs: Codecs, k: int, n: int, unit: int, block: int) -> tuple[float, float]:
    """Seconds, and seconds of CPU, from the file to its sealed blocks and the roots of their pieces."""
    folder = Path(tempfile.mkdtemp(dir=path.parent.parent))
    root = os.fsencode(path)
    reading = Reading(root, bytes(32), time.time_ns)
    spool = Spool(folder, lambda: 2**40)
    packer = Packer(
        spool=spool,
        data_key=bytes(32),
        codecs=codecs,
        rng=os.urandom,
        shape=lambda: (k, n),
        block_size=lambda: block,
    )
    reading.feed(Walk(root, frozenset(), time.time_ns).next_batch(1))
    try:
        with patch("bitdust.backup.packer.UNIT", unit), ThreadPoolExecutor(2) as threads:
            before, began = _cpu(), time.perf_counter()
            # As in a job: the next stretch is read while this one is packed.
            coming = threads.submit(reading.next_stretch)
            while (stretch := coming.result()) is not None:
                coming = threads.submit(reading.next_stretch)
                _, full = threads.submit(packer.add, [(cut.id, cut.content) for cut in stretch.cuts]).result()
                for sealed in full:
                    spool.remove(sealed.block)
            threads.submit(packer.finish).result()
            return time.perf_counter() - began, _cpu() - before
    finally:
        shutil.rmtree(folder)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
