"""
The events door: `/api/v1/events`.

A stream of Server-Sent Events, or, asked with `since` or `timeout` and not for a stream, one answer of
`events_list`, which waits.  A listener is a place in the ring and nothing more: while his connection takes no
bytes none are made for him, and when the ring comes round to his place, or he takes nothing for a minute, he
is cut off.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import ClassVar

from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import LoopingCall
from twisted.web.http import Request
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from bitdust.api.events import envelope, patterns
from bitdust.api.publish.door import Door, plain
from bitdust.api.publish.page import Answer, Page, json_answer, problem_answer, send
from bitdust.api.publish.rest import arguments_of
from bitdust.errors import BitDustError
from bitdust.node.event_types import LOST, chosen
from bitdust.node.happenings import Event, Happenings

STREAM = "text/event-stream"
#: seconds between two signs of life on a quiet stream
ALIVE_EVERY = 15.0
#: so many of them without a byte taken, and the listener is cut off
PATIENCE = 4
#: events handed to the connection before it is asked whether it takes more
BATCH = 20
#: milliseconds after which a browser whose stream was cut comes again
COME_AGAIN = 2000


class EventsPage(Page):
    """Streams, or answers once."""

    verbs: ClassVar[tuple[str, ...]] = ("GET",)

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door

    def render(self, request: Request) -> int:
        if request.method not in (b"GET", b"HEAD") or not _wants_stream(request):
            return super().render(request)
        try:
            self._stream(request)
        except BitDustError as error:
            send(request, problem_answer(error))
        return NOT_DONE_YET

    async def reply(self, request: Request) -> Answer:
        method = self._door.registry["events_list"]
        return json_answer(await self._door.call("events_list", (), arguments_of(request, method)))

    def _stream(self, request: Request) -> None:
        method = self._door.registry["events_list"]
        asked = method.bind((), arguments_of(request, method))
        types = chosen(patterns(asked.get("types")))
        happenings = self._door.node.happenings
        told = (request.requestHeaders.getRawHeaders("last-event-id") or [""])[-1].strip()
        after = asked.get("since", happenings.last)
        if told:
            # Whoever shows what no node has given has missed everything.
            after = int(told) if told.isdecimal() and len(told) < 19 else 0
        if request.method == b"HEAD":
            send(request, Answer(b"", STREAM))
            return
        Listener(request, happenings, types, after).begin()


@implementer(IPushProducer)
class Listener:
    """One stream, from `begin` until either end has had enough."""

    def __init__(self, request: Request, happenings: Happenings, types: Collection[str], after: int) -> None:
        self._request = request
        self._happenings = happenings
        self._types = types
        self._after = after
        self._paused = False
        self._over = False
        self._silence = 0
        self._alive = LoopingCall(self._show_life)
        self._alive.clock = happenings.clock

    def begin(self) -> None:
        """Send what there is, then what comes.  @raise TryLater: too many listen already."""
        self._leave = self._happenings.join()
        self._unlisten = self._happenings.happened.listen(self._more)
        request = self._request
        request.notifyFinish().addBoth(self._end)
        request.setHeader("Content-Type", f"{STREAM}; charset=utf-8")
        # For proxies that would collect a while before they pass anything on.
        request.setHeader("X-Accel-Buffering", "no")
        request.registerProducer(self, True)
        request.write(b": events of a BitDust node\nretry: %d\n\n" % COME_AGAIN)
        self._alive.start(ALIVE_EVERY, now=False)
        self._deliver()

    def pauseProducing(self) -> None:
        self._paused = True
        self._silence = 0

    def resumeProducing(self) -> None:
        self._paused = False
        self._deliver()

    def stopProducing(self) -> None:
        self._end(None)

    def _more(self, event: Event) -> None:
        if not self._paused:
            self._deliver()
        elif self._happenings.since(self._after, (LOST,), 1):
            self._cut_off()

    def _deliver(self) -> None:
        while not self._paused and not self._over:
            events = self._happenings.since(self._after, self._types, BATCH)
            if not events:
                self._after = self._happenings.last
                return
            self._after = events[-1].id
            self._request.write(b"".join(_frame(event) for event in events))

    def _show_life(self) -> None:
        if not self._paused:
            self._request.write(b": still here\n\n")
            return
        self._silence += 1
        if self._silence >= PATIENCE:
            self._cut_off()

    def _cut_off(self) -> None:
        channel = self._request.channel
        self._end(None)
        if channel is not None:
            channel.forceAbortClient()

    def _end(self, _: object) -> None:
        if not self._over:
            self._over = True
            self._unlisten()
            self._leave()
            if self._alive.running:
                self._alive.stop()


def _frame(event: Event) -> bytes:
    told = json.dumps(plain(envelope(event)), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return b"id: %d\ndata: %s\n\n" % (event.id, told.encode())


def _wants_stream(request: Request) -> bool:
    accepted = ",".join(request.requestHeaders.getRawHeaders("accept") or []).lower()
    return STREAM in accepted or not {b"since", b"timeout"} & set(request.args or {})
