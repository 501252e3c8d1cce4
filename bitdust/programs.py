"""
programs -- other programs, run for a while: how they ended, and the last of what they said.

Each is the leader of a session of its own, so that whatever it began can be ended with it.  No shell looks at
the words.  It reads nothing, and stands in `/`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.defer import Deferred, DeferredList, fail
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from bitdust.world import give_up

#: bytes of the end of its output that are kept
KEPT = 8192
#: seconds between the word that it shall end and its end by force; and for which its output is still read
#: when it has ended and something that it began holds that open
GRACE, LAST_WORDS = 5.0, 1.0
#: what begins it: the reactor knows no sessions, and tells of a program that is not there by a traceback
_FIRST = """
import os, sys
os.setsid()
os.dup2(1, 2)
os.chdir("/")
try:
    os.execvp(sys.argv[1], sys.argv[1:])
except OSError as error:
    sys.exit(f"{sys.argv[1]}: {error.strerror}")
"""


@dataclass(frozen=True)
class Ended:
    """`code`: how it ended, -9 when by signal 9, None when it took too long; the end of its `output`."""

    code: int | None
    output: str


class Programs(Protocol):
    """Who can run programs."""

    def run(self, words: Sequence[str], environment: Mapping[str, str], seconds: float) -> Deferred[Ended]:
        """
        What came of it; cancelling ends it.  After so many seconds it is ended.

        @param environment: what it is told beside what this process was told.
        """

    async def end(self) -> None:
        """End all of them."""


class _Running(ProcessProtocol):
    """One of them."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._output = b""
        self._is_late = False
        self._is_told = False
        self._code: int | None = None
        self._timers: list[IDelayedCall] = []
        self.done: Deferred[Ended] = Deferred(lambda _: self.end())
        self.gone: Deferred[None] = Deferred()

    def begin(self, words: Sequence[str], environment: dict[str, str], seconds: float) -> None:
        """@raise OSError: the machine cannot, at this moment."""
        first = [os.fsencode(word) for word in (sys.executable, "-I", "-S", "-c", _FIRST, *words)]
        # As bytes: names of files may be no text.
        told = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
        self._reactor.spawnProcess(self, first[0], first, env=told)
        self._timers.append(self._reactor.callLater(seconds, self._late))

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.closeStdin()

    def outReceived(self, data: bytes) -> None:
        self._output = (self._output + data)[-KEPT:]

    errReceived = outReceived

    def processExited(self, reason: Failure) -> None:
        assert self.transport is not None
        self._code = getattr(reason.value, "exitCode", None)
        if self._code is None:
            self._code = -(getattr(reason.value, "signal", None) or 0)
        self._stop_timers()
        self._timers.append(self._reactor.callLater(LAST_WORDS, self.transport.loseConnection))
        if not self.gone.called:
            self.gone.callback(None)

    def processEnded(self, reason: Failure) -> None:
        self._stop_timers()
        if not self.done.called:
            output = self._output.decode("utf-8", "replace").strip()
            self.done.callback(Ended(None if self._is_late else self._code, output))

    def end(self) -> None:
        """Tell it and all it has begun to end, and see that they do."""
        if not self._is_told:
            self._is_told = True
            self._signal(signal.SIGTERM)
            self._timers.append(self._reactor.callLater(GRACE, self._signal, signal.SIGKILL))

    def _late(self) -> None:
        self._is_late = True
        self.end()

    def _signal(self, number: signal.Signals) -> None:
        # Once it was waited for, its number may be somebody else's.
        pid = getattr(self.transport, "pid", None)
        if not self.gone.called and pid is not None:
            try:
                os.killpg(pid, number)
            except ProcessLookupError:
                # It has not yet made its session.
                os.kill(pid, number)

    def _stop_timers(self) -> None:
        for timer in self._timers:
            if timer.active():
                timer.cancel()
        self._timers.clear()


class RealPrograms:
    """Programs of this machine."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._running: list[_Running] = []

    def run(self, words: Sequence[str], environment: Mapping[str, str], seconds: float) -> Deferred[Ended]:
        """See `Programs`."""
        running = _Running(self._reactor)
        try:
            running.begin(words, {**os.environ, **environment}, seconds)
        except OSError as error:
            return fail(error)
        self._running.append(running)
        running.gone.addCallback(lambda _: self._running.remove(running))
        return running.done

    async def end(self) -> None:
        """See `Programs`."""
        for running in self._running:
            if not running.done.called:
                give_up(running.done)
        await DeferredList([running.gone for running in self._running])
