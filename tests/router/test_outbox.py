"""Packets that must arrive."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from bitdust.database import Database
from bitdust.errors import Offline, Refused, Timeout
from bitdust.events import Signal
from bitdust.router.outbox import Outbox
from bitdust.router.tables import SCHEMA
from bitdust.wire.packets import Ack, CancelService, Data, DeleteFile, Tombstone
from bitdust.world import inline

from .town import Town

HASH = bytes(32)


def delete(op: int) -> DeleteFile:
    return DeleteFile(op_id=op.to_bytes(16, "big"), epoch=0, tombstones=(Tombstone(HASH, 0),))


class Desk:
    """An outbox whose peers answer what the test says; `asked` is a list of (fingerprint, op)."""

    def __init__(self, db: Database | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.db = db or Database(":memory:", SCHEMA, inline)
        self.asked: list[tuple[str, int]] = []
        self.answers = lambda fingerprint, op: fail(Offline())
        self.came: Signal[[str]] = Signal()
        self.told: list[tuple] = []
        self.outbox = Outbox(
            clock=self.clock,
            wall=self.clock.seconds,
            rng=lambda size: b"\x80" * size,
            ask=self.ask,
            came=self.came,
            db=self.db,
        )
        self.outbox.delivered.listen(lambda id, answer: self.told.append((id, answer)))
        self.outbox.gave_up.listen(lambda id, why: self.told.append((id, type(why))))

    def ask(self, fingerprint, packet, *, within):
        op = int.from_bytes(packet.op_id, "big")
        self.asked.append((fingerprint, op))
        return self.answers(fingerprint, op)

    def put(self, op: int, peer: str = "bob", seconds: float = 1000.0) -> int:
        return result(self.outbox.put(peer, delete(op), seconds))

    def waiting(self) -> int:
        return result(self.outbox.waiting())


def result(work):
    outcome = []
    Deferred.fromCoroutine(work).addBoth(outcome.append)
    return outcome[0]


def test_an_answer_at_once():
    """What is answered is delivered, and forgotten."""
    desk = Desk()
    desk.answers = lambda fingerprint, op: succeed(Ack(note=str(op)))
    id = desk.put(1)
    assert desk.told == [(id, Ack(note="1"))]
    assert desk.waiting() == 0
    assert desk.clock.getDelayedCalls() == []


def test_growing_pauses_and_at_once_when_the_peer_comes():
    """The same packet is tried again, later each time, and immediately when the peer is there."""
    desk = Desk()
    desk.put(1, seconds=1e6)
    for _ in range(1000):
        desk.clock.advance(1.0)
    assert 8 <= len(desk.asked) <= 11
    assert set(desk.asked) == {("bob", 1)}
    desk.answers = lambda fingerprint, op: succeed(Ack())
    desk.came("carol")
    assert desk.told == []
    desk.came("bob")
    assert desk.told == [(1, Ack())]
    assert desk.clock.getDelayedCalls() == []


def test_past_the_deadline_it_is_given_up():
    """Not a second before, and the user is told."""
    desk = Desk()
    id = desk.put(1, seconds=500.0)
    desk.clock.pump([1.0] * 499)
    assert desk.told == []
    desk.clock.pump([1.0] * 2)
    assert desk.told == [(id, Timeout)]
    assert desk.waiting() == 0
    assert desk.clock.getDelayedCalls() == []


def test_a_refusal_is_an_answer_unless_it_is_a_passing_one():
    """`conflict` ends it; `tempfail` is tried again."""
    desk = Desk()
    codes = ["tempfail", "conflict"]
    desk.answers = lambda fingerprint, op: fail(Refused(codes.pop(0), "no"))
    id = desk.put(1)
    desk.clock.pump([1.0] * 10)
    assert desk.told == [(id, Refused)]
    assert codes == []


def test_t16_the_order_to_one_peer_is_kept():
    """T16: a later packet never overtakes an earlier one; other peers do not wait for it."""
    desk = Desk()
    online = {"carol"}
    desk.answers = lambda fingerprint, op: succeed(Ack()) if fingerprint in online else fail(Offline())
    desk.put(1)
    desk.put(2)
    desk.put(3, "carol")
    assert [id for id, _ in desk.told] == [3]
    desk.clock.pump([1.0] * 100)
    assert set(desk.asked) == {("bob", 1), ("carol", 3)}
    online.add("bob")
    desk.came("bob")
    assert [id for id, _ in desk.told] == [3, 1, 2]


def test_put_while_the_last_is_being_answered():
    """A packet put in the moment the carrier ends is not forgotten."""
    desk = Desk()
    desk.answers = lambda fingerprint, op: succeed(Ack())
    more = [2, 3]
    desk.outbox.delivered.listen(lambda id, answer: more and desk.put(more.pop(0)))
    desk.put(1)
    assert [op for _, op in desk.asked] == [1, 2, 3]
    assert desk.waiting() == 0


def test_it_survives_a_restart():
    """After a stop or a crash the next start takes it up, with the same op id."""
    desk = Desk()
    id = desk.put(1)
    result(desk.outbox.stop())
    assert desk.clock.getDelayedCalls() == []
    assert desk.waiting() == 1
    again = Desk(desk.db, desk.clock)
    again.answers = lambda fingerprint, op: succeed(Ack())
    result(again.outbox.start())
    assert again.asked == [("bob", 1)]
    assert again.told == [(id, Ack())]


def test_stopping_in_the_middle_of_a_try():
    """The question under way is cancelled, the packet stays."""
    desk = Desk()
    asking: Deferred[Ack] = Deferred()
    desk.answers = lambda fingerprint, op: asking
    desk.put(1)
    result(desk.outbox.stop())
    assert asking.called
    assert desk.waiting() == 1
    assert desk.clock.getDelayedCalls() == []


def test_no_bodies():
    """Packets with a body have places of their own (the spool)."""
    desk = Desk()
    outcome = result(desk.outbox.put("bob", Data(block=HASH, number=0, size=1, root=HASH), 1.0))
    with pytest.raises(ValueError, match="body"):
        outcome.raiseException()


def test_over_a_real_router():
    """A peer that is away gets his packet when he is back, once, though the first try was cut."""
    town = Town()
    alice, bob = town.pair()
    bob.leave()
    outbox = Outbox(
        clock=town.clock,
        wall=alice.wall,
        rng=lambda size: b"\x80" * size,
        ask=alice.router.ask,
        came=alice.router.came,
        db=alice.router_db,
    )
    told, done = [], []
    outbox.delivered.listen(lambda id, answer: told.append(answer))
    town.result(outbox.put(bob.fingerprint, delete(1), 7 * 86400.0))
    town.run(86400)
    assert told == []

    async def handler(sender, packet, exchange):
        done.append(packet)
        if len(done) == 1:
            town.network.cut()
        return Ack()

    bob.move_in()
    bob.router.answer(DeleteFile, handler)
    town.result(bob.router.ping(alice.fingerprint))
    town.run(60)
    assert told == [Ack()]
    assert done == [delete(1)]
    town.result(outbox.stop())


def test_what_is_withdrawn_is_not_sent_any_more():
    """Packets of a type are taken back, also one that is being tried; the others still go."""
    desk = Desk()
    trying = []

    def silent(fingerprint, op):
        trying.append(Deferred())
        return trying[-1]

    desk.answers = silent
    farewell = CancelService(op_id=bytes(15) + b"\x07", service="supplier", epoch=1)
    result(desk.outbox.put("bob", farewell, 1000.0))
    desk.put(1)
    desk.put(2, peer="carol")
    assert desk.asked == [("bob", 7), ("carol", 2)]
    heard = []
    desk.outbox.answered.listen(lambda *what: heard.append(what))
    desk.answers = lambda fingerprint, op: succeed(Ack())
    assert result(desk.outbox.withdraw("bob", CancelService)) == 1
    assert result(desk.outbox.withdraw("bob", CancelService)) == 0
    assert desk.asked == [("bob", 7), ("carol", 2), ("bob", 1)]
    assert heard == [("bob", delete(1), Ack())]
    assert desk.waiting() == 1


def test_who_is_gone_for_good_is_tried_seldom():
    """In ten days without him a peer is tried a hundred times at most: each try looks for him everywhere."""
    desk = Desk()
    desk.put(1, seconds=180 * 86400.0)
    for _ in range(10 * 24 * 60):
        desk.clock.advance(60)
    assert 20 < len(desk.asked) < 100
    desk.answers = lambda fingerprint, op: succeed(Ack())
    desk.came("bob")
    assert desk.waiting() == 0
