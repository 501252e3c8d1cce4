"""
What a person can mean by a word on the command line: an item, a version, a path.
"""

from __future__ import annotations

import os
import re

_ID = re.compile(r"[0-9]+(/[0-9]+)*(/F[0-9]{14}(AM|PM)[0-9]*)?(:.*)?", re.DOTALL)
_VERSION = re.compile(r"/F[0-9]{14}(AM|PM)[0-9]*")


def is_id(word: str) -> bool:
    """A path ID or backup ID.  A file of such a name is written `./0`."""
    return _ID.fullmatch(word) is not None


def is_backup_id(word: str) -> bool:
    """An ID that names a version."""
    return is_id(word) and _VERSION.search(word) is not None


def absolute(path: str) -> str:
    """The path as the node, which does not know the present folder, understands it."""
    return os.path.abspath(os.path.expanduser(path))


def meant(word: str) -> str:
    """An ID as it is, anything else as an absolute path."""
    return word if is_id(word) else absolute(word)


def name_in(idurl: str) -> str:
    """The short name in an IDURL, for people."""
    return idurl.partition("#")[0].rpartition("/")[2].removesuffix(".xml") or idurl


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
