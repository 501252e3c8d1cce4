"""
recovery -- a new machine gets the catalog back, from suppliers alone.

A straight line: ask every supplier that is known for the head of the log, take the newest, fetch its segments
from whoever has them, replay them, and become the writer under a higher epoch.  It may be interrupted
anywhere: what was replayed stays, and the same line is walked again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.catalog import log
from bitdust.catalog.head import Head, open_head
from bitdust.catalog.segment import MAX_SEGMENT, open_segment
from bitdust.database import Database
from bitdust.directory.record import RecordSupplier
from bitdust.errors import BitDustError, Damaged, NotFound, Offline, Refused
from bitdust.identity.document import Document
from bitdust.identity.keys import Keys
from bitdust.machines import Machines
from bitdust.router.router import Router
from bitdust.wire.packets import AskIndex, AskSegment, Fail, IndexHead, IndexSegment, Priority
from bitdust.world import InThread, give_up, pause, spawn

#: seconds each supplier has to answer, and between two rounds of asking
ANSWER_WITHIN, AGAIN = 10.0, 3.0
#: rounds of asking before it is said that nobody is there
ROUNDS = 4


@dataclass
class Recovery:
    """One recovery.  `stale` names the suppliers who showed an older catalog than the newest one."""

    db: Database
    keys: Keys
    clock: IReactorTime
    in_thread: InThread
    router: Router
    machines: Machines
    meet: Callable[[str], Awaitable[Document]]
    stale: list[str] = field(default_factory=list)

    _log = Logger()

    async def run(self, suppliers: tuple[RecordSupplier, ...]) -> Head | None:
        """
        Bring the catalog back; None when the suppliers hold none, because there never was one.

        @raise Offline: no supplier can be reached.
        @raise Damaged: what they hold is not our catalog.
        """
        row = self.machines.begin("recovery", "Asking for the head")
        try:
            heads = await self._heads(suppliers)
            if not heads:
                return None
            newest = max(heads.values(), key=lambda head: head.place)
            self.stale = sorted(who for who, head in heads.items() if head.place < newest.place)
            for who in self.stale:
                self._log.warn("{who} shows an old catalog: {place}", who=who, place=heads[who].place)
            self.machines.report(row, "Fetching the log")
            await self._fetch(newest, list(heads))
            self.machines.report(row, "Beginning a new epoch")
            seen = max(head.epoch for head in heads.values())
            await self.db(log.finish_recovery, newest, None, seen)
            return newest
        finally:
            self.machines.forget(row)

    async def _heads(self, suppliers: tuple[RecordSupplier, ...]) -> dict[str, Head]:
        """Whoever answers, and the head he shows; those named in a head are asked as well."""
        names = {one.fingerprint: one.idurl for one in suppliers}
        heads: dict[str, Head] = {}
        answered: set[str] = set()
        last: BitDustError = Offline("none of the suppliers can be reached")
        for _ in range(ROUNDS):
            # All at once: many of them may be gone for good.
            asked = [
                (fingerprint, idurl, spawn(self._head(fingerprint, idurl)))
                for fingerprint, idurl in sorted(names.items())
                if fingerprint not in answered
            ]
            try:
                for fingerprint, idurl, head_of in asked:
                    try:
                        head = await head_of
                    except (BitDustError, TimeoutError) as error:
                        self._log.info("{idurl} shows no catalog: {error}", idurl=idurl, error=error)
                        last = error if isinstance(error, BitDustError) else last
                        continue
                    answered.add(fingerprint)
                    if head is not None:
                        heads[fingerprint] = head
                        names.update(head.suppliers)
            finally:
                for *_, head_of in asked:
                    give_up(head_of)
            # Half of them and more cannot all be old: a commit had to reach that many.
            if heads and len(answered) * 2 >= len(names):
                return heads
            if answered and not heads and len(answered) == len(names):
                return {}
            await pause(self.clock, AGAIN)
        if heads:
            return heads
        raise Offline(
            f"none of the {len(names)} suppliers shows the catalog: {last.message}",
            hint="try again when they are online: `bitdust recover` goes on where it was",
        )

    async def _head(self, fingerprint: str, idurl: str) -> Head | None:
        document = await self.meet(f"{idurl}#fp={fingerprint}")
        self.router.know(document)
        answer = await self.router.ask(fingerprint, AskIndex(), within=ANSWER_WITHIN)
        if not isinstance(answer, IndexHead):
            raise Damaged("AskIndex was answered with something else")
        return open_head(self.keys, answer.head) if answer.head else None

    async def _fetch(self, head: Head, sources: list[str]) -> None:
        """Fetch and replay every segment the head names, in order, each from anyone who has it."""
        # Not what our head names: after an end that was cut off there is none yet, and all is replayed.
        have = await self.db.read(log.last)
        for epoch, number in head.segments():
            if number > have:
                await self._one(epoch, number, sources)

    async def _one(self, epoch: int, number: int, sources: list[str]) -> None:
        last: BitDustError = NotFound(f"nobody has segment {number} of the catalog's log")
        for fingerprint in sources:
            try:
                data = await self._segment(fingerprint, epoch, number)
                segment, ops = await self.in_thread(open_segment, self.keys, data, epoch=epoch, number=number)
                await self.db(log.replay, segment, ops)
                return
            except (BitDustError, TimeoutError) as error:
                self._log.warn(
                    "segment {number} from {who}: {error}", number=number, who=fingerprint, error=error
                )
                last = error if isinstance(error, BitDustError) else last
        raise Damaged(f"segment {number} of the catalog cannot be had: {last.message}")

    async def _segment(self, fingerprint: str, epoch: int, number: int) -> bytes:
        exchange = await self.router.open(
            fingerprint, AskSegment(epoch, number), priority=Priority.RESTORE, within=ANSWER_WITHIN
        )
        try:
            answered = exchange.answer()
            answered.addTimeout(ANSWER_WITHIN, self.clock)
            answer = await answered
            if isinstance(answer, Fail):
                raise Refused(answer.code, answer.text)
            if not isinstance(answer, IndexSegment) or answer.size > MAX_SEGMENT:
                raise Damaged("a segment was asked for, and something else came")
            parts = []
            while part := await exchange.read().addTimeout(ANSWER_WITHIN, self.clock):
                parts.append(part)
        except BaseException:
            exchange.reset("given up")
            raise
        return b"".join(parts)
