"""Trying all the contacts of a peer, the next a moment after the one before: the first that answers wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BadIdentity, BitDustError, Offline
from bitdust.transport.interface import ILink

#: seconds a contact is tried alone before the next is tried beside it
HEAD_START = 0.25

Dial = Callable[[], Deferred[ILink]]


class Race:
    """
    `won` fires with the first link that comes, or fails when every dial has: with BadIdentity if somebody
    else answered anywhere, else with Offline.  Cancelling it ends all dials.

    @param head: seconds a contact is tried alone.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, dials: Sequence[Dial], head: float = HEAD_START) -> None:
        self.won: Deferred[ILink] = Deferred(lambda _: self._end())
        self._clock, self._head = clock, head
        self._dials = list(dials)
        self._running: list[Deferred[ILink]] = []
        self._timer: IDelayedCall | None = None
        self._failures: list[Failure] = []
        self._over = False
        self._next()

    def _next(self) -> None:
        self._timer = None
        if self._over:
            return
        if self._dials:
            dialling = self._dials.pop(0)()
            self._running.append(dialling)
            dialling.addBoth(self._ended, dialling)
            # It may have ended at once, and with it the race.
            if self._dials and not self._over and self._timer is None:
                self._timer = self._clock.callLater(self._head, self._next)
        elif not self._running:
            self._lost()

    def _ended(self, result: ILink | Failure, dialling: Deferred[ILink]) -> None:
        self._running.remove(dialling)
        if isinstance(result, Failure):
            self._failed(result)
        elif self._over:
            result.close("another link was quicker")
        else:
            self._end()
            self.won.callback(result)

    def _failed(self, why: Failure) -> None:
        if not isinstance(why.value, BitDustError | CancelledError):
            self._log.failure("a dial failed in an unforeseen way", why)
        if self._over:
            return
        self._failures.append(why)
        if self._timer is not None:
            self._timer.cancel()
        self._next()

    def _lost(self) -> None:
        self._over = True
        for why in self._failures:
            if isinstance(why.value, BadIdentity):
                self.won.errback(why)
                return
        reasons = sorted({why.getErrorMessage() for why in self._failures})
        self.won.errback(Offline("; ".join(reasons) or "the peer has no contact that this node can dial"))

    def _end(self) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for dialling in tuple(self._running):
            dialling.cancel()
