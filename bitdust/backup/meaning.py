"""
meaning -- which item, which version and what inside it somebody has named.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import datetime

from bitdust.catalog import entries, tree, versions
from bitdust.catalog.labels import parse
from bitdust.catalog.tree import Item
from bitdust.catalog.versions import Version
from bitdust.errors import Conflict, NotFound

#: an item, a version of it, and the path inside ("": all of it)
Meant = tuple[Item, Version, bytes]


def meaning(
    c: sqlite3.Connection, what: str, is_busy: Callable[[str], bool] | None = None, as_of: float | None = None
) -> Meant:
    """
    What is meant by a path ID, a backup ID, one with `:relative/path`, or a local path.

    @param is_busy: whether a backup of that item is under way.
    @param as_of: Unix seconds: of several versions the last that was not made after that.
    @raise Usage: it is none of these.
    @raise NotFound: it is not in the catalog, or has no such version.
    @raise Conflict: its first backup is under way, or the version is not at enough suppliers yet.
    """
    if what.startswith(("/", "~")):
        return _by_path(c, what, is_busy, as_of)
    meant = parse(what)
    item = tree.get(c, meant.path_id)
    if meant.label:
        version = versions.get(c, meant.path_id, meant.label)
        if not version.is_known:
            raise Conflict(
                f"version {version.backup_id} is not at enough suppliers yet", hint="wait a moment"
            )
    else:
        newest = last(c, meant.path_id, as_of)
        if newest is None:
            _refuse_unfinished(item, is_busy)
            raise NotFound(
                f"item {meant.path_id} has no version{_until(as_of)}",
                hint=f"back it up: `bitdust backup {meant.path_id}`",
            )
        version = newest
    inside = meant.relative or b""
    if inside and entries.entry_at(c, item.path_id, version.seq, inside) is None:
        raise NotFound(f"version {version.backup_id} has no {os.fsdecode(inside)!r} in it")
    return item, version, inside


def last(c: sqlite3.Connection, item: str, as_of: float | None) -> Version | None:
    """The version of an item that is meant where none is named: the newest one not made after `as_of`."""
    if as_of is None:
        return versions.newest(c, item)
    found = [each for each in versions.list_of(c, item) if each.is_known and each.time <= as_of]
    whole = [each for each in found if each.complete]
    return next(reversed(whole or found), None)


def _by_path(
    c: sqlite3.Connection, what: str, is_busy: Callable[[str], bool] | None, as_of: float | None
) -> Meant:
    path = os.fsencode(os.path.expanduser(what)).rstrip(b"/") or b"/"
    above = tree.find_above(c, path)
    for item in above:
        version = last(c, item.path_id, as_of)
        if version is not None:
            inside = path[len(item.path) :].strip(b"/")
            if inside and entries.entry_at(c, item.path_id, version.seq, inside) is None:
                which = "newest version" if as_of is None else f"version {version.label}"
                raise NotFound(f"the {which} of {os.fsdecode(item.path)} has no {what!r} in it")
            return item, version, inside
    if above and above[0].path == path:
        _refuse_unfinished(above[0], is_busy)
    raise NotFound(f"{what!r} is not in the catalog, or has no version{_until(as_of)}")


def _refuse_unfinished(item: Item, is_busy: Callable[[str], bool] | None) -> None:
    if is_busy is not None and is_busy(item.path_id):
        raise Conflict(
            f"the first backup of {os.fsdecode(item.path)} is still under way", hint="wait until it is done"
        )


def _until(as_of: float | None) -> str:
    if as_of is None:
        return " yet"
    try:
        return f" from before {datetime.fromtimestamp(as_of).isoformat(' ', 'seconds')}"
    except (OverflowError, OSError, ValueError):
        return " from before that time"
