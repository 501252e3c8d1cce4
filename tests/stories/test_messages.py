"""People who write to each other: while both are there, while one is away, and over every kind of end."""

from __future__ import annotations

import pytest

from bitdust.messaging.messages import MessageView
from tests.world import House, World


def texts(house: House, direction: str = "in") -> list[tuple[str, str, str]]:
    """(sender, text, state) of what came, or was written."""
    found: list[MessageView] = house.world.wait(house.node.messaging.messages.listed(1000, 0.0, None))
    return [(each.sender, each.message, each.state) for each in found if each.direction == direction]


def states(house: House) -> list[str]:
    """What became of what was written."""
    return [state for _, _, state in texts(house, "out")]


def send(house: House, recipient: str, text: str) -> MessageView:
    sent: MessageView = house.world.wait(house.node.messaging.messages.send(recipient, text))
    return sent


def mailboxes(house: House) -> int:
    """How many the world knows of."""
    from bitdust.identity.document import parse

    return len(parse(house.world.shared[house.idurl]).all_of("mailbox"))


@pytest.fixture
def two(world: World) -> tuple[World, House, House]:
    """Alice and Bob, each with two suppliers that keep his mail."""
    world.suppliers(4)
    alice, bob = world.customer("alice", 2), world.customer("bob", 2)
    world.until(lambda: mailboxes(alice) == mailboxes(bob) == 2)
    return world, alice, bob


def heard(house: House) -> list[str]:
    """Texts of what is told to who listens, from now on."""
    found: list[str] = []
    house.node.messaging.messages.received.listen(lambda message: found.append(message.message))
    return found


def test_both_are_there(two: tuple[World, House, House]) -> None:
    """A message is delivered at once, is shown once, and says who wrote it."""
    _, alice, bob = two
    told = heard(bob)
    sent = send(alice, bob.idurl, "hello, Bob")
    assert (sent.state, sent.recipient, sent.direction) == ("delivered", bob.idurl, "out")
    assert [text for _, text, _ in texts(bob)] == told == ["hello, Bob"]
    assert texts(bob)[0][2] == "received"
    send(bob, alice.idurl, "hello, Alice")
    assert texts(alice) == [(bob.idurl, "hello, Alice", "received")]


def test_one_is_away(two: tuple[World, House, House]) -> None:
    """What is written to who is away waits at his mailboxes, comes with him in order; both know of it."""
    world, alice, bob = two
    world.wait(alice.node.messaging.book.add(bob.idurl, "bobby"))
    bob.stop()
    sent = [send(alice, "Bobby", f"letter {number}") for number in range(20)]
    world.until(lambda: states(alice) == ["at mailbox"] * 20, 200)
    assert sent[0].state in ("queued", "at mailbox")
    alice.stop()
    bob.start()
    world.until(lambda: len(texts(bob)) == 20, 200)
    assert [text for _, text, _ in texts(bob)] == [f"letter {number}" for number in range(20)]
    world.run(2000)
    bob.stop()
    alice.start()
    world.until(lambda: states(alice) == ["delivered"] * 20, 200)
    bob.start()
    world.run(4000)
    assert len(texts(bob)) == 20
