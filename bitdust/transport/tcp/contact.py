"""
`tcp://host:port`: where somebody can be dialed.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from bitdust.errors import Usage

SCHEME = "tcp"
_LONGEST = 256
_NAME = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9])?", re.ASCII)


def write_contact(host: str, port: int) -> str:
    """The contact of this place."""
    return f"{SCHEME}://[{host}]:{port}" if ":" in host else f"{SCHEME}://{host}:{port}"


def parse_contact(contact: str) -> tuple[str, int]:
    """
    Host and port.

    @raise Usage: it is no contact of this road.
    """
    try:
        if len(contact) > _LONGEST:
            raise ValueError
        parts = urlsplit(contact)
        host, port = parts.hostname, parts.port
        if parts.scheme != SCHEME or not host or not port or contact != write_contact(host, port):
            raise ValueError
        if ":" in host:
            IPv6Address(host)
        elif not _NAME.fullmatch(host):
            raise ValueError
    except ValueError:
        shown = contact[:_LONGEST]
        raise Usage(f"{shown!r} is not an address of the form tcp://host:port") from None
    return host, port
