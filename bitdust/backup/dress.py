"""
What a restored file or folder gets besides its content: owner, attributes, mode and date.

What we are not permitted to give is left out.  What fails for another reason is told, and fails nothing else.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from bitdust.backup.owners import AS_IT_IS, Owners
from bitdust.catalog.facts import Kind, Meta

#: what the system answers to whoever may not, and where the file system knows no such thing
_NOT_OURS = {errno.EPERM, errno.EACCES, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS}

_SET_ID = 0o6000


def dress(descriptor: int, meta: Meta, owners: Owners) -> list[str]:
    """Dress an open file or folder; what could not be done, in words."""
    notes: list[str] = []
    mode = meta.mode & 0o7777
    is_his = False
    with _telling(notes, "its owner"):
        is_his = _give(descriptor, meta, owners)
    if not is_his and meta.kind is not Kind.DIR:
        # A program must not run with the rights of somebody else than its owner was.
        mode &= ~_SET_ID
    for name, value in meta.xattrs:
        try:
            os.setxattr(descriptor, name, value)
        except (OSError, ValueError) as error:
            permitted = (
                isinstance(error, OSError) and error.errno in _NOT_OURS and not name.startswith(b"user.")
            )
            if not permitted:
                notes.append(f"attribute {os.fsdecode(name)!r}: {_words(error)}")
    # Not before: a change of owner takes the set-id bits away.
    with _telling(notes, "its mode"):
        os.chmod(descriptor, mode)
    with _telling(notes, "its date"):
        os.utime(descriptor, ns=(meta.mtime_ns, meta.mtime_ns))
    return notes


def dress_link(folder: int, name: bytes, meta: Meta, owners: Owners) -> list[str]:
    """Dress a symbolic link, which has an owner and a date; what could not be done, in words."""
    notes: list[str] = []
    uid, gid = owners.uid(meta.user, meta.uid), owners.gid(meta.group, meta.gid)
    with _telling(notes, "its owner"):
        os.chown(name, uid, gid, dir_fd=folder, follow_symlinks=False)
    with _telling(notes, "its date"):
        os.utime(name, ns=(meta.mtime_ns, meta.mtime_ns), dir_fd=folder, follow_symlinks=False)
    return notes


def _give(descriptor: int, meta: Meta, owners: Owners) -> bool:
    """Give it to its owner; to his group at least.  Whether it is his now."""
    uid, gid = owners.uid(meta.user, meta.uid), owners.gid(meta.group, meta.gid)
    for owner in (uid, AS_IT_IS):
        try:
            os.chown(descriptor, owner, gid)
        except OSError as error:
            if error.errno not in _NOT_OURS:
                raise
        else:
            return owner == uid != AS_IT_IS
    return False


@contextmanager
def _telling(notes: list[str], what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_OURS:
            notes.append(f"{what}: {_words(error)}")


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
