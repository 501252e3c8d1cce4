"""Our own identity on disk: there wholly or not at all, private, and never two."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from bitdust.errors import Damaged, Denied
from bitdust.identity.document import parse
from bitdust.identity.keys import DeviceKey, Keys
from bitdust.node.own_identity import DEVICE_FILE, DOCUMENT_FILE, KEY_FILE, OwnIdentity

SOURCES = ["http://ids.example.net/alice.xml"]


def rng() -> Callable[[int], bytes]:
    """Bytes that differ from call to call, the same in every run."""
    numbers = count()
    return lambda size: hashlib.shake_256(b"%d" % next(numbers)).digest(size)


def make(folder: Path) -> OwnIdentity:
    return OwnIdentity.make(folder, Keys.from_master(bytes(32)), rng(), lambda: 1.8e9, SOURCES, 1)


def test_load_what_was_made(tmp_path: Path) -> None:
    """What was made is loaded again: keys, device and document."""
    made = make(tmp_path / "identity")
    loaded = OwnIdentity.load(tmp_path / "identity", lambda: 1.8e9)
    assert loaded is not None
    assert loaded.document.raw == made.document.raw
    assert loaded.device.spki == made.device.spki
    assert loaded.keys.master == made.keys.master
    assert loaded.idurl == SOURCES[0]


def test_none_before(tmp_path: Path) -> None:
    """An empty folder, or one without the key, holds no identity."""
    assert OwnIdentity.load(tmp_path, lambda: 0.0) is None
    made = make(tmp_path / "identity")
    (made.folder / KEY_FILE).unlink()
    assert OwnIdentity.load(made.folder, lambda: 0.0) is None


def test_private(tmp_path: Path) -> None:
    """All of it is for the owner only, and a key that others can read is refused (T60)."""
    made = make(tmp_path / "identity")
    for name in (KEY_FILE, DEVICE_FILE, DOCUMENT_FILE):
        assert (made.folder / name).stat().st_mode & 0o077 == 0
    (made.folder / KEY_FILE).chmod(0o640)
    with pytest.raises(Denied, match="others can read"):
        OwnIdentity.load(made.folder, lambda: 0.0)


def test_secrets_do_not_print(tmp_path: Path) -> None:
    """Neither key shows in a representation."""
    made = make(tmp_path / "identity")
    assert "keys" not in repr(made)
    assert "device" not in repr(made).replace("device.pem", "")[:200]


def test_renew_only_when_something_changed(tmp_path: Path) -> None:
    """A new place raises the revision once and is on disk at once; the same place again changes nothing."""
    made = make(tmp_path / "identity")
    assert made.renew(["tcp://127.0.0.1:7771"], ["supplier"])
    assert not made.renew(["tcp://127.0.0.1:7771"], ["supplier"])
    assert made.document.revision == 2
    assert parse((made.folder / DOCUMENT_FILE).read_bytes()) == made.document
    assert made.document.offers == {"supplier"}


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    """A device that the document does not list is noticed."""
    made = make(tmp_path / "identity")
    other = DeviceKey.generate(lambda size: b"x" * size)
    (made.folder / DEVICE_FILE).write_bytes(other.pem)
    with pytest.raises(Damaged, match="do not belong together"):
        OwnIdentity.load(made.folder, lambda: 0.0)


def test_move_and_erase(tmp_path: Path) -> None:
    """It can be moved as a whole, and erased as a whole."""
    made = make(tmp_path / "new")
    made.move(tmp_path / "identity")
    assert not (tmp_path / "new").exists()
    assert OwnIdentity.load(tmp_path / "identity", lambda: 0.0) is not None
    made.erase()
    assert not (tmp_path / "identity").exists()
