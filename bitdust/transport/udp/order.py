"""
Packets in the order they were sent in, on roads where they overtake each other.

    in order, whoever is missing is lost --one comes late--> whoever is missing is waited for
                  '--none has come late for a while--------------'

QUIC takes a packet for lost when three later ones have come (RFC 9002, 6.1.1); its library has no other
measure, does not notice what it took for lost in vain, and slows down each time: 30 ms of disorder on a road
of 80 ms left one part in sixty of the speed.  So who receives waits before he shows QUIC what has overtaken
others, as mobile networks do it, and for about as long as packets were seen to come late.  On a road that
keeps its order nothing waits, however much it loses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from bitdust.transport.udp.socket import Datagram

#: seconds that one waits while nothing is known of the road, how long that is, and the most that one waits
FIRST, UNKNOWN, MOST = 0.05, 1.0, 0.1
#: how much the latest lateness counts in the mean and in the deviation, and how many deviations are waited
#: beyond the mean; as QUIC reckons how long an answer may take (RFC 9002, 5.3), but with 6 for its 4: what is
#: taken for lost costs more than what waits
_IN_MEAN, _IN_SWING, _SWINGS = 1 / 8, 1 / 4, 6
#: seconds after the last that came late in which the road is believed to keep no order
REMEMBERED = 10.0
#: seconds after which who is missing will not come
FORGOTTEN = 1.0
#: packets that wait at most, and how far ahead one may be to be waited for: more than a window of QUIC holds
FULL = 2048
#: of a gap as many as are missed, its last: numbers are read before anybody has proved that they are true
MISSED = 256
#: numbers out of reach that come behind each other, until they are taken for a new beginning
ASTRAY = 3


class Order:
    """
    Of what comes on one connection.

    @param read: the numbers of packets, see `Numbers.read`.
    """

    def __init__(self, read: Callable[[Sequence[bytes], int], list[int | None]], now: float) -> None:
        self._read = read
        #: the number after the highest that has come, and the lowest that is still waited for; those before
        #: the first came with the handshake
        self._expected = self._next = 0
        self._has_begun = False
        self._astray = 0
        self._waiting: dict[int, Datagram] = {}
        #: until when each waits, in the order they came in
        self._until: deque[tuple[float, int]] = deque()
        #: who is missing, and since when
        self._missing: dict[int, float] = {}
        #: how late they come, in the mean and more or less, and until when that is believed
        self._mean, self._swing = 0.0, FIRST / _SWINGS
        self._believed_until = now + UNKNOWN

    def take(self, datagrams: Sequence[Datagram], now: float) -> Sequence[Datagram]:
        """What came in one turn; answers whose turn it is."""
        patience = self._patience(now)
        if not self._has_begun and not self._begin(datagrams):
            return datagrams
        if not self._waiting and not patience and self._follow(datagrams):
            return datagrams
        out: list[Datagram] = []
        numbers = self._read([data for data, _ in datagrams], self._expected)
        for number, datagram in zip(numbers, datagrams, strict=True):
            if number is None or self._is_astray(number):
                out.append(datagram)
                continue
            self._note(number, now)
            if number < self._next:
                out.append(datagram)
            elif number not in self._waiting:
                self._waiting[number] = datagram
                self._until.append((now + patience, number))
        out.extend(self.overdue(now))
        return out

    def due(self) -> float | None:
        """When `overdue` has something."""
        return self._until[0][0] if self._until else None

    def overdue(self, now: float) -> list[Datagram]:
        """What has waited long enough, and all that was sent before it or follows it without a gap."""
        end = self._next
        while self._until and (self._until[0][0] <= now or len(self._waiting) > FULL):
            end = max(end, self._until.popleft()[1] + 1)
        ready = sorted(number for number in self._waiting if number < end)
        while end in self._waiting:
            ready.append(end)
            end += 1
        self._next = end
        if not self._waiting or len(ready) == len(self._waiting):
            self._until.clear()
        return [self._waiting.pop(number) for number in ready]

    def _begin(self, datagrams: Sequence[Datagram]) -> bool:
        """From the first of these that has a number; whether there is one."""
        for number in self._read([data for data, _ in datagrams], 0):
            if number is not None:
                self._expected = self._next = number
                self._has_begun = True
                break
        return self._has_begun

    def _is_astray(self, number: int) -> bool:
        """Is it too far ahead to be waited for?  After some of these all begins anew from there."""
        self._astray = self._astray + 1 if number > self._expected + FULL else 0
        if self._astray < ASTRAY:
            return bool(self._astray)
        self._astray = 0
        self._missing.clear()
        # What waits is overdue now.
        self._until = deque((0.0, waiting) for _, waiting in self._until)
        self._expected = number
        return False

    def _follow(self, datagrams: Sequence[Datagram]) -> bool:
        """Do they follow each other, and what came before?  By the first and the last: most do."""
        ends = datagrams[:1] if len(datagrams) == 1 else (datagrams[0], datagrams[-1])
        numbers = self._read([data for data, _ in ends], self._expected)
        if numbers[0] != self._expected or numbers[-1] != self._expected + len(datagrams) - 1:
            return False
        self._expected = self._next = self._expected + len(datagrams)
        return True

    def _note(self, number: int, now: float) -> None:
        """Who is missing, and who was."""
        missing = self._missing
        while missing and now - next(iter(missing.values())) > FORGOTTEN:
            del missing[next(iter(missing))]
        since = missing.pop(number, None)
        if since is not None and now > since:
            self._learn(now - since, now)
        for gone in range(max(self._expected, number - MISSED), number):
            missing[gone] = now
        while len(missing) > FULL:
            del missing[next(iter(missing))]
        self._expected = max(self._expected, number + 1)

    def _learn(self, late: float, now: float) -> None:
        if now > self._believed_until:
            self._mean, self._swing = late, late / _SWINGS
        else:
            self._swing += (abs(late - self._mean) - self._swing) * _IN_SWING
            self._mean += (late - self._mean) * _IN_MEAN
        self._believed_until = now + REMEMBERED

    def _patience(self, now: float) -> float:
        """Seconds that whoever is missing is waited for."""
        return 0.0 if now > self._believed_until else min(MOST, self._mean + _SWINGS * self._swing)
