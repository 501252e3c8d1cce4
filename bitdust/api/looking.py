"""
Looking into versions: search, walk through them as folders, compare two.

Each answer is a page; `after` of it, given back, asks for the next, and is empty at the end.
"""

from __future__ import annotations

import base64
import stat
from typing import TYPE_CHECKING, Any

from bitdust.api.browsed import survival
from bitdust.api.registry import method
from bitdust.api.results import local_path, path_fields
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.catalog.facts import Meta
    from bitdust.node.node import Node

#: answers of one page
MOST = 1000
#: bytes of one stretch
MOST_BYTES = 4 * 2**20
TYPES = ("file", "dir", "symlink", "hardlink")


@method()
async def versions_find(
    node: Node,
    pattern: str,
    what: str | None = None,
    ignore_case: bool = False,
    all_versions: bool = False,
    type: str | None = None,
    smallest: int | None = None,
    largest: int | None = None,
    oldest: float | None = None,
    newest: float | None = None,
    limit: int = 100,
    after: str = "",
) -> dict[str, Any]:
    """
    Find files in the newest versions, or in all, by a pattern of their names.

    A page may be empty and still not be the last: so much was looked at, and nothing fits.

    @param pattern: like `*.jpg` for a name anywhere, `photos/*.png` for the end of a path, `/home/**/notes`
        for a whole path; `**` is any number of folders.
    @param what: only there: a path ID, a backup ID, one with `:relative/path`, or a local path.
    @param ignore_case: large and small letters are the same.
    @param all_versions: also what only older versions have.
    @param type: only `file`, `dir`, `symlink` or `hardlink`.
    @param smallest: only files of so many bytes or more.
    @param largest: only files of so many bytes or fewer.
    @param oldest: only what was last changed then or later, in Unix seconds.
    @param newest: only what was last changed then or earlier, in Unix seconds.
    @param limit: at most so many, 1 to 1000.
    @param after: go on behind a page: what it said as `after`.
    """
    # The list of methods is read without loading anything of the node.
    from bitdust.backup.finding import Query
    from bitdust.backup.pattern import Pattern
    from bitdust.catalog.facts import Kind

    if type is not None and type not in TYPES:
        raise Usage(f"type must be one of {', '.join(TYPES)}")
    query = Query(
        pattern=Pattern(pattern, ignore_case),
        kind=Kind[type.upper()] if type is not None else None,
        smallest=smallest,
        largest=largest,
        oldest=oldest,
        newest=newest,
        all_versions=all_versions,
    )
    found = await node.backups.looking.find(
        query, meant(what) if what is not None else None, _page(limit), after
    )
    return {
        "found": [
            {
                "backup_id": hit.backup_id,
                "first_backup_id": hit.first,
                "copies": hit.copies,
                **path_fields(hit.path),
                **path_fields(hit.inside, "inside", "inside_b64"),
                **meta_fields(hit.meta),
            }
            for hit in found.hits
        ],
        "after": found.after,
    }


@method()
async def version_list(
    node: Node, what: str, as_of: float | None = None, limit: int = 100, after: str = ""
) -> dict[str, Any]:
    """
    List what lies right in a folder of a version, by name; of a file, that file.

    `survives` is how many more suppliers the whole version may lose, null when it needs none; below 0 so many
    pieces are lacking.  `lasting` says the same in words.

    @param what: a path ID, a backup ID, one with `:relative/path`, or a local path.
    @param as_of: Unix seconds: the last version not made after that, where none is named.
    @param limit: at most so many, 1 to 1000.
    @param after: go on behind a page: what it said as `after`.
    """
    listed = await node.backups.looking.listing(meant(what), as_of, _page(limit), after)
    return {
        "backup_id": listed.backup_id,
        "time": listed.time,
        "survives": listed.survives,
        "lasting": survival(listed.survives),
        "entries": [
            {
                **path_fields(entry.path.rpartition(b"/")[2], "name", "name_b64"),
                **path_fields(entry.path, "inside", "inside_b64"),
                **meta_fields(entry.meta),
            }
            for entry in listed.entries
        ],
        "after": listed.after,
    }


@method()
async def versions_diff(node: Node, old: str, new: str, limit: int = 100, after: str = "") -> dict[str, Any]:
    """
    Compare two versions of an item: what was added, removed or changed from the old one to the new one.

    The numbers and bytes are those of this page; their sum over the pages is that of the whole.

    @param old: a backup ID, also with `:relative/path`: only what is there and below.
    @param new: another one of the same item; its path ID alone is its newest version.
    @param limit: at most so many, 1 to 1000.
    @param after: go on behind a page: what it said as `after`.
    """
    from bitdust.backup.looking import how

    compared = await node.backups.looking.compare(meant(old), meant(new), _page(limit), after)
    changes = []
    totals = {f"{word}{unit}": 0 for word in ("added", "removed", "changed") for unit in ("", "_bytes")}
    for change in compared.changes:
        now, before = change.new, change.old
        entry = now if now is not None else before
        assert entry is not None
        word = "added" if before is None else "removed" if now is None else "changed"
        totals[word] += 1
        differs = how(change)
        if word != "changed" or "content" in differs:
            totals[f"{word}_bytes"] += entry.meta.size
        changes.append(
            {
                "change": word,
                "how": differs,
                **path_fields(entry.path, "inside", "inside_b64"),
                "old": meta_fields(before.meta) if before is not None else None,
                "new": meta_fields(now.meta) if now is not None else None,
            }
        )
    return {
        "old": compared.old, "new": compared.new, "changes": changes, **totals, "after": compared.after,
    }  # fmt: skip


@method()
async def version_read(
    node: Node, what: str, offset: int = 0, length: int = 1 << 20, as_of: float | None = None
) -> dict[str, Any]:
    """
    Read a stretch of one file of a version, fetched and verified as it is asked for.

    Nothing is kept between two calls: `after` is the offset of the next stretch, -1 at the end.  `time` is
    that of the version, which as `as_of` means the same version again.

    @param what: a file: a path ID, a backup ID, one with `:relative/path`, or a local path.
    @param offset: the first byte wanted.
    @param length: at most so many bytes, 1 to 4194304.
    @param as_of: Unix seconds: the last version not made after that, where none is named.
    """
    if not 1 <= length <= MOST_BYTES:
        raise Usage(f"length must be 1 to {MOST_BYTES}")
    if offset < 0:
        raise Usage("offset must be 0 or more")
    stretch = await node.backups.contents.read(meant(what), offset, length, as_of)
    after = offset + len(stretch.content)
    return {
        "backup_id": stretch.backup_id,
        "time": stretch.time,
        "size": stretch.size,
        "offset": offset,
        "data": base64.b64encode(stretch.content).decode(),
        "after": after if stretch.content and after < stretch.size else -1,
    }


def meant(what: str) -> str:
    """
    An ID as it is, a local path without `~`.

    @raise Usage: it is no path, and no ID either.
    """
    return what if what[:1].isdecimal() else local_path(what, "what")


def meta_fields(meta: Meta) -> dict[str, Any]:
    """What is known of a file but its bytes."""
    kind = meta.kind.name.lower()
    bits = {"dir": stat.S_IFDIR, "symlink": stat.S_IFLNK}.get(kind, stat.S_IFREG)
    return {
        "type": kind,
        "size": meta.size,
        "mode": stat.filemode(bits | (meta.mode & 0o7777)),
        "mtime": meta.mtime_ns / 1e9,
        "user": meta.user or str(meta.uid),
        "group": meta.group or str(meta.gid),
        **(path_fields(meta.target, "target", "target_b64") if meta.target else {}),
    }


def _page(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise Usage(f"limit must be 1 to {MOST}")
    return limit
