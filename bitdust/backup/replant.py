"""
Write a tree back: files by parts and in any order, each under a temporary name until it is whole.

Everything is opened below the destination by folder descriptors and never through a symbolic link, so that
neither a hostile catalog nor a link left in the old place can lead a restore out of its tree.  All of it runs
in worker threads, one at a time.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from bitdust.backup.dress import dress, dress_link
from bitdust.backup.folders import Folders
from bitdust.backup.inside import (
    TEMPORARY,
    UPDATE,
    exists,
    is_as,
    link,
    new,
    remove,
    split,
    temporary_name,
)
from bitdust.backup.owners import Owners
from bitdust.backup.pile import Pile
from bitdust.backup.sparse import content_size, is_sound, places
from bitdust.backup.walk import Skipped
from bitdust.catalog.facts import Kind, Meta
from bitdust.disk import STEP, sync_file_system
from bitdust.errors import Conflict, Damaged

#: descriptors of half-written files that are kept open
OPEN_FILES = 128
#: bytes up to which a file is made when its content comes: it is whole then, and need not be opened again
SMALL = 2**20

#: why a file is left as it is
TAKEN = "something else of that name is there already"
#: what ends a restore, where other errors of the system are one file's own
_FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}


@dataclass
class _Growing:
    """A file on its way: how many bytes are still to come, what it will be, and whether it is there yet."""

    meta: Meta
    missing: int
    is_made: bool = False


@dataclass
class Replant:
    """
    One tree being written.

    @param root: absolute path the tree's own relative paths are put under; b"" among them is `root` itself.
    @param overwrite: replace files that are there, each at once; otherwise they are left, counted in `there`
        when they are what was to be written, by size and date, and noted in `skipped` when they are not.
    """

    root: bytes
    overwrite: bool
    files: int = 0
    written: int = 0
    there: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def __post_init__(self) -> None:
        # A restore that is cancelled is abandoned while its last work may still run in another thread.
        self._busy = Lock()
        self._over = False
        self._folders = Folders(self.root, make=True)
        self._owners = Owners()
        self._open: OrderedDict[bytes, int] = OrderedDict()
        self._growing: dict[bytes, _Growing] = {}
        self._planted = Pile()
        self._links = Pile()
        #: files that were not written: whatever has their name is not what a hard link to them means
        self._left: set[bytes] = set()

    def plant(self, path: bytes, meta: Meta) -> bool:
        """
        Begin an entry.  True for a file whose content is wanted: give it with `write`.

        @raise Damaged: the path does not stay in the tree.
        @raise OSError: the disk is full, or worse.
        """
        parent, name = split(path)
        if meta.kind is Kind.HARDLINK:
            split(meta.target)
        with self._busy:
            if self._over:
                return False
            try:
                self._begin(path, parent, name, meta)
            except (OSError, ValueError) as error:
                self._leave(path, error)
            return path in self._growing

    def write(self, path: bytes, offset: int, content: bytes | memoryview) -> None:
        """
        Bytes of a file that `plant` wanted.  `offset` counts its content, in which holes do not appear.

        @raise Damaged: they are more than the file has.
        @raise OSError: the disk is full, or worse.
        """
        with self._busy:
            growing = self._growing.get(path)
            if growing is None:
                return
            if offset + len(content) > content_size(growing.meta) or len(content) > growing.missing:
                raise Damaged(f"the catalog has more content for {path!r} than the file is long")
            if not growing.is_made and not self._make(path, growing):
                return
            descriptor = self._descriptor(path)
            rest = memoryview(content)
            for position, length in places(growing.meta, offset, len(rest)):
                part, rest = rest[:length], rest[length:]
                while part:
                    done = os.pwrite(descriptor, part[:STEP], position)
                    position += done
                    part = part[done:]
            growing.missing -= len(content)
            self.written += len(content)
            if not growing.missing:
                self._finish(path)

    def finish(self) -> None:
        """
        All content is there: make the hard links, then date the folders, innermost first.

        On return all of it outlives a power cut.

        @raise OSError: the disk is full, or worse.
        """
        with self._busy:
            if self._over:
                return
            for path in self.unfinished():
                self._drop(path)
                self._leave(path, "not all of its content came")
            for path, meta in self._links:
                self._hardlink(path, meta)
            for path, meta in reversed(self._planted):
                try:
                    self._note(path, dress(self._folders.at(path), meta, self._owners))
                except OSError as error:
                    self._leave(path, error)
            sync_file_system(self._folders.at(b""))
            self._close()

    def abandon(self) -> None:
        """Leave nothing half-written behind.  Nothing is written afterwards."""
        with self._busy:
            for path in self.unfinished():
                self._drop(path)
            self._close()

    def unfinished(self) -> list[bytes]:
        """Files whose content has not all come."""
        return list(self._growing)

    # -- files

    def _begin(self, path: bytes, parent: bytes, name: bytes, meta: Meta) -> None:
        if meta.kind is Kind.DIR:
            folder = self._folders.at(path)
            if not os.access(b".", os.W_OK | os.X_OK, dir_fd=folder):
                # A folder of ours that was there, closed to ourselves: it gets its mode back at the end.
                with suppress(PermissionError):
                    os.chmod(folder, 0o700)
            self._planted.add(path, meta)
            return
        if not name:
            raise IsADirectoryError(errno.EISDIR, "a file cannot take the place of the folder itself")
        if TEMPORARY.fullmatch(name):
            raise FileExistsError(errno.EEXIST, "it is what a broken restore left behind")
        folder = self._folders.at(parent)
        if not self.overwrite and exists(folder, name):
            remove(folder, temporary_name(name))
            if is_as(name, meta, folder):
                self.there += 1
            elif meta.kind is Kind.HARDLINK:
                self._links.add(path, meta)
            else:
                raise FileExistsError(errno.EEXIST, TAKEN)
        elif meta.kind is Kind.HARDLINK:
            # A restore that was killed has perhaps left it; whether this link is made is not known yet.
            remove(folder, temporary_name(name))
            self._links.add(path, meta)
        elif meta.kind is Kind.SYMLINK:
            self._symlink(path, folder, name, meta)
        else:
            self._create(path, meta)

    def _create(self, path: bytes, meta: Meta) -> None:
        if path in self._growing or not is_sound(meta):
            raise ValueError("what the catalog says of it contradicts itself")
        growing = self._growing[path] = _Growing(meta, content_size(meta))
        if growing.missing and meta.size <= SMALL and not meta.holes:
            return
        if self._make(path, growing) and not growing.missing:
            self._finish(path)

    def _make(self, path: bytes, growing: _Growing) -> bool:
        """Make the file itself; False: it could not be, and is left."""
        parent, name = split(path)
        try:
            self._remember(path, new(self._folders.at(parent), temporary_name(name)))
            growing.is_made = True
            if growing.meta.size > SMALL or growing.meta.holes:
                os.ftruncate(self._open[path], growing.meta.size)
        except OSError as error:
            self._drop(path)
            self._leave(path, error)
            return False
        return True

    def _descriptor(self, path: bytes) -> int:
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        parent, name = split(path)
        descriptor = os.open(temporary_name(name), UPDATE, dir_fd=self._folders.at(parent))
        self._remember(path, descriptor)
        return descriptor

    def _remember(self, path: bytes, descriptor: int) -> None:
        self._open[path] = descriptor
        if len(self._open) > OPEN_FILES:
            os.close(self._open.popitem(last=False)[1])

    def _finish(self, path: bytes) -> None:
        parent, name = split(path)
        descriptor = self._descriptor(path)
        self._note(path, dress(descriptor, self._growing[path].meta, self._owners))
        folder = self._folders.at(parent)
        if self.overwrite and exists(folder, name):
            # The power may go between the two: what was there must not go before this is there.
            os.fsync(descriptor)
        os.close(self._open.pop(path))
        del self._growing[path]
        try:
            self._place(folder, name)
        except OSError as error:
            self._leave(path, error)

    def _drop(self, path: bytes) -> None:
        """Throw a growing file away."""
        del self._growing[path]
        if path in self._open:
            os.close(self._open.pop(path))
        parent, name = split(path)
        with suppress(OSError):  # its folder may have gone, and the file with it
            remove(self._folders.at(parent), temporary_name(name))

    def _place(self, folder: int, name: bytes) -> None:
        """Give what has the temporary name its own one."""
        temporary = temporary_name(name)
        try:
            if self.overwrite or not link(folder, temporary, folder, name):
                if not self.overwrite and exists(folder, name):
                    raise FileExistsError(errno.EEXIST, "something of that name has come meanwhile")
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            self.files += 1
        finally:
            # A link leaves it, and so does renaming one name of a file over another one of the same file.
            remove(folder, temporary)

    # -- links

    def _symlink(self, path: bytes, folder: int, name: bytes, meta: Meta) -> None:
        temporary = temporary_name(name)
        remove(folder, temporary)
        os.symlink(meta.target, temporary, dir_fd=folder)
        self._note(path, dress_link(folder, temporary, meta, self._owners))
        self._place(folder, name)

    def _hardlink(self, path: bytes, meta: Meta) -> None:
        if meta.target in self._left:
            self._leave(path, "the file that it is another name of was not restored")
            return
        parent, name = split(path)
        other, its_name = split(meta.target)
        try:
            folder = os.dup(self._folders.at(parent))
            try:
                source = self._folders.at(other)
                remove(folder, temporary_name(name))
                if not self.overwrite and exists(folder, name):
                    if not _is_one(source, its_name, folder, name):
                        raise FileExistsError(errno.EEXIST, TAKEN)
                    self.there += 1
                    return
                if not link(source, its_name, folder, temporary_name(name)):
                    self._note(path, self._copy(source, its_name, folder, name, meta))
                self._place(folder, name)
            finally:
                os.close(folder)
        except OSError as error:
            self._leave(path, error)

    def _copy(self, source: int, its_name: bytes, folder: int, name: bytes, meta: Meta) -> list[str]:
        """The next best thing to a hard link."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with (
            open(os.open(its_name, flags, dir_fd=source), "rb") as old,
            open(new(folder, temporary_name(name)), "wb") as copy,
        ):
            try:
                shutil.copyfileobj(old, copy, 2**20)
                copy.flush()
            except OSError:
                remove(folder, temporary_name(name))
                raise
            return dress(copy.fileno(), meta, self._owners)

    # -- the end

    def _note(self, path: bytes, notes: list[str]) -> None:
        self.skipped += [Skipped(path, note) for note in notes]

    def _leave(self, path: bytes, why: Exception | str) -> None:
        if isinstance(why, OSError) and why.errno in _FATAL:
            raise why
        self._left.add(path)
        text = why.strerror if isinstance(why, OSError) else None
        self.skipped.append(Skipped(path, text or str(why)))

    def _close(self) -> None:
        self._over = True
        while self._open:
            os.close(self._open.popitem()[1])
        self._folders.close()
        self._planted.close()
        self._links.close()


def _is_one(source: int, its_name: bytes, folder: int, name: bytes) -> bool:
    """Whether these are one file, or, where the system could not link them, files of one size and date."""
    one = os.stat(its_name, dir_fd=source, follow_symlinks=False)
    other = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return os.path.samestat(one, other) or (
        (one.st_mode, one.st_size, one.st_mtime_ns) == (other.st_mode, other.st_size, other.st_mtime_ns)
    )


def refuse_taken(path: bytes, meta: Meta) -> None:
    """
    @raise Conflict: something else is there.  A folder is one however much is in it: that is looked at later.
    """
    if meta.kind is Kind.DIR and os.path.isdir(path) and not os.path.islink(path):
        return
    if os.path.lexists(path) and not is_as(path, meta):
        raise Conflict(f"{os.fsdecode(path)!r} is there already", hint="choose another destination")
