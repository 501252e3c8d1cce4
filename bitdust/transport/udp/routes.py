"""
Which connection a datagram belongs to: by the name it carries, wherever it comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bitdust.transport.udp.quic import ID

if TYPE_CHECKING:
    from bitdust.transport.udp.road import Road

_LONG = 0x80


def name_in(datagram: bytes) -> bytes:
    """The name of the connection; b"" when there is none to be found."""
    if not datagram:
        return b""
    if datagram[0] & _LONG:
        return datagram[6 : 6 + datagram[5]] if len(datagram) > 6 else b""
    return datagram[1 : 1 + ID]


class Routes:
    """
    Every connection of one socket, by all its names.

    @param emptied: called when the last is over.
    """

    def __init__(self, emptied: Callable[[], object] = lambda: None) -> None:
        self._emptied = emptied
        self._roads: dict[bytes, Road] = {}
        self._names: dict[Road, set[bytes]] = {}

    def add(self, name: bytes, road: Road) -> None:
        """The connection has this name, too."""
        self._roads[name] = road
        self._names.setdefault(road, set()).add(name)

    def retire(self, name: bytes) -> None:
        """Nobody uses this name any more."""
        road = self._roads.pop(name, None)
        if road is not None:
            self._names[road].discard(name)

    def remove(self, road: Road) -> None:
        """The connection is over."""
        names = self._names.pop(road, None)
        for name in names or ():
            del self._roads[name]
        if names is not None and not self._names:
            self._emptied()

    def find(self, datagram: bytes) -> Road | None:
        """Whose it is."""
        return self._roads.get(name_in(datagram))

    def all(self) -> list[Road]:
        """Every connection."""
        return [*self._names]
