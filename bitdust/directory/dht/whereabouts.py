"""Leaving word and gathering in the DHT: what is put there, and what of its answers may go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.logger import Logger
from zope.interface import implementer

from bitdust.directory.address import check_address
from bitdust.directory.dht.session import Dht
from bitdust.directory.interface import IWhereabouts
from bitdust.errors import TryLater, Usage
from bitdust.identity.keys import Keys
from bitdust.transport.contact import is_dialable, write_contact

#: what keeps our items apart from what else is signed with the key
SALT = b"bitdust address 1"
#: the roads that an address from a gathering may lead over: BEP 5 knows no more than host and port
ROADS = ("tcp", "udp")
#: ports that one node is announced with
MOST_PORTS = 4


@implementer(IWhereabouts)
class DhtWhereabouts:
    """@param may_reach: may a host that an answer names be sent to?"""

    _log = Logger()

    def __init__(self, dht: Dht, may_reach: Callable[[str], bool]) -> None:
        self._dht = dht
        self._may_reach = may_reach

    async def leave(self, keys: Keys, record: bytes) -> None:
        check_address(keys.directory_public, record)
        taken = await self._dht.put(keys.directory_secret, keys.directory_public, SALT, record)
        if not taken:
            raise TryLater("no node of the DHT took the address record")

    async def look(self, public: bytes) -> bytes | None:
        best: tuple[int, bytes] | None = None
        for raw in await self._dht.get(public, SALT):
            try:
                found = (check_address(public, raw), raw)
            except Usage as why:
                self._log.info("the DHT shows what is no address record: {why}", why=why.message)
                continue
            best = found if best is None else max(best, found)
        return None if best is None else best[1]

    async def gather(self, topic: bytes, contacts: Sequence[str]) -> None:
        # The host is that from which our datagrams come; all that is said here is the port.
        ports = dict.fromkeys(_port(contact) for contact in contacts if contact.partition(":")[0] in ROADS)
        for port in list(ports)[:MOST_PORTS]:
            self._dht.gather(topic, port)

    async def gathered(self, topic: bytes) -> list[tuple[str, ...]]:
        places = await self._dht.gathered(topic)
        found = (tuple(write_contact(road, *place) for road in ROADS) for place in places)
        return [each for each in found if all(is_dialable(contact, self._may_reach) for contact in each)]


def _port(contact: str) -> int:
    return int(contact.rpartition(":")[2])
