"""
A place: `host:port`, as one end of a link sees the other.

Unlike a contact it has no road and no name: an address of numbers, `203.0.113.7:7771` or
`[2001:db8::7]:7771`, written in one way only.  IPv4 inside IPv6 is IPv4; the zone of a link-local address
means nothing to others and is not written.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from bitdust.errors import RemoteFault

#: bytes of the longest place
LONGEST = 47


@dataclass(frozen=True)
class Place:
    """Where somebody is."""

    host: IPv4Address | IPv6Address
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.host.version == 6 else f"{self.host}:{self.port}"


def place_of(host: str, port: int) -> Place | None:
    """The place of an address as the system gives it; None when that is a name."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return Place(getattr(address, "ipv4_mapped", None) or address, port)


def read_place(text: str) -> Place:
    """
    What was written of a place.

    @raise RemoteFault: it is none.
    """
    host, _, port = text.rpartition(":")
    place = place_of(host.strip("[]"), int(port)) if port.isdecimal() and len(text) <= LONGEST else None
    if place is None or not 0 < place.port < 65536 or str(place) != text:
        raise RemoteFault(f"{text[:LONGEST]!r} is not a place of the form host:port")
    return place
