"""
Read the files of a backup as a stream of chunks.

The files come one behind the other; what comes out are stretches of a few MiB, however large or small the
files are, so that each hop to a worker thread is worth its price.  All of it runs in one worker thread at a
time.
"""

from __future__ import annotations

import os
import stat as modes
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from msgspec.structs import replace

from bitdust.backup import sparse
from bitdust.backup.description import DOUBTFUL, attributes_of, describe
from bitdust.backup.folders import Folders
from bitdust.backup.owners import Owners
from bitdust.backup.sparse import Content, holes_of
from bitdust.backup.walk import Found, Skipped, not_taken
from bitdust.blocks.chunker import MAX_CHUNK, MIN_CHUNK, Cutter, chunk_id
from bitdust.catalog.facts import Kind

#: bytes of file content in one stretch, more or less
STRETCH = 4 * 2**20
#: how often a file that changes while it is read is read again before it is taken as it comes
TRIES = 3

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class Cut(NamedTuple):
    """A chunk of a file, as read."""

    path: bytes
    id: bytes
    content: bytes | memoryview


Parts = Generator[Cut | Found, None, bool]


@dataclass
class Stretch:
    """What was read in one go, in order: chunks, and the entries that were finished by them."""

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
        self._folders = Folders(root)
        self._owners = Owners()
        self._cutter = Cutter()
        self._queue: deque[Found] = deque()
        self._current: Iterator[Cut | Found] | None = None
        #: first names of files that were not there any more -> the name that was read in their place, or b""
        self._lost: dict[bytes, bytes] = {}

    def feed(self, found: list[Found]) -> None:
        """More entries to read, in order; those that have no content come out as they are."""
        self._queue.extend(found)

    def next_stretch(self) -> Stretch | None:
        """
        The next stretch; None when all that was fed has been read.

        @raise OSError: the root is a file that cannot be read.
        """
        stretch = Stretch()
        while stretch.size < STRETCH:
            if self._current is None:
                if not self._queue:
                    break
                found = self._queue.popleft()
                if self._small(found, stretch):
                    continue
                self._current = self._read(found)
            for part in self._current:
                if isinstance(part, Found):
                    stretch.done.append(part)
                else:
                    stretch.cuts.append(part)
                    stretch.size += len(part.content)
                    if stretch.size >= STRETCH:
                        break
            else:
                self._current = None
        if stretch.cuts or stretch.done:
            return stretch
        self._folders.close()
        return None

    def _small(self, found: Found, stretch: Stretch) -> bool:
        """
        Read a file of one chunk, as most are, in one go.

        False: nothing was done, since there is something about it that `_read` knows what to do with.
        """
        if found.meta.kind is not Kind.FILE or not 0 < found.meta.size <= MIN_CHUNK or not found.path:
            return False
        folder, _, name = found.path.rpartition(b"/")
        try:
            descriptor = os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=self._folders.at(folder))
        except OSError:
            return False
        try:
            before = os.fstat(descriptor)
            size = before.st_size
            if (
                not modes.S_ISREG(before.st_mode)
                or size != found.meta.size
                or before.st_ino != found.meta.ino
                or before.st_dev != found.meta.dev
                or before.st_blocks * 512 < size
                or os.listxattr(descriptor)
            ):
                return False
            meta = describe(before, Kind.FILE, self._now_ns(), self._owners)
            content = os.pread(descriptor, size, 0)
            if len(content) != size or _dates(before) != _dates(os.fstat(descriptor)):
                return False
        except OSError:
            return False
        finally:
            os.close(descriptor)
        stretch.cuts.append(Cut(found.path, chunk_id(content, self._chunk_key), content))
        stretch.size += size
        stretch.done.append(Found(found.path, meta))
        return True

    def _read(self, found: Found) -> Iterator[Cut | Found]:
        if found.meta.kind is Kind.FILE:
            if not (yield from self._file(found)):
                self._lost[found.path] = b""
        elif found.meta.kind is Kind.HARDLINK and found.meta.target in self._lost:
            # The first name went before it was read: another name of the file takes its place.
            first = self._lost[found.meta.target]
            if first:
                yield Found(found.path, replace(found.meta, target=first))
            elif (yield from self._file(found)):
                self._lost[found.meta.target] = found.path
        else:
            yield found

    def _file(self, found: Found) -> Parts:
        """Whether it was taken, and is the file that was walked past."""
        try:
            if found.path:
                folder, _, name = found.path.rpartition(b"/")
                descriptor = os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=self._folders.at(folder))
            else:
                descriptor = os.open(self._root, _FLAGS)
            try:
                return (yield from self._whole_or_stretches(descriptor, found))
            finally:
                os.close(descriptor)
        except OSError as error:
            if not found.path:
                raise
            self.skipped.append(not_taken(found.path, error))
            return False

    def _whole_or_stretches(self, descriptor: int, found: Found) -> Parts:
        attempt = 1
        while True:
            before = os.fstat(descriptor)
            if not modes.S_ISREG(before.st_mode):
                self.skipped.append(Skipped(found.path, "it is no file any more"))
                return False
            notes: list[str] = []
            meta = describe(
                before,
                Kind.FILE,
                self._now_ns(),
                self._owners,
                xattrs=attributes_of(descriptor, notes.append),
            )
            is_sparse = before.st_blocks * 512 < before.st_size
            content = Content(
                descriptor, before.st_size, holes_of(descriptor, before.st_size) if is_sparse else ()
            )
            # A file of several stretches cannot be taken back: a change in it is only marked.
            whole = before.st_size <= sparse.READ
            cuts: list[Cut] = []
            for cut in self._cuts(found.path, content):
                if whole:
                    cuts.append(cut)
                else:
                    yield cut
            steady = content.end == before.st_size and _dates(before) == _dates(os.fstat(descriptor))
            if steady or not whole or attempt == TRIES:
                break
            attempt += 1
        yield from cuts
        if not steady:
            notes.append("it changed while it was read; taken as it came")
            meta = replace(meta, size=content.end, flags=meta.flags | DOUBTFUL)
        self.skipped += [Skipped(found.path, note) for note in notes]
        yield Found(found.path, replace(meta, holes=content.holes_read()))
        return (before.st_dev, before.st_ino) == (found.meta.dev, found.meta.ino)

    @cached_property
    def _space(self) -> memoryview:
        """
        What is read of a file, one stretch behind what was left of the one before.  Where all files are
        small there is none.
        """
        return memoryview(bytearray(MAX_CHUNK + sparse.READ))

    def _cuts(self, path: bytes, content: Content) -> Iterator[Cut]:
        # The content is one stream without the holes, so that a moved hole moves no cut behind it; and it is
        # cut only when there is much of it, since each look begins again behind the last cut.
        have, final = 0, False
        while not final:
            room = self._space[have : have + sparse.READ]
            got = content.fill(room)
            have, final = have + got, got < len(room)
            start = 0
            for end in self._cutter.cuts(self._space[:have], final):
                # A copy, since the space is read over.
                chunk = bytes(self._space[start:end])
                yield Cut(path, chunk_id(chunk, self._chunk_key), chunk)
                start = end
            have -= start
            self._space[:have] = self._space[start : start + have]


def _dates(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
