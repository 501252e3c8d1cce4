"""
A log that cannot be flooded: of lines from one place in the code so many at once, then one each second.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from twisted.logger import ILogObserver, LogEvent, LogLevel
from zope.interface import implementer

#: lines of one kind that may come at once; how many more each second
BURST, PER_SECOND = 100.0, 1.0
#: kinds that are remembered; whoever was silent longest is forgotten first
MOST = 500


@dataclass
class _Kind:
    room: float
    since: float
    left_out: int = 0


@implementer(ILogObserver)
class Flood:
    """
    Hands events on to `observer`, until one kind comes too often; how many were left out is told by the
    next of its kind that is handed on.

    A kind is a format and the name of its logger: what strangers send fills the fields, never the format.
    Nothing is left out of what somebody switched on: events with `asked_for`, and those for debugging.

    @param seconds: a clock that never goes back.
    """

    def __init__(self, observer: ILogObserver, seconds: Callable[[], float]) -> None:
        self._observer = observer
        self._seconds = seconds
        self._kinds: OrderedDict[tuple[str, str], _Kind] = OrderedDict()

    def __call__(self, event: LogEvent) -> None:
        if event.get("asked_for") or event.get("log_level") is LogLevel.debug:
            self._observer(event)
            return
        kind = self._kind(event)
        now = self._seconds()
        kind.room = min(BURST, kind.room + (now - kind.since) * PER_SECOND)
        kind.since = now
        if kind.room < 1:
            kind.left_out += 1
            return
        kind.room -= 1
        if kind.left_out:
            event = {
                **event,
                "log_format": f"{event.get('log_format') or ''} ({{left_out}} more like this were left out)",
                "left_out": kind.left_out,
            }
            kind.left_out = 0
        self._observer(event)

    def _kind(self, event: LogEvent) -> _Kind:
        key = (str(event.get("log_namespace")), str(event.get("log_format")))
        found = self._kinds.pop(key, None) or _Kind(BURST, self._seconds())
        self._kinds[key] = found
        if len(self._kinds) > MOST:
            self._kinds.popitem(last=False)
        return found
