"""
Something is arriving: bytes from a link, on their way to a file.

The reactor only gathers them; hashing and writing happen in threads, a stretch at a time.  While one stretch
is being written the next is gathered, and then the sender waits: reading on is what gives him credit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ParamSpec, Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from bitdust.errors import Damaged
from bitdust.world import InThread

P = ParamSpec("P")

#: bytes written in one go, unless so many things arrive at once that they must share; steps of 1 MiB cost
#: a twentieth more of the CPU of a store
STRETCH, LEAST_STRETCH = 2 * 2**20, 64 * 2**10
#: parts of a stretch kept as they came: who sends byte by byte shall not cost more than his bytes
MOST_PARTS = 256
#: bytes of memory for everything that is arriving
BUDGET = 32 * 2**20


class Writer(Protocol):
    """The thread's half: makes the temporary file and judges what went into it.  It blocks."""

    def begin(self) -> None: ...

    def write(self, stretch: Sequence[bytes]) -> None:
        """The next bytes, in the parts they came in."""

    def finish(self) -> None:
        """
        Everything was written: make it durable.

        @raise Damaged: it is not what was announced.
        """

    def give_up(self) -> None: ...


class Budget:
    """How long a stretch may be, so that all that arrives together stays within `limit` bytes of memory."""

    def __init__(self, limit: int = BUDGET) -> None:
        self.limit = limit
        self.arriving = 0

    def stretch(self) -> int:
        """Bytes to gather before writing them: one stretch gathers while another is written."""
        return max(LEAST_STRETCH, min(STRETCH, self.limit // (2 * max(1, self.arriving))))


async def receive(
    read: Callable[[], Awaitable[bytes]], size: int, writer: Writer, in_thread: InThread, budget: Budget
) -> None:
    """
    Read a body of exactly `size` bytes into the writer, and finish it.

    The writer is given up when anything fails; nothing of it runs any more when this returns or raises.

    @raise Damaged: the body is longer or shorter than announced, or the writer's judgement.
    """
    budget.arriving += 1
    thread = _OneCall(in_thread)
    try:
        await thread.begin(writer.begin)
        missing = size
        gathered: list[bytes] = []
        length = 0
        while some := await read():
            missing -= len(some)
            if missing < 0:
                raise Damaged(f"more bytes follow than the {size} that were announced")
            gathered.append(some)
            length += len(some)
            if length >= budget.stretch():
                await thread.begin(writer.write, gathered)
                gathered, length = [], 0
            elif len(gathered) == MOST_PARTS:
                gathered = [b"".join(gathered)]
        if missing:
            raise Damaged(f"{missing} of the {size} bytes that were announced did not come")
        await thread.begin(writer.write, gathered)
        await thread.begin(writer.finish)
        await thread.ended()
    except Exception:
        # The first failure is the one that is told; what the thread still has to say came too late.
        await thread.silenced()
        await in_thread(writer.give_up)
        raise
    finally:
        budget.arriving -= 1


class _OneCall:
    """Work in a thread, one call at a time: the next begins when the one before has ended well."""

    def __init__(self, in_thread: InThread) -> None:
        self._in_thread = in_thread
        self._call: Deferred[None] | None = None

    async def begin(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        await self.ended()
        self._call = self._in_thread(work, *args, **kwargs)

    async def ended(self) -> None:
        call = self._call
        if call is not None:
            await self._heard(call)
            self._call = None

    async def silenced(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.addErrback(lambda _: None)
            await self._heard(call)

    def _heard(self, call: Deferred[None]) -> Deferred[None]:
        # Who is cancelled here stops waiting; the thread does not stop working.
        waiting: Deferred[None] = Deferred()

        def ended(result: Failure | None) -> None:
            if not waiting.called:
                waiting.callback(result)

        call.addBoth(ended)
        return waiting
