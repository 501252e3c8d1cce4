"""
In which network somebody lives: what fails together, or belongs to one who only seems to be many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

#: leading bits of an address that make a network
IPV4, IPV6 = 16, 32


def networks_of(contacts: Iterable[str]) -> set[str]:
    """
    The public networks of these contacts (`tcp://HOST:PORT`), as in `203.0.0.0/16`; names and private
    addresses have none.
    """
    found = set()
    for contact in contacts:
        try:
            address = ip_address(urlsplit(contact).hostname or "")
        except ValueError:
            continue
        if address.is_global:
            bits = IPV4 if address.version == 4 else IPV6
            found.add(str(ip_network(f"{address}/{bits}", strict=False)))
    return found


def most_in_one(n: int, k: int) -> int:
    """How many of a set may live in one network, as long as there is a choice."""
    return max(1, (n - k) // 3)


def crowd(contacts: Iterable[Iterable[str]]) -> Counter[str]:
    """How many of these people, each with his contacts, live in which network."""
    return Counter(network for each in contacts for network in networks_of(each))
