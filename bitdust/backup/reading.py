"""
Read the files of a backup as a stream of chunks.

The files come one behind the other; what comes out are stretches of a few MiB, however large or small the files
are, so that each hop to a worker thread is worth its price.  All of it runs in one worker thread at a time.
"""

from __future__ import annotations

import os
import stat as modes
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from bitdust.backup.walk import DOUBTFUL, Found, Skipped, describe, holes_of
from bitdust.blocks.chunker import Cutter, chunk_id
from bitdust.catalog.facts import Kind

#: bytes of file content in one stretch, more or less
STRETCH = 4 * 2**20
#: bytes read at once from a large file; at least the longest chunk
READ = 4 * 2**20
#: how often a file that changes while it is read is read again before it is taken as it comes
TRIES = 3


class Cut(NamedTuple):
    """A chunk of a file, as read."""

    path: bytes
    id: bytes
    content: bytes | memoryview


@dataclass
class Stretch:
    """
    What was read in one go, in order: chunks, and the entries that were finished by them.

    `again`: paths whose chunks so far are void, since the file changed meanwhile.
    """

    cuts: list[Cut] = field(default_factory=list)
    size: int = 0
    done: list[Found] = field(default_factory=list)


class Reading:
    """
    @param root: what the paths are relative to.
    @param chunk_key: the user's secret that chunk ids are made with.
    """

    def __init__(self, root: bytes, chunk_key: bytes, now_ns: Callable[[], int]) -> None:
        self.skipped: list[Skipped] = []
        self._root = root
        self._chunk_key = chunk_key
        self._now_ns = now_ns
        self._cutter = Cutter()
        self._queue: deque[Found] = deque()
        self._current: Iterator[Cut | Found | None] | None = None

    def feed(self, found: list[Found]) -> None:
        """More entries to read, in order; those that have no content come out as they are."""
        self._queue.extend(found)

    def next_stretch(self) -> Stretch | None:
        """The next stretch; None when all that was fed has been read."""
        stretch = Stretch()
        while stretch.size < STRETCH:
            if self._current is None:
                if not self._queue:
                    break
                self._current = self._read(self._queue.popleft())
            for part in self._current:
                if isinstance(part, Found):
                    stretch.done.append(part)
                elif part is not None:
                    stretch.cuts.append(part)
                    stretch.size += len(part.content)
                    if stretch.size >= STRETCH:
                        break
            else:
                self._current = None
        return stretch if stretch.cuts or stretch.done else None

    def _read(self, found: Found) -> Iterator[Cut | Found | None]:
        if found.meta.kind is not Kind.FILE:
            yield found
            return
        full = os.path.join(self._root, found.path) if found.path else self._root
        try:
            descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            self._skip(found.path, error)
            return
        try:
            yield from self._content(descriptor, full, found)
        except OSError as error:
            self._skip(found.path, error)
        finally:
            os.close(descriptor)

    def _content(self, descriptor: int, full: bytes, found: Found) -> Iterator[Cut | Found | None]:
        for attempt in range(1, TRIES + 1):
            before = os.fstat(descriptor)
            if not modes.S_ISREG(before.st_mode):
                self.skipped.append(Skipped(found.path, "it is no file any more"))
                return
            meta = describe(full, before, Kind.FILE, b"", self._now_ns())
            holes = holes_of(descriptor, before.st_size) if before.st_blocks * 512 < before.st_size else ()
            cuts: list[Cut] = []
            length = 0
            whole = before.st_size <= READ
            for cut in self._cuts(descriptor, found.path, before.st_size, holes):
                length += len(cut.content)
                # A file of several stretches cannot be taken back: a change in it is only marked.
                if whole:
                    cuts.append(cut)
                else:
                    yield cut
            after = os.fstat(descriptor)
            steady = (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
                after.st_size,
                after.st_mtime_ns,
                after.st_ctime_ns,
            )
            if steady or not whole or attempt == TRIES:
                yield from cuts
                size = length + sum(extent for _, extent in holes)
                if steady and size == before.st_size:
                    yield Found(found.path, replace(meta, holes=holes))
                else:
                    self.skipped.append(Skipped(found.path, "it changed while it was read; taken as it came"))
                    yield Found(
                        found.path, replace(meta, size=size, holes=holes, flags=meta.flags | DOUBTFUL)
                    )
                return

    def _cuts(
        self, descriptor: int, path: bytes, size: int, holes: tuple[tuple[int, int], ...]
    ) -> Iterator[Cut]:
        # The content is one stream without the holes, so that a moved hole moves no cut behind it.
        rest = b""
        begin = 0
        for hole, extent in (*holes, (size, 0)):
            position = begin
            while position < hole:
                part = os.pread(descriptor, min(READ, hole - position), position)
                if not part:
                    break
                position += len(part)
                buffer = rest + part if rest else part
                rest = yield from self._chunks(path, buffer, final=False)
            begin = hole + extent
        yield from self._chunks(path, rest, final=True)

    def _chunks(self, path: bytes, buffer: bytes, *, final: bool) -> Iterator[Cut]:
        view = memoryview(buffer)
        start = 0
        for end in self._cutter.cuts(buffer, final):
            content = view[start:end]
            yield Cut(path, chunk_id(content, self._chunk_key), content)
            start = end
        return bytes(view[start:])

    def _skip(self, path: bytes, error: OSError) -> None:
        self.skipped.append(Skipped(path, error.strerror or str(error)))
