"""
What the file manager shows, in the words of its pages: items, versions, local files, states.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bitdust.api.results import path_fields, shown
from bitdust.config.sizes import format_size

if TYPE_CHECKING:
    from bitdust.backup.browsing import Browsed, BrowsedVersion
    from bitdust.backup.local import LocalEntry

#: states of a version that is on its way to the suppliers
_RISING = frozenset(("running", "waiting"))


def item_fields(
    item: Browsed, rising: Mapping[str, float], falling: Mapping[str, float], survives: bool = False
) -> dict[str, Any]:
    """
    An item of the catalog.

    @param rising: backup ID -> how far the backup under way is, from 0 to 1; `falling`: the restore.
    @param survives: say of each version how many more suppliers may be lost.
    """
    newest = item.versions[0].time if item.versions else 0.0
    return {
        "type": "file" if item.type == "file" else "dir",
        "name": shown(item.name),
        "id": item.path_id,
        "rights": "",
        "size": format_size(item.size) if item.size >= 0 else "",
        "date": date(newest),
        "dirpath": shown(item.parent),
        "has_childs": item.has_children,
        "content": "1" if item.versions else "",
        "versions": [version_fields(version, rising, falling, survives) for version in item.versions],
        **lost_bytes(item.path),
    }


def version_fields(
    version: BrowsedVersion, rising: Mapping[str, float], falling: Mapping[str, float], survives: bool = False
) -> dict[str, Any]:
    """A version: `status` is how far it is up, down, or at the suppliers, in percent."""
    state, part = "ready", version.arrived
    if version.backup_id in falling:
        state, part = "down", falling[version.backup_id]
    elif version.state in _RISING:
        state, part = "up", rising.get(version.backup_id, version.arrived)
    return {
        "backupid": version.backup_id,
        "label": date(version.time),
        "time": version.time,
        "size": format_size(version.size),
        "status": percent(part),
        "state": state,
        **({"survives": version.survives} if survives and version.survives is not None else {}),
        **({} if version.complete else {"incomplete": True}),
    }


def survival(more: int | None) -> str:
    """
    How many more suppliers a version may lose, by the pieces that they have signed for; None: it needs none.

    >>> survival(2), survival(1)
    ('survives the loss of any 2 suppliers', 'survives the loss of any supplier')
    >>> survival(0), survival(-3), survival(None)
    ('survives the loss of no supplier', '3 pieces are lacking', 'needs no supplier')
    """
    if more is None:
        return "needs no supplier"
    if more < 0:
        return f"{-more} {'piece is' if more == -1 else 'pieces are'} lacking"
    number = f"any {more} suppliers" if more > 1 else "any supplier" if more else "no supplier"
    return f"survives the loss of {number}"


def local_fields(entry: LocalEntry) -> dict[str, Any]:
    """A file or folder of this machine."""
    return {
        "name": shown(entry.name),
        "rights": stat.filemode(entry.mode),
        "size": format_size(entry.size),
        "date": date(entry.mtime),
        "type": "dir" if entry.is_folder else "file",
        "dirpath": shown(entry.folder),
        **lost_bytes(entry.path),
    }


def task_fields(path: bytes, path_id: str, version: str, progress: float, mode: str = "up") -> dict[str, Any]:
    """Work that waits or is under way."""
    return {
        "name": shown(os.path.basename(path)),
        "path": shown(path),
        "id": path_id,
        "version": version,
        "mode": mode,
        "progress": percent(progress),
        **lost_bytes(path),
    }


def lost_bytes(path: bytes) -> dict[str, str]:
    """The path in base64 as `path_b64`, when showing it loses something."""
    return {key: value for key, value in path_fields(path).items() if key == "path_b64"}


def percent(part: float) -> str:
    """
    >>> percent(0.125), percent(1)
    ('12.5%', '100%')
    """
    # Never more than there is: 100 % is said of what is whole.
    return f"{int(max(0.0, min(1.0, part)) * 10000) / 100:g}%"


def date(when: float) -> str:
    """The local date and time; empty for none."""
    if not when:
        return ""
    try:
        return datetime.fromtimestamp(when).isoformat(" ", "seconds")
    except (OverflowError, OSError, ValueError):
        return ""
