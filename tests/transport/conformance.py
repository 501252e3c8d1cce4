"""
What every road must do.  A test class for a road inherits `Conformance` and makes the roads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.task import deferLater

from bitdust.errors import BadIdentity, BitDustError, Timeout
from bitdust.identity.document import Document
from bitdust.transport.interface import (
    ExchangeReset,
    Expected,
    IExchange,
    ILink,
    IPuncher,
    ITransport,
    LinkLost,
)
from bitdust.wire.packets import Ack, Data, Fail, ListFiles, Packet, Priority, Retrieve
from bitdust.world import spawn
from tests.transport.people import Person, doorman, person

ZERO = bytes(32)


def piece(size: int) -> Data:
    """A question that announces a body."""
    return Data(block=ZERO, number=0, size=size, root=ZERO)


def turns(count: int = 1) -> Deferred[None]:
    """Let the reactor turn."""
    return deferLater(reactor, 0.0 if count <= 1 else 0.001 * count)


async def whole(exchange: IExchange) -> bytes:
    """The whole body of an exchange."""
    parts = []
    while data := await exchange.read():
        parts.append(data)
    return b"".join(parts)


def echo(link: ILink, exchange: IExchange) -> None:
    """Answers a piece with its size, a Retrieve with a megabyte for each leaf, all else with Ack."""

    async def work() -> None:
        match exchange.packet:
            case Data():
                exchange.reply(Ack(note=str(len(await whole(exchange)))))
            case Retrieve(count=count):
                exchange.reply(piece(count * 2**20))
                for number in range(count):
                    await exchange.write(bytes([number]) * 2**20)
                exchange.finish()
            case _:
                exchange.reply(Ack())

    spawn(work()).addErrback(lambda failure: failure.trap(LinkLost, ExchangeReset))


class Conformance:
    """
    Mixed into a trial TestCase.  `road(person, doorman)` is a transport of that person that can be stopped.
    """

    #: where all its roads are, as others see them
    host = "127.0.0.1"

    #: what its links are called; None: as the scheme
    name: str | None = None

    def road(self, who: Person, guard: Callable[[bytes, bytes], Document]) -> ITransport:
        raise NotImplementedError

    def place(self) -> str:
        """A contact of this road where nobody is."""
        raise NotImplementedError

    def setUp(self) -> None:
        self.alice, self.bob = person("alice"), person("bob")
        self.accepted: list[ILink] = []
        self.answerer = echo
        self.roads: list[ITransport] = []

    async def tearDown(self) -> None:
        for road in self.roads:
            await road.stop()

    def a_road(self, who: Person, guard: Callable[[bytes, bytes], Document] = doorman) -> ITransport:
        road = self.road(who, guard)
        self.roads.append(road)
        return road

    def accept(self, link: ILink) -> None:
        link.serve(lambda link, exchange: self.answerer(link, exchange))
        self.accepted.append(link)

    async def two(self) -> ILink:
        """A link from Alice to Bob, who answers."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        return await self.a_road(self.alice).dial(contact, self.bob.expected)

    async def fails(self, kind: type[Exception], waiting: Deferred) -> str:
        """The message of the error that it must fail with."""
        try:
            result = await waiting
        except kind as error:
            return str(error)
        raise AssertionError(f"{result!r} instead of {kind.__name__}")

    async def ask(self, link: ILink, packet: Packet, body: bytes = b"") -> Packet:
        exchange = link.ask(packet, Priority.BACKUP)
        if body:
            await exchange.write(body)
        return await exchange.answer()

    # who is there

    async def test_both_ends_know_each_other(self) -> None:
        """A link shows the accepted document and the device of the other end, on both ends."""
        link = await self.two()
        assert link.document.fingerprint == self.bob.document.fingerprint
        assert link.spki == self.bob.device.spki
        assert link.dialed
        [theirs] = self.accepted
        assert theirs.document.fingerprint == self.alice.document.fingerprint
        assert theirs.spki == self.alice.device.spki
        assert not theirs.dialed
        assert link.transport_name == theirs.transport_name == (self.name or self.roads[0].scheme)
        assert link.direct == theirs.direct == self.roads[0].direct

    async def test_both_ends_hear_where_they_are_seen(self) -> None:
        """Each end tells the other the place it sees him at, and nothing where a road has no places."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        link = await self.a_road(self.alice).dial(contact, self.bob.expected)
        [theirs] = self.accepted
        assert (link.seen_as, theirs.seen_as) == (theirs.place, link.place)
        assert link.place == (contact.partition("://")[2] if self.host else "")
        assert theirs.place.rpartition(":")[0] == self.host

    async def test_who_only_asks_where_he_is(self) -> None:
        """A hole is known by the place that another end sees, who does not take the link for a guest's."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        road = self.a_road(self.alice)
        if not IPuncher.providedBy(road):
            return
        hole = await road.hole([(contact, self.bob.expected)], True)
        assert str(hole.place.host) == self.host
        hole.close()
        await self.fails(Timeout, road.hole([(self.place(), self.bob.expected)], True))
        assert self.accepted == []

    async def test_somebody_else_is_not_talked_to(self) -> None:
        """T17: where another device answers than the pinned one, dialing fails and names both."""
        carol = person("carol")
        [contact] = await self.a_road(carol).listen(self.accept)
        why = await self.fails(BadIdentity, self.a_road(self.alice).dial(contact, self.bob.expected))
        assert self.bob.document.fingerprint in why
        assert carol.device.spki.hex() in why
        assert self.accepted == []

    async def test_a_known_device_of_somebody_else_is_not_taken(self) -> None:
        """T17: swapped: the device is known, but the document it shows is not of whom we mean."""
        carol = person("carol")
        [contact] = await self.a_road(carol).listen(self.accept)
        swapped = Expected(self.bob.document.fingerprint, carol.document.device_spkis)
        why = await self.fails(BadIdentity, self.a_road(self.alice).dial(contact, swapped))
        assert self.bob.document.fingerprint in why
        assert carol.document.fingerprint in why

    async def test_a_stranger_is_met_by_his_fingerprint(self) -> None:
        """Of whom no document is known, the fingerprint is enough: the doorman judges what HELLO shows."""
        met: list[bytes] = []

        def guard(raw: bytes, spki: bytes) -> Document:
            met.append(raw)
            return doorman(raw, spki)

        [contact] = await self.a_road(self.bob).listen(self.accept)
        expected = Expected(self.bob.document.fingerprint, None)
        link = await self.a_road(self.alice, guard).dial(contact, expected)
        assert met == [self.bob.raw]
        assert link.spki == self.bob.device.spki
        assert await self.ask(link, ListFiles()) == Ack()

    async def test_somebody_else_in_a_strangers_place(self) -> None:
        """T17: who answers for a stranger of known fingerprint, and is another, is not talked to."""
        carol = person("carol")
        [contact] = await self.a_road(carol).listen(self.accept)
        expected = Expected(self.bob.document.fingerprint, None)
        why = await self.fails(BadIdentity, self.a_road(self.alice).dial(contact, expected))
        assert self.bob.document.fingerprint in why
        assert carol.document.fingerprint in why
        await turns(20)
        for link in self.accepted:
            await link.closed()

    async def test_a_stranger_with_anothers_document(self) -> None:
        """T17: a stolen document at a stranger's place: it does not list the device that shows it."""
        liar = Person("liar", person("carol").device, self.bob.document)
        [contact] = await self.a_road(liar).listen(self.accept)
        for fingerprint in (self.bob.document.fingerprint, None):
            dialing = self.a_road(self.alice).dial(contact, Expected(fingerprint, None))
            assert "does not list" in await self.fails(BadIdentity, dialing)

    async def test_whoever_answers_is_met(self) -> None:
        """Dialing a place without knowing who is there: whoever it is shows his document."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        link = await self.a_road(self.alice).dial(contact, Expected(None, None))
        assert link.document.fingerprint == self.bob.document.fingerprint
        assert await self.ask(link, ListFiles()) == Ack()

    async def test_whoever_answers_may_be_refused(self) -> None:
        """The dialer's doorman may refuse whoever answers, who is told why and asked nothing."""

        def nobody(raw: bytes, spki: bytes) -> Document:
            raise BadIdentity("not on the list")

        [contact] = await self.a_road(self.bob).listen(self.accept)
        dialing = self.a_road(self.alice, nobody).dial(contact, Expected(None, None))
        assert "not on the list" in await self.fails(BadIdentity, dialing)
        await turns(20)
        for link in self.accepted:
            assert "not on the list" in await link.closed()

    async def test_the_listener_turns_away_whom_its_doorman_refuses(self) -> None:
        """T17: a dialer whose document is refused gets no link, and learns why."""

        def nobody(raw: bytes, spki: bytes) -> Document:
            raise BadIdentity("not on the list")

        [contact] = await self.a_road(self.bob, nobody).listen(self.accept)
        why = await self.fails(BitDustError, self.a_road(self.alice).dial(contact, self.bob.expected))
        assert "not on the list" in why
        assert self.accepted == []

    async def test_a_document_of_another_device_is_refused(self) -> None:
        """T17: a dialer who shows a document that does not list his device is turned away."""
        liar = Person("liar", person("carol").device, self.alice.document)
        [contact] = await self.a_road(self.bob).listen(self.accept)
        why = await self.fails(BitDustError, self.a_road(liar).dial(contact, self.bob.expected))
        assert "does not list" in why
        assert self.accepted == []

    async def test_a_doorman_may_take_his_time(self) -> None:
        """A doorman that answers later is waited for, at both ends."""

        async def slow(raw: bytes, spki: bytes) -> Document:
            await turns(5)
            return doorman(raw, spki)

        [contact] = await self.a_road(self.bob, slow).listen(self.accept)
        link = await self.a_road(self.alice, slow).dial(contact, self.bob.expected)
        assert await self.ask(link, ListFiles()) == Ack()

    async def test_a_broken_doorman_lets_nobody_in(self) -> None:
        """A doorman that fails by a bug ends the link, and the bug is logged."""

        async def broken(raw: bytes, spki: bytes) -> Document:
            raise ZeroDivisionError

        [contact] = await self.a_road(self.bob, broken).listen(self.accept)
        await self.fails(BitDustError, self.a_road(self.alice).dial(contact, self.bob.expected))
        assert self.accepted == []
        assert len(self.flushLoggedErrors(ZeroDivisionError)) == 1

    async def test_nobody_there(self) -> None:
        """Dialing a place where nobody listens fails with Timeout."""
        await self.fails(Timeout, self.a_road(self.alice).dial(self.place(), self.bob.expected))

    async def test_a_glance(self) -> None:
        """Only looking who is there: the right one is told from the wrong one, and nobody hears a HELLO."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        road = self.a_road(self.alice)
        there = await road.dial(contact, replace(self.bob.expected, glance=True))
        assert await there.closed() == "only looked"
        wrong = Expected(self.bob.document.fingerprint, frozenset({self.alice.device.spki}), glance=True)
        await self.fails(BadIdentity, road.dial(contact, wrong))
        assert isinstance(await self.ask(await road.dial(contact, self.bob.expected), ListFiles()), Ack)
        assert len(self.accepted) == 1

    async def test_a_dial_can_be_given_up(self) -> None:
        """A cancelled dial leaves nothing behind."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        dialing = self.a_road(self.alice).dial(contact, self.bob.expected)
        dialing.cancel()
        try:
            await dialing
        except (CancelledError, BitDustError):
            return
        raise AssertionError("the dial went on")

    # exchanges

    async def test_both_ends_ask(self) -> None:
        """Questions go in both directions over one link."""
        link = await self.two()
        link.serve(echo)
        assert await self.ask(link, ListFiles()) == Ack()
        assert await self.ask(self.accepted[0], ListFiles()) == Ack()

    async def test_questions_before_serve_wait(self) -> None:
        """A question that comes before anybody serves is handed over then."""
        link = await self.two()
        asked = self.ask(self.accepted[0], ListFiles())
        answer = spawn(asked)
        await self.ask(link, ListFiles())
        link.serve(echo)
        assert await answer == Ack()

    async def test_a_body_arrives_whole(self) -> None:
        """Bodies far beyond the credit arrive whole and in order, in both directions."""
        link = await self.two()
        body = bytes(range(256)) * (5 * 2**20 // 256)
        assert await self.ask(link, piece(len(body)), body) == Ack(note=str(len(body)))
        exchange = link.ask(Retrieve(block=ZERO, number=0, first=0, count=5), Priority.RESTORE)
        assert (await exchange.answer()).body_size == 5 * 2**20
        assert await whole(exchange) == b"".join(bytes([number]) * 2**20 for number in range(5))

    async def test_many_at_once(self) -> None:
        """More questions than may be open at a time are all answered."""
        link = await self.two()
        body = bytes(10_000)
        asked = [spawn(self.ask(link, piece(len(body)), body)) for _ in range(150)]
        for answer in asked:
            assert await answer == Ack(note="10000")
        await turns(20)
        assert link.is_idle()

    async def test_a_reader_who_waits_stops_the_writer_only(self) -> None:
        """T19: an unread body stops its writer at the credit; the link stays quick for others."""
        held: list[IExchange] = []
        self.answerer = lambda link, exchange: (
            held.append(exchange) if isinstance(exchange.packet, Data) else echo(link, exchange)
        )
        link = await self.two()
        exchange = link.ask(piece(4 * 2**20), Priority.BACKUP)
        written = exchange.write(bytes(4 * 2**20))
        await turns(50)
        assert not written.called
        assert await self.ask(link, ListFiles()) == Ack()
        assert await link.ping() < 1.0
        got = spawn(whole(held[0]))
        await written
        assert len(await got) == 4 * 2**20

    async def test_an_early_answer_ends_the_body(self) -> None:
        """An answer before the body was read is heard, and the writer is set free."""
        self.answerer = lambda link, exchange: exchange.reply(Fail(code="no_space"))
        link = await self.two()
        exchange = link.ask(piece(4 * 2**20), Priority.BACKUP)
        await exchange.write(bytes(4 * 2**20))
        assert await exchange.answer() == Fail(code="no_space")
        exchange.finish()
        while not link.is_idle():
            await turns()

    async def test_a_reset_is_heard(self) -> None:
        """Whoever waits on an exchange that the peer gave up fails with ExchangeReset and the reason."""
        self.answerer = lambda link, exchange: exchange.reset("no time")
        link = await self.two()
        exchange = link.ask(piece(4 * 2**20), Priority.BACKUP)
        written, answered, read = exchange.write(bytes(4 * 2**20)), exchange.answer(), exchange.read()
        for waiting in (written, answered, read):
            assert "no time" in await self.fails(ExchangeReset, waiting)
        await self.fails(ExchangeReset, exchange.answer())
        await turns(20)
        assert link.is_idle()

    async def test_cancelling_resets(self) -> None:
        """A cancelled wait gives the whole exchange up at both ends."""
        held: list[IExchange] = []
        self.answerer = lambda link, exchange: held.append(exchange)
        link = await self.two()
        exchange = link.ask(piece(4 * 2**20), Priority.BACKUP)
        written, answered = exchange.write(bytes(4 * 2**20)), exchange.answer()
        while not held:
            await turns()
        theirs = held[0].answer()
        answered.cancel()
        await self.fails(CancelledError, answered)
        await self.fails(ExchangeReset, written)
        assert "cancelled" in await self.fails(ExchangeReset, theirs)
        self.answerer = echo
        assert await self.ask(link, ListFiles()) == Ack()
        assert link.is_idle()

    async def test_a_broken_answerer_resets(self) -> None:
        """An answerer that raises is logged, and the asker is not left waiting."""

        def broken(link: ILink, exchange: IExchange) -> None:
            raise ZeroDivisionError

        self.answerer = broken
        link = await self.two()
        await self.fails(ExchangeReset, link.ask(ListFiles(), Priority.CONTROL).answer())
        assert len(self.flushLoggedErrors(ZeroDivisionError)) == 1

    # the end

    async def test_close_is_heard(self) -> None:
        """Closing fails everybody who waits on either end with LinkLost, and tells the peer why."""
        held: list[IExchange] = []
        self.answerer = lambda link, exchange: held.append(exchange)
        link = await self.two()
        [theirs] = self.accepted
        exchange = link.ask(piece(4 * 2**20), Priority.BACKUP)
        waiting = [exchange.write(bytes(4 * 2**20)), exchange.answer(), exchange.read(), link.ping()]
        while not held:
            await turns()
        waiting.append(spawn(whole(held[0])))
        ended = theirs.closed()
        cancelled = theirs.closed()
        cancelled.cancel()
        cancelled.addErrback(lambda failure: failure.trap(CancelledError))
        link.close("enough")
        for one in waiting:
            await self.fails(LinkLost, one)
        assert "enough" in await link.closed()
        assert "enough" in await ended
        await self.fails(LinkLost, link.ask(ListFiles(), Priority.CONTROL).answer())
        await self.fails(LinkLost, link.ping())
        held[0].reply(Ack())
        link.close("again")

    async def test_last_words_are_heard(self) -> None:
        """What was said before closing arrives before the goodbye."""

        def farewell(link: ILink, exchange: IExchange) -> None:
            exchange.reply(Ack(note="farewell"))
            link.close("tired")

        self.answerer = farewell
        link = await self.two()
        assert await self.ask(link, ListFiles()) == Ack(note="farewell")
        assert "tired" in await link.closed()

    async def test_stop_ends_everything(self) -> None:
        """Stopping closes the links of both kinds and nobody can dial any more."""
        link = await self.two()
        bobs, alices = self.roads
        await bobs.stop()
        await link.closed()
        contact = self.place()
        await self.fails(Timeout, alices.dial(contact, self.bob.expected))
        await bobs.stop()

    async def test_a_link_that_ends_leaves_the_others(self) -> None:
        """Two links to one listener: closing one does nothing to the other."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        alices = self.a_road(self.alice)
        links = [await alices.dial(contact, self.bob.expected) for _ in range(2)]
        links[0].close("one")
        await links[0].closed()
        assert await self.ask(links[1], ListFiles()) == Ack()

    async def test_many_links(self) -> None:
        """Twenty links to one listener at the same time all work."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        alices = self.a_road(self.alice)
        dials = [alices.dial(contact, self.bob.expected) for _ in range(20)]
        results = await DeferredList(dials, fireOnOneErrback=True)
        for _, link in results:
            assert await self.ask(link, ListFiles()) == Ack()


class Names(Conformance):
    """What a road promises besides that dials names."""

    def careful_road(self, who: Person, may_lead: Callable[[str], bool]) -> ITransport:
        """One that dials a name only where it may lead."""
        raise NotImplementedError

    async def test_a_name_that_leads_where_none_may(self) -> None:
        """A name is dialled at the address that it stands for, but not where none may lead."""
        [contact] = await self.a_road(self.bob).listen(self.accept)
        scheme, port = contact.partition("://")[0], contact.rpartition(":")[2]
        named = [f"{scheme}://{name}:{port}" for name in ("localhost", "127.1")]
        free, careful = (
            self.a_road(self.alice),
            self.careful_road(self.alice, lambda host: host != "127.0.0.1"),
        )
        self.addCleanup(careful.stop)
        for each in named:
            (await free.dial(each, self.bob.expected)).close("seen")
            await self.fails(Timeout, careful.dial(each, self.bob.expected))
        (await careful.dial(contact, self.bob.expected)).close("seen")
