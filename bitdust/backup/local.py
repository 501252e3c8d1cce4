"""
local -- what a folder of this machine holds, for somebody who chooses what to back up.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bitdust.errors import NotFound, Usage


@dataclass(frozen=True)
class LocalEntry:
    """A file or folder.  `mode` is its own, `size` in bytes, `mtime` in Unix seconds."""

    folder: bytes
    name: bytes
    is_folder: bool
    mode: int
    size: int
    mtime: float

    @property
    def path(self) -> bytes:
        """Where it is."""
        return os.path.join(self.folder, self.name)


def list_folder(
    path: bytes, own: Collection[bytes], *, only_folders: bool = False, after: bytes = b"", limit: int = 1000
) -> list[LocalEntry]:
    """
    A page of the files and folders right in this folder, by name, from behind the name `after`.

    The node's own folders are not shown: they hold its secrets.  Blocks; however many names the folder has,
    no more than `limit` are kept in memory.

    @raise NotFound: it is not there, or cannot be read.
    @raise Usage: it is no folder, or the node's own.
    """
    secret = {os.path.realpath(folder) for folder in own}
    try:
        real = os.path.realpath(path)
        if is_within(real, secret):
            raise Usage(f"{os.fsdecode(path)!r} is this node's own folder", hint="choose another one")
        with os.scandir(path) as found:
            names = heapq.nsmallest(limit, _names(found, real, secret, only_folders, after))
        return [entry for name in names if (entry := _look(path, name)) is not None]
    except NotADirectoryError:
        raise Usage(f"{os.fsdecode(path)!r} is not a folder") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no path"
        raise NotFound(
            f"{os.fsdecode(path)!r}: {why}", hint="check the path: it is on the node's machine"
        ) from error


def _names(
    found: Iterator[os.DirEntry[bytes]],
    real: bytes,
    secret: Collection[bytes],
    only_folders: bool,
    after: bytes,
) -> Iterator[bytes]:
    for entry in found:
        if entry.name <= after or not _is_kind(entry, only_folders):
            continue
        if entry.is_dir():
            leads_to = os.path.realpath(entry.path) if entry.is_symlink() else os.path.join(real, entry.name)
            if is_within(leads_to, secret):
                continue
        yield entry.name


def _is_kind(entry: os.DirEntry[bytes], only_folders: bool) -> bool:
    try:
        return entry.is_dir() or (not only_folders and entry.is_file())
    except OSError:
        # A link that leads in a circle, or to where we may not look.
        return False


def _look(folder: bytes, name: bytes) -> LocalEntry | None:
    try:
        status = os.stat(os.path.join(folder, name))
    except OSError:
        # It went since the folder was read.
        return None
    is_folder = stat.S_ISDIR(status.st_mode)
    return LocalEntry(folder, name, is_folder, status.st_mode, status.st_size, status.st_mtime)


def is_within(path: bytes, folders: Collection[bytes]) -> bool:
    """Is it one of these folders, or below one?  All as `os.path.realpath` has them."""
    return any(path == folder or path.startswith(folder.rstrip(b"/") + b"/") for folder in folders)
