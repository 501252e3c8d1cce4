"""
Are two trees the same?  By a hash of every file, and everything else that a backup shall bring back.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3


@dataclass(frozen=True)
class Portrait:
    """A tree as it looks from outside: relative name -> what is there."""

    things: dict[bytes, tuple[object, ...]]
    files: int
    bytes: int

    def differences(self, other: Portrait) -> list[str]:
        """Names that are not the same in both, with a word on how."""
        found = []
        for name in sorted(self.things.keys() | other.things.keys()):
            one, two = self.things.get(name), other.things.get(name)
            if one != two:
                how = "is missing" if two is None else "is new" if one is None else "differs"
                found.append(f"{os.fsdecode(name)!r} {how}")
        return found


def portrait(root: Path) -> Portrait:
    """Look at a tree; sockets and the like, which no backup takes, are left out."""
    things: dict[bytes, tuple[object, ...]] = {}
    files = size = 0
    start = os.fsencode(root)
    folders = [b""]
    while folders:
        folder = folders.pop()
        with os.scandir(os.path.join(start, folder)) as entries:
            for entry in entries:
                name = os.path.join(folder, entry.name)
                status = entry.stat(follow_symlinks=False)
                mode = stat.S_IMODE(status.st_mode)
                if entry.is_symlink():
                    things[name] = ("link", os.readlink(entry.path))
                elif entry.is_dir():
                    things[name] = ("folder", mode, status.st_mtime_ns)
                    folders.append(name)
                elif entry.is_file():
                    things[name] = ("file", mode, status.st_mtime_ns, status.st_size, _hash(entry.path))
                    size += status.st_size
                else:
                    continue
                files += not entry.is_dir(follow_symlinks=False)
    return Portrait(things, files, size)


def _hash(path: bytes) -> bytes:
    digest = blake3()
    with open(path, "rb") as file:
        while part := file.read(2**20):
            digest.update(part)
    return digest.digest()
