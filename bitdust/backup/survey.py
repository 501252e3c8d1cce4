"""
survey -- how much there is, told while it is still being read.

A walk of its own that only adds up sizes.  It begins when a first backup has taken a while: short ones never
pay for it, and later ones go by the version before.
"""

from __future__ import annotations

from collections.abc import Callable

from bitdust.backup.walk import Walk
from bitdust.errors import BitDustError
from bitdust.world import InThread

#: entries looked at in one hop
BATCH = 1000


async def survey(walk: Walk, in_thread: InThread, found: Callable[[int], object]) -> None:
    """
    Tell how many bytes there are, once, at the end.

    What cannot be walked is told by the walk that reads; this one then says nothing.
    """
    size = 0
    try:
        while batch := await in_thread(walk.next_batch, BATCH):
            size += sum(each.meta.size for each in batch)
    except (BitDustError, OSError):
        return
    found(size)
