"""
What the catalog keeps of an entry beside its content, and whether that says the content is still the same.
"""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Callable

from bitdust.backup.owners import Owners
from bitdust.catalog.facts import Kind, Meta

#: nanoseconds before its read within which a change makes an entry doubtful: some file systems date coarsely
RACY = 2 * 10**9

#: flag of an entry that changed so shortly before it was read that its date proves nothing
DOUBTFUL = 1

#: bytes and number of extended attributes that an entry of the catalog has room for
XATTR_LIMIT, XATTRS = 65536, 256

_OLDEST, _NEWEST = -(2**63), 2**63 - 1


def describe(
    status: os.stat_result,
    kind: Kind,
    now_ns: int,
    owners: Owners,
    *,
    target: bytes = b"",
    xattrs: tuple[tuple[bytes, bytes], ...] = (),
) -> Meta:
    """What the catalog keeps of an entry beside its content."""
    return Meta(
        kind=kind,
        mode=modes.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        user=owners.user(status.st_uid),
        group=owners.group(status.st_gid),
        mtime_ns=max(_OLDEST, min(status.st_mtime_ns, _NEWEST)),
        ctime_ns=max(_OLDEST, min(status.st_ctime_ns, _NEWEST)),
        ino=status.st_ino,
        dev=status.st_dev,
        size=status.st_size if kind is Kind.FILE else 0,
        target=target,
        xattrs=xattrs,
        flags=DOUBTFUL if _is_racy(status, now_ns) else 0,
    )


def unchanged(before: Meta, now: Meta) -> bool:
    """Whether the content need not be read again: nothing about it moved since an undoubtful read."""
    return (
        not before.flags & DOUBTFUL
        and before.kind == now.kind
        and before.size == now.size
        and before.mtime_ns == now.mtime_ns
        and before.ctime_ns == now.ctime_ns
        and before.ino == now.ino
        and before.target == now.target
    )


def is_as_before(before: Meta, status: os.stat_result) -> bool:
    """The same for a file of one name that need not be described for that.  False: describe it and see."""
    return (
        before.kind is Kind.FILE
        and not before.flags & DOUBTFUL
        and before.mtime_ns == status.st_mtime_ns
        and before.ctime_ns == status.st_ctime_ns
        and before.size == status.st_size
        and before.ino == status.st_ino
        and status.st_nlink == 1
    )


def attributes_of(descriptor: int, note: Callable[[str], None]) -> tuple[tuple[bytes, bytes], ...]:
    """The extended attributes of an open file or folder; `note` hears what could not be taken, and why."""
    try:
        names = sorted(os.fsencode(name) for name in os.listxattr(descriptor))
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            note(f"its attributes: {error.strerror}")
        return ()
    kept: list[tuple[bytes, bytes]] = []
    room = XATTR_LIMIT
    for name in names:
        try:
            value = os.getxattr(descriptor, name)
        except OSError as error:
            if error.errno != errno.ENODATA:  # it went meanwhile
                note(f"attribute {os.fsdecode(name)!r}: {error.strerror}")
            continue
        room -= len(value)
        if room < 0 or len(kept) == XATTRS:
            note(
                f"attribute {os.fsdecode(name)!r} and those behind it: there are too many, or too large ones"
            )
            break
        kept.append((name, value))
    return tuple(kept)


def _is_racy(status: os.stat_result, now_ns: int) -> bool:
    # A date in the future that was given by hand proves as much as any other; a change in the future means
    # that the clock was put back.
    if status.st_ctime_ns > now_ns - RACY:
        return True
    return now_ns - RACY < status.st_mtime_ns <= now_ns + RACY
