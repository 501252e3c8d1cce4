"""Observers with addresses, and links that claim something."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred

from bitdust.reach.claims import Claim
from bitdust.wire.place import Place, read_place


def claim(observer: str, at: str, seen: str, *, ours: bool = True) -> Claim:
    """He, at that address, sees us at that place."""
    return Claim(
        observer, Place(read_place(f"{at}:1" if ":" not in at else at).host, 1), read_place(seen), ours
    )


class Link:
    """What a standpoint looks at."""

    direct = True

    def __init__(self, who: str, place: str, seen_as: str, *, road: str = "tcp", dialed: bool = True) -> None:
        self.document: Any = SimpleNamespace(fingerprint=who, device_spkis=frozenset({who.encode()}))
        self.place, self.seen_as, self.transport_name, self.dialed = place, seen_as, road, dialed
        self.address = f"{road}://{place}"
        self._closed: Deferred[str] = Deferred()

    def closed(self) -> Deferred[str]:
        return self._closed

    def end(self) -> None:
        self._closed.callback("over")
