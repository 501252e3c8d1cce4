"""
block_reader -- bytes of a block, from whichever k suppliers have them.

Everything is read in windows of whole leaves, verified against the root of their piece before anything is
done with them. The same leaves of any k pieces give the same leaves of every other piece: a window whose
primary is away, late or lying is computed from the others, and nothing more than that window is fetched for
it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import median

from twisted.internet.defer import Deferred, DeferredQueue, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.blocks.erasure import Codecs
from bitdust.blocks.hashtree import check
from bitdust.blocks.layout import LEAF, Layout, Span
from bitdust.catalog import blocks
from bitdust.customer.budget import Budget
from bitdust.customer.spool import Spool
from bitdust.errors import BitDustError, Damaged, Offline, Refused
from bitdust.events import Signal
from bitdust.router.router import Router
from bitdust.wire.packets import Data, Fail, Priority, Retrieve
from bitdust.world import InThread, either, give_up, spawn

#: leaves of one window: 1 MiB per piece keeps the pipe full and memory small
WINDOW = 16
#: seconds one supplier has to answer, and for each next part of a window, before he counts as failed
ANSWER_WITHIN = 40.0
#: bytes a second that are enough to be waited for when nobody else has the leaves
SLOWEST = 4096
#: seconds to wait for suppliers to come back before a read is given up
PATIENCE = 15.0
#: seconds after which somebody who failed is asked once more, if nobody else has it: doubled each time
AGAIN = 1.0
#: a fetch is late after so many times the usual, but never before HEDGE_FLOOR seconds
HEDGE, HEDGE_FLOOR = 2.0, 0.5
#: seconds for which somebody who was late, or failed, is asked only when nobody else has it
SHUNNED = 60.0
#: what a supplier says who does not have the piece any more, or not whole
GONE = ("not_found", "damaged")


@dataclass(frozen=True)
class BlockPlan:
    """
    Where a block lies.

    @param block: its id.
    @param salt: its key comes from this and the data key.
    @param roots: of all n pieces.
    @param sources: piece number -> fingerprints of those who acknowledged it.
    """

    serial: int
    block: bytes
    salt: bytes
    layout: Layout
    roots: tuple[bytes, ...]
    sources: Mapping[int, tuple[str, ...]]


def plan_of(c: sqlite3.Connection, serial: int) -> BlockPlan:
    """
    Where a block lies, as the catalog has it.

    @raise NotFound: the catalog has no such block.
    """
    block = blocks.get(c, serial)
    sources: dict[int, tuple[str, ...]] = {}
    for placement in blocks.sources(c, serial):
        sources[placement.number] = (*sources.get(placement.number, ()), placement.fingerprint)
    layout = Layout(block.size, block.k, block.n, block.unit)
    return BlockPlan(serial, block.id, block.salt, layout, block.roots, sources)


@dataclass(frozen=True)
class _Came:
    number: int
    fingerprint: str
    content: bytes | None
    took: float
    #: he does not have it: he is not asked for it again
    final: bool = False


class _Failed:
    """Who failed to give which piece of one window, and when he may be asked again."""

    def __init__(self) -> None:
        self._until: dict[tuple[int, str], float] = {}
        self._times: dict[tuple[int, str], int] = {}

    def add(self, number: int, who: str, now: float, final: bool) -> bool:
        """Is it the first time, and may he be asked again?"""
        times = self._times[number, who] = self._times.get((number, who), 0) + 1
        self._until[number, who] = inf if final else now + AGAIN * 2.0 ** min(times - 1, 10)
        return times == 1 and not final

    def until(self, number: int, who: str) -> float:
        return self._until.get((number, who), 0.0)

    def soonest(self, now: float) -> float:
        return min((until for until in self._until.values() if until > now), default=inf)

    def forget(self, who: str) -> None:
        """He came: what was the matter may have passed."""
        self._until = {key: until for key, until in self._until.items() if key[1] != who or until == inf}


class BlockReader:
    """Reads blocks back.  One for the whole node."""

    _log = Logger()

    def __init__(
        self,
        *,
        router: Router,
        codecs: Codecs,
        in_thread: InThread,
        clock: IReactorTime,
        spool: Spool,
        budget: Budget,
    ) -> None:
        self._router = router
        self._codecs = codecs
        self._in_thread = in_thread
        self._clock = clock
        self._spool = spool
        self._budget = budget
        self._usual: list[float] = []
        self._shunned: dict[str, float] = {}
        #: (serial of the block, number, fingerprint): a supplier gave other bytes, or said the piece is gone
        self.bad: Signal[[int, int, str]] = Signal()
        #: fingerprint of a supplier who has shown what he was asked for by a restore, or by repair
        self.shown: Signal[[str]] = Signal()
        #: serial of a block whose file in the spool is not what was written
        self.spoiled: Signal[[int]] = Signal()

    def is_local(self, plan: BlockPlan) -> bool:
        """Whether the block lies in the spool."""
        return self._spool.has(plan.block)

    async def read(
        self, plan: BlockPlan, offset: int, length: int, priority: Priority, *, local: bool = True
    ) -> bytes:
        """
        Bytes [offset, offset + length) of the sealed block.

        @param local: take them from the spool if they are there; they are not verified.
        @raise Offline: fewer than k pieces can be had; the message says "have" and "need".
        """
        if local and self.is_local(plan):
            content = await self._in_thread(_pread, self._spool.path(plan.block), offset, length)
            if len(content) == length:
                return content
            self.spoiled(plan.serial)
        layout = plan.layout
        spans = layout.locate(offset, length)
        windows: dict[int, set[int]] = {}
        for span in spans:
            first = span.offset // LEAF // WINDOW
            last = (span.offset + span.length - 1) // LEAF // WINDOW
            for window in range(first, last + 1):
                windows.setdefault(window, set()).add(span.piece)
        # Small reads fetch only the leaves they need of their one window.
        leaves: dict[tuple[int, int], bytes] = {}
        fetches = []
        for window, numbers in sorted(windows.items()):
            first, count = self._narrow(layout, spans, window)
            fetches.append((first, spawn(self.gather(plan, numbers, first, count, priority))))
        try:
            for first, fetch in fetches:
                for number, content in (await fetch).items():
                    leaves[first, number] = content
        except BaseException:
            for _, fetch in fetches:
                give_up(fetch)
            raise
        return await self._in_thread(_in_order, spans, leaves)

    async def check(self, plan: BlockPlan) -> None:
        """
        Can the block be read now?  Waits a while for suppliers to come.

        @raise Offline: fewer than k pieces can be had; the message says "have" and "need".
        """
        deadline = self._clock.seconds() + PATIENCE
        while not self._spool.has(plan.block):
            have = sum(any(map(self._router.is_online, who)) for who in plan.sources.values())
            if have >= plan.layout.k:
                return
            left = deadline - self._clock.seconds()
            if left <= 0:
                raise self._too_few(plan, have)
            await either(self._clock, self._router.came.next(), left)

    def _too_few(self, plan: BlockPlan, have: int) -> Offline:
        layout = plan.layout
        return Offline(
            f"not enough pieces: have {have}, need {layout.k} of {layout.n} (block {plan.block.hex()[:16]})",
            hint="`bitdust supplier list` shows who is away; try again when they are back",
        )

    async def gather(
        self, plan: BlockPlan, wanted: Collection[int], first: int, count: int, priority: Priority
    ) -> dict[int, bytes]:
        """
        Leaves [first, first + count) of each piece in `wanted`, fetched or computed.

        @raise Offline: fewer than k pieces can be had.
        """
        layout = plan.layout
        have: dict[int, bytes] = {}
        failed = _Failed()
        running: dict[int, Deferred[None]] = {}
        asked: dict[int, tuple[str, float]] = {}
        queue: DeferredQueue[_Came | None] = DeferredQueue()
        deadline = self._clock.seconds() + PATIENCE
        hurry = False

        def start(number: int, fingerprint: str) -> None:
            asked[number] = fingerprint, self._clock.seconds()
            running[number] = spawn(self._fetch(plan, number, fingerprint, first, count, priority, queue.put))

        def spare() -> tuple[int, str] | None:
            found = [
                (self._is_shunned(fingerprint), number not in wanted, number, place, fingerprint)
                for number, who in plan.sources.items()
                if number not in have and number not in running
                for place, fingerprint in enumerate(who)
                if failed.until(number, fingerprint) <= self._clock.seconds()
                and self._router.is_online(fingerprint)
            ]
            if not found:
                return None
            _, _, number, _, fingerprint = min(found)
            return number, fingerprint

        def back(who: str) -> None:
            failed.forget(who)
            queue.put(None)

        stop_listening = self._router.came.listen(back)
        try:
            while not (set(wanted) <= have.keys() or len(have) >= layout.k):
                # On the straight way the wanted pieces are enough; off it, any k are, and one more against
                # the late.
                while (hurry or not set(wanted) <= have.keys() | running.keys()) and len(have) + len(
                    running
                ) < layout.k + hurry:
                    more = spare()
                    if more is None:
                        break
                    start(*more)
                left = deadline - self._clock.seconds()
                if not running and left <= 0:
                    raise self._too_few(plan, len(have))
                rest = min(left, failed.soonest(self._clock.seconds()) - self._clock.seconds())
                came = await self._next(queue, self._late() if running else rest)
                if came is None:
                    hurry = bool(running)
                    continue
                running.pop(came.number, None)
                if came.content is None:
                    now = self._clock.seconds()
                    if failed.add(came.number, came.fingerprint, now, came.final):
                        # He may have taken long to fail: there is time for another try.
                        deadline = max(deadline, now + PATIENCE)
                else:
                    have[came.number] = came.content
                    self._usual = [*self._usual[-49:], came.took]
        finally:
            stop_listening()
            for number, fetch in running.items():
                fingerprint, since = asked[number]
                if self._clock.seconds() - since >= self._late():
                    self._shun(fingerprint)
                give_up(fetch)
        if set(wanted) <= have.keys():
            return {number: have[number] for number in wanted}
        return await self._in_thread(self._compute, layout, have, set(wanted))

    def _compute(self, layout: Layout, have: Mapping[int, bytes], wanted: set[int]) -> dict[int, bytes]:
        code = self._codecs.code(layout.k, layout.n)
        units = {number: have[number] for number in sorted(have)[: layout.k]}
        return {
            number: have[number] if number in have else bytes(code.make(units, number)) for number in wanted
        }

    async def _fetch(
        self,
        plan: BlockPlan,
        number: int,
        fingerprint: str,
        first: int,
        count: int,
        priority: Priority,
        put: Callable[[_Came], None],
    ) -> None:
        """One window from one supplier; whatever happens is put into the queue."""
        _, size = plan.layout.leaf_span(first, count)
        await self._budget.take(size, priority)
        began = self._clock.seconds()
        content: bytes | None = None
        final = False
        fetch = spawn(self._window(plan, number, fingerprint, first, count, priority))
        fetch.addTimeout(ANSWER_WITHIN + count * LEAF / SLOWEST, self._clock)
        try:
            content = await fetch
            self.shown(fingerprint)
        except Damaged as error:
            self._log.warn("{who} answered with other bytes: {error}", who=fingerprint, error=error)
            final = True
            self._shun(fingerprint)
            self.bad(plan.serial, number, fingerprint)
        except Refused as error:
            self._log.info("no leaves from {who}: {error}", who=fingerprint, error=error)
            if error.code in GONE:
                final = True
                self.bad(plan.serial, number, fingerprint)
        except (BitDustError, TimeoutError) as error:
            self._log.info("no leaves from {who}: {error}", who=fingerprint, error=error)
            self._shun(fingerprint)
        finally:
            self._budget.give(size)
        put(_Came(number, fingerprint, content, self._clock.seconds() - began, final))

    async def _window(
        self, plan: BlockPlan, number: int, fingerprint: str, first: int, count: int, priority: Priority
    ) -> bytes:
        layout = plan.layout
        _, expected = layout.leaf_span(first, count)
        exchange = await self._router.open(
            fingerprint, Retrieve(plan.block, number, first, count), priority=priority, within=5.0
        )
        try:
            answer = await exchange.answer().addTimeout(ANSWER_WITHIN, self._clock)
            if isinstance(answer, Fail):
                raise Refused(answer.code, answer.text)
            if not isinstance(answer, Data) or answer.size != expected:
                raise Damaged(f"asked for {expected} bytes of a piece, offered something else")
            parts = []
            while part := await exchange.read().addTimeout(ANSWER_WITHIN, self._clock):
                parts.append(part)
        except BaseException:
            exchange.reset("not wanted any more")
            raise
        content = b"".join(parts)
        if len(content) != expected:
            raise Damaged(f"asked for {expected} bytes of a piece, got {len(content)}")
        await self._in_thread(
            check, plan.roots[number], plan.block, number, layout.leaves, first, content, answer.proof
        )
        return content

    def prove(self, plan: BlockPlan, number: int, fingerprint: str, leaf: int) -> Deferred[bytes]:
        """
        One leaf of this piece from this supplier and nobody else, verified.

        Fails with Damaged: he showed other bytes; Refused: he would not; Offline, Timeout, ...: not now.
        """
        return spawn(self._proof(plan, number, fingerprint, leaf))

    async def _proof(self, plan: BlockPlan, number: int, fingerprint: str, leaf: int) -> bytes:
        _, size = plan.layout.leaf_span(leaf, 1)
        await self._budget.take(size, Priority.RESTORE)
        try:
            return await self._window(plan, number, fingerprint, leaf, 1, Priority.RESTORE)
        finally:
            self._budget.give(size)

    async def _next(self, queue: DeferredQueue[_Came | None], seconds: float) -> _Came | None:
        waiting: Deferred[_Came | None] = queue.get()
        waiting.addTimeout(max(seconds, 0.01), self._clock)
        try:
            return await waiting
        except TimeoutError:
            return None

    def _shun(self, fingerprint: str) -> None:
        self._shunned[fingerprint] = self._clock.seconds() + SHUNNED

    def _is_shunned(self, fingerprint: str) -> bool:
        return self._shunned.get(fingerprint, 0.0) > self._clock.seconds()

    def _late(self) -> float:
        return max(HEDGE_FLOOR, HEDGE * median(self._usual)) if self._usual else 2.0

    def _narrow(self, layout: Layout, spans: Collection[Span], window: int) -> tuple[int, int]:
        """(first, count) of the leaves of a window that the spans touch."""
        low, high = window * WINDOW, min((window + 1) * WINDOW, layout.leaves)
        first, last = high, low
        for span in spans:
            begin = span.offset // LEAF
            end = (span.offset + span.length - 1) // LEAF + 1
            if begin < high and end > low:
                first, last = min(first, max(begin, low)), max(last, min(end, high))
        return first, last - first


def _in_order(spans: Collection[Span], leaves: Mapping[tuple[int, int], bytes]) -> bytes:
    """The bytes of the spans, out of stretches by their first leaf and piece."""
    starts = sorted({first for first, _ in leaves})
    parts = []
    for span in spans:
        position = span.offset
        end = span.offset + span.length
        while position < end:
            first = max(start for start in starts if start * LEAF <= position)
            begin = position - first * LEAF
            parts.append(memoryview(leaves[first, span.piece])[begin : begin + end - position])
            position += len(parts[-1])
    return b"".join(parts)


def _pread(path: Path, offset: int, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)
    except OSError:
        # Whatever is the matter with the disk, the suppliers have it too.
        return b""
