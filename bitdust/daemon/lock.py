"""
One process per node: the lock on a node's folder.

The system drops the lock with the process, however that ends: after a crash there is nothing to clean.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from bitdust.daemon.home import LOCK
from bitdust.errors import Conflict

PATIENCE = 1.0  # seconds: somebody may just be ending, or only looking
STEP = 0.05


class AlreadyRunning(Conflict):
    """A node is already running in this folder."""

    default_hint = "`bitdust status` asks it how it is; another node needs another folder: `--home DIR`"


class Lock:
    """The lock on one folder, held from `take` until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, home: Path, patience: float = PATIENCE) -> Lock:
        """
        Become the node of this folder.

        @raise AlreadyRunning: another process is, still after `patience` seconds.
        """
        descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        tries = max(1, round(patience / STEP))
        for left in range(tries - 1, -1, -1):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not left:
                    who = _number(descriptor)
                    os.close(descriptor)
                    process = f" (process {who})" if who else ""
                    raise AlreadyRunning(f"a node is already running in {home}{process}") from None
                time.sleep(STEP)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Let another process be the node of this folder."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def running_in(home: Path) -> int | None:
    """The number of the process that is the node of this folder: None without one, 0 when not yet said."""
    try:
        descriptor = os.open(home / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return _number(descriptor)
    finally:
        os.close(descriptor)


def _number(descriptor: int) -> int:
    said = os.pread(descriptor, 32, 0).strip()
    return int(said) if said.isdigit() else 0
