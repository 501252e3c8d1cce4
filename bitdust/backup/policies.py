"""
policies -- what the owner wants an item to be treated like, looked at before it is written down.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from bitdust.backup.excludes import check_rule
from bitdust.backup.hooks import check_command
from bitdust.backup.retention import Policy
from bitdust.catalog import policies
from bitdust.catalog.policies import Change, ItemPolicy
from bitdust.database import Database
from bitdust.errors import NotFound, Usage

#: rules of one item at most
MOST_RULES = 200


@dataclass
class Policies:
    """What is said of each item of one node."""

    db: Database

    async def all(self) -> list[ItemPolicy]:
        """Of each item of which something is said."""
        return await self.db.read(policies.every)

    async def of(self, path_id: str) -> ItemPolicy:
        """What is said of the item, which may be nothing.  @raise NotFound: there is no such item."""
        return await self.db.read(policies.of, path_id)

    async def set(self, path_id: str, change: Change) -> ItemPolicy:
        """
        Say this from now on.  What holds now.  Of what is kept, too, stays what is not named.

        @raise Usage: it means nothing.  @raise NotFound: it is no item.
        """
        for command in (change.before, change.after):
            if command:
                check_command(command)
        if len(change.excludes or ()) > MOST_RULES:
            raise Usage(
                f"an item has at most {MOST_RULES} rules of its own",
                hint="write them into a file .bitdustignore in the folder",
            )
        for rule in change.excludes or ():
            check_rule(rule)
        if change.keep:
            Policy.parse(change.keep)

        def put(c: sqlite3.Connection) -> ItemPolicy:
            if not change.keep:
                return policies.put(c, path_id, change)
            keep = Policy.parse(f"{policies.of(c, path_id).keep} {change.keep}")
            return policies.put(c, path_id, replace(change, keep=str(keep)))

        return await self.db(put)

    async def remove(self, path_id: str) -> None:
        """Treat the item like any other, but for its schedule.  @raise NotFound: it is, already."""
        if not await self.db(policies.remove, path_id):
            raise NotFound(f"item {path_id} has no policy", hint="`bitdust policy list` shows them")
