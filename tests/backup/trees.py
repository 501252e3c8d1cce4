"""Trees of files to back up: made, compared, and taken through a round trip without a network."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bitdust.backup.reading import Reading
from bitdust.backup.replant import Replant
from bitdust.backup.walk import Found, Skipped, Walk
from bitdust.blocks.chunker import chunk_id
from bitdust.catalog.facts import Meta
from tests.blocks.material import CHUNK_KEY

#: long after all test files were made: nothing is doubtful
LATER = 2**62


def later() -> int:
    return LATER


def walked(root: Path | bytes, excluded: frozenset[bytes] = frozenset(), batch: int = 7) -> Walk:
    """A walk that has ended; its entries are in `found`."""
    walk = Walk(os.fsencode(root), excluded, later)
    found: list[Found] = []
    while page := walk.next_batch(batch):
        found += page
    walk.found = found  # type: ignore[attr-defined]
    return walk


def found(root: Path | bytes, excluded: frozenset[bytes] = frozenset()) -> dict[bytes, Meta]:
    """Every entry of a walk by its path."""
    return {each.path: each.meta for each in entries(root, excluded)}


def entries(root: Path | bytes, excluded: frozenset[bytes] = frozenset()) -> list[Found]:
    return walked(root, excluded).found  # type: ignore[attr-defined, no-any-return]


@dataclass
class Taken:
    """What a reading made of a tree: entries in order, the chunks of each, and the chunks by their ids."""

    done: list[Found] = field(default_factory=list)
    chunks: dict[bytes, list[bytes]] = field(default_factory=dict)
    store: dict[bytes, bytes] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def content(self, path: bytes) -> bytes:
        return b"".join(self.store[each] for each in self.chunks.get(path, []))

    def metas(self) -> dict[bytes, Meta]:
        return {each.path: each.meta for each in self.done}


def read(root: Path | bytes, given: list[Found], now_ns: Callable[[], int] = later, batch: int = 5) -> Taken:
    """Read these entries, fed in batches as a job does."""
    reading = Reading(os.fsencode(root), CHUNK_KEY, now_ns)
    taken = Taken(skipped=reading.skipped)
    for start in range(0, len(given), batch):
        reading.feed(given[start : start + batch])
        while (stretch := reading.next_stretch()) is not None:
            for cut in stretch.cuts:
                assert chunk_id(cut.content, CHUNK_KEY) == cut.id
                taken.store[cut.id] = bytes(cut.content)
                taken.chunks.setdefault(cut.path, []).append(cut.id)
            taken.done += stretch.done
    return taken


def plant(taken: Taken, target: Path | bytes, overwrite: bool = False, seed: int = 0) -> Replant:
    """Write it all back, the chunks of all files in any order."""
    replant = Replant(os.fsencode(target), overwrite)
    work = []
    for each in taken.done:
        if replant.plant(each.path, each.meta):
            offset = 0
            for chunk in taken.chunks[each.path]:
                work.append((each.path, offset, taken.store[chunk]))
                offset += len(taken.store[chunk])
    Random(seed).shuffle(work)
    for path, offset, content in work:
        replant.write(path, offset, content)
    replant.finish()
    return replant


def round_trip(source: Path | bytes, target: Path | bytes, overwrite: bool = False) -> Replant:
    """Back up and restore."""
    return plant(read(source, entries(source)), target, overwrite)


def picture(root: Path | bytes) -> dict[bytes, Any]:
    """Everything about a tree that a restore shall bring back, by path."""
    top = os.fsencode(root)
    seen: dict[bytes, Any] = {}
    links: dict[tuple[int, int], list[bytes]] = {}
    for path in [b"", *_below(top, b"")]:
        full = os.path.join(top, path) if path else top
        status = os.lstat(full)
        kind = modes.S_IFMT(status.st_mode)
        facts: list[Any] = [status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns]
        if kind == modes.S_IFLNK:
            facts.append(os.readlink(full))
        else:
            facts.append({name: os.getxattr(full, name) for name in os.listxattr(full)})
        if kind == modes.S_IFREG:
            with open(full, "rb") as file:
                facts += [status.st_size, file.read(), _extents(file.fileno(), status.st_size)]
            links.setdefault((status.st_dev, status.st_ino), []).append(path)
        seen[path] = facts
    for group in links.values():
        for path in group:
            seen[path].append(sorted(group))
    return seen


def _below(top: bytes, folder: bytes) -> Iterator[bytes]:
    for name in sorted(os.listdir(os.path.join(top, folder))):
        path = os.path.join(folder, name)
        yield path
        full = os.path.join(top, path)
        if os.path.isdir(full) and not os.path.islink(full):
            yield from _below(top, path)


def _extents(descriptor: int, size: int) -> list[int]:
    """Where data and holes begin, in turn."""
    edges, position, which = [], 0, os.SEEK_HOLE
    while position < size:
        try:
            position = os.lseek(descriptor, position, which)
        except OSError:
            break
        edges.append(position)
        which = os.SEEK_DATA if which == os.SEEK_HOLE else os.SEEK_HOLE
    return edges
