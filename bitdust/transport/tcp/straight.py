"""
Bytes straight into the socket, when none wait before them.

Twisted keeps what is written until the socket reports that it has room: a copy of each quarter of a megabyte,
and two changes of the list of writers.  Nearly always there is room at once.
"""

from __future__ import annotations

from typing import cast

from twisted.internet.interfaces import IPushProducer
from twisted.internet.tcp import Connection

from bitdust.transport.pump import Pump


class StraightPump(Pump):
    """TLS over a socket of Twisted's."""

    def hand_on(self, records: memoryview) -> None:
        road = cast(Connection, self.transport)
        sent: int | BaseException = 0
        # Twisted's own two places where something waits.
        if road.connected and not (road.dataBuffer or road._tempDataLen):
            sent = road.writeSomeData(records)  # type: ignore[arg-type]
        if not isinstance(sent, int):
            # The reactor meets the same error, and knows what follows from it.
            sent = 0
        if sent < len(records):
            road.write(bytes(records[sent:]))  # type: ignore[no-untyped-call]
            # What the kernel did not take waits here; Twisted would ask for `bufferSize` more.
            if road.producer is not None and not road.producerPaused:
                road.producerPaused = True
                cast(IPushProducer, road.producer).pauseProducing()
