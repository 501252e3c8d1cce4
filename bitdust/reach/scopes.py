"""
How far an address carries, and who is independent of whom.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

#: leading bits of an address that one owner may have many of
IPV4, IPV6 = 16, 32
#: not `is_private`: that takes the networks of documentation in, which laboratories and tests have as their
#: world, and leaves the providers' own (RFC 6598) out
_LOCAL = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
        "fc00::/7", "fe80::/10",
    )
)  # fmt: skip


class Scope(IntEnum):
    """Who can use an address."""

    #: nobody: it is no address of a machine
    NOBODY = 0
    #: this machine
    MACHINE = 1
    #: the network around it: a house, a provider's own
    NETWORK = 2
    #: everybody
    WORLD = 3


def scope_of(address: Address) -> Scope:
    """How far it carries."""
    if address.is_unspecified or address.is_multicast or str(address) == "255.255.255.255":
        return Scope.NOBODY
    if address.is_loopback:
        return Scope.MACHINE
    if any(address in network for network in _LOCAL if network.version == address.version):
        return Scope.NETWORK
    return Scope.WORLD


def scope_of_contact(host: str) -> Scope:
    """The same for the host of a contact; a name is chosen by its owner, for everybody."""
    try:
        return scope_of(ip_address(host))
    except ValueError:
        return Scope.WORLD


def neighbourhood(address: Address) -> str:
    """
    Whoever shares it counts once: `203.0.0.0/16`.  On one machine or in one house everybody is one.
    """
    scope = scope_of(address)
    if scope < Scope.WORLD:
        return scope.name.lower()
    bits = IPV4 if address.version == 4 else IPV6
    return str(ip_network(f"{address}/{bits}", strict=False))
