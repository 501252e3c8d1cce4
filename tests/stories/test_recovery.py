"""A machine is lost: another gets everything back from the kit, and the first, if it lives, stands down."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bitdust.catalog import epochs, log
from bitdust.errors import BitDustError, Conflict
from bitdust.identity.document import parse
from bitdust.wire.packets import AskIndex, AskSegment, IndexHead, Packet
from tests.world import SERVER, House, World, look

Liar = Callable[..., Awaitable[Packet | None]]


def words_of(house: House) -> str:
    """Its kit."""
    return house.world.wait(house.node.identity_backup(None, None)).words


def recovered(world: World, words: str, name: str = "alice.2", **settings: object) -> House:
    """The identity of these words on another machine, its catalog brought back."""
    house = world.house(name, services__supplier__enabled=False, **settings)
    house.begin()
    world.wait(house.node.identity_recover(words, [SERVER], None))
    return house


def story(world: World, n: int = 4) -> tuple[House, Path, str]:
    """A customer with one committed version; and his kit."""
    world.suppliers(n)
    alice = world.customer(n=n)
    source = world.tree(a=600_000, b__c=70_000)
    assert alice.back_up(source).state == "committed"
    return alice, source, words_of(alice)


@pytest.mark.parametrize("n", [2, 4, 7])
def test_right_after_the_commit(world: World, n: int) -> None:
    """The moment a task says "committed" the machine may burn: the kit brings everything to another one."""
    alice, source, words = story(world, n)
    alice.crash()
    again = recovered(world, words, services__customer__suppliers_number=str(n))
    assert again.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)
    again.until_safe()
    # And it goes on where the other one ended.
    (source / "new").write_bytes(b"new")
    assert again.back_up(source).state == "committed"
    labels = [version.label for version in again.versions(again.blocks() and "0/0/0/0")]
    assert len(labels) == 2


@pytest.mark.parametrize(("chosen", "expected"), [({}, "Alice"), ({"personal__nickname": "Al"}, "Al")])
def test_the_name_comes_back(world: World, chosen: dict[str, str], expected: str) -> None:
    """Who was known by a nickname is known by it after a recovery, unless another was chosen by now."""
    alice, _, words = story(world)
    alice.node.settings.set("personal/nickname", "Alice")
    world.until(lambda: parse(world.shared[alice.idurl]).certificate("nickname") == b"Alice")
    alice.crash()
    again = recovered(world, words, **chosen)
    world.run(30)
    assert again.node.settings.words("personal/nickname") == expected
    assert parse(world.shared[again.idurl]).certificate("nickname") == expected.encode()


def test_with_as_many_gone_as_may_be(world: World) -> None:
    """n - k suppliers are gone for good when the machine is lost, too."""
    alice, source, words = story(world)
    seated = world.seated(alice)
    alice.crash()
    world.away(*seated[1:3])
    again = recovered(world, words)
    assert again.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_nobody_there(world: World) -> None:
    """Without suppliers the identity is there, the error says what to do, and it goes on by itself later."""
    alice, source, words = story(world)
    seated = world.seated(alice)
    alice.crash()
    world.away(*seated)
    house = world.house("alice.2", services__supplier__enabled=False)
    house.begin()
    with pytest.raises(BitDustError, match="none of the 4 suppliers shows the catalog") as failed:
        world.wait(house.node.identity_recover(words, [SERVER], None), 300)
    assert "goes on" in failed.value.hint
    assert world.wait(house.node.health()).state == "recovering"
    house.restart()
    # Whoever looks meanwhile, as a page does, must not make seats that nobody has.
    assert world.wait(house.node.health()).state == "recovering"
    world.back(*seated)
    world.until(lambda: house.customer.suppliers.present, 300)
    world.until(lambda: world.wait(house.node.health()).state == "safe", 300)
    assert house.restore(str(source), world.folder / "out").state == "done"


def test_suppliers_who_stumble(world: World) -> None:
    """Each of them does not answer for a segment the first time: it is asked for once more."""
    alice, source, words = story(world)
    seated = world.seated(alice)
    alice.crash()
    stumbled: list[int] = []

    async def stumble(truth: Any, sender: Any, question: AskSegment, exchange: Any) -> Packet | None:
        if len(stumbled) < 4:
            stumbled.append(question.number)
            await world.never()
        return await truth(sender, question, exchange)

    for house in seated:
        house.lie(AskSegment, stumble)
    again = recovered(world, words)
    assert len(stumbled) == 4
    assert again.restore(str(source), world.folder / "out").state == "done"


def old_copy(head: bytes) -> Liar:
    """A supplier who shows an older head than he has."""

    async def liar(truth: Any, sender: Any, question: AskIndex, exchange: Any) -> Packet:
        return IndexHead(bytes(16), head)

    return liar


def heads(world: World, houses: list[House], customer: str) -> list[bytes]:
    """The heads these suppliers keep."""
    return [world.wait(house.service.logs.head(customer)) for house in houses]


def test_some_show_an_old_copy(world: World) -> None:
    """k suppliers serve yesterday's catalog: a recovery takes the newest and names the stale ones (T6)."""
    alice, source, words = story(world)
    seated = world.seated(alice)
    old = heads(world, seated, alice.fingerprint)
    (source / "today").write_bytes(b"today")
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    stale = [house.fingerprint for house in seated[:2]]
    for house, head in zip(seated[:2], old, strict=False):
        house.lie(AskIndex, old_copy(head))
    alice.crash()
    again = recovered(world, words)
    said = [line for line in world.said if "shows an old catalog" in line]
    assert sorted(line.split()[0] for line in said) == sorted(stale)
    assert again.restore(str(source), world.folder / "out").state == "done"
    assert look(Path(f"{world.folder}/out{source}")) == look(source)


def test_an_old_copy_while_we_live(world: World) -> None:
    """A supplier who shows an older catalog than he signed for is named, and gets it anew (T6, T7)."""
    alice, source, _ = story(world)
    seated = world.seated(alice)
    world.run(5)
    old = heads(world, seated, alice.fingerprint)
    (source / "today").write_bytes(b"today")
    assert alice.back_up(source).state == "committed"
    world.run(5)
    for house, head in zip(seated, old, strict=True):
        house.lie(AskIndex, old_copy(head))
    committed = alice.read(log.committed)
    # All of them, and a node that remembers: what it knows is not replaced by what they show.
    alice.restart()
    world.until(lambda: len(alice.customer.synchronizer.stale) == 4)
    assert {line.split()[0] for line in world.said if "shows an old catalog" in line} == {
        house.fingerprint for house in seated
    }
    assert alice.read(log.committed) == committed
    assert len(alice.versions("0/0/0/0")) == 2
    assert not alice.customer.synchronizer.usurped
    for house in seated:
        house.lie(AskIndex, lambda truth, *question: truth(*question))
    alice.restart()
    world.run(60)
    assert not alice.customer.synchronizer.stale
    assert set(heads(world, seated, alice.fingerprint)) != set(old)


def test_all_show_an_old_copy_to_a_new_machine(world: World) -> None:
    """A new machine cannot know better, but sees of what time the catalog is (T7)."""
    alice, source, words = story(world)
    seated = world.seated(alice)
    world.run(5)
    old = heads(world, seated, alice.fingerprint)
    world.run(7200)
    (source / "today").write_bytes(b"today")
    assert alice.back_up(source).state == "committed"
    alice.crash()
    for house, head in zip(seated, old, strict=True):
        house.lie(AskIndex, old_copy(head))
    again = recovered(world, words)
    (version,) = again.versions("0/0/0/0")
    assert world.wall() - version.time > 7000


def test_a_segment_that_hangs(world: World) -> None:
    """A supplier who never ends a segment, or answers with another one, does not stop a recovery."""
    alice, source, words = story(world)
    seated = world.seated(alice)

    async def half(truth: Any, sender: Any, question: AskSegment, exchange: Any) -> None:
        class Half:
            def reply(self, packet: Packet) -> None:
                exchange.reply(packet)

            async def write(self, data: bytes) -> None:
                await exchange.write(bytes(data)[:10])
                await world.never()

        await truth(sender, question, Half())

    async def another(truth: Any, sender: Any, question: AskSegment, exchange: Any) -> Any:
        return await truth(sender, AskSegment(question.epoch, 1 if question.number != 1 else 2), exchange)

    by_fingerprint = sorted(seated, key=lambda house: house.fingerprint)
    alice.crash()
    by_fingerprint[0].lie(AskSegment, half)
    by_fingerprint[1].lie(AskSegment, another)
    again = recovered(world, words, services__customer__suppliers_number="4")
    assert again.restore(str(source), world.folder / "out").state == "done"


def test_the_first_machine_stands_down(world: World) -> None:
    """When the identity is recovered elsewhere the first node changes nothing any more, and says so."""
    alice, source, words = story(world)
    alice.until_safe()
    again = recovered(world, words)
    again.until_safe()
    assert again.read(epochs.current).number > alice.read(epochs.current).number
    # It learns of it with the next thing it wants to change, or when it meets a supplier again.
    (source / "x").write_bytes(b"x" * 300_000)
    task = alice.back_up(source)
    assert (task.state, task.error) == ("failed", "conflict")
    assert "another node of this identity has changed the catalog" in task.message
    for change in (
        lambda: alice.node.backups.start_path(str(source)),
        lambda: alice.node.backups.delete("0/0/0/0"),
        lambda: alice.node.backups.add_folder("/usr"),
        lambda: alice.node.supplier_replace(0),
    ):
        with pytest.raises(Conflict, match="another node of this identity") as refused:
            world.wait(change())
        assert "recover this one anew" in refused.value.hint
    health = world.wait(alice.node.health())
    assert any("another node of this identity" in sentence for sentence in health.wrong)
    # Its restores go on, and what the other one does is not disturbed.
    assert alice.restore(str(source), world.folder / "out").state == "done"
    assert again.back_up(source).state == "committed"
    again.until_safe()
    assert len(again.versions("0/0/0/0")) == 2


def test_the_first_machine_comes_back(world: World) -> None:
    """A machine that slept while its identity was recovered elsewhere learns it when it wakes."""
    alice, source, words = story(world)
    alice.until_safe()
    alice.stop()
    again = recovered(world, words)
    again.until_safe()
    alice.start()
    world.until(lambda: alice.customer.synchronizer.usurped)
    with pytest.raises(Conflict, match="another node of this identity"):
        world.wait(alice.node.backups.start_path(str(source)))


def test_interrupted(world: World) -> None:
    """A recovery that is cut off anywhere is walked again, and ends the same."""
    alice, source, words = story(world)
    for i in range(3):
        (source / f"more{i}").write_bytes(bytes([i]) * 1000)
        assert alice.back_up(source).state == "committed"
    alice.crash()
    house = world.house("alice.2", services__supplier__enabled=False)
    house.begin()
    begun = house.calls
    world.wait(house.node.identity_recover(words, [SERVER], None))
    steps = house.calls - begun
    house.stop()
    for step in range(1, steps, max(1, steps // 12)):
        world.run(10)
        name = f"alice.{step + 2}"
        house = world.house(name, services__supplier__enabled=False)
        house.begin()
        house.crash_in = step
        with contextlib.suppress(AssertionError, BitDustError):
            world.wait(house.node.identity_recover(words, [SERVER], None), 1.0)
        house.crash_in = -1
        if house.is_alive:
            house.stop()
        house.begin()
        if house.node.identity is None:
            world.wait(house.node.identity_recover(words, [SERVER], None))
        world.until(lambda house=house: house.customer.suppliers.present)
        assert len(house.versions("0/0/0/0")) == 4
        house.stop()
