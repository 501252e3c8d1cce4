"""
customer_side -- every part that keeps our files at other people's, built and joined on one screen.
"""

from __future__ import annotations

import math
import os
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

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
from bitdust.backup.packer import Packer, Sealed
from bitdust.backup.policies import Policies
from bitdust.backup.rebuilder import Rebuilder
from bitdust.backup.repacker import Repacker
from bitdust.backup.restore_job import RestoreJob, Wanted
from bitdust.backup.restores import Restores
from bitdust.backup.retention import Policy
from bitdust.backup.shares import Shares
from bitdust.backup.source import Source, TreeSource
from bitdust.backup.streams import Streams
from bitdust.backup.tasks import Tasks
from bitdust.backup.timetable import Timetable
from bitdust.backup.watching import Watching
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.shapes import SHAPES, k_of
from bitdust.catalog import deletes, epochs, holdings, log, removal
from bitdust.config.settings import Settings
from bitdust.customer.block_reader import BlockReader
from bitdust.customer.budget import Budget
from bitdust.customer.data_sender import DataSender
from bitdust.customer.fire_hire import Staff, make_fire_hire
from bitdust.customer.listing import Listing
from bitdust.customer.networks import crowd, most_in_one, networks_of
from bitdust.customer.oversight import Oversight
from bitdust.customer.piece_sender import PieceSender
from bitdust.customer.room import Room
from bitdust.customer.spool import Spool
from bitdust.customer.spool_sweeper import SpoolSweeper
from bitdust.customer.supplier_finder import Hired, SupplierFinder
from bitdust.customer.suppliers import SERVICE, Suppliers
from bitdust.customer.tombstones import Tombstones
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict, Refused, TryLater
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.keys import Keys
from bitdust.machines import Machines, Row
from bitdust.programs import Programs
from bitdust.router.outbox import Outbox
from bitdust.router.router import Router
from bitdust.watches import Watches
from bitdust.wire.packets import CancelService, Packet
from bitdust.world import InThread, Rng, Wall, background, give_up, shielded

#: blocks of the first size before the size doubles
MANY_BLOCKS = 4096
#: seconds for which somebody who was let go is told so: the rest of his contract's term
TELL_FOR = 180 * 86400.0

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
        self._rng = rng
        self._outbox = outbox
        self.settings = settings
        self.machines = machines
        #: every seat has its supplier
        self.staffed: Signal[[]] = Signal()
        #: waits until a new machine would find our suppliers
        self.until_findable: Callable[[], Awaitable[None]] = self._found
        self._in_thread = in_thread
        self._running: list[Deferred[None]] = []
        self._watched: list[Row] = []
        self._stored = 0
        #: the job that sealed the last block
        self._sealing = 0
        self._up = False
        #: something in the background failed since the last round
        self._troubled = False
        self._releasing = False
        #: why the last search for a supplier found nobody; "" when it found one
        self.unfound = ""
        #: who is asked for a contract at this moment
        self._courted: set[str] = set()
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
            space_each=self.space_each,
        )  # fmt: skip
        self.budget = Budget(lambda: settings.number("services/data-motion/transfer-budget"))
        self.room = Room(db, clock, self.suppliers.granted, self._block_size)
        self._document_of = document_of
        self._crowd: Counter[str] = Counter()
        self.finder = SupplierFinder(
            candidates, meet, self._agree, clock, rng, machines,
            ranks=lambda idurls: self.oversight.ranks(idurls), is_crowded=self._is_crowded,
        )  # fmt: skip
        self.reader = BlockReader(
            router=router, codecs=codecs, in_thread=in_thread, clock=clock, spool=self.spool,
            budget=self.budget,
        )  # fmt: skip
        self.opening = Opening(self.reader, in_thread, keys.data_key, keys.chunk_key)
        self.sender = PieceSender(
            router=router, codecs=codecs, in_thread=in_thread, clock=clock, spool=self.spool,
            budget=self.budget, own=own, document_of=document_of, epoch=lambda: self.suppliers.epoch,
        )  # fmt: skip
        self.data_sender = DataSender(
            clock=clock,
            db=db,
            suppliers=self.suppliers,
            sender=self.sender,
            spool=self.spool,
            machines=machines,
            held=lambda: self.queue.held(),
        )
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
        self.rebuilder = Rebuilder(
            db, self.reader, self.spool, self.sweeper, self.data_sender.takers, self.data_sender.refused_by,
            in_thread, clock, machines, there=self.suppliers.connected,
            is_working=lambda: self.queue.is_working() or bool(self.restores.running()),
        )  # fmt: skip
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
                block_size=self._block_size,
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
                new_data=self.data_sender.new_data, acked=self.data_sender.acked, seal=self._seal,
                freed=self.sweeper.freed, names=self._names, clock=clock, check=self.synchronizer.check,
                sweep=lambda: self.sweeper.sweep(self._block_size()), room=self._room_for_backups,
                shares=shares,
            )  # fmt: skip

        def make_restore_job(wanted: Wanted) -> RestoreJob:
            return RestoreJob(
                wanted, db=db, opening=self.opening, in_thread=in_thread, machines=machines,
            )  # fmt: skip

        self.queue = BackupQueue(
            db=db, wall=wall, clock=clock, machines=machines, tasks=self.tasks, make_job=make_backup_job,
            acked=self.data_sender.acked, staffed=self.staffed, check=self.synchronizer.check,
            until_findable=lambda: self.until_findable(),
            until_committed=self.synchronizer.until_committed, committed=self._committed,
            at_once=lambda: settings.number("services/backups/at-once"),
            all_rest=lambda: settings.flag(PAUSED),
            hooks=Hooks(
                db, programs, lambda: settings.number("services/backups/hook-seconds"), str(home)
            ),
            settle=lambda item: self.watching.settle(item),
        )  # fmt: skip
        self.repacker = Repacker(
            db=db, reader=self.reader, spool=self.spool, sweeper=self.sweeper, make_packer=make_packer,
            seal=self._seal, data_key=keys.data_key, chunk_key=keys.chunk_key, in_thread=in_thread,
            clock=clock, machines=machines, tasks=self.tasks, acked=self.data_sender.acked,
            new_data=self.data_sender.new_data, room=self._room_for_all, check=self.synchronizer.check,
            is_working=lambda: self.queue.is_working() or bool(self.restores.running()),
            is_staffed=lambda: not self.suppliers.vacant() and self._all_seated_there(),
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
            make_job=lambda targets, part: DrillJob(
                targets, part, db, self.opening, rng, clock, self._all_there
            ),
            sample=lambda: settings.number("services/backups/verify-sample"),
            days=lambda: settings.number("services/backups/verify-days"),
        )  # fmt: skip
        self.fire_hire = make_fire_hire(
            Staff(
                clock=clock,
                vacant=self.suppliers.vacant,
                search=self._search,
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
            calm=self._calm,
            first_rest=lambda: float(settings.number("services/backups/round-seconds")),
        )
        self.monitor = make_backup_monitor(self._round)
        self.oversight = Oversight(
            clock=clock, wall=wall, rng=rng, catalog=db, db=standing, reader=self.reader,
            suppliers=self.suppliers, machines=machines, restart=self.monitor.restart,
            speed=lambda who: self.data_sender.speeds.get(who),
            strict=lambda: settings.flag("services/employer/replace-critically-offline-enabled"),
            roll=settings.number("services/employer/roll-call-seconds"),
            grace=settings.number("services/employer/critically-offline-seconds"),
            rest=settings.number("services/employer/audit-seconds"),
        )  # fmt: skip
        self.timetable = Timetable(
            db, clock, wall, lambda path_id: self.backups.start_id(path_id),
            watched=lambda path_id: self.watching.told(path_id),
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
        self.data_sender.acked.listen(self.listing.trust)
        self.data_sender.acked.listen(lambda *_: self._later(self.sweeper.sweep()))
        self.data_sender.acked.listen(lambda *_: self._later(self._release()))
        self.data_sender.doubtful.listen(lambda serial: self._later(self._doubt(serial)))
        self.reader.spoiled.listen(lambda serial: self._later(self._doubt(serial)))
        self.rebuilder.new_data.listen(self.data_sender.new_data)
        self.reader.bad.listen(lambda *what: self._later(self._lost(*what)))
        self.data_sender.delivered.listen(
            lambda errand: self.queue.delivered(errand.job, errand.fingerprint, errand.layout.piece_size)
        )
        self.queue.turned.listen(self.data_sender.turn)
        self.queue.closed.listen(self.watching.closed)
        self.synchronizer.committed.listen(self.tombstones.tell)
        self.synchronizer.superseded.listen(self._stand_down)
        self.suppliers.behind.listen(self.synchronizer.doubt)
        self.data_sender.refused.listen(self._refused)
        self.synchronizer.committed.listen(lambda: self._later(self.suppliers.reload()))
        self.suppliers.changed.listen(self._supplier_changed)
        self.suppliers.let_go.listen(lambda who: self._later(self._cancel_service(who)))
        # What outlives us: whoever is built anew in our place listens for himself.
        self._stops = (
            outbox.answered.listen(self._parted),
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
        await self._measure()
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
        for work in list(self._running):
            give_up(work)
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
        """Whether every supplier with a seat is connected: one without may be gone for good."""
        seats = self.suppliers.seats
        return all(seat is not None and self.suppliers.is_connected(seat.fingerprint) for seat in seats)

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
                self._later(self._reshape())
            if key == "services/customer/needed-space":
                self._later(self.suppliers.renew())

    async def _reshape(self) -> None:
        """Fewer or more suppliers are wanted: fewer at once, more as they are found."""
        if await self.suppliers.shrink():
            self._staffed()
            self.monitor.restart()
        await self.suppliers.renew()

    def _search(self, hired: Callable[[], None], nobody: Callable[[], None]) -> None:
        async def search() -> None:
            try:
                self._crowd = await self._crowded()
                found = await self.finder.find(self.suppliers.excluded())
                if not await self.suppliers.take(found):
                    # The user was faster; he who agreed is told that nothing comes of it.
                    self._courted.discard(found.fingerprint)
                    self.suppliers.let_go(found.fingerprint)
            except (BitDustError, OSError) as error:
                self._log.info("{why}", why=error)
                self.unfound = str(error)
                nobody()
            except Exception:
                nobody()
                raise
            else:
                self.unfound = ""
                hired()
            finally:
                self._courted.clear()

        self._later(search())

    def _seated(self) -> list[str]:
        return [seat.fingerprint for seat in self.suppliers.seats if seat is not None]

    async def _crowded(self) -> Counter[str]:
        """How many of those who have a seat live in which network."""
        found = []
        for one in self._seated():
            # Of who was hired on another machine there may be no document yet.
            with suppress(BitDustError):
                found.append((await self._document_of(one)).contacts)
        return crowd(found)

    def _is_crowded(self, document: Document) -> bool:
        n = len(self.suppliers.seats)
        most = most_in_one(n, k_of(n)) if n in SHAPES else 1
        return any(self._crowd[network] >= most for network in networks_of(document.contacts))

    async def change_supplier(self, index_or_idurl: str, document: Document) -> tuple[int, Hired | None]:
        """
        Hire this one in that one's place; the pieces are made again there.

        @raise NotFound, Conflict: there is no such seat, or he cannot have it.
        @raise Refused, Offline, Timeout: he gives no contract.
        """
        self.suppliers.find(index_or_idurl)
        if document.fingerprint in self.suppliers.excluded():
            raise Conflict(f"{document.idurl} keeps pieces of ours already, or is this node itself")
        await self._agree(document)
        try:
            outcome = await self.suppliers.change(index_or_idurl, Hired(document.fingerprint, document.idurl))
        finally:
            self._courted.discard(document.fingerprint)
        self.monitor.restart()
        return outcome

    def _staffed(self) -> None:
        self.synchronizer.changed()
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

        self._later(all_of_them())

    def _rebuild(self) -> None:
        async def rebuild() -> None:
            try:
                # What a deletion that was cut off has left: it goes, whoever else deletes something.
                await self.keeping.collect()
                await self.rebuilder.run()
                await self.sweeper.sweep()
                await self._release()
                self.synchronizer.changed()
                self.clean()
            finally:
                self.monitor.rebuilt()

        self._later(rebuild())

    async def _committed(self, item: str) -> None:
        await self.keeping.trim(item)
        if self.rebuilder.postponed:
            self.monitor.restart()
        self.clean()

    def clean(self) -> None:
        """Blocks that are mostly dead are emptied, beside all else."""
        self._later(self.repacker.run())

    def _supplier_changed(self, fingerprint: str) -> None:
        # Whoever came has perhaps lost something, or may be sent what he misses.
        if self.suppliers.is_connected(fingerprint):
            self.monitor.restart()

    async def _release(self) -> None:
        """
        Somebody without a seat may hold nothing any more: then the next one can be replaced.

        This waits for no commit: when many are gone, there is none before they are replaced.
        """
        seated = {seat.fingerprint for seat in self.suppliers.seats if seat is not None}
        if self.suppliers.known.keys() - seated and not self._releasing:
            self._releasing = True
            try:
                await self.suppliers.reload()
            finally:
                self._releasing = False

    async def _found(self) -> None:
        pass

    def _refused(self, fingerprint: str, error: Refused) -> None:
        if error.code == "conflict":
            self.synchronizer.doubt(fingerprint)

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

    async def _agree(self, document: Document) -> None:
        # What once ended a contract with him may not end the new one.
        who = document.fingerprint
        self._courted.add(who)
        parting = await self._outbox.withdraw(who, CancelService)
        try:
            await self.suppliers.agree(document)
        except BaseException:
            if parting:
                # It comes to nothing: he is still to be told that we have left.
                self._courted.discard(who)
                self._later(self._cancel_service(who))
            raise

    async def _cancel_service(self, fingerprint: str) -> None:
        """
        Tell somebody who holds nothing of ours any more that his contract has ended, whenever he comes back.
        """
        # Not before the catalog in the network knows it: until then a recovery would look for pieces there.
        try:
            await self.synchronizer.until_committed()
        except BitDustError as error:
            self._log.info("{who} is not told: {why}", who=fingerprint, why=error.message)
            return
        if fingerprint in self._courted or fingerprint in self.suppliers.known:
            return
        packet = CancelService(self._rng(16), SERVICE, self.suppliers.epoch)
        await self._outbox.put(fingerprint, packet, TELL_FOR)
        await self.db(deletes.forget, fingerprint)

    def _parted(self, fingerprint: str, packet: Packet, answer: Packet) -> None:
        if isinstance(packet, CancelService):
            self._later(self._forgiven(fingerprint))

    async def _forgiven(self, fingerprint: str) -> None:
        await self.db(deletes.forgiven, fingerprint)

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
        n = self.settings.number("services/customer/suppliers-number")
        needed = self.settings.number("services/customer/needed-space")
        return math.ceil(needed / k_of(n)) + 64 * 2**20

    def _block_size(self) -> int:
        """Bytes of the next block: growing with what is stored, so that the catalog stays small."""
        size = self.settings.number("services/backups/block-size")
        most = self.settings.number("services/backups/max-block-size")
        while size * MANY_BLOCKS < self._stored and 2 * size <= most:
            size *= 2
        return size

    async def _room_for_backups(self, size: int) -> str:
        wanted = max(size, self._block_size())
        left, who = await self.room.left(reserved=True)
        if not who or left >= wanted:
            return ""
        await self.room.refresh()
        left, who = await self.room.left(reserved=True)
        if not who or left >= wanted:
            return ""
        return f"{self._names([who])} keeps all that was agreed on; delete a version, or ask for more space"

    async def _room_for_all(self) -> int:
        await self.room.refresh()
        left, _ = await self.room.left(reserved=False)
        return left

    async def _measure(self) -> None:
        self._stored = await self.db.read(holdings.used_bytes)

    def _seal(self, job: int, sealed: Sealed) -> Deferred[int]:
        def seal(c: sqlite3.Connection) -> int:
            suppliers = epochs.current(c).fingerprints
            layout = sealed.layout
            if len(suppliers) != layout.n:
                raise TryLater("the set of suppliers has changed in the middle of the backup")
            return holdings.seal_block(
                c, job, sealed.block, sealed.salt, layout.size, layout.n, layout.k, layout.unit, sealed.roots,
                sealed.chunks, suppliers, sealed.block.hex(),
            )  # fmt: skip

        def failed(why: Failure) -> Failure:
            self.spool.remove(sealed.block)
            return why

        def known(serial: int) -> int:
            if job != self._sealing:
                # What the lanes have asked for is all of other jobs.
                self._sealing = job
                self.data_sender.turn()
            return serial

        self._stored += sealed.layout.piece_size * sealed.layout.n
        self.room.take(sealed.layout)
        # Whoever does not wait for the end leaves no file behind that the catalog does not know.
        return shielded(self.db(seal).addCallbacks(known, failed))

    def _names(self, fingerprints: list[str]) -> str:
        """Suppliers as a person knows them."""
        known = self.suppliers.known
        names = [
            known[one].idurl.rpartition("/")[2].removesuffix(".xml") if one in known else one[:8]
            for one in fingerprints
        ]
        return ", ".join(names) or "suppliers"

    def _calm(self) -> bool:
        calm, self._troubled = not self._troubled, False
        return calm

    def _failed(self, failure: Failure) -> None:
        """What a disk says for a moment is no fault of ours; the next round does it again, and soon."""
        self._troubled = True
        if isinstance(failure.value, BitDustError | OSError):
            self._log.warn("work in the background is done later: {why}", why=failure.value)
        else:
            self._log.failure("work in the background failed", failure)

    def _later(self, work: Coroutine[Deferred[Any], Any, object]) -> None:
        """Begin work nobody waits for."""
        running = background(work, self._failed)
        if not running.called:
            self._running.append(running)
            running.addBoth(lambda _: self._running.remove(running))
