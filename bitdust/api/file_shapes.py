"""
What the file manager answers in each mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_VERSION = {
    "backupid": str,
    "label": str,
    "time": float,
    "size": str,
    "status": str,
    "state": str,
    "survives?": int,
    "incomplete?": bool,
}
_ITEM = {
    "type": str,
    "name": str,
    "id": str,
    "rights": str,
    "size": str,
    "date": str,
    "dirpath": str,
    "has_childs": bool,
    "content": str,
    "versions": [_VERSION],
    "path_b64?": str,
}
_LOCAL = {
    "name": str,
    "rights": str,
    "size": str,
    "date": str,
    "type": str,
    "dirpath": str,
    "path_b64?": str,
}
_TASK = {
    "name": str,
    "path": str,
    "id": str,
    "version": str,
    "mode": str,
    "progress": str,
    "path_b64?": str,
}
_DONE = {"success": bool, "error": None}

#: mode -> the shape of its answer
MODE_SHAPES: Mapping[str, Any] = MappingProxyType(
    {
        "config": [{"key": str, "value": str}],
        "stats": {
            "suppliers": int,
            "max_suppliers": int,
            "online_suppliers": int,
            "customers": int,
            "bytes_donated": int,
            "value_donated": str,
            "bytes_needed": int,
            "value_needed": str,
            "bytes_used_total": int,
            "value_used_total": str,
            "bytes_used_supplier": int,
            "bytes_indexed": int,
            "files_count": int,
            "folders_count": int,
            "items_count": int,
            "timestamp": float,
        },
        "list": [_ITEM],
        "listlocal": [_LOCAL],
        "listall": [_ITEM],
        "upload": [str],
        "delete": _DONE,
        "deleteversion": _DONE,
        "download": _DONE,
        "tasks": [_TASK],
        "debuginfo": {
            "debug": int,
            "automats": [{"index": int, "id": str, "name": str, "state": str}],
        },
    }
)
