"""
Files that survive a power cut: the only writer of whole files, and the keeper of private folders.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

from bitdust.errors import Damaged

#: most bytes handed to a file at once.  Linux gives a write of more than 1 MiB pages of 2 MiB, and ext4 took
#: 1.3 s of CPU for a GB written so, where steps of 128 KiB to 1 MiB took 0.3.
STEP = 512 * 1024


def private_folder(path: Path) -> Path:
    """The folder, made when missing, for its owner only (0700)."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def sync_folder(path: Path) -> None:
    """Make the names in the folder durable: without it a rename can be lost with the power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(descriptor: int) -> None:
    """
    Make all that was written to the file system of this file or folder durable: one wait for many files.

    @raise OSError: something of it could not be written.
    """
    system = ctypes.CDLL(None, use_errno=True)
    if hasattr(system, "syncfs"):
        if system.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    else:
        os.sync()


def write_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace the file by this content, whole or not at all, durable on return."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode
    )
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.rename(path)
    sync_folder(path.parent)


def read_file(path: Path, limit: int) -> bytes:
    """
    The whole content of a file of at most `limit` bytes.

    @raise Damaged: it is larger.
    @raise OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Damaged(f"{path} is larger than the {limit} bytes it may have")
    return content


def remove_file(path: Path) -> None:
    """Remove it, durably; nothing happens when it is not there."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def free_space(path: Path) -> int:
    """Bytes an ordinary user can still write where `path` lies."""
    return shutil.disk_usage(path).free
