"""What a recovery may doubt: too few answers, tables that are not empty, logs it did not see."""

from __future__ import annotations

import pytest

from bitdust.catalog import epochs, log
from bitdust.errors import BitDustError, Conflict, Offline, TryLater
from bitdust.node.own_identity import OwnIdentity
from bitdust.node.registration import MARKER
from bitdust.wire.packets import AskIndex
from tests.stories.test_recovery import old_copy, recovered, story, words_of
from tests.world import SERVER, House, World, look


def begin(world: World, words: str, number: int = 4) -> House:
    """A recovery on a new machine that fails at first."""
    house = world.house(
        "alice.2", services__supplier__enabled=False, services__customer__suppliers_number=str(number)
    )
    house.begin()
    with pytest.raises(BitDustError) as failed:
        world.wait(house.node.identity_recover(words, [SERVER], None), 300)
    assert isinstance(failed.value, Offline)
    house.trouble = failed.value.message  # type: ignore[attr-defined]
    return house


def test_one_old_head_is_not_enough(world: World) -> None:
    """One of four, who slept during the last commit: the recovery waits for another, and loses nothing."""
    alice, source, words = story(world)
    alice.until_safe()
    seated = world.seated(alice)
    world.away(seated[0])
    (source / "today").write_bytes(b"today")
    assert alice.back_up(source).state == "committed"
    alice.crash()
    world.away(*seated[1:])
    world.back(seated[0])
    house = begin(world, words)
    assert "1 of 4 suppliers show the catalog, and 2 are needed" in house.trouble  # type: ignore[attr-defined]
    world.run(60)
    assert world.wait(house.node.health()).state == "recovering"
    world.back(seated[1])
    world.until(lambda: house.customer.suppliers.present, 300)
    assert len(house.versions("0/0/0/0")) == 2


def test_one_of_two_is_enough(world: World) -> None:
    """With two suppliers whatever is committed is at both."""
    alice, source, words = story(world, 2)
    alice.until_safe()
    seated = world.seated(alice)
    alice.crash()
    world.away(seated[0])
    again = recovered(world, words, services__customer__suppliers_number="2")
    assert again.restore(str(source), world.folder / "out").state == "done"


def test_no_head_does_not_count(world: World) -> None:
    """A supplier hired anew who has no catalog yet does not stand in for one who has it."""
    alice, _, words = story(world)
    alice.until_safe()
    seated = world.seated(alice)
    alice.stop()
    empty = seated[1]
    empty.lie(AskIndex, old_copy(b""))
    world.away(*seated[2:])
    house = begin(world, words)
    assert "1 of 4 suppliers show the catalog" in house.trouble  # type: ignore[attr-defined]
    world.back(seated[2])
    world.until(lambda: house.customer.suppliers.present, 300)


def test_changes_while_recovering(world: World) -> None:
    """Until the catalog is back nothing may be added to it; the recovery is not spoiled by whoever tries."""
    alice, source, words = story(world)
    seated = world.seated(alice)
    alice.crash()
    world.away(*seated)
    house = begin(world, words)
    for change in (
        lambda: house.node.backups.start_path(str(source)),
        lambda: house.node.backups.add_folder(str(source)),
        lambda: house.node.backups.add_tree(str(source)),
        lambda: house.node.backups.delete("0"),
        lambda: house.node.backups.update(),
        lambda: house.node.supplier_replace(0),
    ):
        with pytest.raises(TryLater, match="the catalog is being recovered"):
            world.wait(change())
    house.node.settings.set("services/customer/needed-space", "2 GB")
    world.back(*seated)
    world.until(lambda: house.customer.suppliers.present, 300)
    assert house.restore(str(source), world.folder / "out").state == "done"
    assert look(world.folder / f"out{source}") == look(source)
    (source / "new").write_bytes(b"new")
    assert house.back_up(source).state == "committed"


def test_tables_that_are_not_empty(world: World) -> None:
    """A catalog that was begun here, in tables and in segments, does not make the recovery impossible."""
    alice, source, words = story(world)
    seated = world.seated(alice)
    alice.crash()
    world.away(*seated)
    house = begin(world, words)
    house.customer.synchronizer.recovering = False
    world.wait(house.node.backups.add_folder("/usr"))
    world.run(2)
    assert house.read(log.last) == 1
    world.wait(house.node.backups.add_folder("/usr/bin"))
    world.back(*seated)
    world.until(lambda: house.customer.suppliers.present, 300)
    assert [item.path for item in world.wait(house.node.backups.items())][-1] == bytes(source)
    assert house.restore(str(source), world.folder / "out").state == "done"


def test_a_log_that_was_not_seen(world: World) -> None:
    """A supplier who turns up with more than was recovered is named, loudly, and keeps what he has."""
    alice, source, words = story(world)
    alice.until_safe()
    seated = world.seated(alice)
    # More is at him alone: it is not committed, and the machine burns.
    world.away(*seated[1:])
    world.wait(alice.node.backups.add_folder("/usr"))
    world.run(5)
    alice.crash()
    world.back(*seated[1:])
    world.away(seated[0])
    kept = world.wait(seated[0].service.logs.head(alice_of(words, world)))
    again = recovered(world, words)
    world.back(seated[0])
    world.until(lambda: again.customer.synchronizer.unseen, 300)
    assert any("that the recovery did not see" in line for line in world.said)
    health = world.wait(again.node.health())
    assert any(f"{seated[0].idurl} keeps a catalog" in sentence for sentence in health.wrong)
    world.run(60)
    assert world.wait(seated[0].service.logs.head(again.fingerprint)) == kept
    # The others are enough to go on.
    (source / "x").write_bytes(b"x")
    assert again.back_up(source).state == "committed"


def alice_of(words: str, world: World) -> str:
    """The fingerprint of these words."""
    from bitdust.identity.keys import Keys
    from bitdust.identity.vault import read_kit

    return Keys.from_master(read_kit(words.encode(), None).master).fingerprint


def test_no_head_for_a_moment(world: World) -> None:
    """While the log is begun anew a supplier's own head is no sign of another node."""
    alice, source, _ = story(world)
    alice.until_safe()
    seated = world.seated(alice)
    world.wait(alice.customer.db(log.compact))
    assert alice.read(log.head, 0.0) is None
    alice.customer.synchronizer.doubt(seated[0].fingerprint)
    world.run(5)
    assert not alice.customer.synchronizer.usurped
    (source / "x").write_bytes(b"x")
    assert alice.back_up(source).state == "committed"
    assert not alice.customer.synchronizer.usurped


@pytest.mark.parametrize("is_late", [False, True])
def test_a_usurped_node_is_recovered_anew(world: World, is_late: bool) -> None:
    """
    Who was taken over from sets his catalog aside and gets the present one; then the other stands down.

    Suppliers refuse his device once they know the new one: with databases that answer late he is cut off
    before he has seen a newer catalog, and looks at the identity servers.
    """
    if is_late:
        world.answer_late()
    alice, source, words = story(world)
    alice.until_safe()
    again = recovered(world, words)
    again.until_safe()
    (source / "second").write_bytes(b"second")
    assert again.back_up(source).state == "committed"
    again.until_safe()
    world.until(lambda: alice.customer.synchronizer.usurped)
    assert alice.customer.synchronizer.usurped
    world.wait(alice.node.identity_recover(words, [SERVER], None))
    assert (alice.home / "catalog.db.usurped-1").exists()
    assert (alice.home / "identity.usurped-1").exists()
    assert not (alice.home / MARKER).exists()
    assert not alice.customer.synchronizer.usurped
    alice.until_safe()
    assert len(alice.versions("0/0/0/0")) == 2
    assert alice.read(epochs.current).number > again.read(epochs.current).number
    (source / "third").write_bytes(b"third")
    assert alice.back_up(source).state == "committed"
    world.until(lambda: again.customer.synchronizer.usurped)
    # It outlives its process.
    alice.restart()
    world.until(lambda: world.staffed(alice, 4))
    assert len(alice.versions("0/0/0/0")) == 3


def test_nothing_to_recover(world: World) -> None:
    """A node that has its identity and its catalog says so."""
    alice, _, words = story(world)
    with pytest.raises(Conflict, match="its catalog is here"):
        world.wait(alice.node.identity_recover(words_of(alice), [SERVER], None))
    assert words == words_of(alice)


@pytest.mark.parametrize("spot", ["_retire", "_set_aside", "_settle", "move", "_become"])
def test_cut_off_while_taking_back(world: World, spot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking a usurped node back may be cut off anywhere: it goes on by itself, or is asked for again."""
    alice, source, words = story(world)
    alice.until_safe()
    again = recovered(world, words)
    again.until_safe()
    (source / "second").write_bytes(b"second")
    assert again.back_up(source).state == "committed"
    world.until(lambda: alice.customer.synchronizer.usurped)
    registration = alice.node.registration

    def die(*_: object) -> object:
        alice.crash()
        raise InterruptedError

    owner = OwnIdentity if spot == "move" else registration
    with monkeypatch.context() as patch:
        patch.setattr(owner, spot, die)
        with pytest.raises(InterruptedError):
            world.wait(alice.node.identity_recover(words, [SERVER], None), 5.0)
    alice.begin()
    world.run(60)
    if alice.node.identity is None or alice.customer.synchronizer.usurped:
        world.wait(alice.node.identity_recover(words, [SERVER], None))
    world.until(lambda: world.staffed(alice, 4))
    assert len(alice.versions("0/0/0/0")) == 2
    (source / "third").write_bytes(b"third")
    assert alice.back_up(source).state == "committed"
