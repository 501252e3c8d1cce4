"""
The few things the shelf asks of its disk, each one step that can fail.

The tests put a failing or crashing drive in its place, so nothing else in this package touches a file.
All of it blocks: it is called in threads.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from bitdust.disk import private_folder, sync_folder
from bitdust.errors import BitDustError, Damaged, NoSpace, TryLater

#: the free space a disk always keeps: this, or a twentieth of it if that is less
FLOOR = 2 * 2**30

_FULL = (errno.ENOSPC, errno.EDQUOT)
#: what a disk says of a place that it cannot read any more; all else may pass
_ROT = (errno.EIO, errno.EILSEQ, errno.EBADMSG, errno.ENODATA, errno.EUCLEAN)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class Drive:
    """
    The folder `root` and the disk it lies on.

    @param free: bytes that can still be written there.
    @param floor: bytes of them that are never used.
    """

    def __init__(
        self, root: Path, free: Callable[[], int] | None = None, floor: Callable[[], int] | None = None
    ) -> None:
        self.root = root
        self._free = free or self._disk_free
        self._floor = floor or self._usual_floor
        #: the disk that the root was seen on first
        self._device: int | None = None

    def free(self) -> int:
        """Bytes that customers may still fill."""
        return max(0, self._free() - self._floor())

    def folder(self, path: Path) -> None:
        """Make the folder and those above it, up to the root, each one durable."""
        if path == self.root:
            self.check()
            if not path.is_dir():
                private_folder(path)
                sync_folder(path.parent)
            self._device = self._device or path.stat().st_dev
            return
        try:
            found = path.lstat()
        except FileNotFoundError:
            self.folder(path.parent)
            path.mkdir(mode=0o700, exist_ok=True)
            self.sync_folder(path.parent)
            return
        if not stat.S_ISDIR(found.st_mode):
            raise Damaged(f"{path} is in the way: a folder belongs there")

    def check(self) -> None:
        """
        Is the shelf where it was?

        @raise OSError: its folder has gone, or stands empty on another disk: that one was taken away.
        """
        if self._device is None:
            return
        try:
            found = self.root.stat()
        except FileNotFoundError:
            raise OSError(errno.ENODEV, "the folder of the shelf is not there") from None
        if found.st_dev != self._device and not self.names(self.root):
            raise OSError(errno.ENODEV, "the disk of the shelf is not there")

    def create(self, path: Path) -> int:
        """A new file, nobody else's; answers its descriptor."""
        return os.open(path, _NEW, 0o600)

    def write(self, descriptor: int, content: bytes | memoryview) -> None:
        """Append all of it."""
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]

    def sync(self, descriptor: int) -> None:
        """What was written is on the disk when this returns."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        old.rename(new)

    def sync_folder(self, path: Path) -> None:
        """The names in the folder are on the disk when this returns."""
        sync_folder(path)

    def read(self, path: Path, offset: int, length: int) -> bytes:
        """
        `length` bytes from `offset`.

        @raise Damaged: the file is not there, or ends before that.
        @raise OSError: the shelf is not there, or cannot be read now.
        """
        try:
            descriptor = os.open(path, _OLD)
        except FileNotFoundError:
            self.check()
            raise Damaged("a file of the shelf has vanished") from None
        try:
            content = os.pread(descriptor, length, offset)
            while len(content) < length:
                more = os.pread(descriptor, length - len(content), offset + len(content))
                if not more:
                    raise Damaged("a file of the shelf is shorter than it was")
                content += more
        finally:
            os.close(descriptor)
        return content

    def size(self, path: Path) -> int:
        """Bytes in the file; -1 when there is none."""
        try:
            found = path.lstat()
        except FileNotFoundError:
            self.check()
            return -1
        return found.st_size if stat.S_ISREG(found.st_mode) else -1

    def names(self, path: Path) -> list[str]:
        """What is in the folder, in order; nothing when there is none."""
        try:
            return sorted(os.listdir(path))
        except FileNotFoundError:
            return []

    def remove(self, paths: Iterable[Path]) -> None:
        """Remove these files, durably; those already gone do not matter."""
        self.check()
        folders = set()
        for path in paths:
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in sorted(folders):
            if folder.is_dir():
                self.sync_folder(folder)

    def _disk_free(self) -> int:
        return shutil.disk_usage(self.root if self.root.exists() else self.root.parent).free

    def _usual_floor(self) -> int:
        return usual_floor(self.root)


def usual_floor(path: Path, setting: int = 0) -> int:
    """The bytes to keep free where `path` lies: at least `setting`, and FLOOR or 5 % of a smaller disk."""
    total = shutil.disk_usage(path if path.exists() else path.parent).total
    return max(setting, min(FLOOR, total // 20))


def is_rot(error: OSError) -> bool:
    """Does the disk not read that place any more?  Else it may do so later."""
    return error.errno in _ROT


def told(error: OSError) -> BitDustError:
    """What a customer is told when the disk said no."""
    if error.errno in _FULL:
        return NoSpace("the supplier's disk is full")
    return TryLater(f"the supplier's disk fails: {error.strerror}")
