"""
The node's log: a file of bounded size, as talkative as `logs/debug-level` says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import IO, Any, TextIO, TypeAlias, cast

from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    textFileLogObserver,
)
from twisted.python.logfile import LogFile
from zope.interface import implementer

from bitdust.daemon.flood import Flood

NAME = "bitdust.log"
ROTATE_AT = 5_000_000  # bytes
KEEP = 4  # older files

#: One of the constants of `LogLevel`; the library that makes them has no types.
LogLevelName: TypeAlias = Any

#: From which debug level on something is told.  The levels run from 0 to 20.
STEPS = ((10, LogLevel.debug), (5, LogLevel.info), (3, LogLevel.warn), (1, LogLevel.error))
USUAL = 8
TWISTED_TALKS_AT = 18  # the framework's own news (factories, connections) are noise before


def threshold(debug_level: int) -> LogLevelName:
    """The least serious log level told at a debug level."""
    return next((level for least, level in STEPS if debug_level >= least), LogLevel.critical)


@implementer(ILogObserver)
class NodeLog:
    """
    Writes what happens into `folder`, and to `console` too when there is one.

    @param debug_level: 0 (only what breaks us) to 20 (everything).
    @param seconds: a clock that never goes back: of what happens too often only some is told.
    """

    def __init__(
        self,
        folder: Path,
        seconds: Callable[[], float],
        debug_level: int = USUAL,
        console: TextIO | None = None,
    ) -> None:
        self._file: IO[Any] = cast(
            IO[Any],
            LogFile(  # type: ignore[no-untyped-call]
                NAME, str(folder), rotateLength=ROTATE_AT, maxRotatedFiles=KEEP, defaultMode=0o600
            ),
        )
        self._wanted = LogLevelFilterPredicate()
        self._one_at_a_time = Lock()
        outputs = [textFileLogObserver(self._file)]
        if console is not None:
            outputs.append(textFileLogObserver(console))
        self._observers = [FilteringLogObserver(Flood(output, seconds), [self._wanted]) for output in outputs]
        self.set_level(debug_level)

    def __call__(self, event: LogEvent) -> None:
        # The threads of a node log too, and a file is rotated by one at a time.
        with self._one_at_a_time:
            for observer in self._observers:
                observer(event)

    def set_level(self, debug_level: int) -> None:
        """From now on."""
        level = threshold(debug_level)
        quiet = level if debug_level >= TWISTED_TALKS_AT else max(level, LogLevel.warn)
        self._wanted.setLogLevelForNamespace("", level)
        self._wanted.setLogLevelForNamespace("twisted", quiet)
        self._wanted.setLogLevelForNamespace("log_legacy", quiet)

    def close(self) -> None:
        """Say nothing more."""
        with self._one_at_a_time:
            self._observers = []
            self._file.close()
