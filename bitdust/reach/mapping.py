"""
What kind of router stands before us, as far as UDP shows: whether one socket has one place in the world.

Only links that are up and that we dialled count, all from one socket.  Observers count by their address here
and not by their neighbourhood, since a router tells them apart by that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from enum import Enum

from bitdust.reach.claims import Claim
from bitdust.reach.scopes import Address, Scope


class Mapping(Enum):
    """What a router makes of our socket."""

    UNKNOWN = "unknown"
    #: there is none: others see the socket's own address
    NONE = "none"
    #: the same outer port whomever we talk to: who knows it can try to come in
    KEPT = "endpoint-independent"
    #: another outer port for everyone: what one sees is of no use to another
    CHANGING = "endpoint-dependent"


def mapping_of(claims: Iterable[Claim], own: Collection[Address]) -> Mapping:
    """
    What these claims come to, made on links that are up.

    @param own: the addresses of this machine.
    """
    seen: dict[tuple[object, ...], set[Address]] = defaultdict(set)
    observers: set[Address] = set()
    for claim in claims:
        if claim.ours and claim.scope is Scope.WORLD and claim.seen.host.version == 4:
            seen[claim.seen.host, claim.seen.port].add(claim.at.host)
            observers.add(claim.at.host)
    most = max((len(by) for by in seen.values()), default=0)
    if any(place[0] in own for place in seen):
        return Mapping.NONE
    if most >= 2:
        # One who says otherwise is wrong, or lies: by chance no two see the same port.
        return Mapping.KEPT
    return Mapping.CHANGING if len(observers) >= 2 else Mapping.UNKNOWN
