"""
`tcp://host:port`, `udp://host:port`: where somebody can be dialed.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from bitdust.errors import Usage

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
