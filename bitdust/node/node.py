"""class Node: builds every part, joins them, on one screen."""

from __future__ import annotations

from bitdust.backup.backups import Backups
from bitdust.machines import Machines
from bitdust.node.views import (
    CustomerView,
    Health,
    IdentityView,
    KitView,
    Pong,
    Replacing,
    SupplierView,
)


class Node:
    """One user's node."""

    machines: Machines

    @property
    def backups(self) -> Backups:
        """@raise NoIdentity: there is no identity yet."""
        raise NotImplementedError

    def stop(self) -> None:
        """Begin to end, a moment from now: the answer to whoever asked goes out first."""
        raise NotImplementedError

    def restart(self, show: bool) -> None:
        """Begin to end and start anew, a moment from now."""
        raise NotImplementedError

    async def health(self) -> Health:
        """The state of everything in one sentence, and its parts."""
        raise NotImplementedError

    async def suppliers_list(self) -> list[SupplierView]:
        """The present supplier set."""
        raise NotImplementedError

    async def supplier_replace(self, index_or_idurl: str) -> Replacing:
        """Replace a supplier, named by position or IDURL."""
        raise NotImplementedError

    async def customers_list(self) -> list[CustomerView]:
        """Who keeps pieces here."""
        raise NotImplementedError

    async def space_donated(self) -> dict[str, int]:
        """Bytes: donated, consumed (promised), used, real (on disk), free; and how many customers."""
        raise NotImplementedError

    async def space_consumed(self) -> dict[str, int]:
        """Bytes needed, used, free at the suppliers, in all and per supplier."""
        raise NotImplementedError

    async def space_local(self) -> dict[str, int]:
        """Bytes this node's own folders take: spool, catalog, customers; and what is free."""
        raise NotImplementedError

    async def ping(self, idurl: str, timeout: float) -> Pong:
        """Ask a peer for a sign of life."""
        raise NotImplementedError

    async def identity_get(self) -> IdentityView:
        """@raise NoIdentity: there is none yet."""
        raise NotImplementedError

    async def identity_create(self, name: str, servers: list[str]) -> IdentityView:
        """Make the identity and publish it at these identity servers (default: those of the settings)."""
        raise NotImplementedError

    async def identity_backup(self, path: str | None, passphrase: str | None) -> KitView:
        """The recovery kit, as words and, with a path, as a file."""
        raise NotImplementedError

    async def identity_recover(self, kit: str, seeds: list[str], passphrase: str | None) -> IdentityView:
        """Bring an identity back from its kit (24 words, or the path of the file), with its catalog."""
        raise NotImplementedError
