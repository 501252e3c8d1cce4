"""
watches -- folders of which the system tells what happens in them.

It tells of each folder by itself, and not of what is below: whoever wants a tree asks for each folder in it.
That is inotify, by the thread of the library `watchdog` that reads it; its own recursion is not used, since
that says nothing when a folder below could not be watched, and knows no folders that do not matter.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any, Protocol

#: told of the folder, the name in it (empty: itself), and whether that is a folder
Told = Callable[[bytes, bytes, bool], None]

#: seconds for which the thread that reads is waited for
JOIN = 1.0


class Watch(Protocol):
    """Some folders, watched together."""

    def add(self, folder: bytes) -> None:
        """
        Watch this one, too.

        @raise OSError: it cannot be; with ENOSPC or EMFILE the system watches too much already.
        """

    def close(self) -> None:
        """Watch none of them any more."""


class Watches(Protocol):
    """Who can watch folders."""

    def open(self, told: Told, missed: Callable[[], None]) -> Watch:
        """
        Both are called in a thread of their own.

        @param missed: there was more than could be told.
        @raise OSError: EMFILE: the system watches too much already.
        """

    def hand_over(self, work: Callable[[], object]) -> None:
        """Have it called in the thread of all else."""

    def stop(self) -> None:
        """Nothing is watched any more."""


class RealWatches:
    """Folders of this machine."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._inotify: Any = None

    def open(self, told: Told, missed: Callable[[], None]) -> Watch:
        """See `Watches`."""
        if self._inotify is None:
            # Loaded by those who watch something.
            from watchdog.observers.inotify_c import InotifyFD

            self._inotify = InotifyFD()
            self._inotify.start()
        return _Folders(self._inotify, told, missed)

    def hand_over(self, work: Callable[[], object]) -> None:
        """See `Watches`."""
        self._reactor.callFromThread(work)

    def stop(self) -> None:
        """See `Watches`."""
        inotify, self._inotify = self._inotify, None
        if inotify is not None:
            inotify.stop()
            inotify.join(JOIN)


class _Folders:
    """What the library calls, in its thread."""

    def __init__(self, inotify: Any, told: Told, missed: Callable[[], None]) -> None:
        from watchdog.observers.inotify_c import InotifyConstants as Of

        self._inotify = inotify
        self._told = told
        self._missed = missed
        self._is_folder = int(Of.IN_ISDIR)
        # Not what only reads: our own backups do.
        self._mask = (
            Of.IN_MODIFY | Of.IN_ATTRIB | Of.IN_MOVED_FROM | Of.IN_MOVED_TO | Of.IN_CREATE | Of.IN_DELETE
            | Of.IN_DELETE_SELF | Of.IN_MOVE_SELF | Of.IN_EXCL_UNLINK
        )  # fmt: skip
        self._folders: dict[int, bytes] = {}
        self._closed = False

    def add(self, folder: bytes) -> None:
        """See `Watch`."""
        if self._closed:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if not os.access(folder, os.R_OK):
            raise PermissionError(f"{os.fsdecode(folder)} cannot be read")
        # With the slash it may be a link that leads to a folder, and is none otherwise.
        number = self._inotify.add_callback(folder + b"/", self._mask, self, id(self))
        self._folders[number] = folder

    def close(self) -> None:
        """See `Watch`."""
        self._closed = True
        folders, self._folders = self._folders, {}
        self._inotify.remove_callbacks([(number, id(self)) for number in folders])

    def on_event(self, event: Any) -> None:
        """The library tells of a folder."""
        folder = self._folders.get(event.wd)
        if folder is not None and not self._closed:
            is_folder = not event.name or bool(event.mask & self._is_folder)
            self._told(folder, event.name, is_folder)

    def on_watch_deleted(self, number: int) -> None:
        """The library watches a folder no more, since it is gone."""
        self._folders.pop(number, None)

    def on_queue_overflow(self) -> None:
        """The system has forgotten what it could not tell."""
        if not self._closed:
            self._missed()
