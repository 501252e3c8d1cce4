"""A disk and a database that fail, or lose their power, at a chosen step."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, fail

from bitdust.database import Database
from bitdust.supplier.customers import SCHEMA
from bitdust.supplier.drive import Drive
from bitdust.world import inline


class Dead(Exception):
    """The power is off: nothing is done any more."""


class Fate:
    """
    Counts steps; the one numbered `at` does not happen, or happens half.

    @param failure: an errno that this one step raises; None: the power goes off.
    """

    def __init__(self, at: int, failure: int | None = None) -> None:
        self.at = at
        self.failure = failure
        self.steps = 0
        self.dead = False
        self.met = False

    def step(self) -> None:
        if self.dead:
            raise Dead
        self.steps += 1
        if self.steps == self.at:
            self.met = True
            if self.failure is not None:
                raise OSError(self.failure, os.strerror(self.failure))
            self.dead = True
            raise Dead


class FragileDrive(Drive):
    """Remembers what was not yet synced, so that a power cut can take it away."""

    def __init__(self, root: Path, fate: Fate) -> None:
        super().__init__(root, free=lambda: 2**40, floor=lambda: 0)
        self._fate = fate
        self._open: dict[int, Path] = {}
        self._unsynced: dict[Path, int] = {}
        self._new: list[Path] = []
        self._renamed: list[tuple[Path, Path]] = []

    def folder(self, path: Path) -> None:
        self._fate.step()
        super().folder(path)

    def create(self, path: Path) -> int:
        self._fate.step()
        descriptor = super().create(path)
        self._open[descriptor] = path
        self._unsynced[path] = 0
        self._new.append(path)
        return descriptor

    def write(self, descriptor: int, content: bytes | memoryview) -> None:
        try:
            self._fate.step()
        except (OSError, Dead):
            super().write(descriptor, content[: len(content) // 2])
            raise
        super().write(descriptor, content)

    def sync(self, descriptor: int) -> None:
        self._fate.step()
        super().sync(descriptor)
        self._unsynced.pop(self._open[descriptor], None)

    def close(self, descriptor: int) -> None:
        self._open.pop(descriptor)
        super().close(descriptor)
        self._fate.step()

    def rename(self, old: Path, new: Path) -> None:
        self._fate.step()
        super().rename(old, new)
        if old in self._unsynced:
            self._unsynced[new] = self._unsynced.pop(old)
        self._renamed.append((old, new))

    def sync_folder(self, path: Path) -> None:
        self._fate.step()
        super().sync_folder(path)
        self._new = [new for new in self._new if new.parent != path]
        self._renamed = [pair for pair in self._renamed if pair[1].parent != path]

    def remove(self, paths: Any) -> None:
        for path in paths:
            self._fate.step()
            super().remove([path])

    def power_cut(self) -> None:
        """What was not synced is gone: bytes, and names."""
        for descriptor in list(self._open):
            os.close(descriptor)
        for path, length in self._unsynced.items():
            if path.exists():
                os.truncate(path, length)
        for old, new in reversed(self._renamed):
            if new.exists():
                new.rename(old)
        for path in self._new:
            path.unlink(missing_ok=True)


class FragileDatabase(Database):
    """Each transaction is two steps: before it, and after its commit, when only the answer can be lost."""

    def __init__(self, path: Path, fate: Fate) -> None:
        super().__init__(path, SCHEMA, inline)
        self._fate = fate

    def __call__(self, *args: Any, **kwargs: Any) -> Deferred[Any]:
        try:
            self._fate.step()
            result = super().__call__(*args, **kwargs)
            self._fate.step()
        except OSError as error:
            return fail(sqlite3.OperationalError(str(error)))
        except Dead as dead:
            return fail(dead)
        return result

    def read(self, *args: Any, **kwargs: Any) -> Deferred[Any]:
        if self._fate.dead:
            return fail(Dead())
        return super().read(*args, **kwargs)
