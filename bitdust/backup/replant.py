"""
Write a tree back: files by parts and in any order, each under a temporary name until it is whole.

Everything is opened below the destination by folder descriptors and never through a symbolic link, so that neither a
hostile catalog nor a link left in the old place can lead a restore out of its tree.  All of it runs in worker threads.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from blake3 import blake3

from bitdust.backup.walk import Skipped
from bitdust.catalog.facts import Kind, Meta
from bitdust.errors import Conflict, Damaged

#: descriptors of folders and of half-written files that are kept open
OPEN_FOLDERS, OPEN_FILES = 64, 128

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass
class Growing:
    """A file on its way: how many bytes are still to come, and what it will be."""

    path: bytes
    meta: Meta
    missing: int


@dataclass
class Replant:
    """
    One tree being written.

    @param root: absolute path the tree's own relative paths are put under; b"" among them is `root` itself.
    @param overwrite: replace files that are there, each at once; otherwise they are left and noted in `skipped`.
    """

    root: bytes
    overwrite: bool
    files: int = 0
    written: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._folders: OrderedDict[bytes, int] = OrderedDict()
        self._open: OrderedDict[bytes, int] = OrderedDict()
        self._growing: dict[bytes, Growing] = {}
        self._late: list[tuple[bytes, Meta]] = []
        self._links: list[tuple[bytes, Meta]] = []

    def plant(self, path: bytes, meta: Meta) -> bool:
        """
        Begin an entry.  True for a file whose content is wanted: give it with `write`.

        @raise Damaged: the path does not stay in the tree.
        """
        parent, name = self._split(path)
        try:
            if meta.kind is Kind.DIR:
                self._make_folder(parent, name)
                self._late.append((path, meta))
                return False
            if not self.overwrite and self._exists(parent, name):
                self.skipped.append(Skipped(path, "something of that name is there already"))
                return False
            if meta.kind is Kind.HARDLINK:
                self._links.append((path, meta))
                return False
            if meta.kind is Kind.SYMLINK:
                self._symlink(parent, name, meta)
                return False
            self._create(path, parent, name, meta)
        except OSError as error:
            self.skipped.append(Skipped(path, error.strerror or str(error)))
            return False
        return content_size(meta) > 0

    def write(self, path: bytes, offset: int, content: bytes | memoryview) -> None:
        """
        Bytes of a file that `plant` wanted.  `offset` counts its content, in which holes do not appear.

        @raise OSError: the disk is full, or worse.
        """
        growing = self._growing.get(path)
        if growing is None:
            return
        descriptor = self._descriptor(path)
        rest = memoryview(content)
        for position, length in _places(growing.meta, offset, len(rest)):
            part, rest = rest[:length], rest[length:]
            while part:
                done = os.pwrite(descriptor, part, position)
                position += done
                part = part[done:]
        growing.missing -= len(content)
        self.written += len(content)
        if growing.missing == 0:
            self._finish(growing)

    def finish(self) -> None:
        """All content is there: make the hard links, then date the folders, innermost first."""
        for path, meta in self._links:
            self._hardlink(path, meta)
        for path, meta in reversed(self._late):
            parent, name = self._split(path)
            try:
                descriptor = self._folder(path) if path else self._folder(b"")
                _dress(descriptor, meta, self.skipped, path)
            except OSError as error:
                self.skipped.append(Skipped(path, error.strerror or str(error)))
        self._close()

    def abandon(self) -> None:
        """Leave nothing half-written behind."""
        for path in list(self._growing):
            parent, name = self._split(path)
            with suppress(OSError):
                os.unlink(_temporary(name), dir_fd=self._folder(parent))
        self._growing.clear()
        self._close()

    def unfinished(self) -> list[bytes]:
        """Files whose content has not all come."""
        return list(self._growing)

    # -- files

    def _create(self, path: bytes, parent: bytes, name: bytes, meta: Meta) -> None:
        folder = self._folder(parent)
        temporary = _temporary(name)
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600, dir_fd=folder)
        self._remember(path, descriptor)
        growing = Growing(path, meta, content_size(meta))
        self._growing[path] = growing
        os.ftruncate(descriptor, meta.size)
        if not growing.missing:
            self._finish(growing)

    def _descriptor(self, path: bytes) -> int:
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        parent, name = self._split(path)
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(_temporary(name), flags, dir_fd=self._folder(parent))
        self._remember(path, descriptor)
        return descriptor

    def _remember(self, path: bytes, descriptor: int) -> None:
        self._open[path] = descriptor
        if len(self._open) > OPEN_FILES:
            os.close(self._open.popitem(last=False)[1])

    def _finish(self, growing: Growing) -> None:
        path = growing.path
        parent, name = self._split(path)
        descriptor = self._descriptor(path)
        _dress(descriptor, growing.meta, self.skipped, path)
        os.close(self._open.pop(path))
        folder = self._folder(parent)
        try:
            os.rename(_temporary(name), name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError as error:
            os.unlink(_temporary(name), dir_fd=folder)
            self.skipped.append(Skipped(path, error.strerror or str(error)))
        else:
            self.files += 1
        del self._growing[path]

    # -- links and folders

    def _symlink(self, parent: bytes, name: bytes, meta: Meta) -> None:
        folder = self._folder(parent)
        temporary = _temporary(name)
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        os.symlink(meta.target, temporary, dir_fd=folder)
        with suppress(PermissionError):
            os.chown(temporary, meta.uid, meta.gid, dir_fd=folder, follow_symlinks=False)
        os.utime(temporary, ns=(meta.mtime_ns, meta.mtime_ns), dir_fd=folder, follow_symlinks=False)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        self.files += 1

    def _hardlink(self, path: bytes, meta: Meta) -> None:
        parent, name = self._split(path)
        other, its_name = self._split(meta.target)
        try:
            folder = self._folder(parent)
            temporary = _temporary(name)
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            os.link(
                its_name, temporary, src_dir_fd=self._folder(other), dst_dir_fd=folder, follow_symlinks=False
            )
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            # Renaming one name of a file over another of the same file does nothing and leaves both.
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            self.files += 1
        except OSError as error:
            self.skipped.append(Skipped(path, error.strerror or str(error)))

    def _make_folder(self, parent: bytes, name: bytes) -> None:
        if not name:
            os.makedirs(self.root, mode=0o700, exist_ok=True)
            return
        try:
            os.mkdir(name, 0o700, dir_fd=self._folder(parent))
        except FileExistsError:
            os.close(os.open(name, _FOLDER, dir_fd=self._folder(parent)))

    def _folder(self, path: bytes) -> int:
        """The descriptor of a folder of the tree, which is made when missing."""
        if path in self._folders:
            self._folders.move_to_end(path)
            return self._folders[path]
        if not path:
            os.makedirs(self.root, mode=0o700, exist_ok=True)
            descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        else:
            parent, name = self._split(path)
            above = self._folder(parent)
            with suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=above)
            descriptor = os.open(name, _FOLDER, dir_fd=above)
        self._folders[path] = descriptor
        if len(self._folders) > OPEN_FOLDERS:
            os.close(self._folders.popitem(last=False)[1])
        return descriptor

    def _exists(self, parent: bytes, name: bytes) -> bool:
        try:
            os.stat(name, dir_fd=self._folder(parent), follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def _split(self, path: bytes) -> tuple[bytes, bytes]:
        parts = path.split(b"/") if path else []
        if any(part in (b"", b".", b"..") or b"\0" in part for part in parts):
            raise Damaged(f"the catalog names {path!r}, which does not stay in its tree")
        return b"/".join(parts[:-1]), parts[-1] if parts else b""

    def _close(self) -> None:
        for descriptor in (*self._open.values(), *self._folders.values()):
            os.close(descriptor)
        self._open.clear()
        self._folders.clear()


def refuse_taken(path: bytes) -> None:
    """
    @raise Conflict: something is there.
    """
    if os.path.lexists(path):
        raise Conflict(f"{os.fsdecode(path)!r} is there already", hint="choose another destination")


def _temporary(name: bytes) -> bytes:
    # Always the same for a name, so that a restore that was killed is overwritten by its repetition.
    return b".bitdust-" + blake3(name).hexdigest(8).encode()


def _dress(descriptor: int, meta: Meta, skipped: list[Skipped], path: bytes) -> None:
    """Give an open file or folder its owner, attributes, mode and date; what is not permitted is left."""
    with suppress(PermissionError):
        os.chown(descriptor, meta.uid, meta.gid)
    for name, value in meta.xattrs:
        try:
            os.setxattr(descriptor, name, value)
        except OSError as error:
            skipped.append(Skipped(path, f"attribute {os.fsdecode(name)!r}: {error.strerror}"))
    os.chmod(descriptor, meta.mode)
    os.utime(descriptor, ns=(meta.mtime_ns, meta.mtime_ns))


def content_size(meta: Meta) -> int:
    """Bytes of an entry's content: its size without its holes."""
    return meta.size - sum(length for _, length in meta.holes)


def _places(meta: Meta, offset: int, length: int) -> Iterator[tuple[int, int]]:
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
