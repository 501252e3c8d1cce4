"""
directories -- what this node tells and asks beside identity servers: where nodes leave word of themselves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from bitdust.directory.address import CERTIFICATE, Address
from bitdust.directory.finding import AddressFinder
from bitdust.directory.identity_client import IdentityClient
from bitdust.directory.interface import IWhereabouts
from bitdust.directory.lan import LanBeacons
from bitdust.errors import BitDustError
from bitdust.identity.document import Document
from bitdust.identity.pinning import Pins
from bitdust.node.entangled_dht import ENABLED, EntangledDht, build_dht, is_installed
from bitdust.node.gatherings import ANSWERS, Gatherings
from bitdust.node.lan_beacons import build_lan
from bitdust.node.leaving_word import LeavingWord
from bitdust.node.own_identity import OwnIdentity
from bitdust.node.roads import may_reach
from bitdust.node.seams import Ground
from bitdust.node.views import DirectoryView
from bitdust.router.router import Router

if TYPE_CHECKING:
    from bitdust.directory.dht.session import Dht


class Directories:
    """
    Built with everything that the settings switch on; nothing is asked or told before `start`.

    @param pins: whom we know.
    @param others: the documents of those who are reached over us.
    """

    def __init__(
        self,
        ground: Ground,
        identity: OwnIdentity,
        pins: Pins,
        others: Callable[[], Awaitable[Sequence[Document]]],
    ) -> None:
        self._ground = ground
        self._identity = identity
        self._pins = pins
        self.dht: Dht | None = build_dht(ground)
        self._entangled = EntangledDht(self.dht, ground) if self.dht is not None else None
        self.whereabouts: IWhereabouts | None = ground.seams.whereabouts if ground.seams else None
        if self.dht is not None:
            from bitdust.directory.dht.whereabouts import DhtWhereabouts

            self.whereabouts = DhtWhereabouts(self.dht, may_reach(ground.settings))
        self.finder: AddressFinder | None = None
        self.word: LeavingWord | None = None
        self.gatherings: Gatherings | None = None
        self.lan: LanBeacons | None = None
        #: at which port each road listens
        self._ports: dict[str, int] = {}
        if self.whereabouts is not None:
            self.finder = AddressFinder(self.whereabouts, pins, ground.reactor, ground.wall)
            self.word = LeavingWord(
                self.whereabouts,
                identity.keys,
                lambda: identity.document,
                ground.reactor,
                ground.wall,
                others,
            )

    def join(self, router: Router) -> None:
        """@param router: what is found is tried there."""
        if self.whereabouts is not None:
            self.gatherings = Gatherings(
                self.whereabouts,
                router.call,
                partial(router.ask, within=ANSWERS),
                self._ground.reactor,
                self._ground.rng,
            )
        self.lan = build_lan(self._ground, self._identity, lambda: self._ports, router, self._pins)

    async def start(self, contacts: Sequence[str]) -> None:
        """
        Come into the networks, and begin to leave word of us.

        @param contacts: where our roads listen.
        """
        roads = (contact.partition("://")[0] for contact in contacts)
        self._ports = {
            road: int(contact.rpartition(":")[2])
            for road, contact in zip(roads, contacts, strict=True)
            if road in ("tcp", "udp")
        }
        if self.lan is not None:
            self.lan.start()
        if self._entangled is not None:
            await self._entangled.start()
        if self.word is not None:
            self.word.start()

    async def stop(self) -> None:
        """Leave them.  Nothing ticks afterwards, and no thread is left."""
        if self.lan is not None:
            await self.lan.stop()
        if self.word is not None:
            self.word.stop()
        if self._entangled is not None:
            await self._entangled.stop()

    def soon(self) -> None:
        """Our document, or one of those who are reached over us, may have changed."""
        if self.word is not None:
            self.word.soon()

    def claim(self) -> list[tuple[str, bytes]]:
        """What our document says of where we leave address records."""
        return [(CERTIFICATE, self._identity.keys.directory_public)] if self.whereabouts is not None else []

    async def views(self, servers: IdentityClient | None, untold: str) -> list[DirectoryView]:
        """
        Each directory: whether it is in use, and what came of it.

        @param servers: the identity servers as they are asked now; None: a simulation's.
        @param untold: what is wrong with telling them of us.
        """
        found = []
        if servers is not None:
            state = "ON" if servers.servers else "OFF"
            found.append(
                DirectoryView(
                    "identity-servers", state, len(servers.servers), servers.asked, servers.answered, untold
                )
            )
        return [*found, await self._dht_view(), self._lan_view()]

    async def _dht_view(self) -> DirectoryView:
        if self.dht is None or self.finder is None or self.gatherings is None or self.word is None:
            wanted = self._ground.settings.flag(ENABLED) and not is_installed()
            trouble = "libtorrent is not installed: `pip install bitdust[dht]`" if wanted else ""
            return DirectoryView("entangled-dht", "OFF", 0, 0, 0, trouble)
        try:
            nodes, trouble = (await self.dht.figures())["dht_nodes"], self.word.trouble
        except BitDustError as why:
            nodes, trouble = 0, why.message
        asked = self.finder.asked + self.gatherings.asked
        return DirectoryView(
            "entangled-dht", "ON", nodes, asked, self.finder.found + self.gatherings.found, trouble
        )

    def _lan_view(self) -> DirectoryView:
        if self.lan is None:
            return DirectoryView("lan-beacons", "OFF", 0, 0, 0, "")
        return DirectoryView(
            "lan-beacons", "ON", self.lan.known, self.lan.asked, self.lan.found, self.lan.trouble
        )

    async def address(self, document: Document) -> Address | None:
        """Where the owner of the document says he is now."""
        return await self.finder.find(document) if self.finder is not None else None
