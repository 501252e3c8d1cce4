"""The number of suppliers is changed: 2 -> 4 -> 2 -> 13; every version can be restored all the time."""

from __future__ import annotations

from pathlib import Path

from bitdust.blocks.shapes import k_of
from bitdust.catalog import deletes
from tests.balance import balanced
from tests.world import House, World, look


def restored(world: World, alice: House, version: str, name: str, source: Path) -> dict[str, object]:
    """What comes back of a version."""
    out = world.folder / name
    task = alice.restore(version, out)
    assert (task.state, task.message) == ("done", "")
    return look(Path(f"{out}{source}"))


def test_two_four_two_thirteen(world: World) -> None:
    """
    After each change, and in the middle of it, each version comes back identical; in the end all blocks have
    the new shape, and whoever lost his seat keeps nothing.
    """
    world.suppliers(13)
    alice = world.customer(n=2)
    source = world.tree(**{f"file{number}": 200_000 for number in range(6)})
    known: dict[str, dict[str, object]] = {}

    def back_up(change: str) -> None:
        (source / change).write_bytes(change.encode() * 50_000)
        started = alice.back_up(source, 600)
        assert started.state == "committed"
        known[f"{started.path_id}/{started.version}"] = look(source)

    def all_come_back(when: str) -> None:
        for number, (version, expected) in enumerate(known.items()):
            assert restored(world, alice, version, f"{when}-{number}", source) == expected, when

    back_up("first")
    alice.until_safe()
    for step, n in enumerate((4, 2, 13)):
        alice.node.settings.set("services/customer/suppliers-number", str(n))
        all_come_back(f"{step}-asked")
        world.until(lambda n=n: world.staffed(alice, n), 600)  # type: ignore[misc]
        all_come_back(f"{step}-staffed")
        back_up(f"with-{n}")
        all_come_back(f"{step}-backed-up")
        world.until(lambda n=n: {block.n for block in alice.blocks()} == {n}, 6000)  # type: ignore[misc]
        alice.until_safe(600)
        assert {block.k for block in alice.blocks()} == {k_of(n)}
        all_come_back(f"{step}-whole")
        seated = world.seated(alice)
        world.until(lambda seated=seated: not _others_keep(world, seated), 6000)  # type: ignore[misc]
        world.until(lambda: alice.read(deletes.waiting) == 0, 6000)
        world.run(60)
        balanced(world, alice)


def test_fewer_are_wanted_while_the_node_is_off(world: World) -> None:
    """A setting that was changed between two lives is followed; who has no seat any more keeps nothing."""
    world.suppliers(4)
    alice = world.customer(n=4)
    source = world.tree(a=600_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    expected = look(source)
    alice.stop()
    alice._settings["services/customer/suppliers-number"] = "2"
    alice.start()
    world.until(lambda: world.staffed(alice, 2), 600)
    assert restored(world, alice, str(source), "out", source) == expected
    world.until(lambda: {block.n for block in alice.blocks()} == {2}, 6000)
    world.until(lambda: not _others_keep(world, world.seated(alice)), 6000)
    assert restored(world, alice, str(source), "again", source) == expected


def _others_keep(world: World, seated: list[House]) -> int:
    """Files of pieces at those who have no seat."""
    return sum(len(h.shelf_files()) for h in world.houses.values() if h not in seated and h.name != "alice")
