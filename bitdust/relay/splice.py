"""
Two exchanges joined end to end: what comes on one goes out on the other, within the terms.

Nothing is read before what was read has been handed on, so that a side keeps at most its credit of one
stream here, and the one who reads slowly makes the one who writes wait.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.errors import BitDustError
from bitdust.transport.interface import IExchange
from bitdust.transport.pace import Pace
from bitdust.wire.packets import Carried, Priority
from bitdust.world import spawn

#: seconds without a byte in either direction after which a circuit ends; a link in use pings each minute
IDLE = 300.0


class Splice:
    """
    Begins at once.

    @param pace: how fast all circuits of this relay together may go.
    @param carried: is told of bytes that went through.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        one: IExchange,
        other: IExchange,
        terms: Carried,
        pace: Pace,
        carried: Callable[[int], None],
    ) -> None:
        #: fires with the reason when it is over
        self.over: Deferred[str] = Deferred()
        self._clock, self._ends, self._terms = clock, (one, other), terms
        self._pace, self._carried = pace, carried
        self._ended = self._passed = False
        self._timers = [
            clock.callLater(terms.seconds, self.end, f"this relay carries a circuit for {terms.seconds} s"),
            clock.callLater(IDLE, self._look),
        ]
        self._turns = (_Turn(pace), _Turn(pace))
        for turn, source, target in zip(self._turns, (one, other), (other, one), strict=True):
            spawn(self._carry(turn, source, target)).addCallbacks(self.end, self._broken)

    def end(self, why: str) -> None:
        """Give both exchanges up.  Harmless when over."""
        if self._ended:
            return
        self._ended = True
        for timer in self._timers:
            if timer.active():
                timer.cancel()
        for end, turn in zip(self._ends, self._turns, strict=True):
            end.reset(why)
            turn.stop()
        self.over.callback(why)

    async def _carry(self, turn: _Turn, source: IExchange, target: IExchange) -> str:
        """One direction, until one of the two ends; why."""
        left = self._terms.size
        try:
            while left:
                data = memoryview(await source.read())[:left]
                if not data:
                    return "the body is complete"
                left -= len(data)
                while data:
                    step = await turn.room(len(data))
                    if not step:
                        return "over"
                    await target.write(data[:step])
                    data = data[step:]
                    self._passed = True
                    self._carried(step)
        except BitDustError as why:
            return why.message
        return f"this relay carries {self._terms.size} bytes in a circuit"

    def _look(self) -> None:
        if not self._passed:
            self.end(f"nothing was said for {IDLE:.0f} s")
            return
        self._passed = False
        self._timers[1] = self._clock.callLater(IDLE, self._look)

    def _broken(self, why: Failure) -> None:
        self._log.failure("a circuit broke", why)
        self.end("failed")


class _Turn:
    """One direction, as the limit of all sees it."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._waiting: Deferred[None] | None = None
        self._stopped = False
        # The limit knows whom it called by this very object.
        self._go = self._called

    async def room(self, size: int) -> int:
        """How many of so many bytes may go now; waits for some, 0 when it is stopped."""
        while not self._stopped:
            limit = self._pace.limit
            if limit is None:
                return size
            if step := limit.room(self._go, Priority.REPAIR):
                step = min(step, size)
                limit.spend(step)
                return step
            self._waiting = Deferred()
            await self._waiting
        return 0

    def stop(self) -> None:
        """Nothing goes any more."""
        self._stopped = True
        self._called()

    def _called(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)
