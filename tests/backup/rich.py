"""A tree with some of everything, and what tests of restores share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from bitdust.backup.inside import TEMPORARY
from tests.blocks.material import stuff

MIB = 2**20


def _may_give() -> bool:
    with tempfile.NamedTemporaryFile() as file:
        try:
            os.chown(file.name, 12345, 54321)
        except PermissionError:
            return False
    return True


MAY_GIVE = _may_give()


def leftovers(folder: Path) -> list[bytes]:
    return [
        name for _, _, files in os.walk(os.fsencode(folder)) for name in files if TEMPORARY.fullmatch(name)
    ]


def rich(root: Path) -> None:
    """A tree with some of everything."""
    (root / "empty").mkdir(parents=True)
    (root / "closed").mkdir()
    (root / "closed" / "inside").mkdir()
    (root / "closed" / "inside" / "file").write_bytes(b"hidden")
    (root / "large").write_bytes(stuff(9 * MIB, 5))
    (root / "nothing").touch()
    (root / "program").write_bytes(b"#!/bin/sh\n")
    (root / "program").chmod(0o6755)
    (root / "locked").write_bytes(b"read only")
    (root / "locked").chmod(0o400)
    strange = os.path.join(os.fsencode(root), b"\xff\n" + b"x" * 253)
    Path(os.fsdecode(strange)).write_bytes(b"strange")
    os.link(root / "large", root / "closed" / "second")
    os.link(root / "large", root / "third")
    os.link(root / "nothing", root / "nothing too")
    (root / "link").symlink_to("closed/inside")
    (root / "dangling").symlink_to(b"/no\xffwhere".decode("utf-8", "surrogateescape"))
    with (root / "sparse").open("wb") as file:
        file.seek(3 * MIB)
        file.write(stuff(MIB, 6))
        file.seek(2 * MIB, os.SEEK_CUR)
        file.write(b"end")
        file.truncate(20 * MIB)
    with (root / "hole").open("wb") as file:
        file.truncate(5 * MIB)
    (root / "zeros").write_bytes(bytes(MIB))
    os.setxattr(root / "large", "user.note", b"\0\xff")
    os.setxattr(root / "closed", "user.colour", b"blue")
    os.setxattr(root, "user.top", b"1")
    if MAY_GIVE:
        os.chown(root / "locked", 12345, 54321)
        os.chown(root / "link", 12345, 54321, follow_symlinks=False)
        os.chown(root / "closed" / "inside", 12345, 54321)
    (root / "closed" / "inside").chmod(0o500)
    (root / "closed").chmod(0o1770)
    for at, (folder, names, files) in enumerate(os.walk(os.fsencode(root), topdown=False)):
        for name in (*files, *names, b"."):
            when = 10**18 + at * 1_000_000_007 + len(name)
            os.utime(os.path.join(folder, name), ns=(when, when), follow_symlinks=False)


def failing(monkeypatch: pytest.MonkeyPatch, call: str, error: int) -> None:
    """From now on this call of `os` fails so."""

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, call, fail)
