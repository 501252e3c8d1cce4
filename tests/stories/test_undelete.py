"""What was deleted can be brought back for a while, which suppliers keep to; and what is pinned stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitdust.backup.retention import Policy
from bitdust.errors import Conflict, NotFound, Usage
from tests.balance import balanced, select, settle
from tests.stories.test_recovery import recovered, words_of
from tests.world import House, World, look, noise

DELAY = 7200
ITEM = "0/0/0/0"


def ready(world: World, n: int = 2) -> tuple[House, Path]:
    """Someone who keeps what he deletes for two hours, with two versions of a folder."""
    world.suppliers(n)
    alice = world.customer(n=n, services__backups__delete_delay=DELAY)
    source = world.tree(same=300_000, changing=300_000)
    assert alice.back_up(source).state == "committed"
    (source / "changing").write_bytes(noise("another", 300_000))
    assert alice.back_up(source).state == "committed"
    settle(world, alice)
    return alice, source


def buried(world: World, alice: House) -> list[int]:
    """How many blocks each supplier was told to delete, and has not yet."""
    return [len(select(house, "SELECT 1 FROM tombstones WHERE done = 0")) for house in world.seated(alice)]


def comes_back(world: World, alice: House, what: str, expected: object) -> None:
    """It is restored as it was."""
    out = world.folder / f"out{len(alice.node.backups.tasks())}"
    assert alice.restore(what, out).state == "done"
    (root,) = [path for path in out.rglob("source") if path.is_dir()]
    assert look(root) == expected


def test_a_version_comes_back(world: World) -> None:
    """
    A deleted version is not listed, and its pieces wait for their time at the suppliers; brought back it is
    listed, restored, and stays when that time is over.
    """
    alice, source = ready(world)
    expected = look(source)
    first, second = alice.versions(ITEM)
    before = [house.shelf_used() for house in world.seated(alice)]
    world.wait(alice.node.backups.delete(second.backup_id))
    settle(world, alice)
    balanced(world, alice)
    assert alice.versions(ITEM) == [first]
    with pytest.raises(NotFound, match="was deleted"):
        alice.restore(second.backup_id, world.folder / "not")
    assert [house.shelf_used() for house in world.seated(alice)] == before
    assert all(buried(world, alice))
    (told,) = world.wait(alice.node.backups.deleted())
    assert (told.id, told.size) == (second.backup_id, second.bytes)
    assert 0 < told.gone - world.wall() <= DELAY
    alice.restart()
    assert world.wait(alice.node.backups.undelete(second.backup_id)) == [second.backup_id]
    assert world.wait(alice.node.backups.deleted()) == []
    settle(world, alice)
    assert buried(world, alice) == [0, 0]
    world.run(3 * DELAY)
    balanced(world, alice)
    comes_back(world, alice, second.backup_id, expected)
    assert len(alice.versions(ITEM)) == 2
    with pytest.raises(Conflict, match="not deleted"):
        world.wait(alice.node.backups.undelete(second.backup_id))
    # What it shares with the next version is not sent again.
    assert alice.back_up(source).done == 0


def test_after_its_time(world: World) -> None:
    """When the delay is over it is gone for good at every supplier, and whoever asks is told so."""
    alice, _ = ready(world)
    first, second = alice.versions(ITEM)
    for version in first, second:
        world.wait(alice.node.backups.delete(version.backup_id))
    world.run(DELAY - 100)
    assert all(house.shelf_files() for house in world.seated(alice))
    assert len(world.wait(alice.node.backups.deleted())) == 2
    world.run(101)
    for version in first, second:
        with pytest.raises(NotFound, match=r"for good|not among"):
            world.wait(alice.node.backups.undelete(version.backup_id))
    # A supplier walks every hour.
    world.run(2 * 3600)
    settle(world, alice)
    balanced(world, alice)
    assert not any(house.shelf_files() for house in world.seated(alice))
    with pytest.raises(NotFound, match="not among"):
        world.wait(alice.node.backups.undelete(first.backup_id))
    with pytest.raises(Usage):
        world.wait(alice.node.backups.undelete("nonsense"))


def test_an_item_comes_back(world: World) -> None:
    """A deleted folder is in no list; brought back it has its versions, its number and its size again."""
    alice, source = ready(world)
    expected = look(source)
    listed = world.wait(alice.node.backups.items())
    world.wait(alice.node.backups.delete_path(str(source)))
    settle(world, alice)
    balanced(world, alice)
    assert ITEM not in [item.path_id for item in world.wait(alice.node.backups.items())]
    with pytest.raises(NotFound):
        world.wait(alice.node.backups.delete(ITEM))
    assert world.wait(alice.node.backups.deleted())[0].id == ITEM
    assert len(world.wait(alice.node.backups.deleted(2))) == 2
    back = world.wait(alice.node.backups.undelete(ITEM))
    assert len(back) == 3
    assert world.wait(alice.node.backups.items()) == listed
    settle(world, alice)
    balanced(world, alice)
    world.run(3 * DELAY)
    comes_back(world, alice, str(source), expected)
    alice.restart()
    comes_back(world, alice, str(source), expected)


def test_it_is_backed_up_again_meanwhile(world: World) -> None:
    """
    The same folder may be backed up while its old versions can be brought back; the new version does not rest
    on what is to be deleted, and both are there in the end.
    """
    alice, source = ready(world)
    expected = look(source)
    second = alice.versions(ITEM)[1]
    world.wait(alice.node.backups.delete(ITEM))
    settle(world, alice)
    (source / "more").write_bytes(b"more")
    assert alice.back_up(source).state == "committed"
    settle(world, alice)
    balanced(world, alice)
    (third,) = alice.versions(ITEM)
    doomed = alice.read(lambda c: {s for (s,) in c.execute("SELECT serial FROM blocks WHERE doomed > 0")})
    assert doomed
    assert world.wait(alice.node.backups.undelete(second.backup_id)) == [second.backup_id]
    settle(world, alice)
    world.run(3 * DELAY)
    settle(world, alice)
    balanced(world, alice)
    assert alice.versions(ITEM)[0].label == second.label
    assert len(alice.versions(ITEM)) == 2
    comes_back(world, alice, second.backup_id, expected)
    comes_back(world, alice, third.backup_id, look(source))


def test_a_supplier_who_was_away(world: World) -> None:
    """He who was away when it was brought back did what he had been told; he gets the pieces anew."""
    alice, source = ready(world, 4)
    expected = look(source)
    away = world.seated(alice)[0]
    version = alice.versions(ITEM)[1]
    world.wait(alice.node.backups.delete(version.backup_id))
    settle(world, alice)
    assert all(buried(world, alice))
    world.away(away)
    world.wait(alice.node.backups.undelete(version.backup_id))
    before = len(away.shelf_files())
    world.run(3 * DELAY)
    assert len(away.shelf_files()) < before
    # He did what he was told.
    pieces = len(away.shelf_files())
    world.back(away)
    world.until(lambda: len(away.shelf_files()) > pieces, 4000)
    settle(world, alice)
    balanced(world, alice)
    comes_back(world, alice, version.backup_id, expected)


def test_on_another_machine(world: World) -> None:
    """A recovered node knows what was deleted, and can bring it back."""
    alice, source = ready(world)
    expected = look(source)
    version = alice.versions(ITEM)[1]
    pinned = alice.versions(ITEM)[0]
    world.wait(alice.node.backups.pin(pinned.backup_id, True))
    world.wait(alice.node.backups.delete(version.backup_id))
    settle(world, alice)
    words = words_of(alice)
    alice.crash()
    again = recovered(
        world, words, services__customer__suppliers_number="2", services__backups__delete_delay=DELAY
    )
    assert [v.pinned for v in again.versions(ITEM)] == [True]
    assert [each.id for each in world.wait(again.node.backups.deleted())] == [version.backup_id]
    world.wait(again.node.backups.undelete(version.backup_id))
    world.run(3 * DELAY)
    comes_back(world, again, version.backup_id, expected)


def test_the_delay_is_the_suppliers_word(world: World) -> None:
    """Whoever sets the delay to nothing, and deletes again, hurries no supplier; the books say so."""
    alice, _ = ready(world)
    version = alice.versions(ITEM)[1]
    world.wait(alice.node.backups.delete(version.backup_id))
    settle(world, alice)
    used = [house.shelf_used() for house in world.seated(alice)]
    alice.node.settings.set("services/backups/delete-delay", 0)
    world.wait(alice.node.backups.delete(ITEM))
    world.run(DELAY - 600)
    (kept,) = {len(select(house, "SELECT 1 FROM tombstones WHERE done = 0")) for house in world.seated(alice)}
    assert kept
    assert all(
        0 < house.shelf_used() < before for house, before in zip(world.seated(alice), used, strict=True)
    )
    balanced(world, alice)
    world.run(2 * 3600)
    assert not any(house.shelf_files() for house in world.seated(alice))


def test_a_pinned_version(world: World) -> None:
    """No policy, and no max-copies, takes it away; a dry run says why; unpinned it goes."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(a=1000)
    for number in range(4):
        (source / "a").write_bytes(noise(str(number), 1000))
        assert alice.back_up(source).state == "committed"
    first = alice.versions(ITEM)[0]
    world.wait(alice.node.backups.pin(first.backup_id, True))
    alice.restart()
    with pytest.raises(NotFound):
        world.wait(alice.node.backups.pin(f"{ITEM}/F20160313043757PM", True))
    told = world.wait(alice.node.backups.forget(None, Policy(last=1), True))
    assert [each.reasons for each in told] == [("pinned",), (), (), ("last",)]
    world.wait(alice.node.backups.forget(None, Policy(last=1), False))
    assert [v.pinned for v in alice.versions(ITEM)] == [True, False]
    alice.node.settings.set("services/backups/max-copies", 1)
    (source / "a").write_bytes(b"new")
    assert alice.back_up(source).state == "committed"
    world.run(5)
    assert [v.pinned for v in alice.versions(ITEM)] == [True, False]
    (item,) = [i for i in world.wait(alice.node.backups.items()) if i.path_id == ITEM]
    assert [version.pinned for version in item.versions] == [True, False]
    world.wait(alice.node.backups.pin(first.backup_id, False))
    world.wait(alice.node.backups.forget(None, Policy(last=1), False))
    assert len(alice.versions(ITEM)) == 1
    settle(world, alice)
    balanced(world, alice)
