"""
Suppliers that lie, rot or fall silent: what they say is never returned as data (T1, T2, T9).

The restore succeeds from the others, exactly the liar's piece is marked, and it is made again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from twisted.internet.defer import Deferred

from bitdust.blocks.layout import LEAF, Layout
from bitdust.blocks.piece import HEADER_SIZE
from bitdust.catalog import blocks
from bitdust.customer.block_reader import plan_of
from bitdust.errors import NotFound, TryLater
from bitdust.wire.packets import Data, Packet, Priority, Retrieve
from tests.world import House, World, look, noise

Liar = Callable[..., Awaitable[Packet | None]]
N = 4


class Overheard:
    """An exchange that keeps an honest answer to itself."""

    def __init__(self) -> None:
        self.packet: Any = None
        self.body = b""

    def reply(self, packet: Packet) -> None:
        self.packet = packet

    async def write(self, data: bytes) -> None:
        self.body += bytes(data)

    def finish(self) -> None:
        pass


async def tell(exchange: Any, packet: Data, body: bytes) -> None:
    """Answer with this, whatever it is."""
    exchange.reply(replace(packet, size=len(body)))
    if body:
        await exchange.write(body)
    exchange.finish()


async def overhear(truth: Any, sender: Any, question: Retrieve) -> Overheard:
    """What an honest supplier would have said."""
    heard = Overheard()
    await truth(sender, question, heard)
    return heard


def changed(how: Callable[[Data, bytes], tuple[Data, bytes]]) -> Liar:
    """A liar who changes what he has."""

    async def liar(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
        heard = await overhear(truth, sender, question)
        await tell(exchange, *how(heard.packet, heard.body))

    return liar


def flip(data: bytes, at: int) -> bytes:
    """The same bytes but for one bit."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


async def other_piece(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
    """Answers with a piece of another block, or the same one in another guise."""
    query = "SELECT block, number FROM pieces WHERE block != ? ORDER BY block"
    found = await truth.__self__.shelf.db.read(lambda c: c.execute(query, (question.block,)).fetchone())
    heard = await overhear(truth, sender, replace(question, block=bytes(found[0]), number=found[1]))
    await tell(exchange, heard.packet, heard.body)


async def silent(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
    """Never answers."""
    await Deferred()


async def one_byte(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
    """Sends one byte and then nothing more."""
    heard = await overhear(truth, sender, question)
    exchange.reply(heard.packet)
    await exchange.write(heard.body[:1])
    await Deferred()


async def resets(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
    """Gives up in the middle of the body."""
    heard = await overhear(truth, sender, question)
    exchange.reply(heard.packet)
    await exchange.write(heard.body[: len(heard.body) // 2])
    exchange.reset("no more")


async def denies(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
    """Says that he never had it."""
    raise NotFound("no such piece of yours is here")


async def excuses(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
    """Has always another excuse."""
    raise TryLater("the disk is busy")


LIES: dict[str, Liar] = {
    "first byte": changed(lambda packet, body: (packet, flip(body, 0))),
    "last byte": changed(lambda packet, body: (packet, flip(body, len(body) - 1))),
    "random": changed(lambda packet, body: (packet, noise("lie", len(body)))),
    "truncated": changed(lambda packet, body: (packet, body[:-1])),
    "empty": changed(lambda packet, body: (packet, b"")),
    "too long": changed(lambda packet, body: (packet, body + b"x")),
    "proof": changed(
        lambda packet, body: (replace(packet, proof=noise("proof", len(packet.proof) or 32)), body)
    ),
    "another piece": other_piece,
    "not found": denies,
}
#: nobody can tell these from a bad connection, so nothing is marked
SILENCES: dict[str, Liar] = {"nothing": silent, "one byte": one_byte, "half": resets, "excuses": excuses}


def backed_up(world: World) -> tuple[House, list[House], Path, dict[str, object]]:
    """A customer of four with a safe version of several blocks."""
    world.suppliers(N)
    alice = world.customer(n=N)
    source = world.tree(a=600_000, b=500_000, c=300)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    return alice, world.seated(alice), source, look(source)


def restored(world: World, alice: House, source: Path, name: str = "out") -> dict[str, object]:
    """What comes back."""
    task = alice.restore(str(source), world.folder / name)
    assert (task.state, task.message) == ("done", "")
    return look(Path(f"{world.folder}/{name}{source}"))


def marked(alice: House) -> set[str]:
    """Whose pieces are marked as lost."""
    return {
        placement.fingerprint
        for block in alice.blocks()
        for placement in alice.read(blocks.placements, block.serial)
        if placement.state == "lost"
    }


@pytest.mark.parametrize("liars", [1, 2])
@pytest.mark.parametrize("lie", LIES)
def test_liars(world: World, lie: str, liars: int) -> None:
    """Up to n - k suppliers lie in any way: the restore is identical, and exactly they are marked (T2)."""
    alice, seated, source, expected = backed_up(world)
    for house in seated[:liars]:
        house.lie(Retrieve, LIES[lie])
    # What is marked would be made again at once: not before it was looked at.
    alice.customer.monitor.stop()
    assert restored(world, alice, source) == expected
    assert marked(alice) == {house.fingerprint for house in seated[:liars]}


@pytest.mark.parametrize("lie", SILENCES)
def test_silence(world: World, lie: str) -> None:
    """A supplier who says nothing, or never ends, costs a moment and no data (T9)."""
    alice, seated, source, expected = backed_up(world)
    world.network.latency(0.05)
    began = world.clock.seconds()
    assert restored(world, alice, source, "before") == expected
    usual = world.clock.seconds() - began
    seated[0].lie(Retrieve, SILENCES[lie])
    began = world.clock.seconds()
    assert restored(world, alice, source, "first") == expected
    first = world.clock.seconds() - began
    began = world.clock.seconds()
    assert restored(world, alice, source, "second") == expected
    second = world.clock.seconds() - began
    # The first time he is waited for a moment, then he is asked no more.
    assert first <= usual + 2.5
    assert second <= 2 * usual
    assert not marked(alice)


def test_a_liar_is_mended(world: World) -> None:
    """The liar's piece is marked lost although he lists it, and is sent to him again."""
    alice, seated, source, expected = backed_up(world)
    told: list[bytes] = []

    async def liar(truth: Any, sender: Any, question: Retrieve, exchange: Any) -> None:
        told.append(question.block)
        await LIES["random"](truth, sender, question, exchange)

    seated[0].lie(Retrieve, liar)
    offered: list[bytes] = []

    async def taker(truth: Any, sender: Any, question: Data, exchange: Any) -> Packet | None:
        offered.append(question.block)
        answer: Packet | None = await truth(sender, question, exchange)
        return answer

    seated[0].lie(Data, taker)
    assert restored(world, alice, source) == expected
    alice.until_safe()
    assert offered
    assert set(offered) == set(told)


PARTS = [
    "header",
    "first leaf",
    "last leaf",
    "tree",
    "tail",
    "truncated",
    "longer",
    "empty",
    "gone",
    "another",
]


@pytest.mark.parametrize("part", PARTS)
def test_a_rotten_shelf(world: World, part: str) -> None:
    """T1: a bit that flips anywhere in a piece is found out when that is read, or scrubbed, and mended."""
    alice, seated, source, expected = backed_up(world)
    files = seated[0].shelf_files()
    contents = {file: file.read_bytes() for file in files}
    for file, content in contents.items():
        another = next(other for other in contents.values() if other != content)
        damaged = {
            "header": flip(content, 5),
            "first leaf": flip(content, HEADER_SIZE),
            "last leaf": flip(content, HEADER_SIZE + (len(content) - HEADER_SIZE) // 2),
            "tree": flip(content, len(content) - 40),
            "tail": flip(content, len(content) - 1),
            "truncated": content[:-1],
            "longer": content + b"x",
            "empty": b"",
            "another": another,
        }.get(part)
        if damaged is None:
            file.unlink()
        else:
            file.write_bytes(damaged)
    assert restored(world, alice, source) == expected
    alice.until_safe()
    assert restored(world, alice, source, "again") == expected
    if part in ("tree", "tail"):
        # Whoever reads sees nothing of that; each part of the shelf is scrubbed within five days.
        world.run(5 * 86400.0)
        alice.until_safe(7200)
    if part != "longer":
        # The damaged ones go with the next patrol.
        assert {file.read_bytes() for file in seated[0].shelf_files()} >= set(contents.values())


def test_every_leaf_comes_from_the_others(world: World) -> None:
    """A stretch is computed from any k pieces, whichever leaf and however long it is."""
    alice, seated, *_ = backed_up(world)
    reader = alice.customer.reader
    plan = alice.read(plan_of, alice.blocks()[0].serial)
    layout: Layout = plan.layout
    whole = world.wait(reader.read(plan, 0, layout.size, Priority.RESTORE))
    world.away(*seated[1:3])
    for offset in (0, 1, LEAF - 1, LEAF, layout.size // 2, layout.size - 1):
        for length in (1, LEAF, layout.size):
            end = min(offset + length, layout.size)
            part = world.wait(reader.read(plan, offset, end - offset, Priority.RESTORE))
            assert part == whole[offset:end]
