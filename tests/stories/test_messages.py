"""People who write to each other: while both are there, while one is away, and over every kind of end."""

from __future__ import annotations

import pytest

from bitdust.errors import Conflict, IdentityConflict, NotFound, TryLater, Usage
from bitdust.messaging import history
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


def test_the_power_goes_between_receipt_and_display(two: tuple[World, House, House]) -> None:
    """Wherever the receiver's power goes, the message is shown once, told in the next life, and delivered."""
    world, alice, bob = two
    for moment in range(6):
        text = f"letter {moment}"
        told = heard(bob)
        bob.crash_in = moment
        send(alice, bob.idurl, text)
        world.until(lambda: not bob.is_alive, 30)
        bob.begin()
        shown_in_all = [*told, *heard(bob)]
        assert shown_in_all.count(text) <= 1
        world.until(lambda moment=moment: states(alice) == ["delivered"] * (moment + 1), 4000)
    assert [text for _, text, _ in texts(bob)] == [f"letter {moment}" for moment in range(6)]


def test_nicknames(two: tuple[World, House, House]) -> None:
    """Several claim a name; the oldest claim that holds is meant, and one's own correspondent before it."""
    world, alice, bob = two
    find = alice.node.messaging.nicknames.find
    assert world.wait(find("Builder")).idurl == ""
    bob.node.settings.set("personal/nickname", "Builder")
    world.until(lambda: world.wait(find("builder")).idurl == bob.idurl)
    eve = world.supplier("eve", personal__nickname="BUILDER")
    world.until(lambda: len(world.wait(find("builder")).candidates) == 2)
    found = world.wait(find("builder"))
    assert [(each.idurl, each.position) for each in found.candidates] == [(bob.idurl, 0), (eve.idurl, 1)]
    assert (found.idurl, found.position) == (bob.idurl, 0)
    world.wait(alice.node.messaging.book.add(eve.idurl, "builder"))
    assert world.wait(find("Builder")).idurl == eve.idurl
    bob.node.settings.set("personal/nickname", "")
    world.until(lambda: len(world.wait(find("builder")).candidates) == 1)
    assert send(alice, "builder", "hello").recipient == eve.idurl


def test_correspondents(two: tuple[World, House, House]) -> None:
    """One is added, renamed, shown with what is known of him, and removed; a nickname is given once."""
    world, alice, bob = two
    book = alice.node.messaging.book
    assert world.wait(book.add(bob.idurl, "")).nickname == "bob"
    assert world.wait(book.add(bob.idurl, "Bobby")).how == "renamed"
    (shown,) = world.wait(book.everyone())
    assert (shown.idurl, shown.nickname, shown.fingerprint) == (bob.idurl, "Bobby", bob.fingerprint)
    assert shown.state == "unverified"
    with pytest.raises(Conflict):
        world.wait(book.add("http://127.0.0.1/sup0.xml", "BOBBY"))
    assert world.wait(book.add(f"{bob.idurl}#fp={bob.fingerprint}", "")).how == "known"
    assert world.wait(book.everyone())[0].state == "verified"
    world.wait(book.remove(bob.idurl))
    assert world.wait(book.everyone()) == []
    with pytest.raises(NotFound):
        world.wait(book.remove(bob.idurl))
    with pytest.raises(NotFound):
        send(alice, "Bobby", "hello")


def test_who_is_in_doubt_gets_nothing(two: tuple[World, House, House]) -> None:
    """Another identity under a correspondent's name: he is shown in conflict, and nothing is sent to him."""
    world, alice, bob = two
    world.wait(alice.node.messaging.book.add(bob.idurl, ""))
    bob.stop()
    eve = world.supplier("eve")
    book = alice.node.messaging.book
    (known,) = world.wait(book.everyone())
    alice.node.people.pins.alarm(bob.idurl, known.fingerprint, eve.fingerprint)
    assert world.wait(book.everyone())[0].state == "conflict"
    with pytest.raises(IdentityConflict):
        send(alice, "bob", "hello")


def test_a_stranger_fills_nothing(two: tuple[World, House, House], monkeypatch: pytest.MonkeyPatch) -> None:
    """T33: of a stranger so many messages are kept and no more; what is refused is not called delivered."""
    world, alice, bob = two
    monkeypatch.setattr(history, "MOST_OF_STRANGER", 3)
    for number in range(5):
        send(alice, bob.idurl, f"letter {number}")
    assert len(texts(bob)) == 3
    assert states(alice) == ["delivered"] * 3 + ["queued"] * 2
    with pytest.raises(Usage):
        send(alice, bob.idurl, "x" * 40_000)
    world.wait(bob.node.messaging.book.add(alice.idurl, ""))
    world.until(lambda: states(alice) == ["delivered"] * 5, 4000)


def test_the_mailboxes_are_others_by_now(world: World) -> None:
    """A letter whose mailboxes went for good is left again at those that the recipient names since then."""
    world.suppliers(6)
    alice, bob = world.customer("alice", 2), world.customer("bob", 2)
    world.until(lambda: mailboxes(alice) == mailboxes(bob) == 2)
    world.wait(alice.node.messaging.book.add(bob.idurl, "bobby"))
    gone = world.seated(bob)
    bob.stop()
    send(alice, "Bobby", "do not get lost")
    world.until(lambda: states(alice) == ["at mailbox"], 200)
    alice.stop()
    for house in gone:
        house.stop()
    bob.start()
    for house in gone:
        world.wait(bob.node.supplier_replace(house.idurl))
    world.until(lambda: not {*world.seated(bob)} & {*gone} and world.staffed(bob, 2), 600)
    world.run(60)
    bob.stop()
    alice.start()
    world.run(2000)
    alice.stop()
    told = heard(bob.start())
    world.until(lambda: [text for _, text, _ in texts(bob)] == ["do not get lost"], 200)
    assert told == ["do not get lost"]


def delete(house: House, id: str, who: str | None = None) -> int:
    """Delete one message by its number."""
    count: int = house.world.wait(house.node.messaging.messages.delete(id, who))
    return count


def test_deleted_is_deleted(two: tuple[World, House, House]) -> None:
    """What was deleted stays so when it is brought again, in this life or the next; its receipt is sent."""
    world, alice, bob = two
    # Alice never hears that it came: she brings it again and again.

    async def deaf(*_: object) -> None:
        raise TryLater

    alice.node.messaging.postman._received = deaf
    sent = send(alice, bob.idurl, "forget this word: xyzzy")
    send(alice, bob.idurl, "keep this")
    world.until(lambda: len(texts(bob)) == 2)
    delete(bob, sent.id[:8])
    told = heard(bob)
    world.run(2000)
    assert [text for _, text, _ in texts(bob)] == ["keep this"]
    told += heard(bob.restart())
    world.run(2000)
    assert "delivered" not in states(alice)
    alice.restart()
    world.until(lambda: states(alice) == ["delivered"] * 2, 4000)
    assert [text for _, text, _ in texts(bob)] == ["keep this"]
    assert told == []
    bob.stop()
    assert b"xyzzy" not in b"".join(
        path.read_bytes() for path in bob.home.rglob("messages.db*") if path.is_file()
    )


def test_deleted_while_it_waits_at_a_mailbox(two: tuple[World, House, House]) -> None:
    """A letter that comes a second time by a mailbox is acknowledged, and not shown again."""
    world, alice, bob = two
    bob.stop()
    sent = send(alice, bob.idurl, "hello")
    world.until(lambda: states(alice) == ["at mailbox"], 200)
    alice.stop()
    bob.start()
    world.until(lambda: len(texts(bob)) == 1, 200)
    assert delete(bob, sent.id) == 1
    # Alice knows nothing of it yet, and brings it herself.
    bob.node.messaging.postman.stop()
    alice.start()
    world.until(lambda: states(alice) == ["delivered"], 400)
    assert texts(bob) == []


def test_a_conversation(two: tuple[World, House, House]) -> None:
    """All with one person goes, of others nothing, and what waits is not sent; strangers can be named."""
    world, alice, bob = two
    eve = world.customer("eve", 2)
    world.wait(alice.node.messaging.book.add(bob.idurl, "bobby"))
    for number in range(3):
        send(alice, "bobby", f"letter {number}")
        send(eve, alice.idurl, f"whisper {number}")
        send(bob, alice.idurl, f"answer {number}")
    keepers = world.seated(bob)
    world.away(*keepers)
    bob.crash()
    send(alice, "bobby", "not yet gone")
    messages = alice.node.messaging.messages
    assert world.wait(messages.delete_conversation("bobby")) == 7
    assert [text for _, text, _ in texts(alice)] == ["whisper 0", "whisper 1", "whisper 2"]
    world.run(120)
    world.back(*keepers)
    bob.begin()
    world.run(2000)
    assert len(texts(bob)) == 3
    with pytest.raises(NotFound):
        world.wait(messages.delete_conversation("bobby"))
    with pytest.raises(NotFound):
        world.wait(messages.delete_conversation("nobody"))
    # Whose IDURL only she herself claims is called as the list calls her, though she is gone.
    eve.stop()
    sender = texts(alice)[0][0]
    assert len(world.wait(messages.listed(1000, 0.0, sender))) == 3
    assert world.wait(messages.delete_conversation(sender)) == 3


def test_which_message(two: tuple[World, House, House]) -> None:
    """An id that means none, several, or is none at all, is refused, and nothing goes."""
    world, alice, bob = two
    eve = world.customer("eve", 2)
    for house in (bob, eve):
        # Whoever writes chooses the number.
        house.node.messaging.messages._rng = lambda count: b"\x0f" * count
    send(bob, alice.idurl, "one")
    with pytest.raises(NotFound):
        delete(alice, "00000000")
    for wrong in ("", "0f0f0f", "0f0f0f0z", "0f" * 17):
        with pytest.raises(Usage):
            delete(alice, wrong)
    send(eve, alice.idurl, "two")
    with pytest.raises(Conflict):
        delete(alice, "0f" * 16)
    assert len(texts(alice)) == 2
    assert delete(alice, "0f0f0f0f", texts(alice)[1][0]) == 1
    assert [text for _, text, _ in texts(alice)] == ["one"]
