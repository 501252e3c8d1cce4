r"""
Names on a terminal: what they hold never acts on it, and what is shown can be typed back.

A name may be any bytes.  Inside, what is no UTF-8 are surrogates, as everywhere in Python; in the node's
answers such a name, and one with control bytes, has a twin in base64.  On a terminal it is a word of the
shell, `$'a\xff'`.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from typing import Any

#: colours and bold, which our own output has
_COLOUR = r"\x1b\[[0-9;]*m"
_ACTING = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
_HARMFUL = re.compile(f"({_COLOUR})|[{_ACTING}]")
_ANY_HARMFUL = re.compile(f"()[{_ACTING}]")
_UNPLAIN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff'\\]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def harmless(text: str, colours: bool = False) -> str:
    r"""
    The text with control bytes, and bytes that are no UTF-8, as `\xff`; lines and tabs stay.

    @param colours: sequences that colour stay, too.

    >>> harmless("a\x1b[31mb\udcff")
    'a\\x1b[31mb\\xff'
    """
    return (_HARMFUL if colours else _ANY_HARMFUL).sub(lambda found: found[1] or _escaped(found[0]), text)


def as_json(value: object) -> str:
    """One line of JSON that every stream can carry."""
    text = json.dumps(value, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def name_of(row: Mapping[str, Any], key: str = "path") -> str:
    """The name under that key of an answer, exactly, as calls of the system and of the node take it."""
    coded = row.get(f"{key}_b64")
    return str(row[key]) if coded is None else os.fsdecode(base64.b64decode(coded))


def spelled(row: Mapping[str, Any], key: str = "path", end: str = "") -> str:
    r"""
    The name under that key of an answer as a person types it: as it is, or else `$'a\xff'` for the shell.

    @param end: what is shown behind the name; one that is empty, the top of a version, is `.`

    >>> spelled({"path": "a\ufffd", "path_b64": "Yf8="})
    "$'a\\xff'"
    """
    name = (name_of(row, key) or ".") + end
    if f"{key}_b64" not in row:
        return name
    return f"$'{_UNPLAIN.sub(lambda found: _escaped(found[0]), name)}'"


def _escaped(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
