"""
Users and groups by name and by number.

Numbers differ from machine to machine; where a name is known it decides.
"""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K", str, int)
V = TypeVar("V", str, int)

#: answers that are remembered of each kind, and the longest name that is believed
REMEMBERED, LONGEST = 4096, 256

#: for `chown`: leave it as it is
AS_IT_IS = -1


class Owners:
    """Asks the system, and remembers what it said."""

    def __init__(self) -> None:
        self._users: dict[int, str] = {}
        self._groups: dict[int, str] = {}
        self._uids: dict[str, int] = {}
        self._gids: dict[str, int] = {}

    def user(self, uid: int) -> str:
        """The name of a user; "" when he has none."""
        return _remember(self._users, uid, lambda uid: _name(pwd.getpwuid(uid).pw_name), "")

    def group(self, gid: int) -> str:
        """The name of a group; "" when it has none."""
        return _remember(self._groups, gid, lambda gid: _name(grp.getgrgid(gid).gr_name), "")

    def uid(self, name: str, number: int) -> int:
        """Who that is on this machine: the user of this name, else of this number."""
        found = _remember(self._uids, name, lambda name: pwd.getpwnam(name).pw_uid, AS_IT_IS) if name else -1
        return _number(number) if found == AS_IT_IS else found

    def gid(self, name: str, number: int) -> int:
        """The group of this name on this machine, else of this number."""
        found = _remember(self._gids, name, lambda name: grp.getgrnam(name).gr_gid, AS_IT_IS) if name else -1
        return _number(number) if found == AS_IT_IS else found


def _remember(known: dict[K, V], asked: K, ask: Callable[[K], V], unknown: V) -> V:
    if asked not in known:
        if len(known) >= REMEMBERED:
            known.clear()
        try:
            known[asked] = ask(asked)
        except (KeyError, ValueError, OverflowError):
            known[asked] = unknown
    return known[asked]


def _name(name: str) -> str:
    # The catalog takes UTF-8 of a bounded length.
    name.encode()
    return name if len(name) <= LONGEST else ""


def _number(number: int) -> int:
    return number if 0 <= number < 2**32 - 1 else AS_IT_IS
