"""
The disks under the shelves: they forget what was not synced when the power goes, and may be full.

Whatever is written without a sync stays unsynced for ever: this disk writes nothing back by itself.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterable
from itertools import count
from operator import itemgetter
from pathlib import Path
from typing import Any
from unittest import mock

from bitdust.supplier.drive import Drive


class Disks:
    """Stands between every `Drive` and the real disk, from `start` to `stop`."""

    def __init__(self) -> None:
        #: folders whose disk is full
        self.full: set[str] = set()
        self._unsynced: dict[str, None] = {}
        self._descriptors: dict[int, str] = {}
        #: folder -> (number, how each of its names would be as before), oldest first
        self._undo: dict[str, list[tuple[int, Callable[[], None]]]] = {}
        self._numbers = count()
        self._patches: list[Any] = []

    def start(self) -> None:
        """Begin to watch."""
        real = {
            name: getattr(Drive, name)
            for name in ("create", "write", "sync", "close", "rename", "sync_folder", "free")
        }

        def create(drive: Drive, path: Path) -> int:
            descriptor: int = real["create"](drive, path)
            self._descriptors[descriptor] = str(path)
            self._unsynced[str(path)] = None
            self._may_undo(path, lambda: path.unlink(missing_ok=True))
            return descriptor

        def write(drive: Drive, descriptor: int, content: bytes | memoryview) -> None:
            if self._is_full(drive):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real["write"](drive, descriptor, content)

        def sync(drive: Drive, descriptor: int) -> None:
            self._unsynced.pop(self._descriptors[descriptor], None)

        def close(drive: Drive, descriptor: int) -> None:
            del self._descriptors[descriptor]
            real["close"](drive, descriptor)

        def rename(drive: Drive, old: Path, new: Path) -> None:
            real["rename"](drive, old, new)
            if self._unsynced.pop(str(old), 1) is None:
                self._unsynced[str(new)] = None

            def back() -> None:
                if new.exists():
                    new.rename(old)

            self._may_undo(new, back)

        def sync_folder(drive: Drive, path: Path) -> None:
            self._undo.pop(str(path), None)

        def free(drive: Drive) -> int:
            return 0 if self._is_full(drive) else 2**40

        fakes = {
            "create": create, "write": write, "sync": sync, "close": close, "rename": rename,
            "sync_folder": sync_folder, "free": free,
        }  # fmt: skip
        self._patches = [mock.patch.object(Drive, name, fake) for name, fake in fakes.items()]
        for patch in self._patches:
            patch.start()

    def stop(self) -> None:
        """The real disks again."""
        for patch in reversed(self._patches):
            patch.stop()
        self._patches = []

    def power_cut(self, home: Path, chance: random.Random) -> None:
        """Of what was not synced there, each part is lost by chance."""
        below = f"{home}/"
        for path in [path for path in self._unsynced if path.startswith(below)]:
            del self._unsynced[path]
            if chance.random() < 0.5 and os.path.exists(path):
                os.truncate(path, chance.randrange(os.path.getsize(path) + 1))
        folders = [folder for folder in self._undo if folder.startswith(below)]
        mine = sorted((each for folder in folders for each in self._undo.pop(folder)), key=itemgetter(0))
        for _, undo in reversed(mine):
            if chance.random() < 0.5:
                undo()

    def _may_undo(self, path: Path, undo: Callable[[], None]) -> None:
        self._undo.setdefault(str(path.parent), []).append((next(self._numbers), undo))

    def _is_full(self, drive: Drive) -> bool:
        return any(str(drive.root).startswith(home) for home in self.full)


def files_of(folder: Path) -> Iterable[Path]:
    """Every file below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
