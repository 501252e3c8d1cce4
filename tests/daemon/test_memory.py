from __future__ import annotations

import subprocess
import sys

import pytest

#: buffers as they come and go: how many fresh pages the system had to give for them, after the first time
ROUNDS = """
import resource
from bitdust.daemon.memory import keep_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        buffers = [b"x" * 2**20 for _ in range(8)]
        del buffers
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if keeps:
    keep_memory()
faults()
print(faults())
"""


def fresh_pages(keeps: bool) -> int:
    code = f"keeps = {keeps}\n{ROUNDS}"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it is glibc that is told")
def test_buffers_are_used_again() -> None:
    # 20 rounds of 8 MiB are 40960 pages of 4 KiB.
    assert fresh_pages(keeps=True) < 1000
    assert fresh_pages(keeps=False) > 10000
