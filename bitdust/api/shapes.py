"""
What each method answers, written so that people, the manual and JSON Schema read the same thing.

A shape is a type (`str int float bool`), None for null alone, `[shape]` for a list, a dict of shapes by key
for exactly these keys (`key?` may be missing), `{str: shape}` for any keys, `object` for anything,
`Nullable(shape)`, or `Either((shape, shape))`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from bitdust.api.file_shapes import MODE_SHAPES

Shape = Any
T = TypeVar("T")

_WORDS = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True)
class Nullable:
    """The shape, or null while it is not known."""

    shape: Shape


@dataclass(frozen=True)
class Either:
    """One of several shapes, whichever was asked for."""

    shapes: tuple[Shape, ...]


RESULT = {"result": str}
_SETTING = {"key": str, "type": str, "value": str}
_PATH = {"path": str, "path_b64?": str}
_META = {
    "type": str,
    "size": int,
    "mode": str,
    "mtime": float,
    "user": str,
    "group": str,
    "target?": str,
    "target_b64?": str,
}
_INSIDE = {"inside": str, "inside_b64?": str}
_SIGN = {
    "position": int,
    "idurl": str,
    "result": str,
    "rtt": Nullable(float),
    "transport": str,
    "error": str,
}
_SERVICE = {
    "index": int,
    "name": str,
    "state": str,
    "enabled": bool,
    "installed": bool,
    "config_path": str,
    "depends": [str],
}
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

_DRILL: Shape = {"time": float, "files": int, "bytes": int, "wrong": int, "note": str}
_TIMED = {
    **_PATH,
    "path_id": str,
    "rule": str,
    "last": float,
    "next": [float],
    "outcome": str,
    "ended": float,
    "trouble": str,
    "remedy": str,
}
_POLICY = {
    **_PATH,
    "path_id": str,
    "schedule": str,
    "before": [str],
    "after": [str],
    "keep": str,
    "excludes": [str],
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
            "network": str,
            "verified": Nullable(_DRILL),
            "durability": Nullable(
                {
                    "light": str,
                    "sentence": str,
                    "loss": float,
                    "life": float,
                    "repair": float,
                    "watched": float,
                    "lost": int,
                }
            ),
            "monitor": Nullable(
                {"state": str, "doing": str, "next_round": Nullable(float), "waits_for": str}
            ),
            "warnings": [{"what": str, "next": str}],
        },
        "automats_list": [{"index": int, "name": str, "state": str, "timers": str}],
        "tasks_pause": {**RESULT, "tasks": [int]},
        "tasks_resume": {**RESULT, "tasks": [int]},
        "tasks_cancel": RESULT,
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
                "new": int,
                "sent": int,
                "suppliers": [{"fingerprint": str, "sent": int}],
                "rate": int,
                "left": Nullable(float),
                "skipped": int,
                "error": str,
                "message": str,
                "warning": str,
                "notes": str,
            }
        ],
        "events_list": [{"id": int, "time": str, "type": str, "data": {str: object}}],
        "config_get": _SETTING,
        "config_set": {**_SETTING, "old_value": str},
        "config_list": [_SETTING],
        "config_explain": {
            **_SETTING,
            "sentence": str,
            "default": str,
            "source": str,
            "allowed": str,
            "variable": str,
            "restart": bool,
        },
        "filemanager": Either(tuple(MODE_SHAPES.values())),
        "backups_update": RESULT,
        "backups_list": [
            {
                "id": str,
                **_PATH,
                "size": int,
                "type": str,
                "versions": [
                    {
                        "blocks": int,
                        "size": str,
                        "version": str,
                        "pinned?": bool,
                        "incomplete?": bool,
                        "survives?": int,
                    }
                ],
            }
        ],
        "backups_id_list": [{"backupid": str, **_PATH, "size": str, "incomplete?": bool}],
        "backup_start_id": RESULT,
        "backup_start_path": RESULT,
        "backup_dir_add": RESULT,
        "backup_file_add": RESULT,
        "backup_tree_add": RESULT,
        "backup_delete_local": RESULT,
        "backup_delete_id": RESULT,
        "backup_delete_path": RESULT,
        "backup_undelete": {"result": str, "back": [str]},
        "backups_deleted": [{"id": str, **_PATH, "size": int, "until": float}],
        "backup_pin": RESULT,
        "backup_unpin": RESULT,
        "backups_forget": [
            {"backup_id": str, **_PATH, "time": float, "keep": bool, "reasons": [str], "removed": bool}
        ],
        "backups_clean": {
            "mostly_dead": int,
            "unreferenced": int,
            "bytes_copied": int,
            "bytes_freed": int,
            "started": bool,
        },
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
        "schedules_list": [_TIMED],
        "schedule_set": {**RESULT, **_TIMED},
        "schedule_remove": RESULT,
        "policies_list": [_POLICY],
        "policy_set": {**RESULT, **_POLICY},
        "policy_remove": RESULT,
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
        "restore_preview": {
            "backup_id": str,
            "destination": str,
            "destination_b64?": str,
            "files": int,
            "folders": int,
            "size": int,
            "there": int,
            "same": int,
            "entries": [{**_INSIDE, "type": str, "size": int, "there": str}],
        },
        "stream_begin": {**RESULT, "stream": int, "path_id": str},
        "stream_write": {"offset": int},
        "stream_end": RESULT,
        "stream_abort": RESULT,
        "verify_start": {**RESULT, "task": int},
        "drills_list": [_DRILL],
        "versions_find": {
            "found": [
                {
                    "backup_id": str,
                    "first_backup_id": str,
                    "copies": int,
                    **_PATH,
                    **_INSIDE,
                    **_META,
                }
            ],
            "after": str,
        },
        "version_list": {
            "backup_id": str,
            "time": float,
            "survives": Nullable(int),
            "lasting": str,
            "entries": [{"name": str, "name_b64?": str, **_INSIDE, **_META}],
            "after": str,
        },
        "version_read": {
            "backup_id": str,
            "time": float,
            "size": int,
            "offset": int,
            "data": str,
            "after": int,
        },
        "versions_diff": {
            "old": str,
            "new": str,
            "changes": [
                {
                    "change": str,
                    "how": [str],
                    **_INSIDE,
                    "old": Nullable(_META),
                    "new": Nullable(_META),
                }
            ],
            "added": int,
            "added_bytes": int,
            "removed": int,
            "removed_bytes": int,
            "changed": int,
            "changed_bytes": int,
            "after": str,
        },
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
        "delete_message": RESULT,
        "delete_conversation": {**RESULT, "count": int},
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
                "doubt": str,
                "notice": str,
            }
        ],
        "supplier_replace": {**RESULT, "position": int, "idurl": str},
        "supplier_change": {**RESULT, "position": int, "idurl": str, "old_idurl": str},
        "suppliers_ping": [_SIGN],
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
                "notice": str,
                "sentence": str,
                "next": str,
                "heard": Nullable(float),
                "until": Nullable(float),
            }
        ],
        "customer_reject": {**RESULT, "idurl": str},
        "customers_ping": [_SIGN],
        "relay_status": {
            **RESULT,
            "carries": bool,
            "circuits": int,
            "carried": int,
            "carried_for": [
                {
                    "idurl": str,
                    "fingerprint": str,
                    "own": bool,
                    "since": float,
                    "until": float,
                    "circuits": int,
                    "carried": int,
                }
            ],
            "uses": bool,
            "needed": bool,
            "carried_by": [
                {
                    "idurl": str,
                    "fingerprint": str,
                    "contact": str,
                    "since": float,
                    "bulk": bool,
                    "size": int,
                    "seconds": int,
                    "rate": int,
                }
            ],
        },
        "network_status": {
            "state": str,
            "reachable": str,
            "sentence": str,
            "next": [str],
            "nat": str,
            "connections": int,
            "roads": [
                {
                    "name": str,
                    "port": int,
                    "mapped": int,
                    "connections": int,
                    "seen": [{"place": str, "observers": int, "networks": int}],
                }
            ],
            "addresses": [str],
            "contacts": [str],
            "relays": [str],
        },
        "services_list": [_SERVICE],
        "service_info": _SERVICE,
        "service_start": {**RESULT, **_SERVICE},
        "service_stop": {**RESULT, **_SERVICE},
        "reconnect": RESULT,
        "directories_list": [
            {"name": str, "state": str, "knows": int, "asked": int, "found": int, "trouble": str}
        ],
        "connections_list": [
            {
                "idurl": str,
                "fingerprint": str,
                "transport": str,
                "direct": bool,
                "address": str,
                "since": float,
                "dialed": bool,
                "rtt": Nullable(float),
                "upgraded": bool,
                "tries": int,
                "next_try": Nullable(float),
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
        case None:
            return {"type": "null"}
        case type():
            return {"type": _WORDS[shape]}
        case Either():
            return {"anyOf": _once(schema_of(one) for one in shape.shapes)}
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
        case None:
            return "null"
        case type():
            return _WORDS[shape]
        case Either():
            return "\nor ".join(_once(words_of(one, indent) for one in shape.shapes))
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


def typed(shape: Shape, name: str, classes: dict[str, dict[str, str]]) -> str:
    """
    The shape as a type of Python.

    @param name: what a dict of known keys is called; one within it gets its key behind that.
    @param classes: is filled with such names, and the types of their keys.

    >>> classes = {}
    >>> typed([{"id": int, "rtt?": Nullable(float)}], "Row", classes), classes
    ('list[Row]', {'Row': {'id': 'int', 'rtt?': 'float | None'}})
    """
    if shape is object:
        return "Any"
    match shape:
        case None:
            return "None"
        case type():
            return str(shape.__name__)
        case Nullable():
            return f"{typed(shape.shape, name, classes)} | None"
        case Either():
            return "Any"
        case [one]:
            return f"list[{typed(one, name, classes)}]"
    if shape == RESULT:
        name = "Result"
    if set(shape) == {str}:
        return f"dict[str, {typed(shape[str], name, classes)}]"
    fields = {
        key: typed(one, name + key.strip("?").title().replace("_", ""), classes) for key, one in shape.items()
    }
    classes[name] = fields
    return name


def result_schema(name: str) -> dict[str, Any]:
    """What the method of that name answers, as JSON Schema."""
    return schema_of(SHAPES[name])


def result_kinds(name: str) -> list[str]:
    """The types of that answer, as JSON Schema has them: one, or several when the arguments decide."""
    schema = result_schema(name)
    return _once(one["type"] for one in schema.get("anyOf", [schema]))


def _once(several: Iterable[T]) -> list[T]:
    found: list[T] = []
    for one in several:
        if one not in found:
            found.append(one)
    return found
