"""
How values look to those who ask: names that can be shown, paths and ids that can be meant.
"""

from __future__ import annotations

import base64
import os
import re

from bitdust.errors import Usage

_PATH_ID = re.compile(r"[0-9]{1,10}(/[0-9]{1,10}){0,1000}")
_BACKUP_ID = re.compile(r"([0-9]{1,10}(?:/[0-9]{1,10}){0,1000})/(F[0-9]{14}(?:AM|PM)[0-9]{0,10})")
_UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LONGEST = 32768


def shown(name: bytes) -> str:
    """The name as text; what cannot be shown becomes U+FFFD."""
    return showable(name.decode("utf-8", "replace"))


def showable(text: str) -> str:
    """The text without control characters and lone surrogates."""
    return _UNSHOWABLE.sub("\ufffd", text)


def carriable(text: str) -> str:
    """The text, lines and all, without what XML cannot carry."""
    return _UNCARRIABLE.sub("\ufffd", text)


def path_fields(path: bytes, key: str = "path", coded: str = "path_b64") -> dict[str, str]:
    """The path under `key`; and, when showing it lost something, its bytes in base64 under `coded`."""
    text = shown(path)
    fields = {key: text}
    if text.encode() != path:
        fields[coded] = base64.b64encode(path).decode()
    return fields


def local_path(text: str, name: str) -> str:
    """
    An absolute path on the node's machine, `~` replaced.

    @raise Usage: it is relative, empty or impossible.
    """
    if len(text) > _LONGEST or "\0" in text:
        raise Usage(f"{name} is no path")
    path = os.path.expanduser(text)
    if not os.path.isabs(path):
        raise Usage(
            f"{name} must be an absolute path or begin with ~, and {text[:100]!r} does not",
            hint="the node does not know the folder you are in; the command line completes paths by itself",
        )
    return path


def path_id(text: str) -> str:
    """@raise Usage: it is not a path ID."""
    if len(text) > _LONGEST or not _PATH_ID.fullmatch(text):
        raise Usage(f"{text[:100]!r} is not a path ID", hint="a path ID looks like 0/0/1/0/0")
    return text


def backup_id(text: str) -> str:
    """@raise Usage: it is not a backup ID."""
    if len(text) > _LONGEST or not _BACKUP_ID.fullmatch(text):
        raise Usage(
            f"{text[:100]!r} is not a backup ID", hint="a backup ID looks like 0/0/1/0/0/F20160313043757PM"
        )
    return text


def path_id_or_backup_id(text: str) -> str:
    """@raise Usage: it is neither."""
    if len(text) > _LONGEST or not (_PATH_ID.fullmatch(text) or _BACKUP_ID.fullmatch(text)):
        raise Usage(
            f"{text[:100]!r} is neither a path ID nor a backup ID",
            hint="they look like 0/0/1/0/0 and 0/0/1/0/0/F20160313043757PM",
        )
    return text


def split_backup_id(text: str) -> tuple[str, str]:
    """Path ID and version."""
    item, _, version = text.partition(":")[0].rpartition("/")
    return item, version


def ping_seconds(timeout: float) -> float:
    """@raise Usage: nobody waits for so long, or so short."""
    if not 0 < timeout <= 600:
        raise Usage("timeout must be more than 0 and at most 600 seconds")
    return timeout
