"""
Content and holes: what is backed up of a file are its bytes without the stretches that were never written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest

from bitdust.catalog.facts import Meta

#: bytes read at once; at least the longest chunk
READ = 4 * 2**20

#: most holes of one file that an entry of the catalog has room for
MAX_HOLES = 16384

Holes = tuple[tuple[int, int], ...]


def holes_of(descriptor: int, size: int) -> Holes:
    """
    The (offset, length) of every hole of an open file, in order.  Of more than `MAX_HOLES` the shorter ones
    are left out: they count as the zeros that are read there.
    """
    return tuple(sorted(nlargest(MAX_HOLES, _holes(descriptor, size), key=lambda hole: hole[1])))


def _holes(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    position = 0
    while position < size:
        try:
            start = os.lseek(descriptor, position, os.SEEK_HOLE)
        except OSError:
            return  # a file system that does not tell: no holes are known
        if start >= size:
            return
        try:
            position = min(os.lseek(descriptor, start, os.SEEK_DATA), size)
        except OSError:
            position = size  # nothing but the hole until the end
        yield start, position - start


@dataclass
class Content:
    """The content of an open file that had this size and these holes; `end` is how far it was read."""

    descriptor: int
    size: int
    holes: Holes
    end: int = 0
    #: holes that lie before it
    _passed: int = 0

    def fill(self, space: memoryview) -> int:
        """
        Read on until the space is full.  The bytes read: fewer than there is room for at the end of the
        content, or where the file has become shorter.
        """
        done = 0
        while done < len(space) and self._passed <= len(self.holes):
            hole, length = self.holes[self._passed] if self._passed < len(self.holes) else (self.size, 0)
            if self.end < hole:
                room = space[done : done + hole - self.end]
                got = os.preadv(self.descriptor, [room], self.end)
                if not got:
                    break
                done += got
                self.end += got
            else:
                self.end = hole + length
                self._passed += 1
        return done

    def holes_read(self) -> Holes:
        """Those of the holes that lie in what was read."""
        return tuple(hole for hole in self.holes if sum(hole) <= self.end)


def content_size(meta: Meta) -> int:
    """Bytes of an entry's content: its size without its holes."""
    return meta.size - sum(length for _, length in meta.holes)


def is_sound(meta: Meta) -> bool:
    """Whether the holes are in order, apart from each other and inside the file."""
    end = 0
    for offset, length in meta.holes:
        if offset < end or not length:
            return False
        end = offset + length
    return end <= meta.size


def places(meta: Meta, offset: int, length: int) -> Iterator[tuple[int, int]]:
    """Where `length` bytes of content from `offset` belong in the file, as (offset, length)."""
    begin = 0
    for hole, size in (*meta.holes, (meta.size, 0)):
        stretch = hole - begin
        if offset < stretch and length:
            part = min(length, stretch - offset)
            yield begin + offset, part
            length -= part
            offset = 0
        else:
            offset -= stretch
        begin = hole + size
