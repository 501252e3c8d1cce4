"""
The file manager: one method with eleven modes, for pages and programs that browse, back up and restore.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bitdust.api.browsed import item_fields, local_fields, task_fields
from bitdust.api.registry import method
from bitdust.api.results import backup_id, local_path, path_id, shown, split_backup_id
from bitdust.config.sizes import format_size
from bitdust.errors import Usage

if TYPE_CHECKING:
    from bitdust.node.node import Node

#: local files of one answer, unless fewer are asked for
_PAGE = 1000
_LONGEST_PAGE = 10_000

Params = Mapping[str, Any]


@method(changes=True)
async def filemanager(node: Node, json_request: dict[str, Any] | str) -> Any:
    """
    Browse, back up, restore and delete, as a page of files does: `{"params": {"mode": "list", "path": "/"}}`.

    Modes: `config`, `stats`, `list` (path), `listlocal` (path, onlyFolders), `listall`, `upload` (path),
    `delete` (id), `deleteversion` (backupid), `download` (backupid, dest_path), `tasks`, `debuginfo`.  The
    lists take `limit` and `after` (the id, or the name, of the last one seen); a `path_b64` stands in for any
    path.  `tasks` with `downloads` tells of restores too; `list` and `listall` with `survives` how many more
    suppliers each version may lose.

    @param json_request: the request, or its JSON text.
    """
    params = _params(json_request)
    mode = params.get("mode")
    if not isinstance(mode, str):
        raise Usage("the request names no mode", hint=f"modes are {', '.join(MODES)}")
    if mode not in MODES:
        raise Usage(f"mode {mode[:40]!r} not found", hint=f"modes are {', '.join(MODES)}")
    return await MODES[mode](node, params)


async def _config(node: Node, params: Params) -> list[Any]:
    return [{"key": "homepath", "value": shown(os.fsencode(os.path.expanduser("~")))}]


async def _stats(node: Node, params: Params) -> dict[str, Any]:
    browsing, health = node.backups.browsing, await node.health()
    counts, used = await browsing.counts(), await browsing.used()
    gives = node.settings.flag("services/supplier/enabled")
    donated = node.settings.number("services/supplier/donated-space") if gives else 0
    needed = node.settings.number("services/customer/needed-space")
    return {
        "suppliers": health.suppliers_hired,
        "max_suppliers": health.suppliers_wanted,
        "online_suppliers": health.suppliers_online,
        "customers": len(await node.customers_list()),
        "bytes_donated": donated,
        "value_donated": format_size(donated),
        "bytes_needed": needed,
        "value_needed": format_size(needed),
        "bytes_used_total": used,
        "value_used_total": format_size(used),
        "bytes_used_supplier": used // health.suppliers_hired if health.suppliers_hired else 0,
        "bytes_indexed": max(0, counts.size),
        "files_count": counts.files,
        "folders_count": counts.folders,
        "items_count": counts.items,
        "timestamp": float(node.now()),
    }


async def _list(node: Node, params: Params) -> list[Any]:
    after = params.get("after")
    number = -1
    if after is not None:
        number = int(path_id(str(after)).rpartition("/")[2])
    found = await node.backups.browsing.children(_place(params, "/"), number, _limit(params, None))
    return [item_fields(item, *_under_way(node), _flag(params, "survives")) for item in found]


async def _list_all(node: Node, params: Params) -> list[Any]:
    after = params.get("after")
    found = await node.backups.browsing.with_versions(
        None if after is None else path_id(str(after)), _limit(params, None)
    )
    return [item_fields(item, *_under_way(node), _flag(params, "survives")) for item in found]


async def _list_local(node: Node, params: Params) -> list[Any]:
    after = b""
    if params.get("after_b64") is not None:
        after = os.path.basename(_bytes(params["after_b64"], "after_b64"))
    elif params.get("after") is not None:
        after = _encoded(_text(params, "after"), "after")
    found = await node.backups.browsing.local(
        _local(params, "/"),
        only_folders=_flag(params, "onlyFolders"),
        after=after,
        limit=_limit(params, _PAGE) or _PAGE,
    )
    return [local_fields(entry) for entry in found]


async def _upload(node: Node, params: Params) -> list[Any]:
    path = _local(params, None)
    known = await node.backups.browsing.at(os.path.normpath(path))
    started = await node.backups.start_path(os.fsdecode(path))
    item = await node.backups.browsing.item(started.path_id)
    told = [f"backup started: {started.path_id}"]
    if known is None or known.type != item.type:
        kind = "file" if item.type == "file" else "folder"
        told.insert(0, f"new {kind} was added: {started.path_id}, local path is {shown(started.path)}")
    return told


async def _delete(node: Node, params: Params) -> dict[str, Any]:
    await node.backups.delete(path_id(_text(params, "id")))
    return _done()


async def _delete_version(node: Node, params: Params) -> dict[str, Any]:
    await node.backups.delete(backup_id(_text(params, "backupid")))
    return _done()


async def _download(node: Node, params: Params) -> dict[str, Any]:
    what = _text(params, "backupid")
    version, colon, inside = what.partition(":")
    backup_id(version)
    item = await node.backups.browsing.item(split_backup_id(version)[0])
    target = os.path.join(item.path, _encoded(inside, "backupid")) if colon else item.path
    place = None
    if params.get("dest_path") or params.get("dest_path_b64"):
        place = os.path.normpath(_local(params, None, "dest_path"))
        # To where it came from: that is a restore in place.
        place, target = (
            (None, target) if place == target else (place, os.path.join(place, target.lstrip(b"/")))
        )
    if any((job.backup_id, job.destination) == (version, target) for job in node.backups.restoring()):
        return _done()
    await node.backups.restore(what, None if place is None else os.fsdecode(place))
    return _done()


async def _tasks(node: Node, params: Params) -> list[Any]:
    backups = node.backups
    told = [
        task_fields(job.path, *split_backup_id(job.backup_id), progress=job.progress)
        for job in backups.running()
    ]
    told += [task_fields(turn.path, turn.path_id, "", 0.0) for turn in backups.queue()]
    if _flag(params, "downloads"):
        told += [
            task_fields(job.destination, *split_backup_id(job.backup_id), progress=job.progress, mode="down")
            for job in backups.restoring()
        ]
    return told


async def _debug_info(node: Node, params: Params) -> dict[str, Any]:
    return {
        "debug": node.settings.number("logs/debug-level"),
        "automats": [
            {"index": row.index, "id": row.name, "name": row.name.partition("(")[0], "state": row.state}
            for row in node.machines.rows.values()
        ],
    }


#: what each mode does
MODES: Mapping[str, Callable[[Any, Params], Awaitable[Any]]] = MappingProxyType(
    {
        "config": _config,
        "stats": _stats,
        "list": _list,
        "listlocal": _list_local,
        "listall": _list_all,
        "upload": _upload,
        "delete": _delete,
        "deleteversion": _delete_version,
        "download": _download,
        "tasks": _tasks,
        "debuginfo": _debug_info,
    }
)


def _done() -> dict[str, Any]:
    return {"success": True, "error": None}


def _under_way(node: Node) -> tuple[dict[str, float], dict[str, float]]:
    """How far the backups and the restores are, by backup ID."""
    return (
        {job.backup_id: job.progress for job in node.backups.running()},
        {job.backup_id: job.progress for job in node.backups.restoring()},
    )


def _params(request: dict[str, Any] | str) -> Params:
    if isinstance(request, str):
        # The command line reads the list of methods, and starts faster without this.
        from bitdust.api.publish.bounded import Unreadable, read_json

        try:
            request = read_json(request.encode())
        except (Unreadable, UnicodeEncodeError) as wrong:
            raise Usage(f"json_request is {wrong}") from None
    params = request.get("params") if isinstance(request, dict) else None
    if not isinstance(params, dict):
        raise Usage('json_request must be an object like {"params": {"mode": "stats"}}')
    return params


def _text(params: Params, name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str) or not value:
        raise Usage(f"mode {params['mode']} needs {name}, a text")
    return value


def _flag(params: Params, name: str) -> bool:
    value = params.get(name)
    if value is None or str(value).lower() in ("", "0", "false"):
        return False
    if str(value).lower() in ("1", "true"):
        return True
    raise Usage(f"{name} must be true or false")


def _limit(params: Params, otherwise: int | None) -> int | None:
    value = params.get("limit")
    if value is None:
        return otherwise
    if (
        isinstance(value, bool)
        or not str(value).isdecimal()
        or not 1 <= int(str(value)[:10]) <= _LONGEST_PAGE
    ):
        raise Usage(f"limit must be a number from 1 to {_LONGEST_PAGE}")
    return int(value)


def _place(params: Params, otherwise: str) -> bytes:
    """A path in the catalog: nothing on the disk needs to be there."""
    if params.get("path_b64") is not None:
        return _bytes(params["path_b64"], "path_b64")
    path = params.get("path")
    if path is None or path == "":
        path = otherwise
    if not isinstance(path, str):
        raise Usage("path must be a text")
    return _encoded(os.path.expanduser(path), "path")


def _local(params: Params, otherwise: str | None, name: str = "path") -> bytes:
    """A path of this machine, absolute.  `otherwise` in the place of an empty one; None: it must be there."""
    if params.get(f"{name}_b64") is not None:
        path = _bytes(params[f"{name}_b64"], f"{name}_b64")
        return _encoded(local_path(os.fsdecode(path), name), name)
    text = params.get(name) or otherwise
    if text is None:
        text = _text(params, name)
    if not isinstance(text, str):
        raise Usage(f"{name} must be a text")
    return _encoded(local_path(text, name), name)


def _encoded(text: str, name: str) -> bytes:
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        raise Usage(f"{name} is no text that could be a path") from None


def _bytes(value: object, name: str) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise Usage(f"{name} must be base64") from None
