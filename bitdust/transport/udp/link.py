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

    def rtt(self) -> float | None:
        took: float | None = self.transport.rtt()  # type: ignore[union-attr]
        return took

    def under_way(self) -> int:
        return int(self.transport.under_way())  # type: ignore[union-attr]
