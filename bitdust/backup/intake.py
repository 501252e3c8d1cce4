"""
intake -- a stream on its way into a backup: one side is given it, the other is read by the job.

Little of it is held here: whoever gives more than the job has taken waits.  It cannot be read twice, so a job
that must begin again fails, and so does one to which nothing comes for a while.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from bitdust.backup.description import DOUBTFUL
from bitdust.backup.reading import STRETCH, Cut, Stretch
from bitdust.backup.walk import Found, Skipped
from bitdust.blocks.chunker import Cutter, chunk_id
from bitdust.catalog.facts import Kind, Meta
from bitdust.errors import BitDustError, Conflict, Timeout, Usage
from bitdust.events import Signal
from bitdust.world import InThread, either, spawn

#: bytes that wait here at most, before another piece; the longest piece
ROOM, LONGEST = 2 * STRETCH, STRETCH
#: seconds that who gives is kept waiting for room; and that the job waits for a sign of life,
#: where nothing else was said
PATIENCE, SILENCE = 10.0, 300.0
#: the least and the most that may be said
SHORTEST_SILENCE, LONGEST_SILENCE = 30, 86400
#: who may read and write what comes back of it: nobody has said
MODE = 0o600


class Intake:
    """
    The side that is given the stream.

    @param silence: seconds without a word after which whoever gives is taken for gone.
    """

    def __init__(self, clock: IReactorTime, silence: float = SILENCE) -> None:
        self._clock = clock
        self._silence = silence
        #: bytes that have come
        self.size = 0
        self.is_ended = False
        #: why no more is taken
        self.error: BitDustError | None = None
        self._is_begun = False
        self._waiting: deque[bytes] = deque()
        self._held = 0
        #: when who gives was heard of last
        self._seen = clock.seconds()
        self._came: Signal[[]] = Signal()
        self._taken: Signal[[]] = Signal()

    async def give(self, offset: int, data: bytes) -> int:
        """
        The next bytes, or none as a sign of life.  How many there are now: when that is not more than before,
        there was no room, and they are to be given again.

        @param offset: how many were given before them.
        @raise Usage: the stream does not stand there, or the piece is too long.
        @raise Conflict: the stream has ended, or its backup has.
        """
        if len(data) > LONGEST:
            raise Usage(f"a piece has at most {LONGEST} bytes")
        self._touch()
        if self._held >= ROOM:
            await either(self._clock, self._taken.next(), PATIENCE)
            self._touch()
        if offset + len(data) == self.size and offset < self.size:
            # The answer was lost, and it is said once more.
            return self.size
        if offset != self.size:
            raise Usage(f"the stream stands at {self.size}, not at {offset}")
        if data and self._held < ROOM:
            self._waiting.append(data)
            self._held += len(data)
            self.size += len(data)
            self._came()
        return self.size

    def begin(self) -> None:
        """Somebody begins to take.  @raise Conflict: somebody did before."""
        if self._is_begun:
            raise Conflict(
                "what was sent cannot be read once more",
                hint="send it again: what the suppliers have already is not sent twice",
            )
        self._is_begun = True

    async def take(self, least: int) -> tuple[bytes, bool]:
        """
        What has come, at least so many bytes or all there is, and whether that was the end of it.

        @raise Timeout: nothing was given for long.  @raise BitDustError: why no more is taken.
        """
        # Who was kept waiting is not silent.
        began = self._clock.seconds()
        while self._held < least and not self.is_ended:
            if self.error is not None:
                raise self.error
            if (left := max(self._seen, began) + self._silence - self._clock.seconds()) <= 0:
                raise Timeout(
                    f"nothing was sent for {self._silence:.0f} seconds", hint="send it again, to its end"
                )
            await either(self._clock, self._came.next(), left)
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._held = 0
        self._taken()
        return data, self.is_ended

    def end(self, size: int) -> None:
        """
        That was all.

        @param size: how many bytes were given.
        @raise Usage: others came.  @raise Conflict: its backup has ended.
        """
        if size != self.size:
            raise Usage(f"{self.size} bytes have come, not {size}")
        if self.error is not None:
            raise self.error
        self.is_ended = True
        self._came()

    def fail(self, error: BitDustError) -> None:
        """Its backup is over: no more is taken."""
        self.error = self.error or error
        self._waiting.clear()
        self._held = 0
        self._taken()
        self._came()

    def _touch(self) -> None:
        if self.error is not None:
            raise self.error
        if self.is_ended:
            raise Conflict("the stream was ended")
        self._seen = self._clock.seconds()


class StreamSource:
    """
    The side that the job reads: one file, whose size is known at its end.

    @param chunk_key: the user's secret that chunk ids are made with.
    """

    def __init__(
        self,
        intake: Intake,
        *,
        in_thread: InThread,
        chunk_key: bytes,
        now_ns: Callable[[], int],
    ) -> None:
        self.unwalked: list[Skipped] = []
        self.unread: list[Skipped] = []
        self._intake = intake
        self._in_thread = in_thread
        self._chunk_key = chunk_key
        self._now_ns = now_ns
        self._cutter = Cutter()
        self._rest = b""
        self._size = 0
        self._is_walked = False
        self._is_read = False

    def next_batch(self, said: Mapping[bytes, Meta]) -> Deferred[list[Found]]:
        return spawn(self._batch())

    def feed(self, found: list[Found]) -> None:
        """There is only the one."""

    def next_stretch(self) -> Deferred[Stretch | None]:
        return spawn(self._stretch())

    async def survey(self, found: Callable[[int], object]) -> None:
        """Nobody knows how much will come."""

    async def _batch(self) -> list[Found]:
        if self._is_walked:
            return []
        self._intake.begin()
        self._is_walked = True
        return [Found(b"", self._meta())]

    async def _stretch(self) -> Stretch | None:
        if self._is_read:
            return None
        data, final = await self._intake.take(STRETCH)
        stretch = await self._in_thread(self._cut, data, final)
        if final:
            self._is_read = True
            stretch.done.append(Found(b"", self._meta()))
        return stretch

    def _cut(self, data: bytes, final: bool) -> Stretch:
        """In a worker thread."""
        buffer = self._rest + data
        view = memoryview(buffer)
        stretch = Stretch(size=len(data))
        start = 0
        for end in self._cutter.cuts(buffer, final):
            content = view[start:end]
            stretch.cuts.append(Cut(b"", chunk_id(content, self._chunk_key), content))
            start = end
        self._rest = buffer[start:]
        self._size += len(data)
        return stretch

    def _meta(self) -> Meta:
        now = self._now_ns()
        # Doubtful: a file that has this path one day is not taken for it unread.
        return Meta(
            Kind.FILE, mode=MODE, uid=os.getuid(), gid=os.getgid(), mtime_ns=now, ctime_ns=now,
            size=self._size, flags=DOUBTFUL,
        )  # fmt: skip
