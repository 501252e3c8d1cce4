"""
A TOML file changed in one place: comments, order and unknown keys of its owner stay as they are.

`tomllib` reads only.  What we write is read again before it counts.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from bitdust.errors import Usage

_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_.\-]+)\s*\]\s*(#.*)?")


def literal(value: bool | int | str) -> str:
    """The value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested tables as `a/b/c` keys."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            found |= flat(value, f"{key}/")
        else:
            found[key] = value
    return found


def with_value(text: str, key: str, value: bool | int | str) -> str:
    """
    The file's text with `key` (a path with slashes) set to `value`.

    @raise Usage: the file has a shape that has no place for it.
    """
    wanted = flat(tomllib.loads(text)) | {key: value}
    for changed in (_edited(text, key, value), _written(wanted)):
        if _reads_as(changed, wanted):
            return changed
    raise Usage(
        f"{key} has no place in this file", hint="set it in the file by hand, and start the node again"
    )


def _reads_as(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return flat(tomllib.loads(text)) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _edited(text: str, key: str, value: bool | int | str) -> str:
    table, _, name = key.rpartition("/")
    table = table.replace("/", ".")
    lines = text.splitlines()
    here, end = "", None
    for number, line in enumerate(lines):
        header = _HEADER.fullmatch(line)
        if header:
            here = header[1]
        if here != table:
            continue
        if re.match(rf"\s*{re.escape(name)}\s*=", line):
            lines[number] = f"{name} = {literal(value)}"
            return "\n".join(lines) + "\n"
        if line.strip():
            end = number + 1
    if end is None:
        lines += ["", f"[{table}]"] if lines else [f"[{table}]"]
        end = len(lines)
    lines.insert(end, f"{name} = {literal(value)}")
    return "\n".join(lines) + "\n"


def _written(values: dict[str, Any]) -> str:
    tables: dict[str, list[str]] = {}
    for key, value in values.items():
        table, _, name = key.rpartition("/")
        if isinstance(value, bool | int | str):
            tables.setdefault(table.replace("/", "."), []).append(f"{name} = {literal(value)}")
    return "\n".join("\n".join([f"[{table}]", *lines, ""]) for table, lines in sorted(tables.items()))
