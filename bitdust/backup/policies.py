"""
policies -- what the owner wants an item to be treated like, looked at before it is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bitdust.backup.hooks import check_command
from bitdust.catalog import policies
from bitdust.catalog.policies import ItemPolicy
from bitdust.database import Database
from bitdust.errors import NotFound


@dataclass
class Policies:
    """What is said of each item of one node."""

    db: Database

    async def all(self) -> list[ItemPolicy]:
        """Of each item of which something is said."""
        return await self.db.read(policies.every)

    async def set(
        self, path_id: str, *, before: Sequence[str] | None = None, after: Sequence[str] | None = None
    ) -> ItemPolicy:
        """
        Change what is not None; empty: nothing is said of that any more.  What holds now.

        @raise Usage: it means nothing.  @raise NotFound: it is no item.
        """
        for command in (before, after):
            if command:
                check_command(command)
        return await self.db(policies.put, path_id, before, after)

    async def remove(self, path_id: str) -> None:
        """Treat the item like any other, but for its schedule.  @raise NotFound: it is, already."""
        if not await self.db(policies.remove, path_id):
            raise NotFound(f"item {path_id} has no policy", hint="`bitdust policy list` shows them")
