"""
What a node asks of the machine it runs on: time, chance, threads.

Nobody below `daemon/run.py` imports the reactor, reads the clock or draws random bytes by himself;
each part is handed the few of these that it uses, so that a simulation can hand it others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar

from twisted.internet.defer import CancelledError, Deferred, TimeoutError, fail, succeed
from twisted.internet.interfaces import IReactorFromThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

T = TypeVar("T")
P = ParamSpec("P")

#: `rng(n)` is n unpredictable bytes.
Rng = Callable[[int], bytes]

#: Seconds since 1970: only to show and to date things, never to measure with.
Wall = Callable[[], float]


class InThread(Protocol):
    """`await in_thread(function, *args)` runs it off the reactor and answers its result."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Deferred[T]: ...


def inline(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
    """An `InThread` that runs it here and now: for tests and simulations."""
    try:
        return succeed(function(*args, **kwargs))
    except BaseException:
        return fail()


@dataclass
class Threads:
    """A pool of `size` threads as an `InThread`.  With size 1 the work is done in order."""

    reactor: IReactorFromThreads
    size: int
    name: str

    def __post_init__(self) -> None:
        self._pool = ThreadPool(self.size, self.size, self.name)

    def start(self) -> None:
        """Begin work; calls made before wait."""
        self._pool.start()

    def stop(self) -> None:
        """Finish what was asked, then end the threads.  Blocks until they have ended."""
        self._pool.stop()

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return deferToThreadPool(self.reactor, self._pool, function, *args, **kwargs)


def pause(clock: IReactorTime, seconds: float) -> Deferred[None]:
    """Fires after so many seconds; cancelling it stops the timer."""
    waiting: Deferred[None] = Deferred(lambda _: call.cancel())
    call = clock.callLater(seconds, lambda: waiting.callback(None))
    return waiting


async def either(clock: IReactorTime, event: Deferred[Any], seconds: float) -> bool:
    """Wait for the event, but no longer than that; whether it came."""
    event.addTimeout(seconds, clock)
    with suppress(TimeoutError):
        await event
        return True
    return False


def spawn(work: Coroutine[Deferred[Any], Any, T]) -> Deferred[T]:
    """Begin the coroutine now; its result or failure comes through the Deferred."""
    return Deferred.fromCoroutine(work)


def background(
    work: Coroutine[Deferred[Any], Any, Any], failed: Callable[[Failure], object]
) -> Deferred[None]:
    """Begin work nobody waits for: `failed` hears of its failure, unless it was cancelled."""

    def heard(failure: Failure) -> None:
        if not isinstance(failure.value, CancelledError):
            failed(failure)

    running: Deferred[None] = Deferred.fromCoroutine(work)
    running.addErrback(heard)
    return running


def shielded(work: Deferred[T]) -> Deferred[T]:
    """Its result; who gives up waiting for that does not disturb the work."""
    waiting: Deferred[T] = Deferred()
    work.addBoth(waiting.callback)
    return waiting


def give_up(work: Deferred[Any]) -> None:
    """Cancel it; that it was cancelled, or failed before, is nobody's concern any more."""
    work.addErrback(lambda failure: None)
    work.cancel()


system_rng: Rng = os.urandom
system_wall: Wall = time.time
