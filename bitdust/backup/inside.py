"""
Names inside an open folder: what is done with them goes through no symbolic link.
"""

from __future__ import annotations

import errno
import os
import re
import stat as modes
from contextlib import suppress

from blake3 import blake3

from bitdust.catalog.facts import Kind, Meta
from bitdust.errors import Damaged

#: how an existing file is opened to be written
UPDATE = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC

#: what `temporary_name` answers
TEMPORARY = re.compile(rb"\.bitdust-[0-9a-f]{16}")

#: what a file system says that has no hard links, or no more of them for this file
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def link(source: int, its_name: bytes, folder: int, name: bytes) -> bool:
    """
    Give a file another name, in another open folder; False where the file system cannot do that.

    @raise FileExistsError: something has that name.
    """
    try:
        os.link(its_name, name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    return True


def split(path: bytes) -> tuple[bytes, bytes]:
    """
    The folder and the name of a path; of b"", which is the root, b"" and b"".

    @raise Damaged: it does not stay in its tree.
    """
    if path and any(part in (b"", b".", b"..") or b"\0" in part for part in path.split(b"/")):
        raise Damaged(f"the catalog names {path!r}, which does not stay in its tree")
    parent, _, name = path.rpartition(b"/")
    return parent, name


def temporary_name(name: bytes) -> bytes:
    """What a file is called until it is whole."""
    # Always the same for a name, so that a restore that was killed is overwritten by its repetition.
    return b".bitdust-" + blake3(name).hexdigest(8).encode()


def new(folder: int, name: bytes) -> int:
    """A new, empty file; whatever has that name goes."""
    flags = UPDATE | os.O_CREAT | os.O_EXCL
    try:
        return os.open(name, flags, 0o600, dir_fd=folder)
    except FileExistsError:
        os.unlink(name, dir_fd=folder)
        return os.open(name, flags, 0o600, dir_fd=folder)


def remove(folder: int, name: bytes) -> None:
    """Nothing has that name any more, unless it is a folder."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def exists(folder: int, name: bytes) -> bool:
    """Whether anything has that name."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def is_as(name: bytes, meta: Meta, folder: int | None = None) -> bool:
    """Whether what has that name is that file by size and date, or leads where that symbolic link does."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if meta.kind is Kind.SYMLINK:
            return modes.S_ISLNK(status.st_mode) and os.readlink(name, dir_fd=folder) == meta.target
    except FileNotFoundError:
        return False
    is_file = meta.kind is Kind.FILE and modes.S_ISREG(status.st_mode)
    return is_file and (status.st_size, status.st_mtime_ns) == (meta.size, meta.mtime_ns)
