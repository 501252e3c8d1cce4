"""
customer_side -- every part that keeps our files at other people's, built and joined on one screen.
"""

from __future__ import annotations

import math
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.background import Background
from bitdust.backup.backup_job import BackupJob
from bitdust.backup.backup_job import Task as JobTask
from bitdust.backup.backup_monitor import Round, make_backup_monitor
from bitdust.backup.backup_queue import BackupQueue
from bitdust.backup.backups import Backups
from bitdust.backup.contents import Contents
from bitdust.backup.drill_job import DrillJob
from bitdust.backup.drills import Drills
from bitdust.backup.excludes import Rules, joined, read_rules
from bitdust.backup.hooks import Hooks
from bitdust.backup.index_synchronizer import IndexSynchronizer
from bitdust.backup.intake import Intake, StreamSource
from bitdust.backup.keeping import Keeping
from bitdust.backup.opening import Opening
from bitdust.backup.packer import Packer
from bitdust.backup.policies import Policies
from bitdust.backup.rebuilder import Rebuilder
from bitdust.backup.remaking import Remaking
from bitdust.backup.repacker import Repacker
from bitdust.backup.restore_job import RestoreJob, Wanted
from bitdust.backup.restores import Restores
from bitdust.backup.retention import Policy
from bitdust.backup.sealing import Sealing
from bitdust.backup.shares import Shares
from bitdust.backup.source import Source, TreeSource
from bitdust.backup.streams import Streams
from bitdust.backup.tasks import Tasks
from bitdust.backup.timetable import Timetable
from bitdust.backup.watching import Watching
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.shapes import k_of
from bitdust.catalog import holdings, log, removal
from bitdust.config.settings import Settings
from bitdust.customer.block_reader import BlockReader
from bitdust.customer.budget import Budget
from bitdust.customer.data_sender import DataSender
from bitdust.customer.fire_hire import Staff, make_fire_hire
from bitdust.customer.hiring import Hiring
from bitdust.customer.listing import NO_CONTRACT, Listing
from bitdust.customer.oversight import Oversight
from bitdust.customer.piece_sender import PieceSender
from bitdust.customer.repair_pace import RepairPace
from bitdust.customer.room import Room
from bitdust.customer.signs_of_life import SignsOfLife
from bitdust.customer.spool import Spool
from bitdust.customer.spool_sweeper import SpoolSweeper
from bitdust.customer.supplier_finder import Hired, SupplierFinder
from bitdust.customer.suppliers import Suppliers
from bitdust.customer.tombstones import Tombstones
from bitdust.database import Database
from bitdust.errors import BitDustError, Refused
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.keys import Keys
from bitdust.machines import Machines, Row
from bitdust.programs import Programs
from bitdust.router.outbox import Outbox
from bitdust.router.router import Router
from bitdust.watches import Watches
from bitdust.wire.packets import Notice
from bitdust.world import InThread, Rng, Wall

#: backups that pack at a time: it takes all the machine has
PACKING = 1
#: whether all backups rest
PAUSED = "services/backups/paused"


class CustomerSide:
    """We, as a customer."""

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        rng: Rng,
        in_thread: InThread,
        db: Database,
        router: Router,
        machines: Machines,
        settings: Settings,
        keys: Keys,
        own: str,
        home: Path,
        document_of: Callable[[str], Awaitable[Document]],
        meet: Callable[[str], Awaitable[Document]],
        candidates: Callable[[int], Awaitable[list[str]]],
        outbox: Outbox,
        standing: Database,
        programs: Programs,
        watches: Watches,
    ) -> None:
        self.db = db
        self.settings = settings
        self.machines = machines
        #: every seat has its supplier
        self.staffed: Signal[[]] = Signal()
        #: waits until a new machine would find our suppliers
        self.until_findable: Callable[[], Awaitable[None]] = self._found
        self._document_of = document_of
        self._background = Background(self._log, lambda: self.monitor.troubled())
        self._watched: list[Row] = []
        self._up = False
        own_folders = frozenset(
            os.fsencode(folder)
            for folder in (home, settings.file("paths/backups"), settings.file("paths/customers"))
            if folder is not None
        )

        def now_ns() -> int:
            return int(wall() * 10**9)

        def rules(more: Sequence[str] = ()) -> Rules:
            found = read_rules(settings.words("services/backups/excludes").split("\n"))
            return joined(found, read_rules(more, "policy")) if more else found

        # The parts.
        codecs = Codecs.best()
        self.codecs = codecs
        self.spool = Spool(
            settings.file("paths/backups") or home / "backups", lambda: settings.number("paths/spool-limit")
        )
        self.suppliers = Suppliers(
            clock=clock, wall=wall, rng=rng, db=db, router=router, machines=machines, own=own,
            document_of=document_of, meet=meet,
            wanted=lambda: settings.number("services/customer/suppliers-number"),
            space_each=self.space_each, space_in_use=self._space_in_use,
        )  # fmt: skip
        self.budget = Budget(lambda: settings.number("services/data-motion/transfer-budget"))
        self.room = Room(db, clock, self.suppliers.granted, lambda: self.sealing.block_size())
        self.reader = BlockReader(
            router=router, codecs=codecs, in_thread=in_thread, clock=clock, spool=self.spool,
            budget=self.budget,
        )  # fmt: skip
        self.opening = Opening(self.reader, in_thread, keys.data_key, keys.chunk_key)
        self.sender = PieceSender(
            router=router, codecs=codecs, in_thread=in_thread, clock=clock, spool=self.spool,
            budget=self.budget, own=own, document_of=document_of, epoch=lambda: self.suppliers.epoch,
        )  # fmt: skip
        self.repair_pace = RepairPace(
            clock,
            share=lambda: settings.number("services/rebuilding/line-share"),
            limit=lambda: settings.number("services/rebuilding/limit"),
        )
        self.data_sender = DataSender(
            clock=clock,
            db=db,
            suppliers=self.suppliers,
            sender=self.sender,
            spool=self.spool,
            machines=machines,
            pace=self.repair_pace,
            held=lambda: self.queue.held(),
        )
        self.sealing = Sealing(
            db, self.spool,
            least=lambda: settings.number("services/backups/block-size"),
            most=lambda: settings.number("services/backups/max-block-size"),
            sealed=lambda sealed: self.room.take(sealed.layout),
            # What the lanes have asked for is all of other jobs.
            turned=self.data_sender.turn,
        )  # fmt: skip
        self.sweeper = SpoolSweeper(
            db, self.spool, codecs, in_thread, takers=self.data_sender.holding,
            keep=lambda: settings.flag("services/backups/keep-local-copies-enabled"),
            leavers=lambda: self.oversight.doubts.waiting,
        )  # fmt: skip
        self.tombstones = Tombstones(db, router, self.suppliers, rng)
        self.listing = Listing(db, router, wall, self._is_newest)
        self.synchronizer = IndexSynchronizer(
            db=db, keys=keys, own=own, rng=rng, wall=wall, clock=clock, in_thread=in_thread, router=router,
            suppliers=self.suppliers, machines=machines, document_of=document_of,
        )  # fmt: skip

        def make_finder(
            agree: Callable[[Document], Awaitable[None]], is_crowded: Callable[[Document], bool]
        ) -> SupplierFinder:
            return SupplierFinder(
                candidates, meet, agree, clock, rng, machines,
                ranks=lambda idurls: self.oversight.ranks(idurls), is_crowded=is_crowded,
            )  # fmt: skip

        self.hiring = Hiring(
            db, rng, self.suppliers, outbox, document_of, make_finder,
            until_committed=self.synchronizer.until_committed, later=self._background.begin,
        )  # fmt: skip
        self.remaking = Remaking(db, self.reader, codecs, in_thread, keys.data_key, keys.chunk_key)
        self.rebuilder = Rebuilder(
            db, self.reader, self.remaking, self.spool, self.sweeper, self.data_sender.takers,
            self.data_sender.refused_by, in_thread, clock, machines, there=self.suppliers.connected,
            is_working=lambda: self.queue.is_working() or bool(self.restores.running()),
            pace=self.repair_pace,
        )  # fmt: skip
        self.sweeper.freed.listen(self._freed)
        self.tasks = Tasks()
        self.keeping = Keeping(
            db, self.spool, wall,
            most=lambda: settings.number("services/backups/max-copies"),
            policy=lambda: Policy.parse(settings.words("services/backups/keep")),
            delay=lambda: settings.number("services/backups/delete-delay"),
            recorded=self.synchronizer.changed, restoring=lambda: self.restores.versions(),
        )  # fmt: skip

        shares = Shares(PACKING)

        def make_packer() -> Packer:
            return Packer(
                spool=self.spool, data_key=keys.data_key, codecs=codecs, rng=rng, shape=self._shape,
                block_size=self.sealing.block_size,
            )  # fmt: skip

        def make_source(task: JobTask, stream: Intake | None) -> Source:
            if stream is not None:
                return StreamSource(stream, in_thread=in_thread, chunk_key=keys.chunk_key, now_ns=now_ns)
            return TreeSource(
                task.path, in_thread=in_thread, chunk_key=keys.chunk_key, excluded=own_folders,
                now_ns=now_ns, rules=rules(task.excludes),
            )  # fmt: skip

        def make_backup_job(task: JobTask, stream: Intake | None) -> BackupJob:
            return BackupJob(
                task, source=make_source(task, stream), db=db, spool=self.spool, packer=make_packer(),
                in_thread=in_thread, machines=machines,
                new_data=self.data_sender.new_data, acked=self.data_sender.acked, seal=self.sealing.seal,
                freed=self.sweeper.freed, names=self._names, clock=clock, check=self.synchronizer.check,
                sweep=lambda: self.sweeper.sweep(self.sealing.block_size()), room=self._room_for_backups,
                shares=shares,
            )  # fmt: skip

        def make_restore_job(wanted: Wanted) -> RestoreJob:
            return RestoreJob(
                wanted, db=db, opening=self.opening, in_thread=in_thread, machines=machines,
            )  # fmt: skip

        self.queue = BackupQueue(
            db=db, wall=wall, clock=clock, machines=machines, tasks=self.tasks, make_job=make_backup_job,
            handed=self.data_sender.handed, acked=self.data_sender.acked, staffed=self.staffed,
            check=self.synchronizer.check, until_findable=lambda: self.until_findable(),
            until_committed=self.synchronizer.until_committed, trim=self.keeping.trim, over=self._over,
            at_once=lambda: settings.number("services/backups/at-once"),
            all_rest=lambda: settings.flag(PAUSED),
            hooks=Hooks(
                db, programs, lambda: settings.number("services/backups/hook-seconds"), str(home)
            ),
            settle=lambda item: self.watching.settle(item),
        )  # fmt: skip
        self.repacker = Repacker(
            db=db, opening=self.opening, spool=self.spool, sweeper=self.sweeper, make_packer=make_packer,
            seal=self.sealing.seal, in_thread=in_thread, clock=clock, machines=machines, tasks=self.tasks,
            acked=self.data_sender.acked, new_data=self.data_sender.new_data,
            room=self._room_for_all, check=self.synchronizer.check,
            is_working=lambda: self.queue.is_working() or bool(self.restores.running()),
            is_staffed=self._all_seated_there,
            pieces=lambda: len(self.suppliers.present),
            until_committed=self.synchronizer.until_committed, hold=self.keeping.hold,
            collect=self.keeping.collect,
        )  # fmt: skip
        self.restores = Restores(
            db=db, wall=wall, in_thread=in_thread, clock=clock, tasks=self.tasks, reader=self.reader,
            make_job=make_restore_job, is_busy=self.queue.is_busy,
        )  # fmt: skip
        self.drills = Drills(
            db=db, rng=rng, clock=clock, wall=wall, tasks=self.tasks, is_ready=self._may_drill,
            make_job=lambda targets, wanted: DrillJob(
                targets, wanted, db, self.opening, rng, clock, self._all_there
            ),
            sample=lambda: settings.number("services/backups/verify-sample"),
            days=lambda: settings.number("services/backups/verify-days"),
        )  # fmt: skip
        self.fire_hire = make_fire_hire(
            Staff(
                clock=clock,
                vacant=self.suppliers.vacant,
                search=self.hiring.search,
                finished=self._staffed,
                short=self._short,
            )
        )
        self._clock = clock
        self._round = Round(
            clock=clock,
            hire=self.fire_hire.restart,
            list_files=self._list_files,
            rebuild=self._rebuild,
            first_rest=lambda: float(settings.number("services/backups/round-seconds")),
        )
        self.monitor = make_backup_monitor(self._round)
        self.oversight = Oversight(
            clock=clock, wall=wall, rng=rng, catalog=db, db=standing, reader=self.reader,
            suppliers=self.suppliers, machines=machines, restart=self.monitor.restart,
            is_heard=SignsOfLife(router, self.suppliers, candidates, meet, rng).any,
            speed=lambda who: self.data_sender.speeds.get(who),
            strict=lambda: settings.flag("services/employer/replace-critically-offline-enabled"),
            roll=settings.number("services/employer/roll-call-seconds"),
            grace=settings.number("services/employer/critically-offline-seconds"),
            rest=settings.number("services/employer/audit-seconds"),
        )  # fmt: skip
        self.timetable = Timetable(
            db, clock, wall, lambda path_id: self.backups.start_id(path_id),
            watched=lambda path_id: self.watching.told(path_id), since=self.queue.since,
        )  # fmt: skip
        self.watching = Watching(
            db=db, clock=clock, wall=wall, in_thread=in_thread, watches=watches, own=own_folders,
            now_ns=now_ns, rules=rules, begin=lambda path_id: self.backups.start_id(path_id),
            is_busy=self.queue.is_busy, is_closing=self.queue.is_closing,
            quiet=lambda: settings.number("services/backups/change-quiet-seconds"),
            longest=lambda: settings.number("services/backups/change-longest-seconds"),
            changed=self.timetable.changed,
        )  # fmt: skip
        self.backups = Backups(
            db, self.queue, self.restores, self.keeping, self.tasks, in_thread, own_folders, now_ns,
            check=self.synchronizer.check, recorded=self.synchronizer.changed, round=self.monitor.restart,
            rules=rules, repacker=self.repacker, contents=Contents(db, self.opening),
            clean=self.clean, lifted=self.tombstones.tell,
            all_rest=lambda: settings.flag(PAUSED),
            set_all_rest=lambda rest: settings.set(PAUSED, rest), timetable=self.timetable,
            policies=Policies(db),
            drills=self.drills,
            streams=Streams(
                db, clock, self.queue, self.tasks, self.synchronizer.check, self.synchronizer.changed
            ),
        )  # fmt: skip

        # How they are joined.
        router.answer(Notice, self.oversight.notices.take)
        self.listing.disowned.listen(lambda who: self._background.begin(self._ask_again(who)))
        self.data_sender.acked.listen(self.listing.trust)
        self.data_sender.acked.listen(lambda *_: self._background.begin(self.sweeper.sweep()))
        self.data_sender.acked.listen(lambda *_: self._background.begin(self.hiring.release()))
        self.data_sender.doubtful.listen(lambda serial: self._background.begin(self._doubt(serial)))
        self.reader.spoiled.listen(lambda serial: self._background.begin(self._doubt(serial)))
        self.rebuilder.new_data.listen(self.data_sender.new_data)
        self.reader.bad.listen(lambda *what: self._background.begin(self._lost(*what)))
        self.data_sender.delivered.listen(
            lambda errand: self.queue.delivered(errand.job, errand.fingerprint, errand.layout.piece_size)
        )
        self.queue.turned.listen(self.data_sender.turn)
        self.queue.closed.listen(self.watching.closed)
        self.queue.ended.listen(self.watching.ended)
        self.synchronizer.committed.listen(self.tombstones.tell)
        self.synchronizer.superseded.listen(self._stand_down)
        self.suppliers.behind.listen(self.synchronizer.doubt)
        self.data_sender.refused.listen(self._refused)
        self.synchronizer.committed.listen(lambda: self._background.begin(self.suppliers.reload()))
        self.suppliers.changed.listen(self._supplier_changed)
        # What outlives us: whoever is built anew in our place listens for himself.
        self._stops = (
            self.hiring.stop,
            settings.listen("services/customer/", self._wanted_otherwise),
            settings.listen("services/backups/", lambda _: self.queue.look()),
        )

    async def start(self) -> None:
        """Take everything up where it was left."""
        for serial in await self.sweeper.start():
            await self.db(removal.drop_sealed, serial)
        self._watched = [
            self.machines.watch(self.fire_hire, "fire_hire"),
            self.machines.watch(self.monitor, "backup_monitor"),
        ]
        await self.sealing.start()
        await self.suppliers.start()
        await self.suppliers.shrink()
        self.data_sender.start()
        self.tombstones.start()
        self.synchronizer.start()
        await self.queue.start()
        self.timetable.start()
        self.watching.start()
        self.drills.start()
        self._up = True
        self.oversight.start()
        self.monitor.restart()

    def monitor_state(self) -> str:
        """The state of the monitor's machine."""
        states = [row.state for row in self._watched if row.name == "backup_monitor"]
        return states[0] if states else "Idle"

    def next_round_in(self) -> float | None:
        """Seconds until the monitor begins its next round; None: one is under way, or none will come."""
        at = self._round.next_at
        return None if at is None or not self._up else max(0.0, at - self._clock.seconds())

    def stop(self) -> None:
        """Put everything down; nothing ticks afterwards."""
        self._up = False
        for stop in self._stops:
            stop()
        self.oversight.stop()
        self.timetable.stop()
        self.watching.stop()
        self.monitor.stop()
        self.fire_hire.stop()
        self.queue.stop()
        self.drills.stop()
        self.restores.stop()
        self.synchronizer.stop()
        self.tombstones.stop()
        self.data_sender.stop()
        self.suppliers.stop()
        self._background.end()
        self.repair_pace.stop()
        for row in self._watched:
            self.machines.forget(row)

    def _stand_down(self) -> None:
        """Another node writes for this identity: nothing is changed any more; restores go on."""
        self.oversight.stop()
        self.timetable.stop()
        self.watching.stop()
        self.monitor.stop()
        self.fire_hire.stop()
        self.tombstones.stop()
        self.data_sender.stop()

    def _all_seated_there(self) -> bool:
        """
        Whether the set in use is complete, and everybody in it connected: one without a seat may be gone for
        good, and of a larger set that is wanted nobody may be to be had.
        """
        seats = self.suppliers.seats[: len(self.suppliers.present)]
        return bool(seats) and all(
            seat is not None and self.suppliers.is_connected(seat.fingerprint) for seat in seats
        )

    def _all_there(self) -> bool:
        """Whether every supplier who keeps something is connected."""
        return len(self.suppliers.connected()) == len(self.suppliers.known)

    async def _may_drill(self) -> bool:
        """Whether a drill would disturb nobody, and can succeed."""
        if self.synchronizer.recovering or self.queue.is_working() or self.restores.running():
            return False
        there = self.suppliers.connected()
        now, _, _ = await self.db.read(holdings.survives_now, there, set(there))
        return now is not None and now >= 0

    # -- the work behind the machines' states

    def _wanted_otherwise(self, key: str) -> None:
        # Not while the catalog is being recovered: the round would hire into it.
        if self._up:
            self.monitor.restart()
            if key == "services/customer/suppliers-number":
                self._background.begin(self._reshape())
            if key == "services/customer/needed-space":
                self._background.begin(self.suppliers.renew())

    async def _reshape(self) -> None:
        """Fewer or more suppliers are wanted: fewer at once, more as they are found."""
        if await self.suppliers.shrink():
            self._staffed()
            self.monitor.restart()
        await self.suppliers.renew()

    async def change_supplier(self, index_or_idurl: str, document: Document) -> tuple[int, Hired | None]:
        """Hire this one in that one's place (`Hiring.change`); the pieces are made again there."""
        outcome = await self.hiring.change(index_or_idurl, document)
        self.monitor.restart()
        return outcome

    def _staffed(self) -> None:
        self.synchronizer.look()
        self.staffed()
        self.monitor.staffed()

    def _short(self) -> None:
        self.monitor.staffed()

    def _list_files(self) -> None:
        async def one(fingerprint: str) -> None:
            try:
                await self.listing.compare(fingerprint)
            except BitDustError as error:
                self._log.info("{who} did not list: {why}", who=fingerprint, why=error.message)

        async def all_of_them() -> None:
            # Whatever breaks here is logged; the round goes on, and comes again.
            try:
                for fingerprint in self.suppliers.connected():
                    await one(fingerprint)
                self.tombstones.tell()
            finally:
                self.monitor.listed()

        self._background.begin(all_of_them())

    def _rebuild(self) -> None:
        async def rebuild() -> None:
            try:
                # What a deletion that was cut off has left: it goes, whoever else deletes something.
                await self.keeping.collect()
                await self.rebuilder.run()
                await self.sweeper.sweep()
                await self.hiring.release()
                # Who is left may have nothing that could still be moved: then it is the next one's turn.
                await self.oversight.doubts.act()
                self.synchronizer.changed()
                self.clean()
            finally:
                self.monitor.rebuilt()

        self._background.begin(rebuild())

    def _freed(self) -> None:
        if self.rebuilder.is_full:
            self.rebuilder.is_full = False
            self.monitor.restart()

    async def _over(self) -> None:
        await self.keeping.collect()
        if self.rebuilder.postponed:
            self.monitor.restart()
        self.clean()

    def clean(self) -> None:
        """Blocks that are mostly dead are emptied, beside all else."""
        self._background.begin(self.repacker.run())

    def _supplier_changed(self, fingerprint: str) -> None:
        # Whoever came has perhaps lost something, or may be sent what he misses.
        if self.suppliers.is_connected(fingerprint):
            self.monitor.restart()

    async def _found(self) -> None:
        pass

    def _refused(self, fingerprint: str, error: Refused) -> None:
        if error.code == "conflict":
            self.synchronizer.doubt(fingerprint)
        if error.code == NO_CONTRACT:
            self._background.begin(self._ask_again(fingerprint))

    async def _ask_again(self, fingerprint: str) -> None:
        """He says that there is no contract between us: he is asked for one, or loses his seat."""
        try:
            await self.suppliers.agree(await self._document_of(fingerprint))
        except Refused as error:
            self.oversight.disowned(fingerprint, error.message)
        except (BitDustError, OSError, TimeoutError) as error:
            self._log.info("{who} is not asked again now: {error}", who=fingerprint, error=error)

    async def _doubt(self, serial: int) -> None:
        """The file of a block in the spool is perhaps not what was written."""
        if await self.sweeper.examine(serial):
            # Told first: the job may not commit what is about to be dropped.
            self.queue.again("a sealed block was lost from the spool: it is made again")
            await self.db(removal.drop_sealed, serial)
        self.monitor.restart()

    async def _lost(self, serial: int, number: int, fingerprint: str) -> None:
        self.listing.distrust(serial, number, fingerprint)
        await self.db(holdings.lost, serial, number, fingerprint)
        self.monitor.restart()

    async def _is_newest(self) -> bool:
        """Whether the suppliers have all of this catalog, and nobody a newer one."""
        return not self.synchronizer.usurped and await self.db.read(log.is_committed)

    # -- small answers the parts ask for

    def _shape(self) -> tuple[int, int]:
        n = len(self.suppliers.present)
        return k_of(n), n

    def space_each(self) -> int:
        """
        Bytes each supplier is asked for: his part of what we need, parity included, and a little for the log.
        """
        return self._space(self.settings.number("services/customer/suppliers-number"))

    def _space_in_use(self) -> int:
        """The same of those of the set in use, who keep more each while a larger one cannot begin."""
        n = len(self.suppliers.present)
        is_smaller = 0 < n < self.settings.number("services/customer/suppliers-number")
        return self._space(n) if is_smaller else self.space_each()

    def _space(self, n: int) -> int:
        needed = self.settings.number("services/customer/needed-space")
        return math.ceil(needed / k_of(n)) + 64 * 2**20

    async def _room_for_backups(self, size: int) -> str:
        who = await self.room.lacks(max(size, self.sealing.block_size()))
        if not who:
            return ""
        return f"{self._names([who])} keeps all that was agreed on; delete a version, or ask for more space"

    async def _room_for_all(self) -> int:
        await self.room.refresh()
        left, _ = await self.room.left(reserved=False)
        return left

    def _names(self, fingerprints: list[str]) -> str:
        """Suppliers as a person knows them."""
        known = self.suppliers.known
        names = [
            known[one].idurl.rpartition("/")[2].removesuffix(".xml") if one in known else one[:8]
            for one in fingerprints
        ]
        return ", ".join(names) or "suppliers"
