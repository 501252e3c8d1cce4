"""
The life of one node as a process: up, until somebody says stop; then down, once and cleanly.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.daemon.build import Build, Parts, RunningSettings
from bitdust.daemon.doors import Doors, token_of
from bitdust.daemon.logfile import NodeLog
from bitdust.daemon.memory import coming_up
from bitdust.daemon.ready import Starter
from bitdust.errors import BitDustError
from bitdust.world import Rng, Threads, spawn

KEPT_PORT = "BITDUST_KEEP_PORT"  # "<wanted>:<had>", for the process that takes our place
SHOW_PAGE = "BITDUST_SHOW_PAGE"  # likewise: open the page when the node answers
LONGEST_END = 10.0  # seconds a node may take to come down
MOST_THREADS = 4


@dataclass
class Process:
    """
    Runs one node in this process.

    `run` blocks until it is over and answers the exit code; then `again` says whether to start anew, and
    `trouble` why it could not start.
    """

    reactor: Any
    home: Path
    build: Build
    starter: Starter
    log: NodeLog
    environment: MutableMapping[str, str]
    rng: Rng
    again: bool = False
    trouble: BitDustError | None = None
    _code: int = 0
    _doors: Doors | None = None
    _parts: Parts | None = None
    _coming_up: Deferred[None] | None = None
    _ending: bool = False
    _log: Logger = field(default_factory=lambda: Logger(namespace="bitdust.process"))

    def run(self) -> int:
        """Come up, serve, come down."""
        threads = Threads(self.reactor, min(MOST_THREADS, os.cpu_count() or 1), "bitdust")
        threads.start()
        self.reactor.callWhenRunning(self._begin, threads)
        self.reactor.addSystemEventTrigger("before", "shutdown", lambda: spawn(self._end()))
        try:
            self.reactor.run()
        finally:
            threads.stop()
        return self._code

    def _begin(self, threads: Threads) -> None:
        self._coming_up = spawn(self._come_up(threads))
        self._coming_up.addErrback(self._failed)

    async def _come_up(self, threads: Threads) -> None:
        token = token_of(self.home, self.rng)
        with coming_up():
            parts = self.build(self.reactor, self.home, threads, token)
        self._parts = parts
        parts.node.on_stop.listen(self._asked_to_stop)
        self._follow_level(parts.settings)
        await parts.node.start()
        wanted = int(parts.settings.get("interface/api/port"))
        self._doors = Doors(
            self.reactor, self.home, parts.site, parts.private_site, wanted, self._kept(wanted)
        )
        self._doors.open()
        self._log.info("the node answers at {url}", url=self._doors.url)
        self.starter.ready(self._doors.url)
        if self.environment.pop(SHOW_PAGE, None):
            parts.node.show()

    def _failed(self, failure: Failure) -> None:
        if self._ending and isinstance(failure.value, CancelledError):
            return
        error = failure.value
        if not isinstance(error, BitDustError):
            self._log.failure("the node could not start", failure)
            error = BitDustError(f"the node could not start: {type(failure.value).__name__}: {error}")
        self._log.error("{why} ({hint})", why=error.message, hint=error.hint)
        self._code = error.exit_code
        self.trouble = error
        self.starter.failed(error)
        self._stop()

    def _asked_to_stop(self, restart: bool) -> None:
        self.again = restart
        if restart and self._parts is not None and self._parts.node.shows_again:
            self.environment[SHOW_PAGE] = "1"
        self._stop()

    def _stop(self) -> None:
        if not self._ending:
            self.reactor.stop()

    async def _end(self) -> None:
        """Whoever said stop, the API, a signal or a failed start: this is the way down."""
        self._ending = True
        self.starter.stopping()
        if self._coming_up is not None:
            self._coming_up.cancel()
        if self._doors is not None:
            self.environment[KEPT_PORT] = f"{self._doors.wanted}:{self._doors.port}"
            await self._doors.close()
        if self._parts is not None:
            ending = spawn(self._parts.node.shut_down())
            ending.addTimeout(LONGEST_END, self.reactor)
            try:
                await ending
            except Exception:
                self._log.failure("the node did not come down cleanly")
                self._code = self._code or 1
        self._log.info("the node has ended")

    def _follow_level(self, settings: RunningSettings) -> None:
        def changed(*_: object) -> None:
            self.log.set_level(int(settings.get("logs/debug-level")))

        settings.listen("logs/debug-level", changed)
        changed()

    def _kept(self, wanted: int) -> int | None:
        """The port to have again, unless the settings want another one now."""
        before, _, had = self.environment.pop(KEPT_PORT, "").partition(":")
        return int(had) if before == str(wanted) and had.isdigit() else None
