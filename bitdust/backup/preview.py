"""
What a backup would take along and leave out, without backing anything up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bitdust.backup.excludes import LeftOut, Rules
from bitdust.backup.walk import Skipped, Walk
from bitdust.catalog.facts import Kind

BATCH = 1000


@dataclass(frozen=True)
class Preview:
    """
    `files` (of `size` bytes together) and `folders` go along.  `left` are the first names that rules leave
    out, of `left_count`, whose files have `left_size` bytes; `notes` what cannot be taken, or means nothing.
    """

    root: bytes
    files: int
    folders: int
    size: int
    left: tuple[LeftOut, ...]
    left_count: int
    left_size: int
    notes: tuple[Skipped, ...]


def preview(
    root: bytes, own: frozenset[bytes], rules: Rules, now_ns: Callable[[], int], limit: int
) -> Preview:
    """Walk the tree.  For a worker thread.  @raise OSError: the root cannot be read."""
    left: list[LeftOut] = []
    count = left_size = files = folders = size = 0

    def note(what: LeftOut) -> None:
        nonlocal count, left_size
        count += 1
        left_size += what.size
        if len(left) < limit:
            left.append(what)

    walk = Walk(root, own, now_ns, rules=rules, left_out=note)
    while batch := walk.next_batch(BATCH):
        for found in batch:
            if found.meta.kind is Kind.DIR:
                folders += 1
            else:
                files += 1
                size += found.meta.size
    return Preview(root, files, folders, size, tuple(left), count, left_size, tuple(walk.skipped[:limit]))
