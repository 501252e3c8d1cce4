"""
The machine under one node of a simulated world, which fails or loses its power at a chosen step.

A step is whatever can be cut off: a file made, written, synced, renamed, linked or removed below the node's
folder (or another one that is watched), a transaction before its work, before its commit and after it, and
bytes handed to the network.  A power cut takes what was not synced: bytes, and names.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from bitdust.database import Database
from tests.world import House, PowerOff

#: what of `os` is a step
NAMES = [
    "open",
    "write",
    "pwrite",
    "fsync",
    "fdatasync",
    "rename",
    "replace",
    "link",
    "symlink",
    "unlink",
    "remove",
]
NAMES += ["mkdir", "rmdir", "ftruncate"]
#: errno -> what SQLite calls it
_SQLITE = {28: sqlite3.SQLITE_FULL, 5: sqlite3.SQLITE_IOERR}


class Power:
    """
    @param at: the step that does not happen; 0: all do, and are counted.
    @param failure: an errno that this step raises; None: the node dies there.
    @param lost: with its death, what was not synced is lost.
    @param more: further folders that are watched.
    """

    def __init__(
        self,
        house: House,
        at: int = 0,
        failure: int | None = None,
        lost: bool = False,
        more: tuple[Path, ...] = (),
    ) -> None:
        self.house, self.at, self.failure, self.lost = house, at, failure, lost
        self.roots = tuple(str(root) + "/" for root in (house.home, *more))
        self.steps = 0
        self.met = ""
        self._lives = house.lives
        self._unsynced: dict[str, int] = {}
        self._undo: list[tuple[str, Callable[[], object]]] = []
        self._attic = house.world.folder / "attic"
        self._saved = 0
        self._patches: list[Any] = []

    # -- steps

    def step(self, what: str, *, fails: bool = True) -> None:
        """One more; `fails`: an error of the disk can happen there, not only death."""
        if not self.house.is_alive:
            raise PowerOff
        if self.house.lives != self._lives or (self.failure is not None and not fails):
            return
        self.steps += 1
        if self.steps == self.at:
            self.met = what
            if self.failure is not None:
                raise OSError(self.failure, os.strerror(self.failure))
            self.house.crash()
            if self.lost:
                self._cut()
            raise PowerOff

    def _cut(self) -> None:
        with mock.patch.multiple(os, **self._real):
            for path, length in self._unsynced.items():
                if os.path.lexists(path) and not os.path.islink(path):
                    os.truncate(path, length)
            for _, undo in reversed(self._undo):
                undo()

    # -- the patches

    _real: dict[str, Any] = {}

    def __enter__(self) -> Power:
        names = [*NAMES, "truncate"]
        self._real = {name: getattr(os, name) for name in names}
        fakes = {name: getattr(self, f"_{name}") for name in NAMES}
        opened, run = io.open, Database._run
        self._patches = [
            mock.patch.multiple(os, **fakes),
            mock.patch.object(io, "open", lambda *a, **k: self._io_open(opened, *a, **k)),
            mock.patch.object(Database, "_run", lambda *a: self._run(run, *a)),
        ]
        for patch in self._patches:
            patch.start()
        self.house.world.network.sending = self._sending
        return self

    def __exit__(self, *_: object) -> None:
        self.house.world.network.sending = lambda owner: None
        for patch in reversed(self._patches):
            patch.stop()
        shutil.rmtree(self._attic, ignore_errors=True)

    def _sending(self, owner: str) -> None:
        if owner == self.house.place:
            self.step("send", fails=False)

    def _run(self, run: Any, database: Database, begin: str, end: str, work: Any) -> Any:
        if not self._mine(database._path):
            return run(database, begin, end, work)
        if begin == "BEGIN":
            if not self.house.is_alive:
                raise PowerOff
            return run(database, begin, end, work)

        def stepped(c: sqlite3.Connection) -> Any:
            self._sql(f"begin {database._path}")
            result = work(c)
            self._sql(f"commit {database._path}")
            return result

        result = run(database, begin, end, stepped)
        self.step(f"committed {database._path}", fails=False)
        return result

    def _sql(self, what: str) -> None:
        try:
            self.step(what)
        except OSError as error:
            failed = sqlite3.OperationalError(error.strerror)
            failed.sqlite_errorcode = _SQLITE[error.errno or 0]
            raise failed from error

    def _mine(self, path: str) -> bool:
        return (path + "/").startswith(self.roots)

    def _path(self, path: Any, folder: int | None = None) -> str:
        """The whole path; "" when it is not watched."""
        if isinstance(path, int):
            full = os.readlink(f"/proc/self/fd/{path}")
        else:
            full = os.fsdecode(path)
            if folder is not None:
                full = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), full)
        return full if self._mine(full) and ".db" not in os.path.basename(full) else ""

    def _made(self, path: str) -> None:
        def undo() -> None:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.unlink(path)

        self._undo.append((os.path.dirname(path), undo))

    def _keep(self, path: str) -> str:
        """Another name of what is going, so that it can come back; "" when there is nothing."""
        if not os.path.lexists(path) or os.path.isdir(path):
            return ""
        self._real["mkdir"](self._attic) if not self._attic.exists() else None
        self._saved += 1
        saved = f"{self._attic}/{self._saved}"
        self._real["link"](path, saved, follow_symlinks=False)
        return saved

    def _came_back(self, saved: str, path: str) -> None:
        def undo() -> None:
            if saved and not os.path.lexists(path):
                os.link(saved, path, follow_symlinks=False)

        self._undo.append((os.path.dirname(path), undo))

    def _open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        full = self._path(path, dir_fd) if flags & (os.O_CREAT | os.O_TRUNC) else ""
        if full:
            self.step(f"open {full}")
            fresh = not os.path.lexists(full)
        descriptor: int = self._real["open"](path, flags, mode, dir_fd=dir_fd)
        if full:
            self._unsynced[full] = 0
            if fresh:
                self._made(full)
        return descriptor

    def _io_open(self, real: Any, file: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
        full = self._path(file) if set(mode) & set("xwa+") else ""
        if not full:
            return real(file, mode, *args, **more)
        if not isinstance(file, int):
            self.step(f"open {full}")
            if not os.path.lexists(full):
                self._made(full)
            self._unsynced[full] = 0
        return _File(real(file, mode, *args, **more), lambda: self.step(f"write {full}"))

    def _write(self, descriptor: int, content: Any) -> int:
        full = self._path(descriptor)
        if full:
            try:
                self.step(f"write {full}")
            except OSError:
                self._real["write"](descriptor, memoryview(content)[: len(content) // 2])
                raise
        done: int = self._real["write"](descriptor, content)
        return done

    def _pwrite(self, descriptor: int, content: Any, position: int) -> int:
        if full := self._path(descriptor):
            self.step(f"pwrite {full}")
        done: int = self._real["pwrite"](descriptor, content, position)
        return done

    def _ftruncate(self, descriptor: int, length: int) -> None:
        if full := self._path(descriptor):
            self.step(f"ftruncate {full}")
        self._real["ftruncate"](descriptor, length)

    def _fsync(self, descriptor: int) -> None:
        full = self._path(descriptor) or (self._path(f"{os.readlink(f'/proc/self/fd/{descriptor}')}"))
        if full:
            self.step(f"fsync {full}")
        self._real["fsync"](descriptor)
        if full and os.path.isdir(full):
            self._undo = [each for each in self._undo if each[0] != full]
        elif full:
            self._unsynced.pop(full, None)

    _fdatasync = _fsync

    def _rename(
        self, old: Any, new: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> None:
        source, target = self._path(old, src_dir_fd), self._path(new, dst_dir_fd)
        saved = ""
        if target:
            self.step(f"rename {target}")
            saved = self._keep(target)
        self._real["rename"](old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        if target:
            if source in self._unsynced:
                self._unsynced[target] = self._unsynced.pop(source)
            self._came_back(saved, target)
            self._undo.append(
                (os.path.dirname(target), lambda: os.path.lexists(target) and os.rename(target, source))
            )

    _replace = _rename

    def _link(self, old: Any, new: Any, *, dst_dir_fd: int | None = None, **more: Any) -> None:
        if full := self._path(new, dst_dir_fd):
            self.step(f"link {full}")
        self._real["link"](old, new, dst_dir_fd=dst_dir_fd, **more)
        if full:
            self._made(full)

    def _symlink(self, target: Any, name: Any, *args: Any, dir_fd: int | None = None) -> None:
        if full := self._path(name, dir_fd):
            self.step(f"symlink {full}")
        self._real["symlink"](target, name, *args, dir_fd=dir_fd)
        if full:
            self._made(full)

    def _unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        full = self._path(path, dir_fd)
        saved = ""
        if full and os.path.lexists(full):
            self.step(f"unlink {full}", fails=False)
            saved = self._keep(full)
        self._real["unlink"](path, dir_fd=dir_fd)
        if saved:
            self._came_back(saved, full)

    _remove = _unlink

    def _mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        full = self._path(path, dir_fd)
        if full and not os.path.lexists(full):
            self.step(f"mkdir {full}")
        self._real["mkdir"](path, mode, dir_fd=dir_fd)

    def _rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        if full := self._path(path, dir_fd):
            self.step(f"rmdir {full}")
        self._real["rmdir"](path, dir_fd=dir_fd)


class _File:
    """A file whose writes are steps."""

    def __init__(self, real: Any, step: Callable[[], None]) -> None:
        self._file, self._step = real, step

    def write(self, content: Any) -> int:
        self._step()
        done: int = self._file.write(content)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
