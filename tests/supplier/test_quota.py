"""Many puts at once: the quota holds at every moment."""

import os
import random
from pathlib import Path

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.trial.unittest import TestCase

from bitdust.errors import NoSpace
from bitdust.supplier.arrival import BUDGET, LEAST_STRETCH, STRETCH, Budget
from bitdust.supplier.drive import Drive
from bitdust.supplier.service import SupplierService
from bitdust.wire.packets import ListFiles, RequestService, Retrieve
from bitdust.world import Threads
from tests.supplier.desk import BOB, MIB, START, Desk, Exchange, block_id, cut, piece, sender

BODIES = {block_id(number): random.Random(number).randbytes(480_000 + number * 100) for number in range(200)}


class Watching(Drive):
    """Looks at what lies on the disk after every write."""

    most = 0
    on_disk = 0

    def write(self, descriptor, content):
        super().write(descriptor, content)
        self.on_disk += len(content)
        self.most = max(self.most, self.on_disk)

    def remove(self, paths):
        paths = list(paths)
        self.on_disk -= sum(max(0, self.size(path)) for path in paths)
        super().remove(paths)


class Slow(Exchange):
    """Each part comes when the test says so."""

    waiting = None

    def read(self):
        self.waiting = Deferred()
        return self.waiting

    def go(self):
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.callback(self.parts.pop(0) if self.parts else b"")
        return waiting is not None


def test_two_hundred_puts_at_once(tmp_path):
    """T10: together ten times the quota, in any order: never more on the disk than granted."""
    drive = Watching(tmp_path / "customers", free=lambda: 2**40, floor=lambda: 0)
    desk = Desk(tmp_path, drive).start()
    desk.hire(granted=9 * MIB)
    rng = random.Random(5)
    exchanges = {block: Slow(cut(body)) for block, body in BODIES.items()}
    results: dict[bytes, object] = {}
    for block, exchange in exchanges.items():
        put = desk.service.data(sender(BOB), piece(BODIES[block], block), exchange)
        Deferred.fromCoroutine(put).addBoth(lambda result, block=block: results.update({block: result}))
    waiting = list(exchanges.values())
    while waiting:
        exchange = rng.choice(waiting)
        if not exchange.go():
            waiting.remove(exchange)
    refused = {block for block, result in results.items() if getattr(result, "value", None) is not None}
    assert len(results) == 200
    assert all(isinstance(results[block].value, NoSpace) for block in refused)
    assert 15 <= 200 - len(refused) <= 19
    assert drive.most <= 9 * MIB
    assert desk.stored() <= desk.row().used <= 9 * MIB
    assert {block for block, _ in desk.held()} == BODIES.keys() - refused
    desk.stop()
    again = Desk(tmp_path).start()
    assert desk.stored() <= again.row().used <= 9 * MIB
    assert {block for block, _ in again.held()} == BODIES.keys() - refused
    again.stop()


def test_reservations_count_against_the_disk(tmp_path):
    """T12: what is promised to arrivals is not promised again, whoever they belong to."""
    drive = Drive(tmp_path / "customers", free=lambda: 3 * MIB, floor=lambda: MIB)
    desk = Desk(tmp_path, drive).start()
    drive._free = lambda: 100 * MIB
    desk.hire(granted=9 * MIB)
    drive._free = lambda: 3 * MIB
    body = bytes(MIB)
    first = Slow(cut(body))
    put = Deferred.fromCoroutine(desk.service.data(sender(BOB), piece(body, block_id(1)), first))
    results = []
    put.addBoth(results.append)
    with pytest.raises(NoSpace):
        desk.put(bytes(MIB), block_id(2))
    while first.go():
        pass
    assert results[0].receipt
    desk.stop()


class InThreads(TestCase):
    """The same with real threads for the disk and for SQLite."""

    async def test_puts_in_threads(self):
        """T10: sixty puts at once through a pool of threads: whole pieces, and no more than granted."""
        folder = Path(self.mktemp())
        folder.mkdir()
        pool, serial = Threads(reactor, 4, "disk"), Threads(reactor, 1, "db")
        for threads in (pool, serial):
            threads.start()
            self.addCleanup(threads.stop)
        desk = Desk(folder, Watching(folder / "customers", free=lambda: 2**40, floor=lambda: 0))
        desk.db._serial = serial
        desk.service = SupplierService(
            db=desk.db, drive=desk.drive, me="a" * 52, device=desk.service.shelf.device, in_thread=pool,
            clock=desk.clock, wall=lambda: START, donated=lambda: 100 * MIB,
            rng=os.urandom, put=desk._put, withdraw=desk._withdraw,
        )  # fmt: skip
        await desk.service.start()
        await desk.service.request_service(
            sender(BOB), RequestService(bytes(16), "supplier", 9 * MIB, 1), Exchange()
        )
        puts = [
            Deferred.fromCoroutine(
                desk.service.data(sender(BOB), piece(BODIES[block], block), Exchange(cut(BODIES[block])))
            )
            for block in list(BODIES)[:60]
        ]
        results = await DeferredList(puts, consumeErrors=True)
        self.assertTrue(all(ok or value.check(NoSpace) for ok, value in results))
        self.assertIn(sum(ok for ok, _ in results), range(15, 20))
        self.assertLessEqual(desk.stored(), 9 * MIB)
        files = await desk.service.list_files(sender(BOB), ListFiles(), Exchange())
        self.assertEqual(len(files.pieces), sum(ok for ok, _ in results))
        for held in files.pieces:
            leaves = Exchange()
            await desk.service.retrieve(sender(BOB), Retrieve(held.block, held.number, 0, 2), leaves)
            self.assertEqual(bytes(leaves.body), BODIES[held.block][:131072])
        await desk.service.stop()
        await desk.db.close()


def test_memory_is_shared_by_what_arrives():
    """However many things arrive at once, their stretches stay within the budget."""
    budget = Budget()
    for arriving in (0, 1, 2, 16, 17, 200, 250):
        budget.arriving = arriving
        assert LEAST_STRETCH <= budget.stretch() <= STRETCH
        assert 2 * arriving * budget.stretch() <= BUDGET
    budget.arriving = 1
    assert budget.stretch() == STRETCH
