"""Packets that must arrive: kept on disk and repeated until the peer has answered."""

from __future__ import annotations

from bitdust.events import Signal
from bitdust.wire.packets import Packet


class Outbox:
    """Durable packets with an op id, repeated in growing pauses, and at once when the peer comes."""

    def __init__(self) -> None:
        #: (id, the answer)
        self.delivered: Signal[[int, Packet]] = Signal()
        #: (id, why)
        self.gave_up: Signal[[int, str]] = Signal()

    async def put(self, fingerprint: str, packet: Packet, deadline_seconds: float) -> int:
        """Durably kept when this answers; answers the id that `delivered` or `gave_up` will name."""
        raise NotImplementedError
