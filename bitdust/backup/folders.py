"""
The folders of one tree as open descriptors, never through a symbolic link.

Whatever is opened relative to such a descriptor lies in the tree, however the tree changes meanwhile and
whoever changes it; and no path is too long for the system.
"""

from __future__ import annotations

import os
from collections import OrderedDict

#: descriptors of folders that are kept open
OPEN = 64

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Folders:
    """
    @param root: the tree.  It may itself be reached through symbolic links; what is below it may not.
    @param make: make folders that are missing, for their owner only.
    """

    def __init__(self, root: bytes, *, make: bool = False) -> None:
        self._root = root
        self._make = make
        self._top: int | None = None
        self._open: OrderedDict[bytes, int] = OrderedDict()
        #: what was asked for last, most often once more
        self._here: tuple[bytes, int] | None = None

    def at(self, path: bytes) -> int:
        """
        The descriptor of the folder `path`, b"" being the root.  It stays open until this is asked again.

        @raise OSError: it is not there, is no folder, or lies behind a symbolic link.
        """
        if self._here is not None and self._here[0] == path:
            return self._here[1]
        self._here = None
        names: list[bytes] = []
        here = path
        while here and here not in self._open:
            here, _, name = here.rpartition(b"/")
            names.append(name)
        if here:
            self._open.move_to_end(here)
            descriptor = self._open[here]
        else:
            descriptor = self._open_root()
        while names:
            name = names.pop()
            here = here + b"/" + name if here else name
            descriptor = self._open[here] = self._enter(descriptor, name)
            if len(self._open) > OPEN:
                os.close(self._open.popitem(last=False)[1])
        self._here = path, descriptor
        return descriptor

    def close(self) -> None:
        """Let go of all descriptors.  They are opened again when they are wanted."""
        self._here = None
        while self._open:
            os.close(self._open.popitem()[1])
        top, self._top = self._top, None
        if top is not None:
            os.close(top)

    def __del__(self) -> None:
        # Whoever was cancelled in the middle just lets go of this.
        self.close()

    def _open_root(self) -> int:
        if self._top is None:
            if self._make:
                os.makedirs(self._root, mode=0o700, exist_ok=True)
            self._top = os.open(self._root, _FLAGS)
        return self._top

    def _enter(self, folder: int, name: bytes) -> int:
        try:
            return os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=folder)
        except FileNotFoundError:
            if not self._make:
                raise
        os.mkdir(name, 0o700, dir_fd=folder)
        return os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=folder)
