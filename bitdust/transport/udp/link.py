"""
A link over one stream of QUIC.
"""

from __future__ import annotations

from typing import ClassVar

from bitdust.transport.link import Link

SCHEME = "udp"


class UdpLink(Link):
    """The protocol on the stream."""

    transport_name: ClassVar[str] = SCHEME
