"""What a relay tells of those who are reached over it, to whoever looks for them."""

from __future__ import annotations

from types import SimpleNamespace

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bitdust.directory.nickname import claim, nickname_key
from bitdust.errors import NotFound, TryLater
from bitdust.identity.document import Document
from bitdust.relay.asker import Asker
from bitdust.relay.register import ASKED, BY_ALL, MINUTE, MOST, Register
from bitdust.relay.reservations import Reservation
from bitdust.router.inbox import Sender
from bitdust.wire.packets import AskReached
from bitdust.world import spawn
from tests.identity.people import document


def somebody(number: int, nickname: str, offers: tuple[str, ...] = ()) -> Document:
    """One of many."""
    return document(bytes([number]) * 32, extra=[("nickname", claim(nickname))], offers=list(offers))


def sender(name: str = "f" * 52, place: str = "") -> Sender:
    """He asks over a link from there."""
    return Sender(name, document(), SimpleNamespace(place=place))


class RegisterTest(SynchronousTestCase):
    """Some who are reached over us, in the order in which they came."""

    def setUp(self):
        self.clock = Clock()
        self.known: dict[str, Document] = {}
        self.kept: list[Reservation] = []
        self.register = Register(lambda: self.kept, self.document_of, self.clock)

    async def document_of(self, fingerprint):
        if fingerprint not in self.known:
            raise NotFound("nobody")
        return self.known[fingerprint]

    def reached(self, one: Document, *, own: bool = False) -> str:
        self.known[one.fingerprint] = one
        self.kept.append(Reservation(Asker(one.fingerprint, own), one.idurl, 0.0, 1.0))
        return one.fingerprint

    def ask(self, kind, what):
        asked = self.register.asked(sender(), AskReached(kind, what), None)
        return self.successResultOf(spawn(asked)).peers

    def test_by_name_and_by_offer(self):
        """Who claims that very name, without regard to case; who makes that offer; and nobody else."""
        bob = self.reached(somebody(1, "Bob"))
        sam = self.reached(somebody(2, "Sam", ("supplier",)))
        assert self.ask("nickname", nickname_key("BOB")) == (bob,)
        assert self.ask("nickname", nickname_key("alice")) == ()
        assert self.ask("offer", "supplier") == (sam,)
        assert self.ask("offer", "proxy-server") == ()

    def test_nobody_is_crowded_out_by_who_comes_later(self):
        """Own partners first, then who has been here longest; at most so many."""
        late = [somebody(number, "Bob") for number in range(10, 10 + MOST)]
        first = self.reached(somebody(1, "Bob"))
        for each in late:
            self.reached(each)
        own = self.reached(somebody(2, "Bob"), own=True)
        told = self.ask("nickname", nickname_key("bob"))
        assert len(told) == MOST
        assert told[:2] == (own, first)

    def test_somebody_forgotten(self):
        """Whose document is gone is not told of, and takes nobody along."""
        gone, bob = self.reached(somebody(1, "Bob")), self.reached(somebody(2, "Bob"))
        del self.known[gone]
        assert self.ask("nickname", nickname_key("bob")) == (bob,)

    def test_not_again_and_again(self):
        """Nobody reads the whole register."""
        for _ in range(ASKED):
            self.ask("offer", "supplier")
        once_more = self.register.asked(sender(), AskReached("offer", "x"), None)
        self.failureResultOf(spawn(once_more), TryLater)
        self.clock.advance(MINUTE)
        assert self.ask("offer", "supplier") == ()

    def test_not_by_one_who_is_many(self):
        """T31: the names of one address ask together as often as one."""
        answers: list[object] = []
        for number in range(2 * ASKED):
            who = sender(f"{number:052d}", f"[2001:db8::{number + 1}]:7771")
            asked = spawn(self.register.asked(who, AskReached("offer", "x"), None))
            asked.addCallbacks(answers.append, lambda failure: failure.trap(TryLater))
        assert len(answers) == ASKED

    def test_not_by_very_many_either(self):
        """A new name for each question costs nothing: all together have a limit, too."""
        answers: list[object] = []
        for number in range(2 * BY_ALL):
            asked = spawn(self.register.asked(sender(f"{number:052d}"), AskReached("offer", "x"), None))
            asked.addCallbacks(answers.append, lambda failure: failure.trap(TryLater))
        assert len(answers) == BY_ALL

    def test_no_more_documents_are_read_than_are_told(self):
        """However many guests there are."""
        for number in range(1, 3 * MOST):
            self.reached(somebody(number, "Bob"))
        read: list[str] = []
        document_of = self.document_of

        async def watched(fingerprint):
            read.append(fingerprint)
            return await document_of(fingerprint)

        self.register._document_of = watched
        assert len(self.ask("nickname", nickname_key("bob"))) == len(read) == MOST
