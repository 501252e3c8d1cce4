"""
`tcp://host:port`, `udp://host:port`: where somebody can be dialed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from bitdust.errors import Usage

#: ports below this belong to the system's own services, somebody's mail server say: none of them is a node's
LEAST_PORT = 1024
_LONGEST = 256
_NAME = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9])?", re.ASCII)


def write_contact(scheme: str, host: str, port: int) -> str:
    """The contact of this place, on the road of that scheme."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def parse_contact(scheme: str, contact: str) -> tuple[str, int]:
    """
    Host and port.

    @raise Usage: it is no contact of the road of that scheme.
    """
    try:
        if len(contact) > _LONGEST:
            raise ValueError
        parts = urlsplit(contact)
        host, port = parts.hostname, parts.port
        if parts.scheme != scheme or not host or not port or contact != write_contact(scheme, host, port):
            raise ValueError
        if ":" in host:
            IPv6Address(host)
        elif not _NAME.fullmatch(host):
            raise ValueError
    except ValueError:
        shown = contact[:_LONGEST]
        raise Usage(f"{shown!r} is not an address of the form {scheme}://host:port") from None
    return host, port


def anywhere(_: str) -> bool:
    """Any address may be sent to."""
    return True


def is_name(host: str) -> bool:
    """Is it no address in its usual form: does the system have to say where it leads (`127.1`, too)?"""
    try:
        ip_address(host)
    except ValueError:
        return True
    return False


def place_in(contact: str) -> tuple[str, int] | None:
    """Host and port of what others say; None: it is no address of that form, and its road knows better."""
    try:
        return parse_contact(contact.partition("://")[0], contact)
    except Usage:
        return None


def is_dialable(contact: str, may_reach: Callable[[str], bool]) -> bool:
    """May a contact that others have named be dialled?"""
    place = place_in(contact)
    return place is None or (place[1] >= LEAST_PORT and may_reach(place[0]))
