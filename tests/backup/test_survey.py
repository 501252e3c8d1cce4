"""How much there is, found by a walk that reads nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.defer import ensureDeferred as spawn

from bitdust.backup.survey import survey
from bitdust.backup.walk import Walk


def at_once(function: Any, *args: Any) -> Deferred[Any]:
    """A thread that takes no time; what the function raises comes out of the call."""
    return succeed(function(*args))


def told(root: Path) -> list[int]:
    sizes: list[int] = []
    walk = Walk(bytes(root), frozenset(), lambda: 0)
    spawn(survey(walk, at_once, sizes.append)).addErrback(lambda failure: failure.raiseException())
    return sizes


def test_all_that_is_there(tmp_path: Path) -> None:
    """The sizes of all files, also of a single one."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(bytes(1000))
    (tmp_path / "b").write_bytes(bytes(234))
    assert told(tmp_path) == [1234]
    assert told(tmp_path / "b") == [234]


def test_what_is_not_there(tmp_path: Path) -> None:
    """A root that has gone is told by whoever reads; here nothing is."""
    assert told(tmp_path / "gone") == []
