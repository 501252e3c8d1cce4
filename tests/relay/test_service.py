"""The relay's role: whom it lets reserve, whom it joins, what it carries and when it ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from bitdust.errors import Refused, Timeout
from bitdust.relay.circuits import ALTOGETHER, INTRODUCTIONS, OF_STRANGER, OF_STRANGERS, TO_STRANGER
from bitdust.relay.reservations import BULK, HOLDS, INTRODUCTION
from bitdust.relay.service import BEGUN, KNOCK
from bitdust.relay.splice import IDLE
from bitdust.transport.interface import ExchangeReset, IExchange, LinkLost
from bitdust.transport.relay.circuit import YIELDING
from bitdust.wire.packets import Ack, Data, Fail, Join, Joined, Knock, ListFiles, Priority, Reserve, Reserved
from bitdust.world import spawn
from tests.relay.parties import a_relay
from tests.relay.town import RITA, Build
from tests.transport.conformance import piece, whole
from tests.transport.people import person


def test_a_node_behind_a_nat_is_reached(build: Build) -> None:
    """Two who cannot be dialled ask each other through Rita, and know each other by their keys."""
    town = build(own="bob")
    bob, contact = town.reserved("bob")
    alice = town.party("alice")
    bob.router.answer(ListFiles, _ack)
    alice.router.hint(bob.who.document.fingerprint, [contact])
    assert town.result(alice.router.ask(bob.who.document.fingerprint, ListFiles())) == Ack()
    assert alice.router.transport_of(bob.who.document.fingerprint) == "relay"
    assert bob.router.transport_of(alice.who.document.fingerprint) == "relay"
    [kept] = town.service.carrying().reservations
    assert (kept.idurl, kept.own, kept.circuits) == (bob.who.document.idurl, True, 1)
    assert kept.carried > len(alice.who.raw) + len(bob.who.raw)


def test_nobody_is_reached_without_a_reservation(build: Build) -> None:
    """A link to the relay is not enough: its owner has to want it."""
    town = build()
    bob, alice = town.party("bob"), town.party("alice")
    assert town.ask(bob, Reserve(False)).seconds == 0
    code = town.refused(_answered(town.join(alice, bob.who)))
    assert code == "not_found"
    assert town.service.carrying().circuits == 0


def test_a_reservation_ends(build: Build) -> None:
    """By his own word, with its time, or with his last link; asking again makes it last."""
    town = build()
    bob, _ = town.reserved("bob")
    alice = town.party("alice")
    bob.router.keep(RITA.document.fingerprint)
    assert town.ask(bob, Reserve()) == Reserved(HOLDS, INTRODUCTION)
    town.ask(bob, Reserve(False))
    assert town.service.carrying().reservations == ()
    gone: list[str] = []
    town.service.released.listen(lambda idurl, fingerprint: gone.append(idurl))
    town.ask(bob, Reserve())
    town.run(HOLDS - 10)
    town.ask(bob, Reserve())
    town.run(HOLDS - 10)
    assert len(town.service.carrying().reservations) == 1
    town.run(20)
    assert town.service.carrying().reservations == ()
    assert town.refused(_answered(town.join(alice, bob.who))) == "not_found"
    town.ask(bob, Reserve())
    town.network.cut("bob")
    town.run(1)
    assert town.service.carrying().reservations == ()
    assert gone == [bob.who.document.idurl]


def test_strangers_are_introduced_only(build: Build) -> None:
    """128 KiB in each direction, then the circuit ends and both hear why; it is announced to both."""
    town = build()
    bob, _ = town.reserved("bob")
    came = town.raw(bob)
    alice = town.party("alice")
    exchange = town.join(alice, bob.who)
    assert town.result(exchange.answer()) == Joined(INTRODUCTION)
    town.run()
    [theirs] = came
    exchange.write(bytes(INTRODUCTION.size + 1)).addErrback(lambda why: why.trap(ExchangeReset))
    town.run(1)
    town.result(_ended(theirs, "131072 bytes"))
    town.result(_ended(exchange, "131072 bytes"))
    assert town.service.carrying().carried == INTRODUCTION.size
    assert town.service.carrying().circuits == 0


def test_an_introduction_lasts_two_minutes(build: Build) -> None:
    """However little is said."""
    town = build()
    bob, _ = town.reserved("bob")
    [came] = [town.raw(bob)]
    exchange = town.join(town.party("alice"), bob.who)
    town.result(exchange.answer())
    for _ in range(INTRODUCTION.seconds // 10 - 1):
        town.result(exchange.write(b"still here"))
        town.run(10)
        town.result(came[0].read())
    assert town.service.carrying().circuits == 1
    town.run(11)
    town.result(_ended(exchange, "120 s"))


@pytest.mark.parametrize("own", ["alice", "bob"])
def test_our_own_get_bulk(build: Build, own: str) -> None:
    """A supplier or customer of ours at either end: megabytes, until nobody says anything any more."""
    town = build(own=own)
    bob, _ = town.reserved("bob")
    came = town.raw(bob)
    exchange = town.join(town.party("alice"), bob.who)
    assert town.result(exchange.answer()).terms.size == 2**40
    body, got = bytes(range(256)) * 20_000, bytearray()
    town.run()
    writing = exchange.write(body)
    while len(got) < len(body):
        got += town.result(came[0].read())
    town.result(writing)
    assert got == body
    town.run(2 * IDLE + 1)
    town.result(_ended(exchange, "nothing was said"))
    assert town.service.carrying().circuits == 0


def test_a_slow_reader_makes_the_writer_wait(build: Build) -> None:
    """T19: what one end does not read stays with the other: the relay keeps two megabytes at most."""
    town = build(own="alice")
    bob, _ = town.reserved("bob")
    came = town.raw(bob)
    exchange = town.join(town.party("alice"), bob.who)
    town.result(exchange.answer())
    town.run()
    writing = exchange.write(bytes(20 * 2**20))
    town.run(60)
    assert not writing.called
    # One credit of a stream is with the reader, and so much was counted as gone on.
    assert town.service.carrying().carried <= 2 * 2**20
    got = 0
    while got < 20 * 2**20:
        got += len(town.result(came[0].read()))
    town.result(writing)


def test_all_circuits_together_keep_the_limit(build: Build) -> None:
    """Two circuits share what the owner gives."""
    town = build(own="alice bob")
    town.service.pace.set(100_000)
    bob, _ = town.reserved("bob")
    came = town.raw(bob)
    exchanges = [town.join(town.party(name), bob.who) for name in ("alice", "carol")]
    for exchange in exchanges:
        assert town.result(exchange.answer()).terms.rate == 100_000
        exchange.write(bytes(8 * 2**20)).addErrback(lambda why: None)
    got = [0, 0]

    async def read(index: int) -> None:
        while True:
            got[index] += len(await came[index].read())

    town.run()
    for index in range(2):
        spawn(read(index)).addErrback(lambda why: None)
    town.run(20)
    assert 1_800_000 < sum(got) < 2_400_000
    assert min(got) > 700_000
    for exchange in exchanges:
        exchange.reset("enough")
    # What a circuit had read before still waits for its turn.
    town.run(30)
    assert town.service.carrying().circuits == 0


@pytest.mark.parametrize("who", ["dialer", "reserved", "dialer's link", "reserved's link"])
def test_everything_ends_with_either_end(build: Build, who: str) -> None:
    """Whoever goes, and however: the other hears of it, and nothing is left."""
    town = build(own="bob")
    bob, _ = town.reserved("bob")
    came = town.raw(bob)
    exchange = town.join(town.party("alice"), bob.who)
    town.result(exchange.answer())
    town.run()
    match who:
        case "dialer":
            exchange.reset("no more")
        case "reserved":
            came[0].reset("no more")
        case "dialer's link":
            town.network.cut("alice")
        case _:
            town.network.cut("bob")
    town.run(1)
    for end in (exchange, came[0]):
        with pytest.raises((ExchangeReset, LinkLost)):
            town.result(end.read())
    assert town.service.carrying().circuits == 0


def test_whoever_is_knocked_at_may_say_no_or_nothing(build: Build) -> None:
    """His refusal is told; his silence, too."""
    town = build()
    bob, _ = town.reserved("bob")
    alice = town.party("alice")

    async def no(sender: Any, packet: Knock, exchange: IExchange) -> Fail:
        return Fail("try_later", "not now")

    async def never(sender: Any, packet: Knock, exchange: IExchange) -> None:
        await Deferred()

    bob.router.answer(Knock, no)
    assert town.refused(_answered(town.join(alice, bob.who))) == "refused"
    bob.router.answer(Knock, never)
    started = town.clock.seconds()
    assert town.refused(_answered(town.join(alice, bob.who))) == "timeout"
    assert town.clock.seconds() - started == KNOCK
    assert town.service.carrying().circuits == 0


def test_only_one_who_knocks_for_a_relay_of_ours(build: Build) -> None:
    """A dialer learns why his relay did not join him, as an error of the dial."""
    town = build()
    bob, contact = town.reserved("bob")
    town.ask(bob, Reserve(False))
    alice = town.party("alice")
    with pytest.raises(Timeout, match="not reached over this relay"):
        town.result(alice.relayed.dial(contact, bob.who.expected))


def test_reservations_are_counted(build: Build) -> None:
    """So many altogether, half of them at most for strangers; our own always find the rest."""
    town = build(own="zoe yve", routes=4)
    for name in ("ann", "ben"):
        town.reserved(name)
    with pytest.raises(Refused, match="no more reservations"):
        town.reserved("cid")
    for name in ("zoe", "yve"):
        town.reserved(name)
    town.network.cut("ann")
    town.run(1)
    town.reserved("dan")
    assert len(town.service.carrying().reservations) == 4


def test_our_own_have_all_reservations_when_they_need_them(build: Build) -> None:
    """Strangers get half of them, and none beyond the number that the owner has set."""
    own = [f"own{number}" for number in range(4)]
    town = build(own=" ".join(own), routes=4)
    for name in own:
        town.reserved(name)
    with pytest.raises(Refused, match="no more reservations"):
        town.reserved("ann")


@pytest.mark.parametrize(("host", "most"), [("198.51.100.7", 2), ("198.51.100.{}", 3), ("2001:db8::{}", 2)])
def test_names_of_one_owner_leave_reservations_to_others(build: Build, host: str, most: int) -> None:
    """T31: few for one address or one /64, about half of what strangers get for one network."""
    town = build(routes=10)
    at = f"[{host}]" if ":" in host else host
    for number in range(10):
        if number < most:
            town.reserved(f"eve{number}", at.format(number + 1))
        else:
            with pytest.raises(Refused, match="no more reservations"):
                town.reserved(f"eve{number}", at.format(number + 1))
    for number in range(5 - most):
        town.reserved(f"honest{number}", f"203.{number}.113.1")
    with pytest.raises(Refused, match="no more reservations"):
        town.reserved("late", "192.0.2.1")


def test_who_renews_is_no_newcomer(build: Build) -> None:
    """His own reservation does not count against him; it counts where he is now."""
    town = build(routes=10)
    for name in ("ann", "ben"):
        town.reserved(name, "198.51.100.7")
    [ann, ben] = town.parties[1:]
    assert town.ask(ann, Reserve()) == Reserved(HOLDS, INTRODUCTION)
    link = town.rita.router.link(ben.who.document.fingerprint)
    assert link is not None
    link.place = "203.0.113.1:7771"
    town.ask(ben, Reserve())
    town.reserved("cid", "198.51.100.7")


def test_names_of_one_household_share_what_a_minute_holds(build: Build) -> None:
    """T31: a stranger cannot have others knocked at more often by another name."""
    town = build(own="zoe")
    nobody = person("nobody")
    for number in range(3):
        eve = town.party(f"eve{number}", "198.51.100.7")
        codes = [town.refused(_answered(town.join(eve, nobody))) for _ in range(BEGUN // 3)]
        assert codes[-1] == "not_found"
    eve = town.party("eve", "198.51.100.7")
    assert town.refused(_answered(town.join(eve, nobody))) == "tempfail"
    zoe = town.party("zoe", "198.51.100.7")
    assert town.refused(_answered(town.join(zoe, nobody))) == "not_found"


def test_one_stranger_has_few_circuits(build: Build) -> None:
    """At a time, and in a minute; others are joined meanwhile."""
    town = build()
    bob, _ = town.reserved("bob")
    eve, _ = town.reserved("eve")
    town.raw(bob)
    town.raw(eve)
    alice = town.party("alice")
    open = [town.join(alice, bob.who) for _ in range(TO_STRANGER)]
    for exchange in open:
        town.result(exchange.answer())
    assert town.refused(_answered(town.join(alice, bob.who))) == "tempfail"
    assert town.refused(_answered(town.join(alice, eve.who))) == "tempfail"
    assert town.result(town.join(town.party("carol"), eve.who).answer()) == Joined(INTRODUCTION)
    for exchange in open:
        exchange.reset("enough")
    town.run(1)
    codes = [town.refused(_answered(town.join(alice, person("nobody")))) for _ in range(BEGUN)]
    assert codes[0] == "not_found"
    assert codes[-1] == "tempfail"
    town.run(61)
    assert town.refused(_answered(town.join(alice, person("nobody")))) == "not_found"


def test_strangers_leave_room_for_our_own(build: Build) -> None:
    """However many strangers dial two of our own, these find each other: a part of all places is theirs."""
    town = build(own="bob sam zoe")
    bob, _ = town.reserved("bob")
    sam, _ = town.reserved("sam")
    for each in (bob, sam):
        town.raw(each)
    for number in range(ALTOGETHER):
        stranger = town.party(f"eve{number}", f"{60 + number % 8}.{number}.0.1")
        exchange = town.join(stranger, (bob, sam)[number % 2].who)
        town.result(exchange.answer())
    assert town.service.carrying().circuits == OF_STRANGERS
    zoe = town.party("zoe")
    mine = [town.join(zoe, to.who) for to in (bob, sam) for _ in range((ALTOGETHER - OF_STRANGERS) // 2)]
    for exchange in mine:
        assert town.result(exchange.answer()).terms.size == BULK.size
    assert town.service.carrying().circuits == ALTOGETHER
    assert town.refused(_answered(town.join(zoe, sam.who))) == "tempfail"


@pytest.mark.parametrize(("own", "most"), [("", TO_STRANGER), ("bob sam", OF_STRANGER)])
def test_names_of_one_household_are_one_stranger(build: Build, own: str, most: int) -> None:
    """T31: who dials under ever new names, from one address or one /64, gets what one stranger gets."""
    town = build(own=own)
    bob, _ = town.reserved("bob")
    sam, _ = town.reserved("sam")
    for each in (bob, sam):
        town.raw(each)
    for number in range(most):
        eve = town.party(f"eve{number}", f"[2001:db8::{number + 1}]")
        town.result(town.join(eve, (bob, sam)[number % 2].who).answer())
    more = town.party("eve", "[2001:db8::ffff]")
    assert town.refused(_answered(town.join(more, sam.who))) == "tempfail"
    other = town.join(town.party("alice", "[2001:db8:0:1::1]"), sam.who)
    assert isinstance(town.result(other.answer()), Joined)


def test_what_a_new_friend_has_dialled_is_no_stranger_s(build: Build) -> None:
    """With a contract he makes room for the others in his house."""
    town = build(own="bob")
    town.raw(town.reserved("bob")[0])
    eve = town.party("eve", "198.51.100.7")
    for _ in range(OF_STRANGER):
        town.result(town.join(eve, person("bob")).answer())
    other = town.party("ada", "198.51.100.7")
    assert town.refused(_answered(town.join(other, person("bob")))) == "tempfail"
    town.friends.add(eve.who.document.fingerprint)
    town.service.befriended(eve.who.document.fingerprint)
    assert isinstance(town.result(town.join(other, person("bob")).answer()), Joined)


def test_one_network_leaves_half_of_what_strangers_get(build: Build) -> None:
    """T31: whoever has many addresses has them in few networks."""
    town = build()
    for number in range(4):
        town.raw(town.reserved(f"bob{number}")[0])
    for number in range(INTRODUCTIONS):
        eve = town.party(f"eve{number}", f"198.51.100.{number + 1}")
        exchange = town.join(eve, person(f"bob{number % 4}"))
        answer = town.result(exchange.answer())
        assert isinstance(answer, Joined if number < INTRODUCTIONS // 2 else Fail)
    alice = town.join(town.party("alice", "203.0.113.1"), person("bob0"))
    assert town.result(alice.answer()) == Joined(INTRODUCTION)


def test_relays_are_not_stacked(build: Build) -> None:
    """Who comes over a relay himself gets neither a reservation nor a circuit."""
    town = build(own="bob")
    bob, _ = town.reserved("bob")
    other, _ = a_relay(town.network, person("ron"))
    town.parties.append(other)
    town.result(other.start())
    # Ron, too, is reached over Rita: alice's link to him goes over her.
    via = town.result(other.reserve(RITA, "memory://rita"))
    town.network.refuse("ron")
    alice = town.party("alice")
    alice.router.hint(other.who.document.fingerprint, [via])
    for question in (Reserve(), Join(bob.who.document.fingerprint, 1)):
        asked = alice.router.open(other.who.document.fingerprint, question, priority=Priority.CONTROL)
        answer = town.result(town.result(asked).answer())
        assert isinstance(answer, Fail)
        assert answer.code == "auth"


def test_bulk_between_two_links(build: Build) -> None:
    """A piece of some megabytes arrives whole through the relay, over the links of two routers."""
    town = build(own="bob")
    bob, contact = town.reserved("bob")
    alice = town.party("alice")

    async def keep(sender: Any, packet: Data, exchange: IExchange) -> Ack:
        return Ack(note=str(len(await whole(exchange))))

    bob.router.answer(Data, keep)
    alice.router.hint(bob.who.document.fingerprint, [contact])
    size = 5 * 2**20
    exchange = town.result(
        alice.router.open(bob.who.document.fingerprint, piece(size), priority=Priority.BACKUP)
    )
    town.result(exchange.write(bytes(size)))
    assert town.result(exchange.answer()) == Ack(note=str(size))


@pytest.mark.parametrize("sends", ["alice", "bob"])
def test_t63_a_backup_yields_on_the_way_to_the_relay(build: Build, sends: str) -> None:
    """T63: while others use the line to the relay no backup goes into it, but questions do."""
    town = build(own="bob")
    bob, contact = town.reserved("bob")
    alice = town.party("alice")
    one, other = (alice, bob) if sends == "alice" else (bob, alice)

    async def keep(sender: Any, packet: Data, exchange: IExchange) -> Ack:
        return Ack(note=str(len(await whole(exchange))))

    other.router.answer(Data, keep)
    other.router.answer(ListFiles, _ack)
    alice.router.hint(bob.who.document.fingerprint, [contact])
    town.result(alice.router.ping(bob.who.document.fingerprint, within=10.0))
    straight: Any = one.router.link(RITA.document.fingerprint)
    manners, peer, size = straight._manners, other.who.document.fingerprint, 2**20
    straight._manners = busy = SimpleNamespace(room=lambda most: 0, spend=manners.spend, stop=manners.stop)
    exchange = town.result(one.router.open(peer, piece(size), priority=Priority.BACKUP))
    writing = exchange.write(bytes(size))
    town.run(5)
    carried = town.service.carrying().carried
    assert town.result(one.router.ask(peer, ListFiles())) == Ack()
    # What was on its way before the question, or a sign of life, was taken along.
    assert town.service.carrying().carried - carried < 4 * YIELDING
    assert not writing.called
    busy.room = manners.room
    straight._flush()
    town.result(writing)
    assert town.result(exchange.answer()) == Ack(note=str(size))


def test_bulk_waits_for_a_straight_road(build: Build) -> None:
    """Over an introduction a small question is answered, a piece is refused at once, and the link stays."""
    town = build()
    bob, contact = town.reserved("bob")
    alice = town.party("alice")
    bob.router.answer(ListFiles, _ack)
    who = bob.who.document.fingerprint
    alice.router.hint(who, [contact])
    assert town.result(alice.router.ask(who, ListFiles())) == Ack()
    link = alice.router.link(who)
    exchange = town.result(alice.router.open(who, piece(2**20), priority=Priority.BACKUP))
    for waiting in (exchange.write(bytes(1000)), exchange.answer(), exchange.read()):
        with pytest.raises(ExchangeReset, match="only introduced"):
            town.result(waiting)
    exchange.finish()
    exchange.reset("over")
    assert town.result(alice.router.ask(who, ListFiles())) == Ack()
    assert alice.router.link(who) is link


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_a_new_friend_gets_better_terms_at_once(build: Build, who: str) -> None:
    """With a contract the introduction ends, and the link that follows carries everything."""
    town = build()
    bob, contact = town.reserved("bob")
    alice = town.party("alice")

    async def keep(sender: Any, packet: Data, exchange: IExchange) -> Ack:
        return Ack(note=str(len(await whole(exchange))))

    bob.router.answer(Data, keep)
    peer = bob.who.document.fingerprint
    alice.router.hint(peer, [contact])
    alice.router.keep(peer)
    town.run(5)
    assert [each.own for each in town.service.carrying().reservations] == [False]
    friend = person(who).document.fingerprint
    town.friends.add(friend)
    town.service.befriended(friend)
    assert [each.own for each in town.service.carrying().reservations] == [who == "bob"]
    town.run(10)
    exchange = town.result(alice.router.open(peer, piece(2**20), priority=Priority.BACKUP))
    town.result(exchange.write(bytes(2**20)))
    assert town.result(exchange.answer()) == Ack(note=str(2**20))


async def _ack(sender: Any, packet: Any, exchange: IExchange) -> Ack:
    return Ack()


async def _answered(exchange: IExchange) -> Any:
    """The answer; a Fail as Refused."""
    answer = await exchange.answer()
    if isinstance(answer, Fail):
        raise Refused(answer.code, answer.text)
    return answer


async def _ended(exchange: IExchange, why: str) -> None:
    """Read until it fails with that reason."""
    ended = ""
    while not ended:
        try:
            await exchange.read()
        except ExchangeReset as error:
            ended = error.message
    assert why in ended
