"""When what was lost is made again: at once if it is in danger, else when it disturbs nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitdust.backup import rebuilder, remaking
from bitdust.backup.rebuilder import LAZY, PATIENCE, threshold
from bitdust.blocks import again
from bitdust.catalog import holdings
from bitdust.supplier import customers
from bitdust.transport import silence
from tests.stories.test_repack import cleaned, comes_back, thinned
from tests.world import House, World

HOUR = 3600.0


def lose(world: World, alice: House, houses: list[House]) -> None:
    """All that these keep is gone at one moment, and alice looks again."""
    for house in houses:
        for file in house.shelf_files():
            file.unlink()
        world.wait(house.service.shelf.db(lambda c: c.execute("DELETE FROM pieces")))
        world.wait(house.service.shelf.db(customers.recount))
    alice.customer.monitor.restart()


def safe(world: World, monkeypatch: pytest.MonkeyPatch, n: int) -> tuple[House, Path]:
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(n)
    alice = world.customer(n=n)
    source = world.tree(a=600_000, b=500_000)
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    return alice, source


def missing(alice: House) -> int:
    return int(alice.read(holdings.count_missing))


def test_a_large_set_waits_for_more_losses(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 13 one is lost: nothing is fetched for hours; then it is made whole all the same."""
    alice, _ = safe(world, monkeypatch, 13)
    lose(world, alice, world.seated(alice)[:1])
    world.until(lambda: missing(alice) > 0, HOUR)
    count = missing(alice)
    world.run(LAZY - 2 * HOUR)
    assert missing(alice) == count
    assert alice.customer.rebuilder.blocks_rebuilt == 0
    alice.until_safe(4 * HOUR)


def test_a_full_spool_ends_the_pass(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks are missing and the spool has no room: that is found out once, and taken up when it has."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(**{f"file{n}": 200_000 for n in range(20)})
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    monkeypatch.setattr(alice.customer.spool, "has_room", lambda size: False)
    lose(world, alice, world.seated(alice)[:1])
    world.until(lambda: missing(alice) >= 10, HOUR)
    world.until(lambda: alice.customer.rebuilder.is_full, 2 * PATIENCE)
    world.run(PATIENCE / 2)
    names = [row.name for row in alice.node.machines.rows.values()]
    assert "rebuilder" not in names
    monkeypatch.undo()
    alice.customer.sweeper.freed()
    alice.until_safe(600)


def test_at_the_threshold_it_is_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 13 three are lost: that is the threshold, and all is whole again within the hour."""
    alice, _ = safe(world, monkeypatch, 13)
    assert threshold(13, 7) == 10
    lose(world, alice, world.seated(alice)[:3])
    alice.until_safe(HOUR)


def test_the_users_work_goes_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 13 one is lost while a backup is under way: nothing is fetched before its end, and then soon."""
    monkeypatch.setattr(rebuilder, "LAZY", 0.0)
    alice, _ = safe(world, monkeypatch, 13)
    more = world.tree("more", large=3_000_000)
    for house in world.seated(alice):
        world.network.speed(20_000, alice.place, house.place)
    world.wait(alice.node.backups.start_path(str(more)))
    gone = world.seated(alice)[0]
    lose(world, alice, [gone])
    world.until(alice.customer.queue.is_working)

    def over() -> bool:
        if alice.customer.queue.is_working():
            assert alice.customer.rebuilder.blocks_rebuilt == 0
            return False
        return True

    world.until(lambda: missing(alice) > 0, HOUR)
    assert not over()
    world.until(over, HOUR)
    alice.until_safe(HOUR)


def wiped(world: World, alice: House) -> int:
    """One supplier loses all, and it is made again; the bytes that came to alice meanwhile."""
    house = world.seated(alice)[0]
    # What is only asked each round is not counted: the round is begun, and ends, before.
    before = sum(size for (_, to), size in world.network.bytes.items() if to == alice.place)
    lose(world, alice, [house])
    world.until(lambda: missing(alice) > 0, HOUR)
    alice.until_safe(2 * HOUR)
    after = sum(size for (_, to), size in world.network.bytes.items() if to == alice.place)
    assert len(house.shelf_files()) == len(alice.blocks())
    return after - before


def kept(alice: House) -> int:
    """Bytes of all blocks: what is fetched when nothing is here."""
    return sum(block.size for block in alice.blocks())


def test_from_files_that_have_not_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fetched: every block is made from the files, and every piece is what was signed for."""
    alice, source = safe(world, monkeypatch, 4)
    # Small files, a hole, something that shrinks, a second name, and one file twice in the same item.
    more = world.tree("more", **{f"small{n}": 3000 + n for n in range(40)}, text=b"again " * 50_000)
    with (more / "sparse").open("wb") as file:
        file.seek(2**20)
        file.write(b"behind a hole" * 1000)
    (more / "twice").write_bytes((more / "small3").read_bytes())
    (more / "linked").hardlink_to(more / "small4")
    assert alice.back_up(more, 600).state == "committed"
    alice.until_safe(600)
    came = wiped(world, alice)
    assert alice.customer.rebuilder.blocks_remade == len(alice.blocks())
    assert came < 0.05 * kept(alice)
    # Others read it, too.
    world.away(*world.seated(alice)[1:3])
    for each in (source, more):
        assert alice.restore(str(each), world.folder / "out", 600).state == "done"
    assert (world.folder / "out" / str(more)[1:] / "text").read_bytes() == b"again " * 50_000


def test_of_a_file_that_has_changed_only_what_is_not_in_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two files is gone: its chunks are fetched, those of the other are sealed here."""
    alice, source = safe(world, monkeypatch, 4)
    size = kept(alice)
    (source / "b").unlink()
    came = wiped(world, alice)
    assert alice.customer.rebuilder.blocks_remade > 0
    assert 0.3 * size < came < 0.8 * size
    world.away(*world.seated(alice)[1:3])
    assert alice.restore(str(source), world.folder / "out", 600).state == "done"


@pytest.mark.parametrize("how", ["gone", "changed", "same dates"])
def test_of_files_that_are_not_what_they_were(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """All is fetched, also where a file only looks as if it had not changed."""
    alice, source = safe(world, monkeypatch, 4)
    for path in list(source.iterdir()):
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(bytes(reversed(path.read_bytes())))
    if how == "same dates":
        monkeypatch.setattr(remaking, "_is_unchanged", lambda now, meta: True)
    came = wiped(world, alice)
    assert alice.customer.rebuilder.blocks_remade == 0
    assert alice.customer.rebuilder.blocks_rebuilt == len(alice.blocks())
    assert came > 0.95 * kept(alice)


def test_what_a_repack_has_sealed_is_made_again_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks that emptying made out of what was left of others."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(4)
    alice = world.customer()
    source = thinned(world, alice)
    first = {block.id for block in alice.blocks()}
    world.wait(alice.node.backups.delete(alice.versions("0/0/0/0")[0].backup_id))
    cleaned(world, alice)
    assert not first & {block.id for block in alice.blocks()}
    wiped(world, alice)
    assert alice.customer.rebuilder.blocks_remade == len(alice.blocks())
    comes_back(world, alice, source)


def test_another_compressor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that compresses otherwise: everything is fetched, and nothing is sealed twice."""
    monkeypatch.setattr(silence, "QUIET", 900.0)
    world.suppliers(4)
    alice = world.customer()
    source = world.tree(text=b"".join(b"line %d\n" % n for n in range(60_000)))
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    monkeypatch.setattr(again, "LEVEL", 3)
    wiped(world, alice)
    assert (alice.customer.rebuilder.blocks_remade, alice.customer.rebuilder.blocks_rebuilt) == (
        0,
        len(alice.blocks()),
    )


def test_a_file_that_changes_between_the_rounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was rehearsed, and is another one when it is to be sealed: the block is fetched."""
    alice, source = safe(world, monkeypatch, 4)
    rehearsed = again.Again.is_same

    def meanwhile(self: again.Again) -> bool:
        for path in source.iterdir():
            path.write_bytes(b"something else")
        return rehearsed(self)

    monkeypatch.setattr(again.Again, "is_same", meanwhile)
    wiped(world, alice)
    assert alice.customer.rebuilder.blocks_remade == 0
    assert alice.restore(str(source), world.folder / "out", 600).state == "done"


@pytest.mark.parametrize("setting", ["line-share", "limit"])
def test_repair_leaves_room_on_the_line(world: World, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """A quarter of the time, or so many bytes a second; what is endangered is sent as fast as it goes."""
    alice, _ = safe(world, monkeypatch, 4)
    house, other, *_ = world.seated(alice)
    for each in (house, other):
        world.network.speed(20_000, alice.place, each.place)
    began = world.clock.seconds()
    wiped(world, alice)
    at_half = world.clock.seconds() - began
    alice.node.settings.set(f"services/rebuilding/{setting}", "25" if setting == "line-share" else "5 KB")
    began = world.clock.seconds()
    wiped(world, alice)
    assert 1.7 * at_half < world.clock.seconds() - began < 3.0 * at_half
    # Two of four are lost: no further loss would be survived.
    began = world.clock.seconds()
    lose(world, alice, [house, other])
    world.until(lambda: missing(alice) > 0, HOUR)
    alice.until_safe(2 * HOUR)
    assert world.clock.seconds() - began < at_half


def test_a_backup_does_not_wait_for_repair(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While repair rests its lanes are free for what the user wants now."""
    alice, _ = safe(world, monkeypatch, 4)
    alice.node.settings.set("services/rebuilding/limit", "1 KB")
    lose(world, alice, world.seated(alice)[:1])
    world.until(lambda: missing(alice) > 0 and not alice.customer.repair_pace.is_open(), HOUR)
    began = world.clock.seconds()
    assert alice.back_up(world.tree("now", letter=300_000), 600).state == "committed"
    assert world.clock.seconds() - began < 10
    assert missing(alice) > 0
