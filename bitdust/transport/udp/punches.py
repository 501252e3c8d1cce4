"""
Datagrams that open routers: both ends of a round send them to each other, until one comes through.

    20 datagrams of 18 bytes, one every 100 ms, to each of at most 4 places in turn

Who gets one answers it, so that a router is opened to the port that another router has really given.  They go
to the hosts that the peer has named and to no other, and so few that nobody can turn them against anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from bitdust.transport.udp.socket import Address, Datagram
from bitdust.wire.place import Place

#: no packet of QUIC begins like that (RFC 9443)
_MARK = 0x04
_ASK, _ANSWER = 0, 1
#: bytes of the number that both ends of a round know, and nobody else
SECRET = 16
_SIZE = 2 + SECRET
#: seconds between two of them, how many there are, and to how many places they go
EVERY, TIMES, PLACES = 0.1, 20, 4
#: answers that are given at most
_ANSWERS = 40


def secret_in(datagram: bytes) -> bytes | None:
    """The number of the round; None: it is no such datagram."""
    if len(datagram) != _SIZE or datagram[0] != _MARK or datagram[1] not in (_ASK, _ANSWER):
        return None
    return datagram[2:]


class Punches:
    """
    One end of one round.

    @param heard: called when one has come, with the place it came from.
    """

    def __init__(
        self,
        clock: IReactorTime,
        send: Callable[[Sequence[Datagram]], None],
        places: Sequence[Place],
        secret: bytes,
        heard: Callable[[Address], None],
    ) -> None:
        self._clock, self._send, self._heard = clock, send, heard
        meant = [(str(place.host), place.port) for place in places[:PLACES]]
        self._hosts = {host for host, _ in meant}
        # Who names more places than one does not get more datagrams for it.
        self._next = cycle(meant)
        self._secret = secret
        self._left, self._answers = TIMES, _ANSWERS
        self._timer: IDelayedCall | None = None

    def begin(self) -> None:
        """Send the first, and go on."""
        self._timer = None
        self._send([self._datagram(_ASK, next(self._next))])
        self._left -= 1
        if self._left:
            self._timer = self._clock.callLater(EVERY, self.begin)

    def stop(self) -> None:
        """Send no more."""
        self._answers = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def came(self, datagram: bytes, address: Address) -> None:
        """One of this round."""
        if address[0] not in self._hosts:
            return
        if datagram[1] == _ASK and self._answers:
            self._answers -= 1
            self._send([self._datagram(_ANSWER, address)])
        self._heard(address)

    def _datagram(self, kind: int, to: Address) -> Datagram:
        return bytes((_MARK, kind)) + self._secret, to
