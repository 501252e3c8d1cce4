"""A mailbox keeps what was left, for whom it was left, within its bounds."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from bitdust.database import Database
from bitdust.errors import NoSpace, NotFound
from bitdust.messaging import mailbox as module
from bitdust.messaging.mailbox import TERM, Mailbox
from bitdust.messaging.schema import SCHEMA
from bitdust.wire.codec import encode
from bitdust.wire.packets import Collect, Letters
from bitdust.world import inline

ALICE, BOB, CAROL = "a" * 52, "b" * 52, "c" * 52


class Box:
    """A mailbox of Bob's, and its clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.box = Mailbox(
            db=Database(":memory:", SCHEMA, inline), wall=lambda: self.now, is_customer=self.is_customer,
            ask=self.is_customer, is_online=lambda fingerprint: False,
        )  # fmt: skip

    async def is_customer(self, fingerprint: str) -> Any:
        return fingerprint == BOB

    def leave(self, letter: bytes, sender: str = ALICE, recipient: str = BOB) -> None:
        self._done(self.box.deposit(sender, recipient, letter))

    def collect(self, *taken: bytes, who: str = BOB) -> tuple[bytes, ...]:
        sender: Any = type("Sender", (), {"fingerprint": who})
        answer = self._done(self.box.commands()[Collect](sender, Collect(tuple(taken)), sender))
        assert isinstance(answer, Letters)
        encode(answer)
        return answer.letters

    def _done(self, work: Any) -> Any:
        found: list[Any] = []
        failed: list[Any] = []
        Deferred.fromCoroutine(work).addCallbacks(found.append, failed.append)
        if failed:
            failed[0].raiseException()
        return found[0]


def name(letter: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(letter).digest()


def test_it_keeps_until_taken() -> None:
    """Letters come in order, once each, to nobody else, and stay until they are named as taken."""
    box = Box()
    for letter in (b"1", b"2", b"1"):
        box.leave(letter)
    assert box.collect() == box.collect() == (b"1", b"2")
    assert box.collect(who=CAROL) == ()
    box.collect(name(b"1"), who=CAROL)
    assert box.collect(name(b"1")) == (b"2",)
    assert box.collect(name(b"2")) == ()


def test_long_letters_come_in_several_answers() -> None:
    """An answer is never longer than a packet may be."""
    box = Box()
    letters = [bytes([number]) * 53_248 for number in range(3)]
    for letter in letters:
        box.leave(letter)
    assert box.collect() == (letters[0],)
    assert box.collect(name(letters[0])) == (letters[1],)


def test_only_for_customers() -> None:
    """Nobody leaves letters here for strangers."""
    with pytest.raises(NotFound):
        Box().leave(b"1", recipient=CAROL)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sender fills neither a box nor the disk; what is here already is acknowledged."""
    box = Box()
    monkeypatch.setattr(module, "MOST_OF_SENDER", 2)
    box.leave(b"1")
    box.leave(b"2")
    with pytest.raises(NoSpace):
        box.leave(b"3")
    box.leave(b"2")
    box.leave(b"3", sender=CAROL)
    for limit in ("BYTES_OF_SENDER", "BYTES_OF_RECIPIENT", "BYTES_IN_ALL"):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, 3)
            with pytest.raises(NoSpace):
                box.leave(b"long", sender=CAROL)
    assert box.collect() == (b"1", b"2", b"3")


def test_the_term() -> None:
    """After thirty days a letter makes room for others."""
    box = Box()
    box.leave(b"1")
    box.now += TERM + 1
    box.leave(b"2")
    assert box.collect() == (b"2",)
