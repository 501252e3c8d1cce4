"""
Tell me when: streams of events inside one node.

A part that has something to tell owns a `Signal`; those who want to know are joined to it by `node`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

from twisted.internet.defer import Deferred
from twisted.logger import Logger

P = ParamSpec("P")


class Signal(Generic[P]):
    """
    Calls everyone who listens, in the order they came, at once.

    A listener that raises is logged and does not keep the others from hearing.
    """

    _log = Logger()

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def listen(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Be called from now on.  Answers the function that ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(*args, **kwargs)
            except Exception:
                self._log.failure("a listener failed")

    def next(self) -> Deferred[None]:
        """Fires at the next call, whatever it carries; cancelling stops waiting."""

        def heard(*args: P.args, **kwargs: P.kwargs) -> None:
            stop()
            waiting.callback(None)

        stop = self.listen(heard)
        waiting: Deferred[None] = Deferred(lambda _: stop())
        return waiting
