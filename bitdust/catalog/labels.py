"""
Path ids, versions, backup ids: how the things of the catalog are called by people.

    0/0/1/0/0                               an item
    0/0/1/0/0/F20160313043757PM             a version of it
    0/0/1/0/0/F20160313043757PM:a/b.txt     a file in that version
    0/0/1/0/0:a/b.txt                       the same in the newest one
"""

from __future__ import annotations

import os
import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from bitdust.errors import Usage

MAX_ID, MAX_RELATIVE, MAX_DEPTH = 2048, 4096, 512

_PATH_ID = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:/(?:0|[1-9][0-9]{0,9}))*")
_LABEL = re.compile(
    r"F[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-5][0-9][0-6][0-9](?:AM|PM)[0-9]{0,9}"
)


@dataclass(frozen=True)
class BackupId:
    """What a text names: an item, a version of it (`label`), a file in that (`relative`)."""

    path_id: str
    label: str | None = None
    relative: bytes | None = None

    def __str__(self) -> str:
        text = self.path_id if self.label is None else f"{self.path_id}/{self.label}"
        return text if self.relative is None else f"{text}:{os.fsdecode(self.relative)}"


def label_of(when: datetime, taken: Container[str] = ()) -> str:
    """
    The label of a version begun at this local time; with digits behind it when that is taken.

    Twelve-hour time with AM or PM, whatever the locale says.
    """
    hour = when.hour % 12 or 12
    base = f"F{when:%Y%m%d}{hour:02d}{when:%M%S}{'AM' if when.hour < 12 else 'PM'}"
    label, number = base, 0
    while label in taken:
        number += 1
        label = f"{base}{number}"
    return label


def parse_path_id(text: str) -> str:
    """
    @raise Usage: it is not numbers joined by `/`.
    """
    if len(text) > MAX_ID or not _PATH_ID.fullmatch(text) or text.count("/") >= MAX_DEPTH:
        raise Usage(f"{_short(text)} is not a path ID", hint="a path ID is numbers joined by /, like 0/0/1")
    return text


def parse_label(text: str) -> str:
    """
    @raise Usage: it is not a version like F20160313043757PM.
    """
    if not _LABEL.fullmatch(text[:64]) or len(text) > 64:
        raise Usage(f"{_short(text)} is not a version", hint="a version looks like F20160313043757PM")
    return text


def parse(text: str) -> BackupId:
    """
    A path ID, a backup ID, or one of them with `:relative/path`; a path ID means the newest version.

    @raise Usage: it is none of them.
    """
    if len(text) > MAX_ID + MAX_RELATIVE:
        raise Usage(f"{_short(text)} is too long for an ID")
    name, colon, rest = text.partition(":")
    above, slash, last = name.rpartition("/")
    if not slash or not last.startswith("F"):
        return BackupId(parse_path_id(name), None, parse_relative(rest) if colon else None)
    relative = parse_relative(rest) if colon else None
    return BackupId(parse_path_id(above), parse_label(last), relative)


def parse_backup_id(text: str) -> BackupId:
    """
    A backup ID: what `parse` takes, with a version.

    @raise Usage: it is not one.
    """
    found = parse(text)
    if found.label is None:
        raise Usage(f"{_short(text)} names an item, not a version", hint="`bitdust ls` lists the versions")
    return found


def parse_relative(text: str) -> bytes:
    """
    The path of a file inside a version.

    @raise Usage: it is empty, absolute, or has empty, `.` or `..` components.
    """
    try:
        path = os.fsencode(text)
    except UnicodeEncodeError:
        raise Usage(f"{_short(text)} is not a path") from None
    if (
        len(path) > MAX_RELATIVE
        or b"\0" in path
        or any(part in (b"", b".", b"..") for part in path.split(b"/"))
    ):
        raise Usage(f"{_short(text)} is not a path inside a folder")
    return path


def _short(text: str) -> str:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return repr(shown)
