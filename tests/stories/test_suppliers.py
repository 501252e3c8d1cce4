"""Suppliers are replaced, and told what may go; the catalog log does not grow for ever."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from bitdust.catalog import blocks, deletes, log, tree
from bitdust.errors import Conflict, NotFound
from bitdust.wire.packets import AskIndex
from bitdust.world import spawn
from tests.stories.test_recovery import recovered, words_of
from tests.world import House, World, look, noise


@pytest.fixture
def safe(world: World) -> tuple[World, House, Path]:
    """A customer with a safe version, and one supplier more than he needs."""
    world.suppliers(5)
    alice = world.customer()
    source = world.tree(a=600_000, b=500_000, c=400_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    return world, alice, source


def spare(world: World, alice: House) -> House:
    """The supplier without a seat."""
    (found,) = [h for h in world.houses.values() if h is not alice and h not in world.seated(alice)]
    return found


def states(alice: House, house: House) -> set[str]:
    """What the catalog says of the pieces at this supplier."""
    return {
        placement.state
        for block in alice.blocks()
        for placement in alice.read(blocks.placements, block.serial)
        if placement.fingerprint == house.fingerprint
    }


def test_a_living_supplier_is_replaced(safe: tuple[World, House, Path]) -> None:
    """Make before break: the old copy stays a source until the new one is signed for, then it is deleted."""
    world, alice, source = safe
    old, new = world.seated(alice)[1], spare(world, alice)
    number = len(alice.blocks())
    world.network.speed(30_000, alice.place, new.place)
    replacing = world.wait(alice.node.supplier_replace(old.idurl))
    assert (replacing.position, replacing.idurl) == (1, old.idurl)
    world.until(lambda: new in world.seated(alice) and states(alice, new) >= {"acked", "wanted"})
    # In the middle: every piece lies somewhere, and no supplier has two of one block.
    for block in alice.blocks():
        assert block.acked == 4
        holders = [p.fingerprint for p in alice.read(blocks.placements, block.serial) if p.state != "wanted"]
        assert len(holders) == len(set(holders))
    assert "leaving" in states(alice, old)
    others = [house for house in world.seated(alice) if house is not new]
    world.away(*others[:2])
    task = alice.restore(str(source), world.folder / "meanwhile")
    assert (task.state, task.message) == ("done", "")
    assert look(Path(f"{world.folder}/meanwhile{source}")) == look(source)
    world.back(*others[:2])
    world.until(lambda: states(alice, new) == {"acked"} and not states(alice, old), 2000)
    assert len(new.shelf_files()) == number
    world.until(lambda: not old.shelf_files(), 2000)
    alice.until_safe(2000)
    world.until(lambda: old.fingerprint not in alice.customer.suppliers.known, 2000)


@pytest.mark.parametrize("is_late", [False, True])
def test_each_in_turn(safe: tuple[World, House, Path], is_late: bool) -> None:
    """All four are replaced one after the other, by position, and come back again; nothing is lost."""
    world, alice, source = safe
    if is_late:
        world.answer_late()
    for position in (0, 1, 2, 3, 0):
        old, new = world.seated(alice)[position], spare(world, alice)
        assert world.wait(alice.node.supplier_replace(position)).idurl == old.idurl
        world.until(lambda new=new: new in world.seated(alice), 200)
        world.until(lambda old=old: not old.shelf_files() and not states(alice, old), 2000)
        world.until(lambda old=old: old.fingerprint not in alice.customer.suppliers.known, 2000)
    alice.until_safe(2000)
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_all_at_once(safe: tuple[World, House, Path]) -> None:
    """All four are to be replaced, and there is one to hire: each who was let go can take the next seat."""
    world, alice, source = safe
    before = {house.name for house in world.seated(alice)}
    for position in range(4):
        world.wait(alice.node.supplier_replace(position))
    suppliers = alice.customer.suppliers
    world.until(lambda: None not in suppliers.seats, 20_000)
    assert {house.name for house in world.seated(alice)} != before
    world.until(lambda: set(suppliers.known) == {seat.fingerprint for seat in suppliers.present}, 20_000)
    alice.until_safe(2000)
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_who_cannot_be_replaced(safe: tuple[World, House, Path]) -> None:
    """Nobody of that name; a seat that is being filled already."""
    world, alice, _ = safe
    for nobody in ("7", "http://127.0.0.1/nobody.xml", "-1"):
        with pytest.raises(NotFound, match="is not one of the suppliers"):
            world.wait(alice.node.supplier_replace(nobody))
    world.away(spare(world, alice))
    world.wait(alice.node.supplier_replace(2))
    with pytest.raises(Conflict, match="position 2 is being looked for already"):
        world.wait(alice.node.supplier_replace(2))


def test_a_dead_supplier_is_replaced(safe: tuple[World, House, Path]) -> None:
    """His pieces are made again from the others; when he comes back after all, he is told that all may go."""
    world, alice, source = safe
    dead, new = world.seated(alice)[0], spare(world, alice)
    world.away(dead)
    world.wait(alice.node.supplier_replace(dead.idurl))
    world.until(lambda: states(alice, new) == {"acked"}, 1000)
    alice.until_safe(1000)
    assert dead.shelf_files()
    # The node forgets nothing of it over a restart.
    alice.restart()
    world.run(600)
    world.back(dead)
    world.until(lambda: not dead.shelf_files(), 4000)
    assert alice.restore(str(source), world.folder / "out").state == "done"


def test_a_replacement_survives_a_recovery(safe: tuple[World, House, Path]) -> None:
    """A machine that was lost in the middle of a replacement loses nothing."""
    world, alice, source = safe
    old, new = world.seated(alice)[1], spare(world, alice)
    world.network.speed(30_000, alice.place, new.place)
    words = words_of(alice)
    world.wait(alice.node.supplier_replace(old.idurl))
    world.until(lambda: states(alice, new) >= {"acked", "wanted"})
    alice.crash()
    again = recovered(world, words)
    again.until_safe(2000)
    assert again.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_delete_frees_space(safe: tuple[World, House, Path]) -> None:
    """A deleted item frees its space at every supplier, also at one who was away, over restarts of both."""
    world, alice, source = safe
    seated = world.seated(alice)
    keep = world.tree("keep", other=300_000)
    assert alice.back_up(keep).state == "committed"
    alice.until_safe()
    gone = seated[3]
    gone.stop()
    world.run(1)
    deleted = world.wait(alice.node.backups.delete_path(str(source)))
    assert (deleted.kind, deleted.id) == ("item", "0/0/0/0")
    number = len(alice.blocks())
    world.until(lambda: all(len(house.shelf_files()) == number for house in seated[:3]))
    alice.restart()
    world.run(3600)
    gone.start()
    world.until(lambda: len(gone.shelf_files()) == number, 4000)
    world.until(lambda: alice.read(deletes.waiting) == 0)
    assert alice.restore(str(keep), world.folder / "out").state == "done"
    with pytest.raises(NotFound, match="not in the catalog"):
        alice.restore(str(source), world.folder / "out")
    # Numbers are never used again.
    assert alice.back_up(source).path_id not in ("0/0/0/0", "0/0/0/1")


def test_delete_with_a_delay(world: World) -> None:
    """Within `delete-delay` suppliers keep what was deleted, whoever asks; afterwards it goes."""
    world.suppliers(2)
    alice = world.customer(n=2, services__backups__delete_delay=7200)
    source = world.tree(a=100_000)
    assert alice.back_up(source).state == "committed"
    world.wait(alice.node.backups.delete_path(str(source)))
    world.run(3000)
    assert all(house.shelf_files() for house in world.seated(alice))
    world.run(9000)
    assert not any(house.shelf_files() for house in world.seated(alice))


def test_nothing_is_deleted_before_the_log_says_so(safe: tuple[World, House, Path]) -> None:
    """While too few suppliers know that a version is gone, no piece goes: an older catalog may need it."""
    world, alice, source = safe
    seated = world.seated(alice)
    words = words_of(alice)
    world.away(*seated[:2])
    world.wait(alice.node.backups.delete_path(str(source)))
    world.run(600)
    assert all(house.shelf_files() for house in seated)
    alice.crash()
    world.back(*seated[:2])
    world.away(*seated[2:])
    again = recovered(world, words)
    assert again.restore(str(source), world.folder / "out").state == "done"


def test_the_log_begins_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of a catalog that changes for ever stays short, here and at the suppliers, and whole."""
    monkeypatch.setattr(log, "LONG_LOG", 20_000)
    world.suppliers(2)
    alice = world.customer(n=2, services__backups__max_copies=2)
    source = world.tree(**{f"f{i}": 10 for i in range(60)})
    sizes = []
    for day in range(25):
        for i in range(60):
            (source / f"f{i}").write_bytes(noise(f"{day} {i}", 20))
        assert alice.back_up(source).state == "committed"
        alice.until_safe()
        world.run(5)
        sizes.append(alice.read(log.kept_bytes))
    written = alice.read(
        lambda c: c.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'log'").fetchone()[0]
    )
    assert written > 25 * 60
    assert max(sizes) < 3 * 20_000
    # It was begun anew more than once, but not each time.
    begun = sum(later < earlier for earlier, later in itertools.pairwise(sizes))
    assert 1 <= begun <= 12
    for house in world.seated(alice):
        kept = list((house.home / "customers").rglob("log/*"))
        assert sum(path.stat().st_size for path in kept) < 3 * 20_000 + 1000 * len(kept)
    words = words_of(alice)
    alice.crash()
    again = recovered(world, words, services__customer__suppliers_number="2")
    assert [version.files for version in again.versions("0/0/0/0")] == [60, 60]
    assert again.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_a_segment_that_is_sealed_before_the_head_is_sent(
    safe: tuple[World, House, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody has all segments, and is about to get the head: one more is sealed, and all get that, too."""
    world, alice, _ = safe
    synchronizer, db = alice.customer.synchronizer, alice.customer.db
    everybody: Deferred[None] = Deferred()

    class Slow:
        """A catalog that does not answer until nobody lacks a segment, and then there is another one."""

        waiting = 0

        def __call__(self, *work: Any) -> Deferred[Any]:
            return db(*work)

        def read(self, work: Callable[..., Any], *args: Any) -> Deferred[Any]:
            found = db.read(work, *args)
            return found.addCallback(self.hold) if work in (log.unsent_to, log.next_to) else found

        def hold(self, found: Any) -> Any:
            if everybody.called or (found[0] if isinstance(found, tuple) else found):
                return found
            self.waiting += 1
            if self.waiting == 4:
                spawn(self.go_on())
            held: Deferred[Any] = Deferred()
            everybody.addCallback(lambda _: held.callback(found))
            return held

        async def go_on(self) -> None:
            await db(tree.add_path, b"/second", "file")
            await synchronizer._seal()
            everybody.callback(None)

    monkeypatch.setattr(synchronizer, "_db", Slow())
    world.wait(db(tree.add_path, b"/first", "file"))
    world.wait(synchronizer.until_committed(), 60)
    monkeypatch.undo()
    assert everybody.called
    world.wait(synchronizer.until_committed(), 60)
    assert world.wait(alice.node.health()).state == "safe"


def test_a_round_looks_once(safe: tuple[World, House, Path]) -> None:
    """Who changes nothing compares his catalog with that of each supplier once an hour, not more often."""
    world, alice, _ = safe
    asked: Counter[str] = Counter()
    for house in world.seated(alice):

        async def counted(truth: Any, *question: Any, name: str = house.name) -> Any:
            asked[name] += 1
            return await truth(*question)

        house.lie(AskIndex, counted)
    world.network.latency(0.1)
    # By then the rounds have become rare.
    world.run(6 * 3600)
    asked.clear()
    world.run(10 * 3600)
    assert len(asked) == 4
    assert all(9 <= times <= 11 for times in asked.values()), asked
