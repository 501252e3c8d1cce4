"""What rots on a shelf is found by its supplier, and made again by its customer."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bitdust.catalog import holdings
from bitdust.supplier.scrub import HOUR, PASS
from bitdust.transport import silence
from bitdust.wire.packets import AskDigest, ListFiles
from tests.balance import select
from tests.stories.test_liars import flip
from tests.world import House, World, look

DAY = 86400.0
Safe = tuple[World, House, Any]


@pytest.fixture
def safe(world: World, monkeypatch: pytest.MonkeyPatch) -> Safe:
    """A customer with a safe version, at four suppliers, who are not audited; links are silent for longer."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(**{f"file{n}": 200_000 for n in range(20)})
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    alice.customer.oversight.auditor.stop()
    return world, alice, source


def test_every_flipped_bit_is_found_and_mended(safe: Safe) -> None:
    """T30: bits fall over on all shelves, as many as can be borne: within a week all is whole again."""
    world, alice, source = safe
    chance = random.Random(30)
    for house in world.seated(alice)[:2]:
        for path in chance.sample(house.shelf_files(), 8):
            content = path.read_bytes()
            path.write_bytes(flip(content, chance.randrange(len(content))))
    path.unlink()
    world.run(7 * DAY)
    alice.until_safe(HOUR)
    for house in world.seated(alice):
        assert select(house, "SELECT count(*) FROM pieces WHERE damaged = 1") == [(0,)]
        assert len(house.shelf_files()) == len(alice.blocks())
    world.away(*world.seated(alice)[2:])
    assert alice.restore(str(source), world.folder / "out", 600).state == "done"
    assert look(world.folder / f"out{source}") == look(source)


def test_a_large_shelf_is_read_in_parts(safe: Safe, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the part of the hour is read at a time, and none is left out in five days."""
    world, alice, _ = safe
    house = world.seated(alice)[0]
    read: list[str] = []
    drive = house.service.shelf.drive
    plain = drive.read

    def reading(path: Any, offset: int, length: int) -> bytes:
        if not read or read[-1] != path.name:
            read.append(path.name)
        return plain(path, offset, length)

    monkeypatch.setattr(drive, "read", reading)
    number = len(house.shelf_files())
    world.run(HOUR + 1)
    assert len(read) == 1
    world.run(PASS)
    assert len(set(read)) == number
    assert len(read) <= PASS / HOUR + 2


def test_a_scrub_goes_on_after_a_crash(safe: Safe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it was is written down; and a night of sleep is made up for."""
    world, alice, _ = safe
    house = world.seated(alice)[0]
    world.run(2 * HOUR + 1)
    ((_, first),) = select(house, "SELECT customer, block FROM scrub")
    house.crash()
    world.run(DAY)
    house.start()
    world.run(HOUR + 1)
    ((_, block),) = select(house, "SELECT customer, block FROM scrub")
    assert first < block
    ((behind,),) = select(house, "SELECT count(*) FROM pieces WHERE block > ? AND block <= ?", first, block)
    assert behind >= len(alice.blocks()) // 5 - 1


def test_a_shelf_that_is_up_for_minutes_a_day_is_read_too(safe: Safe) -> None:
    """Each of its short days it reads the part of a whole one."""
    world, alice, _ = safe
    house = world.seated(alice)[0]
    path = house.shelf_files()[-1]
    path.write_bytes(path.read_bytes()[:-1])
    for _ in range(6):
        house.stop()
        world.run(DAY - 1500)
        house.start()
        world.run(1500)
    name = str(path.relative_to(house.home / "customers"))
    assert select(house, "SELECT count(*) FROM pieces WHERE path = ? AND damaged = 0", name) == [(0,)]


def test_a_list_is_only_asked_for_when_it_would_tell_something(safe: Safe) -> None:
    """In a quiet day no list goes over the network; what is lost is noticed all the same."""
    world, alice, _ = safe
    asked: list[str] = []
    for house in world.seated(alice):

        async def count(truth: Any, sender: Any, question: Any, exchange: Any) -> Any:
            asked.append(type(question).__name__)
            return await truth(sender, question, exchange)

        house.lie(ListFiles, count)
        house.lie(AskDigest, count)
    world.run(DAY)
    assert set(asked) == {"AskDigest"}
    assert len(asked) < 4 * 30
    house = world.seated(alice)[0]
    (block,), *_ = select(house, "SELECT block FROM pieces")
    spoil = "UPDATE pieces SET damaged = 1 WHERE block = ?"
    world.wait(house.service.shelf.db(lambda c: c.execute(spoil, (block,)).rowcount))
    world.run(2 * HOUR)
    assert "ListFiles" in asked
    assert alice.read(holdings.count_missing) == 0
