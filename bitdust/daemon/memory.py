"""
How the process holds its memory.

Bytes on their way lie in buffers of 64 KiB to 4 MiB that live for milliseconds.  Of its own accord glibc
gives such memory back to the system as soon as a few hundred KiB lie free at the end, and is given it anew,
zeroed page by page, for the next buffer: that was a quarter of all a receiver did.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: bytes that may lie free at the end of the heap before they go back to the system
KEEP = 16 * 2**20
#: bytes from which on a buffer is mapped and unmapped by itself.  Not more: what larger ones leave behind in
#: the heap is used badly, and a restore took 40 MiB more at 32 MiB.
LARGE = 4 * 2**20

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_memory() -> None:
    """Let free memory be used again.  Nothing happens where the C library is not glibc."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE)
    mallopt(_M_TRIM_THRESHOLD, KEEP)


@contextmanager
def coming_up() -> Iterator[None]:
    """
    What is loaded and built meanwhile stays for the life of the process: it is not looked through for what
    can go, neither now, which is an eighth of a start, nor whenever the collector runs later.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
