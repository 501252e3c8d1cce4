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

from bitdust.blocks.shapes import commit_at
from bitdust.catalog import anew, log
from bitdust.catalog.head import Head, open_head
from bitdust.catalog.segment import MAX_SEGMENT, open_segment
from bitdust.database import Database
from bitdust.directory.record import RecordSupplier
from bitdust.errors import BitDustError, Damaged, Offline, Refused
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
#: how many suppliers' reasons are told
TOLD = 5
#: what to do when too few answer
GOES_ON = "try again when they are online: `bitdust recover` goes on where it was"


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
            await self._fetch(newest, sorted(heads, key=lambda who: heads[who].place, reverse=True))
            self.machines.report(row, "Beginning a new epoch")
            seen = max(head.epoch for head in heads.values())
            await self.db(log.finish_recovery, newest, None, seen)
            return newest
        finally:
            self.machines.forget(row)

    async def _heads(self, suppliers: tuple[RecordSupplier, ...]) -> dict[str, Head]:
        """Whoever answers, and the head he shows; those named in a head are asked as well."""
        recorded = {one.fingerprint for one in suppliers}
        names = {one.fingerprint: one.idurl for one in suppliers}
        heads: dict[str, Head] = {}
        answered: set[str] = set()
        last: BitDustError = Offline("none of the suppliers can be reached")
        rounds = 0
        while rounds < ROUNDS:
            # All at once: many of them may be gone for good.
            asked = [
                (fingerprint, idurl, spawn(self._head(fingerprint, idurl)))
                for fingerprint, idurl in sorted(names.items())
                if fingerprint not in answered
            ]
            known = set(names)
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
            if set(names) > known:
                # A head has named others: they may know of a newer one.
                continue
            if heads and not _doubt(heads, answered, recorded):
                return heads
            if answered and not heads and len(answered) == len(names):
                return {}
            rounds += 1
            await pause(self.clock, AGAIN)
        if heads:
            raise Offline(
                f"{_doubt(heads, answered, recorded)}: a newer catalog may be at those who are away",
                hint=GOES_ON,
            )
        raise Offline(f"none of the {len(names)} suppliers shows the catalog: {last.message}", hint=GOES_ON)

    async def _head(self, fingerprint: str, idurl: str) -> Head | None:
        document = await self.meet(f"{idurl}#fp={fingerprint}")
        self.router.know(document)
        answer = await self.router.ask(fingerprint, AskIndex(), within=ANSWER_WITHIN)
        if not isinstance(answer, IndexHead):
            raise Damaged("AskIndex was answered with something else")
        return open_head(self.keys, answer.head) if answer.head else None

    async def _fetch(self, head: Head, sources: list[str]) -> None:
        """Fetch and replay every segment the head names, in order, each from anyone who has it."""
        if await self.db(anew.begin_replay, head):
            try:
                await self._rest(head, sources)
                return
            except Damaged as error:
                self._log.warn("what was replayed before does not lead on: {why}", why=error.message)
                await self.db(anew.clear)
        await self._rest(head, sources)

    async def _rest(self, head: Head, sources: list[str]) -> None:
        # Not what our head names: after an end that was cut off there is none yet, and all is replayed.
        have = await self.db.read(log.last)
        for epoch, number in head.segments():
            if number > have:
                await self._one(epoch, number, sources)
        if not await self.db.read(log.leads_to, head):
            raise Damaged(f"the catalog's log does not reach segment {head.sequence}, which its head names")

    async def _one(self, epoch: int, number: int, sources: list[str]) -> None:
        told: dict[str, str] = {}
        damaged = False
        asked = list(sources)
        for attempt in range(ROUNDS):
            if attempt:
                await pause(self.clock, AGAIN)
            for fingerprint in list(asked):
                try:
                    data = await self._segment(fingerprint, epoch, number)
                    segment, ops = await self.in_thread(
                        open_segment, self.keys, data, epoch=epoch, number=number
                    )
                    await self.db(log.replay, segment, ops)
                    return
                except (BitDustError, TimeoutError) as error:
                    self._log.warn(
                        "segment {number} from {who}: {error}", number=number, who=fingerprint, error=error
                    )
                    told[fingerprint] = str(error) or "no answer in time"
                    damaged = damaged or isinstance(error, Damaged)
                    if isinstance(error, Damaged) or (
                        isinstance(error, Refused) and error.code == "not_found"
                    ):
                        # What he has will not be another one soon.
                        asked.remove(fingerprint)
            if not asked:
                break
        kind = Damaged if damaged else Offline
        why = "; ".join(f"{who[:8]}: {text}" for who, text in list(told.items())[:TOLD])
        raise kind(f"segment {number} of the catalog's log cannot be had: {why}", hint=GOES_ON)

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


def _doubt(heads: dict[str, Head], answered: set[str], recorded: set[str]) -> str:
    """
    Why a committed head could be newer than all of these; "" when none can be.

    What is committed is at `commit_at(n)` suppliers of its set: n + 1 less that many of them cannot all have
    missed it.
    """
    newest = max(heads.values(), key=lambda head: head.place)
    named = {fingerprint for fingerprint, _ in newest.suppliers}
    # Only a head counts: who has none yet was hired after it, or has lost what he knew.
    doubts = [_too_few(named & set(heads), named, "show the catalog")]
    if recorded - named:
        # The record tells of a set that the newest head does not know: a newer one may name it.
        doubts.append(_too_few(recorded & answered, recorded, "of the recovery record answer"))
    return next((doubt for doubt in doubts if doubt), "")


def _too_few(there: set[str], all_of_them: set[str], do: str) -> str:
    n = len(all_of_them)
    needed = n + 1 - commit_at(n)
    if not n or len(there) >= needed:
        return ""
    return f"{len(there)} of {n} suppliers {do}, and {needed} are needed"
