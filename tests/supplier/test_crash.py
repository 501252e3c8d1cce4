"""Failures and power cuts at every single step of a shelf's work."""

import errno
import random
import sqlite3
from itertools import count

import pytest

from bitdust.blocks.piece import check
from bitdust.errors import BitDustError
from tests.supplier.desk import BOB, Desk, block_id, done, piece
from tests.supplier.fragile import Dead, Fate, FragileDatabase, FragileDrive

BODIES = {block_id(number): random.Random(number).randbytes(70_000 + number) for number in range(3)}
A, B, C = BODIES


class Story:
    """What the customer does, and which answers he got."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.acked: set[bytes] = set()
        self.maybe: set[bytes] = set()
        self.errors: list[Exception] = []
        self.hired = self.buried = False

    def run(self) -> "Story":
        for step in (
            self.start,
            self.hire,
            self.put(A),
            self.put(B),
            self.put(A),
            self.delete,
            self.put(C),
            self.log,
        ):
            try:
                step()
            except (BitDustError, sqlite3.Error, OSError) as error:
                self.errors.append(error)
            except Dead:
                return self
        return self

    def start(self):
        self.desk.start()

    def hire(self):
        self.desk.hire()
        self.hired = True

    def put(self, block):
        def put():
            self.desk.put(BODIES[block], block)
            self.acked.add(block)

        return put

    def delete(self):
        self.maybe.add(B)
        self.desk.delete(B)
        self.buried = True

    def log(self):
        self.desk.segment(1, 0, b"log")


def look_closely(desk: Desk, story: Story) -> None:
    """Everything that was acknowledged is there and whole; nothing else is there."""
    held = desk.held() if story.hired else set()
    assert {(block, 0) for block in story.acked - story.maybe} <= held
    assert not (story.buried and (B, 0) in held)
    for block, _ in held:
        exchange = desk.get(0, 2, block)
        (answer,) = exchange.replies
        assert bytes(exchange.body) == BODIES[block]
        check(piece(BODIES[block], block).root, block, 0, 2, 0, exchange.body, answer.proof)

    def named(c):
        query = "SELECT path FROM pieces UNION ALL SELECT path FROM segments UNION ALL SELECT path FROM going"
        return {desk.root / path for (path,) in c.execute(query)}

    files = desk.files()
    assert set(files) == done_read(desk, named)
    if story.hired:
        assert desk.row().used == sum(-(-file.stat().st_size // 4096) * 4096 for file in files)


def done_read(desk, work):
    async def read():
        return await desk.db.read(work)

    return done(read())


def go_on(desk: Desk) -> None:
    """Whatever happened, the shelf works: what is missing can be sent again."""
    desk.hire()
    for block in (A, C):
        desk.put(BODIES[block], block)
    assert {(A, 0), (C, 0)} <= desk.held()


def fragile_desk(folder, fate):
    folder.mkdir()
    return Desk(folder, FragileDrive(folder / "customers", fate), FragileDatabase(folder / "shelf.db", fate))


@pytest.mark.parametrize("lost", [True, False], ids=["unsynced lost", "unsynced kept"])
def test_power_cut_at_every_step(tmp_path, lost):
    """T21, T22, T24: cut at step i, for all i: what was acknowledged is there, and nothing else is."""
    for at in count(1):
        fate = Fate(at)
        desk = fragile_desk(tmp_path / str(at), fate)
        story = Story(desk).run()
        if not fate.met:
            break
        fate.dead = False
        done(desk._close())
        if lost:
            desk.drive.power_cut()
        again = Desk(tmp_path / str(at)).start()
        look_closely(again, story)
        go_on(again)
        again.stop()
    assert at > 60
    desk.stop()


@pytest.mark.parametrize("failure", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def test_failure_at_every_step(tmp_path, failure):
    """T25: step i fails, for all i: a clear error, no lie, and it goes on; a restart clears up."""
    for at in count(1):
        fate = Fate(at, failure)
        desk = fragile_desk(tmp_path / str(at), fate)
        story = Story(desk).run()
        if not fate.met:
            break
        assert story.acked >= {A, C} or story.errors
        if not desk.service.patrol._call.running:
            desk.start()
        go_on(desk)
        story.hired = True
        desk.stop()
        again = Desk(tmp_path / str(at)).start()
        look_closely(again, story)
        go_on(again)
        again.stop()
    assert at > 60
    desk.stop()


def test_a_full_disk_is_told_as_such(tmp_path):
    """T25: ENOSPC in the middle of a piece is `no_space` for the customer; another failure is `tempfail`."""
    told = {}
    for failure in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE):
        fate = Fate(10**9, failure)
        desk = fragile_desk(tmp_path / str(failure), fate)
        desk.start()
        desk.hire()
        fate.at = fate.steps + 4
        with pytest.raises(BitDustError) as refused:
            desk.put(BODIES[A], A)
        told[failure] = refused.value.id
        assert desk.files() == []
        assert desk.row(BOB).used == 0
        desk.put(BODIES[A], A)
        desk.stop()
    assert [told[failure] for failure in (errno.ENOSPC, errno.EDQUOT)] == ["no_space"] * 2
    assert [told[failure] for failure in (errno.EIO, errno.EROFS, errno.EMFILE)] == ["tempfail"] * 3
