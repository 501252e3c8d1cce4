"""Questions and their handlers, without a network."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from bitdust.database import Database
from bitdust.errors import Conflict, NoSpace
from bitdust.router.answered import AT_ONCE, MOST_OF_ONE, REMEMBERED, Answered
from bitdust.router.inbox import Inbox
from bitdust.router.question import Question
from bitdust.router.tables import SCHEMA
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import Ack, Data, DeleteFile, Fail, ListFiles, Retrieve, Tombstone
from bitdust.world import inline

HASH = bytes(32)
PIECE = Data(block=HASH, number=0, size=10, root=HASH)


@implementer(IExchange)
class FakeExchange:
    """An exchange that writes down what is said."""

    def __init__(self, packet) -> None:
        self.packet, self.said = packet, []

    def write(self, data):
        self.said.append(bytes(data))
        return succeed(None)

    def unsent(self):
        return 0

    def finish(self):
        self.said.append("finish")

    def answer(self):
        raise AssertionError

    def reply(self, packet):
        self.said.append(packet)

    def read(self):
        return Deferred()

    def reset(self, why):
        self.said.append("reset")


def link(name: str = "alice"):
    return SimpleNamespace(document=SimpleNamespace(fingerprint=name))


def delete(op: int, block: bytes = HASH) -> DeleteFile:
    return DeleteFile(op_id=op.to_bytes(16, "big"), epoch=0, tombstones=(Tombstone(block, 0),))


class InboxTest(SynchronousTestCase):
    """One inbox, its handlers, its memory."""

    def setUp(self) -> None:
        self.now = 0.0
        self.db = Database(":memory:", SCHEMA, inline)
        self.inbox = Inbox(Answered(self.db, lambda: self.now))

    def say(self, packet, sender: str = "alice") -> list:
        exchange = FakeExchange(packet)
        self.inbox.take(link(sender), exchange)
        return exchange.said

    def test_an_answer_is_said_and_finished(self):
        """A returned packet is the reply, and ends it."""

        async def handler(sender, packet, exchange):
            return Ack()

        self.inbox.answer(ListFiles, handler)
        assert self.say(ListFiles()) == [Ack(), "finish"]

    def test_an_unforeseen_error_is_logged_and_told_in_one_word(self):
        """Our own bug is not described to strangers."""

        async def handler(sender, packet, exchange):
            raise ZeroDivisionError("secret")

        self.inbox.answer(ListFiles, handler)
        fail, end = self.say(ListFiles())
        assert fail.code == "failed"
        assert "secret" not in fail.text
        assert end == "finish"
        assert len(self.flushLoggedErrors(ZeroDivisionError)) == 1

    def test_no_answer_at_all_is_a_failure(self):
        """A handler that neither replies nor returns anything is at fault, and the asker learns it."""

        async def handler(sender, packet, exchange):
            return None

        self.inbox.answer(ListFiles, handler)
        assert self.say(ListFiles())[0].code == "failed"
        assert len(self.flushLoggedErrors(RuntimeError)) == 1

    def test_a_body_that_breaks_off_is_reset(self):
        """After a reply nothing but a reset can tell that its body will not come."""

        async def half(sender, packet, exchange):
            exchange.reply(PIECE)
            await exchange.write(bytes(5))

        async def broken(sender, packet, exchange):
            exchange.reply(PIECE)
            raise NoSpace

        self.inbox.answer(Retrieve, half)
        assert self.say(Retrieve(HASH, 0, 0, 1)) == [PIECE, bytes(5), "reset"]
        self.inbox.answer(Retrieve, broken)
        assert self.say(Retrieve(HASH, 0, 0, 1)) == [PIECE, "reset"]

    def test_a_whole_body_is_finished_once(self):
        """Whether the handler says so or forgets."""

        async def whole(sender, packet, exchange):
            exchange.reply(PIECE)
            await exchange.write(bytes(10))
            exchange.finish()

        self.inbox.answer(Retrieve, whole)
        assert self.say(Retrieve(HASH, 0, 0, 1)) == [PIECE, bytes(10), "finish"]

    def test_the_exchange_keeps_the_promises_of_its_interface(self):
        """What handlers get is an IExchange."""
        assert verifyObject(IExchange, Question(FakeExchange(ListFiles())))

    def test_t16_a_duplicate_waits_for_the_first(self):
        """T16: the same operation twice at once runs once; both are answered alike."""
        working, begun = Deferred(), []

        async def handler(sender, packet, exchange):
            begun.append(packet)
            return await working

        self.inbox.answer(DeleteFile, handler)
        one, two, three = self.say(delete(1)), self.say(delete(1)), self.say(delete(1))
        assert len(begun) == 1
        working.callback(Ack(note="done"))
        assert one == two == three == [Ack(note="done"), "finish"]
        assert len(begun) == 1

    def test_a_passing_failure_may_be_tried_again(self):
        """An operation that did not happen for want of space is not remembered; a refusal is."""
        errors = [NoSpace(), Conflict("no"), NoSpace()]

        async def handler(sender, packet, exchange):
            raise errors.pop(0)

        self.inbox.answer(DeleteFile, handler)
        codes = [self.say(delete(1))[0].code for _ in range(4)]
        assert codes == ["no_space", "conflict", "conflict", "conflict"]

    def test_duplicates_of_a_failed_one_try_in_turn(self):
        """Those who waited for one that failed in passing are handled, one after the other."""
        working, begun = [Deferred(), Deferred()], []

        async def handler(sender, packet, exchange):
            begun.append(packet)
            return await working[len(begun) - 1]

        self.inbox.answer(DeleteFile, handler)
        one, two, three = self.say(delete(1)), self.say(delete(1)), self.say(delete(1))
        working[0].errback(NoSpace())
        assert one[0].code == "no_space"
        assert len(begun) == 2
        assert two == []
        working[1].callback(Ack())
        assert two == three == [Ack(), "finish"]
        assert len(begun) == 2

    def test_an_op_id_names_one_question(self):
        """Another question under a used op id is refused."""

        async def handler(sender, packet, exchange):
            return Ack()

        self.inbox.answer(DeleteFile, handler)
        self.say(delete(1))
        assert self.say(delete(1, b"x" * 32))[0].code == "conflict"

    def test_answers_are_forgotten_after_a_week_and_a_day(self):
        """The memory does not grow for ever."""

        async def handler(sender, packet, exchange):
            return Ack()

        self.inbox.answer(DeleteFile, handler)
        self.say(delete(1))
        self.now = REMEMBERED + 1
        self.say(delete(2))
        rows = self.successResultOf(
            self.db.read(lambda c: c.execute("SELECT op_id FROM answered").fetchall())
        )
        assert rows == [((2).to_bytes(16, "big"),)]

    def test_one_sender_cannot_fill_the_memory(self):
        """Beyond the bound his own oldest answers are forgotten; he is served on, and so are others."""

        async def handler(sender, packet, exchange):
            return Ack()

        self.inbox.answer(DeleteFile, handler)
        self.fill(float)
        self.now = float(MOST_OF_ONE)
        assert self.say(delete(2**40))[0] == Ack()
        assert self.say(delete(2**40), "bob")[0] == Ack()
        kept = self.successResultOf(
            self.db.read(
                lambda c: c.execute(
                    "SELECT count(*), min(time) FROM answered WHERE sender = 'alice'"
                ).fetchone()
            )
        )
        assert kept == (MOST_OF_ONE - AT_ONCE + 1, AT_ONCE)

    def test_what_has_expired_does_not_count(self):
        """A sender who was busy once is not held to it when those days are over."""

        async def handler(sender, packet, exchange):
            return Ack()

        self.inbox.answer(DeleteFile, handler)
        self.fill(lambda number: 0.0)
        self.now = REMEMBERED + 1
        assert [self.say(delete(2**40 + number))[0] for number in range(3)] == [Ack()] * 3
        rows = self.successResultOf(
            self.db.read(lambda c: c.execute("SELECT count(*) FROM answered").fetchall())
        )
        assert rows == [(3,)]

    def fill(self, time) -> None:
        """As many answers as are kept of alice."""
        rows = [("alice", number.to_bytes(16, "big"), time(number)) for number in range(MOST_OF_ONE)]
        self.successResultOf(
            self.db(lambda c: c.executemany("INSERT INTO answered VALUES (?, ?, x'', x'', ?)", rows) and None)
        )

    def test_stopping_gives_up_what_is_at_work(self):
        """Handlers are cancelled, their exchanges reset, new questions too."""
        cancelled = []

        async def handler(sender, packet, exchange):
            await Deferred(cancelled.append)

        self.inbox.answer(ListFiles, handler)
        self.inbox.answer(DeleteFile, handler)
        one, two, three = self.say(ListFiles()), self.say(delete(1)), self.say(delete(1))
        self.inbox.stop()
        assert one == two == three == ["reset"]
        assert len(cancelled) == 2
        assert self.say(ListFiles()) == ["reset"]


def test_a_fail_carries_a_word():
    """Every error's id is a word the wire takes as the code of a Fail."""
    from bitdust.errors import all_errors
    from bitdust.wire.codec import decode, encode

    for error in all_errors():
        assert decode(encode(Fail(error.id, "x"))) == Fail(error.id, "x")


def test_replying_twice_is_our_bug():
    """The second reply raises."""
    question = Question(FakeExchange(ListFiles()))
    question.reply(Ack())
    with pytest.raises(RuntimeError):
        question.reply(Ack())
