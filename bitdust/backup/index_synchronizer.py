"""
index_synchronizer -- brings the catalog's log to every supplier.

Facts are sealed into segments shortly after they were recorded, each supplier gets those he does not have and
then the head that names them.  What the log says is committed when enough suppliers have acknowledged that
head.  A supplier whose head is newer than ours has met another node of this identity: from then on nothing is
changed any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredLock, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.catalog import epochs, log
from bitdust.catalog.head import Order, read_order, seal_head
from bitdust.catalog.log import Segment, Standing, Taken
from bitdust.customer.suppliers import Suppliers
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict, Damaged, Refused, TryLater
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.keys import Keys
from bitdust.machines import Machines
from bitdust.router.router import Router
from bitdust.wire.packets import Ack, AskIndex, Fail, IndexHead, IndexSegment, Priority
from bitdust.wire.receipts import check_segment_receipt
from bitdust.world import InThread, Rng, Wall, background, either, give_up, pause

T = TypeVar("T")

#: seconds that facts wait for company before they are sealed
GATHER = 0.3
#: seconds before what failed is tried again: doubled each time, up to five minutes
AGAIN, LONGEST_PAUSE = 30.0, 300.0
#: seconds after which who waits for a commit looks again without being told; twice as long each time, up to
#: the second
LOOK_AGAIN, LOOK_SELDOM = 5.0, 60.0
#: seconds a supplier has for a segment
ANSWER_WITHIN = 60.0


class IndexSynchronizer:
    """The catalog's way to the suppliers."""

    _log = Logger()

    def __init__(
        self,
        *,
        db: Database,
        keys: Keys,
        own: str,
        rng: Rng,
        wall: Wall,
        clock: IReactorTime,
        in_thread: InThread,
        router: Router,
        suppliers: Suppliers,
        machines: Machines,
        document_of: Callable[[str], Awaitable[Document]],
    ) -> None:
        self._db = db
        self._keys = keys
        self._own = own
        self._rng = rng
        self._wall = wall
        self._clock = clock
        self._in_thread = in_thread
        self._router = router
        self._suppliers = suppliers
        self._machines = machines
        self._document_of = document_of
        self._sealing = DeferredLock()
        self._lanes: dict[str, Deferred[None]] = {}
        self._wanted: set[str] = set()
        self._hurry: Signal[[]] = Signal()
        self._timer: Deferred[None] | None = None
        #: with the next sealing, what everybody keeps is looked at, whether he lacks anything or not
        self._looking = False
        self._stops: list[Callable[[], None]] = []
        self._row = machines.begin("index_synchronizer", "NoInfo")
        #: more of the log is at enough suppliers than before
        self.committed: Signal[[]] = Signal()
        #: another node writes for this identity: what is known of it, in words; "" while there is none
        self.usurped = ""
        #: the catalog is still being recovered: nothing may be changed yet
        self.recovering = False
        #: fingerprint -> what is wrong, of suppliers who keep a log that the recovery has not seen
        self.unseen: dict[str, str] = {}
        #: it was just found out
        self.superseded: Signal[[]] = Signal()
        #: fingerprints of suppliers who showed an older catalog than they have signed for
        self.stale: set[str] = set()

    def start(self) -> None:
        """Bring everyone what he lacks."""
        self._stops = [self._suppliers.changed.listen(self._changed)]
        self.look()

    def stop(self) -> None:
        """End all sending."""
        for stop in self._stops:
            stop()
        self._stops = []
        if self._timer is not None:
            give_up(self._timer)
        for lane in list(self._lanes.values()):
            give_up(lane)
        self._machines.forget(self._row)

    def changed(self) -> None:
        """Facts were recorded: seal them soon, and bring them to who lacks them."""
        self._seal_in(GATHER)

    def look(self) -> None:
        """The same, and look at what each supplier keeps: he may have lost it, or met another node."""
        self._looking = True
        self.changed()

    def _seal_in(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = pause(self._clock, seconds)
            self._timer.addCallbacks(self._gathered, lambda failure: None)

    async def until_committed(self) -> None:
        """
        Seal what was recorded so far, and wait until it is at enough suppliers.

        @raise Conflict: another node has taken over.
        """
        through = await self._seal()
        self._everyone()
        wait = LOOK_AGAIN
        while await self._db.read(log.committed) < through:
            self.check()
            await either(self._clock, self.committed.next(), wait)
            wait = min(2 * wait, LOOK_SELDOM)

    def doubt(self, fingerprint: str) -> None:
        """He says that we are behind the times: look at what he has."""
        background(
            self._look(fingerprint), lambda failure: self._log.failure("looking at a catalog failed", failure)
        )

    def yield_to(self, text: str) -> None:
        """Another node writes for this identity: change nothing any more."""
        if not self.usurped:
            self.usurped = text
            self._log.error("{text}", text=text)
            self._machines.report(self._row, "Usurped")
            self.superseded()
            self.committed()

    async def _look(self, fingerprint: str) -> None:
        try:
            await self._compare(fingerprint)
        except (BitDustError, OSError, TimeoutError) as error:
            self._log.info("{who} does not show his catalog: {error}", who=fingerprint, error=error)

    def check(self) -> None:
        """
        @raise Conflict: another node writes for this identity, so nothing may be changed here.
        @raise TryLater: the catalog is not recovered yet.
        """
        if self.recovering:
            raise TryLater("the catalog is being recovered", hint="`bitdust health` shows when it is back")
        if self.usurped:
            raise Conflict(self.usurped, hint="use the other node, or recover this one anew from the kit")

    # -- sealing

    def _gathered(self, _: None) -> None:
        self._timer = None
        background(
            self._seal_and_send(), lambda failure: self._log.failure("sealing the catalog failed", failure)
        )

    async def _seal_and_send(self) -> None:
        try:
            await self._seal()
        except (BitDustError, OSError) as error:
            self._log.warn("the catalog cannot be sealed now: {error}", error=error)
            if self._stops:
                self._seal_in(AGAIN)
            return
        looking, self._looking = self._looking, False
        if looking:
            self._everyone()
        else:
            for fingerprint in await self._db.read(log.lacking, self._suppliers.connected()):
                self._changed(fingerprint)

    async def _seal(self) -> int:
        """Seal all recorded facts; the number of the last segment."""
        await self._sealing.acquire()
        try:
            await self._seal_all()
            if await self._db(log.compact_if_long):
                await self._seal_all()
            head = await self._db.read(log.head, 0.0)
            return head.sequence if head is not None else 0
        finally:
            self._sealing.release()

    async def _seal_all(self) -> None:
        while (taken := await self._db.read(log.take)) is not None:
            segment = await self._in_thread(self._sealed, taken)
            await self._db(log.store, taken, segment)

    def _sealed(self, taken: Taken) -> Segment:
        return log.seal_segment(self._keys, self._rng, taken.epoch, taken.number, taken.previous, taken.ops)

    # -- sending

    def _everyone(self) -> None:
        for fingerprint in self._suppliers.connected():
            self._changed(fingerprint)

    def _changed(self, fingerprint: str) -> None:
        if not self._suppliers.is_connected(fingerprint):
            return
        self._wanted.add(fingerprint)
        self._hurry()
        if fingerprint not in self._lanes:
            # Entered before it begins: a lane may end at once.
            self._lanes[fingerprint] = Deferred()
            lane = background(
                self._lane(fingerprint),
                lambda failure: self._log.failure("bringing the catalog failed", failure),
            )
            if fingerprint in self._lanes:
                self._lanes[fingerprint] = lane

    async def _lane(self, fingerprint: str) -> None:
        """Bring one supplier all he lacks, while he is there."""
        wait = AGAIN
        try:
            while fingerprint in self._wanted and self._suppliers.is_connected(fingerprint):
                self._wanted.discard(fingerprint)
                try:
                    await self._bring(fingerprint)
                    wait = AGAIN
                except CancelledError:
                    raise
                except Exception as error:
                    if isinstance(error, BitDustError | OSError | TimeoutError):
                        self._log.info("the catalog is not at {who}: {error}", who=fingerprint, error=error)
                    else:
                        self._log.failure("bringing the catalog to {who} failed", who=fingerprint)
                    # Whatever it was: somebody may be waiting for this.
                    self._wanted.add(fingerprint)
                    await self._rest(fingerprint, wait)
                    wait = min(2 * wait, LONGEST_PAUSE)
        finally:
            self._lanes.pop(fingerprint, None)
            if not self._lanes:
                self._machines.report(self._row, "Usurped" if self.usurped else "InSync")

    async def _rest(self, fingerprint: str, seconds: float) -> None:
        """A pause after a failure; it ends early when he comes back from having been away."""
        until = self._clock.seconds() + seconds
        was_there = self._suppliers.is_connected(fingerprint)
        while (left := until - self._clock.seconds()) > 0:
            await either(self._clock, self._hurry.next(), left)
            is_there = self._suppliers.is_connected(fingerprint)
            if is_there and not was_there:
                break
            was_there = is_there

    async def _bring(self, fingerprint: str) -> None:
        if self.usurped:
            return
        # After a recovery the log begins anew: until that is sealed there is no head to compare with.
        if await self._db.read(log.unsent):
            await self._seal()
        self._machines.report(self._row, "Requesting")
        here = await self._compare(fingerprint)
        if here is None or here.complete:
            return
        self._machines.report(self._row, "Sending")
        while True:
            # Read together: a segment that comes in between is not in the head.
            numbers, head = await self._db.read(log.next_to, fingerprint, self._wall())
            if not numbers:
                break
            for number in numbers:
                await self._send_segment(fingerprint, number)
        if head is None or await self._db.read(log.acked_by, fingerprint) >= head.place:
            return
        packet = IndexHead(self._rng(16), seal_head(self._keys, self._rng, head))
        try:
            await self._router.ask(fingerprint, packet, within=ANSWER_WITHIN)
        except Refused:
            # He may have this very head already, from before we were interrupted.
            if await self._compare(fingerprint) is None:
                return
            if await self._db.read(log.acked_by, fingerprint) < head.place:
                raise
            return
        self.stale.discard(fingerprint)
        if await self._db(log.mark_head_acked, head.epoch, head.sequence, fingerprint):
            self.committed()

    async def _compare(self, fingerprint: str) -> Standing | None:
        """Look at the head that he has; answers where we stand then.  None: another node wrote it."""
        answer = await self._router.ask(fingerprint, AskIndex(), within=ANSWER_WITHIN)
        if not isinstance(answer, IndexHead):
            raise Damaged("AskIndex was answered with something else")
        here = await self._here(fingerprint)
        ours, acked = here.head, here.acked
        theirs = read_order(answer.head) if answer.head else None
        if theirs is not None and theirs.signer == self._keys.public:
            place = ours.place if ours is not None else (0, 0)
            if theirs.place > place or (
                theirs.place == place and ours is not None and theirs.root != ours.root
            ):
                self.yield_to(
                    f"another node of this identity has changed the catalog (its place is {theirs.place},"
                    f" ours {place}): nothing is changed here any more"
                )
                return None
            if await self._is_unseen(fingerprint, theirs, here):
                return None
        his = theirs.place if theirs is not None else (0, 0)
        if his < acked:
            self._log.warn(
                "{who} shows an old catalog, {his} after {acked}: he gets it anew",
                who=fingerprint,
                his=his,
                acked=acked,
            )
            self.stale.add(fingerprint)
            await self._db(log.forget_acks, fingerprint)
            return await self._here(fingerprint)
        if ours is not None and his == ours.place and his > acked:
            if await self._db(log.mark_head_acked, his[0], his[1], fingerprint):
                self.committed()
            return await self._here(fingerprint)
        return here

    async def _here(self, fingerprint: str) -> Standing:
        """
        Our side of a comparison with him.

        @raise TryLater: the log was begun anew, and is not yet wholly in segments.
        """
        # While facts are sealed there may be no head for a moment.
        await self._sealing.acquire()
        try:
            here = await self._db.read(log.standing, fingerprint)
        finally:
            self._sealing.release()
        if here.head is None and here.last:
            raise TryLater("the catalog's log is being begun anew")
        return here

    async def _is_unseen(self, fingerprint: str, theirs: Order, here: Standing) -> bool:
        """Does he keep what was written before our recovery, and not found by it?  Then he keeps it."""
        origin = here.origin
        if (
            origin is None
            or theirs.epoch >= here.epoch
            or not (theirs.place > origin or theirs.sequence > origin[1])
        ):
            self.unseen.pop(fingerprint, None)
            return False
        name = await self._db.read(epochs.idurl_of, fingerprint) or fingerprint
        text = (
            f"{name} keeps a catalog that the recovery did not see: his is {theirs.place}, and {origin} was"
            " recovered.  What only it knows is not here; he is left as he is"
        )
        if self.unseen.get(fingerprint) != text:
            self.unseen[fingerprint] = text
            self._log.error("{text}", text=text)
        return True

    async def _send_segment(self, fingerprint: str, number: int) -> None:
        segment = await self._db.read(log.segment, number)
        if segment is None:
            return
        size = len(segment.data)
        exchange = await self._router.open(
            fingerprint,
            IndexSegment(segment.epoch, segment.number, size, segment.root),
            priority=Priority.MESSAGE,
            within=ANSWER_WITHIN,
        )
        try:
            answered = exchange.answer()
            writing = exchange.write(segment.data)
            answered.addTimeout(ANSWER_WITHIN, self._clock)
            answered.addBoth(_stop, writing)
            answer = await answered
        except BaseException:
            exchange.reset("given up")
            raise
        if isinstance(answer, Fail):
            raise Refused(answer.code, answer.text)
        if not isinstance(answer, Ack):
            raise Damaged("a segment was answered with something else than a receipt")
        document = await self._document_of(fingerprint)
        check_segment_receipt(
            answer.receipt,
            document.device_public,
            customer=self._own,
            supplier=fingerprint,
            epoch=segment.epoch,
            number=segment.number,
            root=segment.root,
            size=size,
        )
        if await self._db(log.mark_segment_acked, number, fingerprint):
            self.committed()


def _stop(answer: T, writing: Deferred[None]) -> T:
    # Whoever answers early does not want the rest of the body.
    give_up(writing)
    return answer
