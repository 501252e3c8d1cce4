"""
What the parts can do on this machine: the raw pipeline (read, hash, zstd, AES-GCM, erasure code, hash of
every piece), and a bare prototype of a customer and suppliers over TLS.  Both lie
outside of this repository.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.measure import Figures, alone
from tests.bench.peers import missing

#: 2 of 4 with BLAKE3, as we do; one hop per block into two threads
_SHAPE = {"K": "2", "N": "4", "HASH": "blake3", "SRC_MIB": "256", "CODECS": "isal+ossl", "DESIGNS": "pool2"}


def run(figures: Figures, run: int, folder: Path) -> None:
    """Each of them once; they repeat themselves and answer medians."""
    # The scripts keep their source and their certificate there.
    Path("/tmp/stack").mkdir(exist_ok=True)
    for name, script, more in (
        ("raw-pipeline", "p01_pipeline.py", {"SINK": "null"}),
        ("raw-pipeline-files", "p01_pipeline.py", {"SINK": "files"}),
        ("raw-pipeline-7-of-13", "p01_pipeline.py", {"SINK": "null", "K": "7", "N": "13"}),
        ("prototype-tls", "p03_e2e.py", {"THREADS": "2", "BIGIO": str(256 * 1024)}),
    ):
        answer = _answer(figures, name, run, folder / script, more)
        if answer is None:
            continue
        figures.add(name, "store_rate", answer["mb_s"], "MB/s", run)
        if "customer_cpu_s_per_gb" in answer:
            figures.add(name, "store_client_cpu_per_gb", answer["customer_cpu_s_per_gb"], "s/GB", run)
            figures.add(name, "store_servers_cpu_per_gb", answer["suppliers_cpu_s_per_gb"], "s/GB", run)
        else:
            figures.add(name, "store_client_cpu_per_gb", sum(answer["cpu_s_per_gb"].values()), "s/GB", run)


def _answer(
    figures: Figures, name: str, run: int, script: Path, more: dict[str, str]
) -> dict[str, Any] | None:
    if not script.exists():
        missing(figures, name, run, f"{script} is not there")
        return None
    with tempfile.TemporaryDirectory() as folder, alone():
        out = Path(folder) / "out.json"
        done = subprocess.run(
            [sys.executable, str(script), str(out)],
            env={**os.environ, **_SHAPE, **more, "DIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=600,
            check=False,
        )
        if done.returncode or not out.exists():
            missing(figures, name, run, f"it failed: {done.stderr.decode(errors='replace')[-200:]}")
            return None
        answers: list[dict[str, Any]] = json.loads(out.read_text())
        return answers[0]
