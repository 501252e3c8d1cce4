"""
watched_tree -- one tree that is watched: its folders that are backed up, as they were when it was opened.

Told of a name that no backup would take along, it says nothing.  What it has said it does not say again for a
second: who copies a million of files is not to keep this node busy.
"""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Callable
from threading import Lock

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from bitdust.backup.excludes import IGNORE_FILE, Excludes, Rules
from bitdust.backup.walk import Walk
from bitdust.catalog.facts import Kind
from bitdust.watches import Watch, Watches

#: names looked at in a row while it is opened
BATCH = 1000
#: seconds for which it does not say again that something has changed
PAUSE = 1.0
#: names that are remembered as left out
MOST_LEFT_OUT = 10_000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class WatchedTree:
    """
    @param root: absolute path of a folder, or of a file.
    @param own: the node's own folders, which are left out.
    @param changed: called, in the thread of all else, when something may have changed; with True when there
        may be other folders than before, or other rules: then it is to be opened anew.
    """

    def __init__(
        self,
        root: bytes,
        own: frozenset[bytes],
        rules: Rules,
        now_ns: Callable[[], int],
        watches: Watches,
        clock: IReactorTime,
        changed: Callable[[bool], None],
    ) -> None:
        self.rules = rules
        self._root = root
        self._own = own
        self._now_ns = now_ns
        self._watches = watches
        self._clock = clock
        self._changed = changed
        self._watch: Watch | None = None
        self._identity = (0, 0)
        self._is_file = False
        self._closed = False
        self._lock = Lock()
        #: what was said lately: None nothing, True that it is to be opened anew
        self._said: bool | None = None
        self._pause: IDelayedCall | None = None
        self._left_out: set[bytes] = set()
        #: only by the name, and not by what is there at the moment
        self._is_lasting = not (rules.larger_than or rules.one_file_system or rules.cachedir)

    def open(self) -> None:
        """
        Watch every folder in it; for a worker thread.

        @raise OSError: it is not there; or, with ENOSPC or EMFILE, the system watches too much already.
        """
        status = os.stat(self._root)
        self._identity = status.st_dev, status.st_ino
        self._is_file = not modes.S_ISDIR(status.st_mode)
        self._watch = watch = self._watches.open(self._told, self._missed)
        if self._is_file:
            # Whoever writes it anew puts another one in its place.
            watch.add(os.path.dirname(self._root))
            return
        watch.add(self._root)
        walk = Walk(self._root, self._own, self._now_ns, rules=self.rules)
        while batch := walk.next_batch(BATCH):
            for found in batch:
                if found.path and found.meta.kind is Kind.DIR:
                    try:
                        watch.add(os.path.join(self._root, found.path))
                    except (FileNotFoundError, NotADirectoryError, PermissionError):
                        continue  # gone again, which we are told of; or it cannot be backed up either

    def close(self) -> None:
        """Nothing is said any more; `release` is still to be called."""
        self._closed = True
        self.hear()

    def release(self) -> None:
        """Watch no folder any more; where there are many, for a worker thread."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def hear(self) -> None:
        """Whatever changes from now on is said, also within the second."""
        with self._lock:
            self._said = None
        if self._pause is not None:
            if self._pause.active():
                self._pause.cancel()
            self._pause = None

    def is_the_same(self) -> bool:
        """Whether what was opened is still at its place.  Asks the disk: for a worker thread."""
        try:
            status = os.stat(self._root)
        except OSError:
            return False
        return self._is_file or self._identity == (status.st_dev, status.st_ino)

    # -- in the thread that watches

    def _told(self, folder: bytes, name: bytes, is_folder: bool) -> None:
        anew = is_folder or name == IGNORE_FILE
        if self._said is not None and (self._said or not anew):
            return
        path = os.path.join(folder, name)
        if path in self._left_out:
            return
        if self._counts(path, is_folder):
            self._tell(anew)
        elif self._is_lasting and not is_folder:
            if len(self._left_out) >= MOST_LEFT_OUT:
                self._left_out.clear()
            self._left_out.add(path)

    def _missed(self) -> None:
        self._tell(True)

    def _tell(self, anew: bool) -> None:
        with self._lock:
            self._said = anew or bool(self._said)
        self._watches.hand_over(lambda: self._handed(anew))

    def _counts(self, path: bytes, is_folder: bool) -> bool:
        """Whether a backup would look at it."""
        if self._is_file:
            return path == self._root
        if path in self._own:
            return False
        inside = os.path.relpath(path, self._root)
        if inside == b".":
            return True
        try:
            return self._is_taken(inside, is_folder)
        except OSError:
            return True  # a folder above has gone

    def _is_taken(self, path: bytes, is_folder: bool) -> bool:
        excludes = Excludes(self.rules)
        *above, name = path.split(b"/")
        at = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            status = os.fstat(at)
            excludes.enter(b"", at, status)
            for depth, each in enumerate(above):
                below = os.open(each, _FOLDER, dir_fd=at)
                os.close(at)
                at = below
                excludes.enter(b"/".join(above[: depth + 1]), at, os.fstat(at))
            try:
                found = os.stat(name, dir_fd=at, follow_symlinks=False)
            except FileNotFoundError:
                # What has gone is what it was, as far as its name tells.
                kind = modes.S_IFDIR if is_folder else modes.S_IFREG
                found = os.stat_result((kind, 0, status.st_dev, 1, 0, 0, 0, 0, 0, 0))
            return excludes.look(path, found, at) is None
        finally:
            os.close(at)

    # -- in the thread of all else

    def _handed(self, anew: bool) -> None:
        if self._closed:
            return
        if self._pause is None:
            self._pause = self._clock.callLater(PAUSE, self.hear)
        self._changed(anew)
