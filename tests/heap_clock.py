"""A hand-turned clock that stays quick with thousands of calls; Twisted's own sorts them at each."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer


@implementer(IReactorTime)
class HeapClock:
    """Time passes when `turn` is called, from one delayed call to the next."""

    def __init__(self) -> None:
        self._now = 0.0
        self._heap: list[tuple[float, int, DelayedCall]] = []
        self._numbers = count()
        self._forgotten: set[DelayedCall] = set()

    def seconds(self) -> float:
        return self._now

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any, **kw: Any) -> DelayedCall:
        call = DelayedCall(self._now + delay, callable, args, kw, lambda _: None, self._enter, self.seconds)
        self._enter(call)
        return call

    def getDelayedCalls(self) -> list[DelayedCall]:
        return [call for _, _, call in sorted(self._heap) if call.active()]

    def forget(self, call: DelayedCall) -> None:
        """It will never be made, though it can still be cancelled or put off."""
        self._forgotten.add(call)

    def turn(self, until: float = float("inf")) -> bool:
        """Make the next call, unless it is due later than `until`; whether there was one."""
        while self._heap:
            due, _, call = self._heap[0]
            if call in self._forgotten or not call.active() or due != call.time:
                heappop(self._heap)
            elif call.delayed_time:
                heappop(self._heap)
                call.activate_delay()
                self._enter(call)
            elif due > until:
                break
            else:
                heappop(self._heap)
                self._now = max(self._now, due)
                call.called = 1
                call.func(*call.args, **call.kw)
                return True
        if until != float("inf"):
            self._now = max(self._now, until)
        return False

    def _enter(self, call: DelayedCall) -> None:
        heappush(self._heap, (call.time, next(self._numbers), call))
