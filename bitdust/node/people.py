"""
people -- everybody else: who is pinned, and how strangers are met.
"""

from __future__ import annotations

from bitdust.database import Database
from bitdust.directory.acquaintance import Acquaintances
from bitdust.directory.guarded import make_agent
from bitdust.directory.identity_client import IdentityClient
from bitdust.directory.interface import IDirectory
from bitdust.errors import NotFound
from bitdust.identity.document import Document
from bitdust.identity.pinning import Pins
from bitdust.node.seams import Ground

SERVERS = "services/identity-propagate/known-servers"


class People:
    """
    The people a node knows and can find.

    @param db: its tables are `pinning.SCHEMA`.
    """

    def __init__(self, ground: Ground, db: Database) -> None:
        self._ground = ground
        self.pins = Pins(db, ground.wall)
        self.reload()

    def reload(self) -> None:
        """Ask the identity servers that the settings name now."""
        self.servers = [_url(text) for text in self._ground.settings.several(SERVERS)]
        self.directory, self._acquaintances = self.seen_from(self.servers)

    def seen_from(self, servers: list[str]) -> tuple[IDirectory, Acquaintances]:
        """The directory as these identity servers show it."""
        ground = self._ground
        if ground.seams is not None:
            return ground.seams.directory, Acquaintances(ground.seams.directory, self.pins)
        agent = make_agent(
            ground.reactor,
            private_addresses=ground.settings.flag("services/network/private-addresses"),
            trust_root=ground.settings.file("services/identity-propagate/trust-root"),
        )
        directory = IdentityClient(agent, ground.reactor, servers)
        return directory, Acquaintances(directory, self.pins)

    def remember(self, servers: list[str]) -> None:
        """
        These identity servers were named by the user: they are asked from now on, unless others are set.
        """
        if not self._ground.settings.several(SERVERS):
            self._ground.settings.set(SERVERS, " ".join(servers))
        self.reload()

    async def meet(self, idurl: str) -> Document:
        """Fetch who bears this name now (see `Acquaintances.meet`)."""
        return await self._acquaintances.meet(idurl)

    async def candidates(self, limit: int) -> list[str]:
        """IDURLs of nodes that offer to be suppliers."""
        return await self.directory.candidates(limit)

    async def document_of(self, fingerprint: str) -> Document:
        """
        The pinned document of a peer.

        @raise NotFound: he is not known.
        """
        pinned = await self.pins.get(fingerprint)
        if pinned is None:
            raise NotFound(f"the identity {fingerprint[:20]}… is not known here")
        return pinned.document


def _url(text: str) -> str:
    return text if "://" in text else f"http://{text}"
