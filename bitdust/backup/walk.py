"""
Walk a file or folder, in the order of the catalog.

The order is that of path components (`/` sorts before every other byte), parents before children, so that a
walk and the entries of the last version can be merged like two sorted lists.  Names are bytes throughout.
"""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType

from msgspec import Struct

from bitdust.backup.description import attributes_of, describe, is_as_before, unchanged
from bitdust.backup.excludes import Excludes, LeftOut, Rules
from bitdust.backup.folders import Folders
from bitdust.backup.owners import Owners
from bitdust.catalog.facts import Kind, Meta
from bitdust.errors import Usage

__all__ = ["Found", "Skipped", "Walk", "not_taken", "unchanged"]

#: bytes of a path that the catalog has room for
PATH_LIMIT = 65536

#: names of one folder that are sorted at once: a larger folder is listed more than once
NAMES = 100_000

#: files with several names whose other names are waited for at a time
LINKS = 100_000

#: what a name answers that is not there any more
_GONE = (errno.ENOENT, errno.ENOTDIR)


#: there was no version before, or nothing is known of it
_NOTHING: Mapping[bytes, Meta] = MappingProxyType({})


class Found(Struct, frozen=True):
    """
    Something in the tree: its path relative to the root (b"" for the root itself) and what it is; of a file
    that is as it was said to be, that very word.
    """

    path: bytes
    meta: Meta


@dataclass(frozen=True)
class Skipped:
    """
    Something that could not be taken along, and why, in words.

    @param unread: it is there, though it and what is below it could not be read: it did not go.
    """

    path: bytes
    why: str
    unread: bool = False


def not_taken(path: bytes, error: OSError) -> Skipped:
    """The note about what could not be opened or read."""
    return Skipped(path, error.strerror or str(error), unread=error.errno not in _GONE)


@dataclass
class Walk:
    """
    One walk.  `next_batch` is called in a worker thread until it answers an empty list.

    The extended attributes of files are left to who reads them.

    @param root: absolute path of the file or folder.
    @param excluded: absolute paths that are left out with all below them: the node's own folders.
    @param rules: what the user wishes to leave out; a file that is itself the root is always taken.
    """

    root: bytes
    excluded: frozenset[bytes]
    now_ns: Callable[[], int]
    skipped: list[Skipped] = field(default_factory=list)
    rules: Rules | None = None
    #: called with whatever a rule leaves out
    left_out: Callable[[LeftOut], object] | None = None

    def __post_init__(self) -> None:
        self._entries = self._walk()
        self._folders = Folders(self.root)
        self._owners = Owners()
        self._linked: dict[tuple[int, int], tuple[bytes, int]] = {}
        self._excluded_names = {os.path.basename(path) for path in self.excluded}
        self._excluded_ids: set[tuple[int, int]] = set()
        self._said = _NOTHING
        self._excludes = Excludes(self.rules) if self.rules is not None else None

    def next_batch(self, limit: int, said: Mapping[bytes, Meta] = _NOTHING) -> list[Found]:
        """
        The next up to `limit` entries.

        @param said: what the version before says of names, as far as somebody wants to compare.
        @raise OSError: the root itself cannot be read.
        @raise Usage: it is one of the excluded folders.
        """
        self._said = said
        return list(islice(self._entries, limit))

    def _walk(self) -> Iterator[Found]:
        try:
            yield from self._tree(self._root_status())
        finally:
            self._folders.close()

    def _root_status(self) -> os.stat_result:
        # The same folder may have several paths: bind mounts, links above it.  Its inode tells.
        for path in self.excluded:
            try:
                self._excluded_ids.add(_id(os.stat(path)))
            except OSError:
                continue  # it is not there yet: its name alone excludes it
        status = os.stat(self.root)
        if self.root in self.excluded or _id(status) in self._excluded_ids:
            raise Usage(f"{os.fsdecode(self.root)!r} is the node's own folder and cannot be backed up")
        if not (modes.S_ISREG(status.st_mode) or modes.S_ISDIR(status.st_mode)):
            raise OSError(errno.EINVAL, "Not a file or a folder", self.root)
        return status

    def _tree(self, status: os.stat_result) -> Iterator[Found]:
        if not modes.S_ISDIR(status.st_mode):
            yield Found(b"", self._meta(b"", status, Kind.FILE))
            return
        for note in self.rules.notes if self.rules is not None else ():
            self.skipped.append(Skipped(b"", note))
        yield self._folder(b"", status)
        # A stack instead of recursion: folders may be nested deeper than Python's stack.
        # It holds lengths of paths, since the paths themselves would add up.
        folder = b""
        stack = [(0, self._names(folder))]
        while stack:
            length, names = stack[-1]
            folder = folder[:length]
            for name in names:
                path = folder + b"/" + name if folder else name
                found = self._look(folder, name, path)
                if found is None:
                    continue
                yield found
                if found.meta.kind is Kind.DIR:
                    folder = path
                    stack.append((len(path), self._names(path)))
                    break
            else:
                stack.pop()

    def _names(self, folder: bytes) -> Iterator[bytes]:
        """The names in a folder, sorted."""
        page = self._page(folder, b"")
        return iter(page) if len(page) < NAMES else self._pages(folder, page)

    def _pages(self, folder: bytes, page: list[bytes]) -> Iterator[bytes]:
        """The names in a folder that has millions, some at a time."""
        while page:
            yield from page
            page = self._page(folder, page[-1])

    def _page(self, folder: bytes, last: bytes) -> list[bytes]:
        try:
            return _smallest(self._folders.at(folder), last)
        except OSError as error:
            if not folder:
                raise
            self._skip(folder, error)
            return []

    def _look(self, folder: bytes, name: bytes, path: bytes) -> Found | None:
        try:
            above = self._folders.at(folder)
            status = os.stat(name, dir_fd=above, follow_symlinks=False)
            if self._is_excluded(name, path, status):
                return None
            if self._excludes is not None and (left := self._excludes.look(path, status, above)) is not None:
                if self.left_out is not None:
                    self.left_out(left)
                return None
            if len(path) > PATH_LIMIT:
                self.skipped.append(Skipped(path, "its path is too long", unread=True))
                return None
            match modes.S_IFMT(status.st_mode):
                case modes.S_IFREG:
                    before = self._said.get(path)
                    if before is not None and is_as_before(before, status):
                        return Found(path, before)
                    return Found(path, self._file(path, status))
                case modes.S_IFLNK:
                    target = os.readlink(name, dir_fd=above)
                    return Found(path, self._meta(path, status, Kind.SYMLINK, target))
                case modes.S_IFDIR:
                    return self._folder(path, status)
        except OSError as error:
            self._skip(path, error)
            return None
        self.skipped.append(Skipped(path, "not a file, a folder or a link"))
        return None

    def _is_excluded(self, name: bytes, path: bytes, status: os.stat_result) -> bool:
        if self._excluded_ids and _id(status) in self._excluded_ids:
            return True
        return name in self._excluded_names and os.path.join(self.root, path) in self.excluded

    def _file(self, path: bytes, status: os.stat_result) -> Meta:
        if status.st_nlink > 1:
            key = _id(status)
            first, missing = self._linked.get(key, (path, status.st_nlink))
            if missing > 1 and (key in self._linked or len(self._linked) < LINKS):
                self._linked[key] = first, missing - 1
            else:
                # Every name was seen, or too many are waited for: then the rest are files of their own.
                self._linked.pop(key, None)
            if first != path:
                return self._meta(path, status, Kind.HARDLINK, first)
        return self._meta(path, status, Kind.FILE)

    def _folder(self, path: bytes, status: os.stat_result) -> Found:
        try:
            descriptor = self._folders.at(path)
        except PermissionError:
            # The folder itself comes along; the note is made when its names are wanted.
            return Found(path, self._meta(path, status, Kind.DIR))
        if self._excludes is not None and (note := self._excludes.enter(path, descriptor, status)):
            self.skipped.append(Skipped(path, note))
        attributes = attributes_of(descriptor, lambda why: self.skipped.append(Skipped(path, why)))
        return Found(path, self._meta(path, os.fstat(descriptor), Kind.DIR, xattrs=attributes))

    def _meta(
        self,
        path: bytes,
        status: os.stat_result,
        kind: Kind,
        target: bytes = b"",
        xattrs: tuple[tuple[bytes, bytes], ...] = (),
    ) -> Meta:
        return describe(status, kind, self.now_ns(), self._owners, target=target, xattrs=xattrs)

    def _skip(self, path: bytes, error: OSError) -> None:
        self.skipped.append(not_taken(path, error))


def _smallest(folder: int, last: bytes) -> list[bytes]:
    """The first `NAMES` names of a folder behind `last`, sorted."""
    names: list[bytes] = []
    with os.scandir(folder) as scan:
        # Some at a time: a folder may have more names than there is memory for.
        while page := [os.fsencode(entry.name) for entry in islice(scan, NAMES)]:
            names += [name for name in page if name > last] if last else page
            names.sort()
            del names[NAMES:]
    return names


def _id(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
