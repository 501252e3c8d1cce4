"""Users and groups by name and number."""

from __future__ import annotations

import grp
import pwd
from types import SimpleNamespace

import pytest

from bitdust.backup import owners as owners_module
from bitdust.backup.owners import AS_IT_IS, Owners


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A machine with anna (1000) and her group (2000); what was asked of it."""
    asked: list[object] = []

    def look(known: dict[object, SimpleNamespace]):  # type: ignore[no-untyped-def]
        def find(what: object) -> SimpleNamespace:
            asked.append(what)
            return known[what]

        return find

    anna = SimpleNamespace(pw_name="anna", pw_uid=1000)
    odd = SimpleNamespace(pw_name="\udcff", pw_uid=7)
    long = SimpleNamespace(pw_name="x" * 300, pw_uid=8)
    friends = SimpleNamespace(gr_name="friends", gr_gid=2000)
    monkeypatch.setattr(pwd, "getpwuid", look({1000: anna, 7: odd, 8: long}))
    monkeypatch.setattr(pwd, "getpwnam", look({"anna": anna}))
    monkeypatch.setattr(grp, "getgrgid", look({2000: friends}))
    monkeypatch.setattr(grp, "getgrnam", look({"friends": friends}))
    return asked


def test_names(asked: list[object]) -> None:
    """Known numbers have names; unknown ones, and names that the catalog cannot take, are empty."""
    owners = Owners()
    assert (owners.user(1000), owners.group(2000)) == ("anna", "friends")
    assert [owners.user(uid) for uid in (5, 7, 8)] == ["", "", ""]
    assert owners.group(5) == ""


def test_numbers(asked: list[object]) -> None:
    """A name that is known here decides; else the number, if it can be one."""
    owners = Owners()
    assert owners.uid("anna", 1) == 1000
    assert owners.uid("bert", 1001) == 1001
    assert owners.uid("", 0) == 0
    assert owners.gid("friends", 1) == 2000
    assert owners.gid("", 3) == 3
    assert owners.uid("", 2**32 - 1) == AS_IT_IS
    assert owners.gid("", 2**60) == AS_IT_IS


def test_each_is_asked_once(asked: list[object]) -> None:
    """The system, which may ask a server, is not asked for every file."""
    owners = Owners()
    for _ in range(3):
        owners.user(1000)
        owners.user(5)
        owners.uid("bert", 5)
    assert asked == [1000, 5, "bert"]


def test_memory_is_bounded(asked: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree with millions of owners does not fill the memory."""
    monkeypatch.setattr(owners_module, "REMEMBERED", 10)
    owners = Owners()
    for uid in range(100):
        owners.user(uid)
    assert len(owners._users) <= 10


@pytest.mark.parametrize("name", ["a\0b", "ä", "\udcff", "x" * 256])
def test_any_name_from_a_catalog(name: str) -> None:
    """The system is asked for whatever the catalog says, and no name breaks it."""
    assert Owners().uid(name, 5) == 5
    assert Owners().gid(name, 5) == 5
