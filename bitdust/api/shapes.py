"""
What each method answers, written so that people, the manual and JSON Schema read the same thing.

A shape is a type (`str int float bool`), `[shape]` for a list, a dict of shapes by key for exactly these keys
(`key?` may be missing), `{str: shape}` for any keys, `object` for anything, or `Nullable(shape)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Shape = Any

_WORDS = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True)
class Nullable:
    """The shape, or null while it is not known."""

    shape: Shape


RESULT = {"result": str}
_SETTING = {"key": str, "type": str, "value": str}
_PATH = {"path": str, "path_b64?": str}
_IDENTITY = {
    "idurl": str,
    "name": str,
    "fingerprint": str,
    "sources": [str],
    "contacts": [str],
    "revision": int,
    "generation": int,
    "document": str,
}

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "stop": RESULT,
        "restart": RESULT,
        "show": RESULT,
        "gui_link": {"url": str, "seconds": int, "browser": bool},
        "process_health": {
            "state": str,
            "sentence": str,
            "survives": Nullable(int),
            "wrong": [str],
            "next": [str],
            "suppliers_online": int,
            "suppliers_hired": int,
            "suppliers_wanted": int,
            "versions": int,
            "pieces_missing": int,
        },
        "automats_list": [{"index": int, "name": str, "state": str, "timers": str}],
        "tasks_list": [
            {
                "id": int,
                "kind": str,
                "name": str,
                "path_b64?": str,
                "path_id": str,
                "version": str,
                "state": str,
                "progress": float,
                "done": int,
                "total": int,
                "files": int,
                "sent": int,
                "skipped": int,
                "error": str,
                "message": str,
            }
        ],
        "events_list": [{"id": int, "time": str, "type": str, "data": {str: object}}],
        "config_get": _SETTING,
        "config_set": {**_SETTING, "old_value": str},
        "config_list": [_SETTING],
        "backups_update": RESULT,
        "backups_list": [
            {
                "id": str,
                **_PATH,
                "size": int,
                "type": str,
                "versions": [{"blocks": int, "size": str, "version": str}],
            }
        ],
        "backups_id_list": [{"backupid": str, **_PATH, "size": str}],
        "backup_start_id": RESULT,
        "backup_start_path": RESULT,
        "backup_dir_add": RESULT,
        "backup_file_add": RESULT,
        "backup_tree_add": RESULT,
        "backup_delete_local": RESULT,
        "backup_delete_id": RESULT,
        "backup_delete_path": RESULT,
        "backups_queue": [{"created": float, "local_path": str, "path_b64?": str, "path_id": str}],
        "backups_running": [
            {
                "backup_id": str,
                "source_path": str,
                "path_b64?": str,
                "eccmap": str,
                "pipe": str,
                "block_size": int,
                "aborting": bool,
                "terminating": bool,
                "eof_state": bool,
                "reading": bool,
                "closed": bool,
                "work_blocks": int,
                "block_number": int,
                "bytes_processed": int,
                "progress": float,
                "total_size": int,
            }
        ],
        "backup_cancel_pending": RESULT,
        "backup_abort_running": RESULT,
        "excludes_list": [{"position": int, "rule": str}],
        "exclude_add": {**RESULT, "position": int},
        "exclude_remove": {**RESULT, "position": int},
        "backup_preview": {
            **_PATH,
            "files": int,
            "folders": int,
            "size": int,
            "left_out_count": int,
            "left_out_size": int,
            "left_out": [{**_PATH, "type": str, "size": int, "rule": str, "source": str}],
            "notes": [str],
        },
        "restore_single": RESULT,
        "restores_running": [
            {
                "backup_id": str,
                "creator_id": str,
                "path_id": str,
                "version": str,
                "block_number": int,
                "bytes_processed": int,
                "created": float,
                "aborted": bool,
                "done": bool,
                "eccmap": str,
                "state": str,
                "destination": str,
                "progress": float,
                "total_size": int,
            }
        ],
        "restore_abort": RESULT,
        "list_messages": [
            {
                "id": str,
                "time": float,
                "direction": str,
                "sender": str,
                "recipient": str,
                "message": str,
                "state": str,
            }
        ],
        "send_message": {
            **RESULT,
            "id": str,
            "recipient": str,
            "message": str,
            "packet": str,
            "state": str,
            "error": str,
        },
        "list_correspondents": [
            {"idurl": str, "nickname": str, "fingerprint": str, "state": str, "online": bool}
        ],
        "add_correspondent": {**RESULT, "idurl": str, "nickname": str},
        "remove_correspondent": RESULT,
        "find_peer_by_nickname": {
            **RESULT,
            "nickname": str,
            "position": int,
            "idurl": str,
            "candidates": [{"idurl": str, "fingerprint": str, "state": str, "position": int}],
        },
        "ping": {**RESULT, "idurl": str, "rtt": float, "transport": str},
        "suppliers_list": [
            {
                "position": int,
                "idurl": str,
                "fingerprint": str,
                "state": str,
                "status": str,
                "since": float,
                "connected": float,
                "rtt": Nullable(float),
                "holds": int,
                "numfiles": int,
                "transport": str,
                "uptime": Nullable(float),
                "audits": Nullable(str),
            }
        ],
        "supplier_replace": {**RESULT, "position": int, "idurl": str},
        "customers_list": [
            {
                "position": int,
                "idurl": str,
                "fingerprint": str,
                "status": str,
                "state": str,
                "granted": int,
                "used": int,
                "pieces": int,
                "since": float,
                "last_contact": float,
            }
        ],
        "space_donated": {str: int},
        "space_consumed": {str: int},
        "space_local": {str: int},
        "identity_get": _IDENTITY,
        "identity_create": _IDENTITY,
        "identity_backup": {"words": str, "path": Nullable(str), "fingerprint": str},
        "identity_recover": _IDENTITY,
    }
)


def schema_of(shape: Shape) -> dict[str, Any]:
    """
    The shape as JSON Schema.

    >>> schema_of([Nullable(int)])
    {'type': 'array', 'items': {'type': ['integer', 'null']}}
    """
    if shape is object:
        return {}
    match shape:
        case type():
            return {"type": _WORDS[shape]}
        case Nullable():
            inner = schema_of(shape.shape)
            if set(inner) == {"type"}:
                return {"type": [inner["type"], "null"]}
            return {"anyOf": [inner, {"type": "null"}]}
        case [one]:
            return {"type": "array", "items": schema_of(one)}
    if set(shape) == {str}:
        return {"type": "object", "additionalProperties": schema_of(shape[str])}
    return {
        "type": "object",
        "properties": {key.removesuffix("?"): schema_of(one) for key, one in shape.items()},
        "required": [key for key in shape if not key.endswith("?")],
        "additionalProperties": False,
    }


def words_of(shape: Shape, indent: str = "") -> str:
    """
    The shape as a person reads it.

    >>> words_of([{"id": int, "rtt": Nullable(float)}])
    'list of {\\n  "id": integer\\n  "rtt": number or null\\n}'
    """
    if shape is object:
        return "anything"
    match shape:
        case type():
            return _WORDS[shape]
        case Nullable():
            return f"{words_of(shape.shape, indent)} or null"
        case [one]:
            return f"list of {words_of(one, indent)}"
    if set(shape) == {str}:
        return f"{{any key: {words_of(shape[str], indent)}}}"
    deeper = f"{indent}  "
    lines = (
        f'{deeper}"{key.removesuffix("?")}": {words_of(one, deeper)}'
        + (" (when needed)" if key.endswith("?") else "")
        for key, one in shape.items()
    )
    return "{\n" + "\n".join(lines) + f"\n{indent}}}"


def result_schema(name: str, otherwise: dict[str, Any]) -> dict[str, Any]:
    """What the method of that name answers, as JSON Schema; `otherwise` when it has no shape here."""
    return schema_of(SHAPES[name]) if name in SHAPES else otherwise
