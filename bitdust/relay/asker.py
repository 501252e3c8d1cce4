"""
Who asks something of us as a relay, and with whom he counts as one.

Names cost nothing, addresses a little: strangers of one household are one stranger, and those of one network
get at most half of what all strangers get.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bitdust import meter
from bitdust.reach import scopes
from bitdust.wire.place import read_place


@dataclass(frozen=True)
class Asker:
    """
    @param own: he is a supplier or customer of ours.
    @param place: where he is, as his link says: "host:port"; "" on a road without addresses: there his name
        stands for it.
    """

    fingerprint: str
    own: bool
    place: str = ""

    @cached_property
    def household(self) -> str:
        """An address, or a /64 of IPv6."""
        return meter.household(str(read_place(self.place).host)) if self.place else self.fingerprint

    @cached_property
    def neighbourhood(self) -> str:
        """A network that one owner may have all of."""
        return scopes.neighbourhood(read_place(self.place).host) if self.place else self.fingerprint
