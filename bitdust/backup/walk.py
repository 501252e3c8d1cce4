"""
Walk a file or folder, in the order of the catalog.

The order is that of path components (`/` sorts before every other byte), parents before children, so that a walk and
the entries of the last version can be merged like two sorted lists.  Names are bytes throughout.
"""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bitdust.catalog.facts import Kind, Meta

#: nanoseconds before its read within which a change makes an entry doubtful: file systems date by ticks this coarse
RACY = 2 * 10**9

#: flag of an entry that changed so shortly before it was read that its date proves nothing
DOUBTFUL = 1

#: largest extended attribute that is kept, and how many bytes of them an entry may have in all
XATTR_LIMIT = 65536


@dataclass(frozen=True)
class Found:
    """Something in the tree: its path relative to the root (b"" for the root itself) and what it is."""

    path: bytes
    meta: Meta


@dataclass(frozen=True)
class Skipped:
    """Something that could not be taken along, and why, in words."""

    path: bytes
    why: str


@dataclass
class Walk:
    """
    One walk.  `next_batch` is called in a worker thread until it answers an empty list.

    @param root: absolute path of the file or folder.
    @param excluded: absolute paths that are left out with all below them: the node's own folders.
    """

    root: bytes
    excluded: frozenset[bytes]
    now_ns: Callable[[], int]
    skipped: list[Skipped] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._entries = self._walk()
        self._linked: dict[tuple[int, int], bytes] = {}

    def next_batch(self, limit: int) -> list[Found]:
        """
        The next up to `limit` entries.

        @raise OSError: the root itself cannot be read.
        """
        batch: list[Found] = []
        for found in self._entries:
            batch.append(found)
            if len(batch) == limit:
                break
        return batch

    def _walk(self) -> Iterator[Found]:
        status = os.stat(self.root)
        yield Found(b"", self._meta(b"", self.root, status))
        if modes.S_ISDIR(status.st_mode):
            # A stack instead of recursion: folders may be nested deeper than Python's stack.
            stack = [self._children(b"")]
            while stack:
                for relative, full, is_folder in stack[-1]:
                    found = self._look(relative, full)
                    if found is None:
                        continue
                    yield found
                    if is_folder:
                        stack.append(self._children(relative))
                        break
                else:
                    stack.pop()

    def _children(self, relative: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
        folder = os.path.join(self.root, relative) if relative else self.root
        try:
            with os.scandir(folder) as scan:
                names = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in scan)
        except OSError as error:
            self._skip(relative, error)
            return
        for name, is_folder in names:
            full = os.path.join(folder, name)
            if full not in self.excluded:
                yield (relative + b"/" + name if relative else name), full, is_folder

    def _look(self, relative: bytes, full: bytes) -> Found | None:
        try:
            status = os.lstat(full)
            kind = modes.S_IFMT(status.st_mode)
            if kind in (modes.S_IFREG, modes.S_IFDIR, modes.S_IFLNK):
                return Found(relative, self._meta(relative, full, status))
        except OSError as error:
            self._skip(relative, error)
            return None
        self.skipped.append(Skipped(relative, "not a file, a folder or a link"))
        return None

    def _meta(self, relative: bytes, full: bytes, status: os.stat_result) -> Meta:
        target = b""
        if modes.S_ISLNK(status.st_mode):
            kind, target = Kind.SYMLINK, os.readlink(full)
        elif modes.S_ISDIR(status.st_mode):
            kind = Kind.DIR
        else:
            kind = Kind.FILE
            if status.st_nlink > 1:
                first = self._linked.setdefault((status.st_dev, status.st_ino), relative)
                if first != relative:
                    kind, target = Kind.HARDLINK, first
        return describe(full, status, kind, target, self.now_ns())

    def _skip(self, relative: bytes, error: OSError) -> None:
        self.skipped.append(Skipped(relative, error.strerror or str(error)))


def describe(full: bytes, status: os.stat_result, kind: Kind, target: bytes, now_ns: int) -> Meta:
    """What the catalog keeps of an entry beside its content."""
    return Meta(
        kind=kind,
        mode=modes.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        ino=status.st_ino,
        dev=status.st_dev,
        size=status.st_size if kind is Kind.FILE else 0,
        target=target,
        xattrs=_xattrs(full) if kind in (Kind.FILE, Kind.DIR) else (),
        flags=DOUBTFUL if max(status.st_mtime_ns, status.st_ctime_ns) > now_ns - RACY else 0,
    )


def unchanged(before: Meta, now: Meta) -> bool:
    """Whether the content need not be read again: nothing about it moved since an undoubtful read."""
    return (
        not before.flags & DOUBTFUL
        and before.kind == now.kind
        and before.size == now.size
        and before.mtime_ns == now.mtime_ns
        and before.ctime_ns == now.ctime_ns
        and before.ino == now.ino
        and before.target == now.target
    )


def holes_of(descriptor: int, size: int) -> tuple[tuple[int, int], ...]:
    """The (offset, length) of every hole of an open sparse file, in order."""
    holes = []
    position = 0
    while position < size:
        try:
            start = os.lseek(descriptor, position, os.SEEK_HOLE)
        except OSError:
            break
        if start >= size:
            break
        try:
            position = os.lseek(descriptor, start, os.SEEK_DATA)
        except OSError:
            position = size
        holes.append((start, min(position, size) - start))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return tuple(holes)


def _xattrs(full: bytes) -> tuple[tuple[bytes, bytes], ...]:
    try:
        names = os.listxattr(full, follow_symlinks=False)
    except OSError:
        return ()
    kept = []
    total = 0
    for name in sorted(names):
        try:
            value = os.getxattr(full, name, follow_symlinks=False)
        except OSError:
            continue
        total += len(value)
        if total > XATTR_LIMIT:
            break
        kept.append((os.fsencode(name), value))
    return tuple(kept)
