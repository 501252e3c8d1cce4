"""Routers talking over the memory transport."""

from __future__ import annotations

from itertools import pairwise

import pytest
from twisted.internet.defer import CancelledError, Deferred

from bitdust.errors import (
    Cancelled,
    Conflict,
    IdentityConflict,
    NotFound,
    Offline,
    Refused,
    Timeout,
    Usage,
)
from bitdust.transport.interface import ExchangeReset, Expected
from bitdust.wire.packets import (
    Ack,
    AskIndex,
    Data,
    DeleteFile,
    Fail,
    Files,
    ListFiles,
    Priority,
    RequestService,
    Retrieve,
    Tombstone,
)

from .town import Town

FILES = Files(pieces=(), more=False, used=1, granted=2)
HASH = bytes(32)


async def list_files(sender, packet, exchange):
    return FILES


def test_a_question_is_answered():
    """`ask` finds the pinned peer, makes a link and brings his handler's answer."""
    town = Town()
    alice, bob = town.pair()
    bob.router.answer(ListFiles, list_files)
    assert not alice.router.is_online(bob.fingerprint)
    assert town.result(alice.router.ask(bob.fingerprint, ListFiles())) == FILES
    assert alice.router.is_online(bob.fingerprint)
    assert alice.router.transport_of(bob.fingerprint) == "memory"
    assert alice.came == [bob.fingerprint]
    assert bob.came == [alice.fingerprint]
    assert alice.states() == {
        "message_router(bob)": "Connected",
        "presence(bob)": "Online",
    } or alice.states() == {
        "message_router(alice)": "Connected",
        "presence(alice)": "Online",
    }


def test_the_other_end_uses_the_same_link():
    """A link that a stranger dialled is adopted, and carries questions back to him."""
    town = Town()
    alice, bob = town.resident("alice"), town.resident("bob")
    alice.knows(bob)
    alice.router.answer(ListFiles, list_files)
    bob.router.answer(ListFiles, list_files)
    town.result(alice.router.ask(bob.fingerprint, ListFiles()))
    assert town.result(bob.router.ask(alice.fingerprint, ListFiles())) == FILES
    assert bob.link(alice).dialed is False


def test_the_sender_is_named():
    """A handler learns who asks and with which document."""
    town = Town()
    alice, bob = town.pair()
    senders = []

    async def handler(sender, packet, exchange):
        senders.append(sender)
        return FILES

    bob.router.answer(ListFiles, handler)
    town.result(alice.router.ask(bob.fingerprint, ListFiles()))
    assert senders[0].fingerprint == alice.fingerprint
    assert senders[0].document == alice.document
    assert senders[0].link is bob.link(alice)


def test_a_refusal_is_an_error_with_the_peers_words():
    """A Fail is raised as Refused; a handler's BitDustError is told with its id."""
    town = Town()
    alice, bob = town.pair()

    async def handler(sender, packet, exchange):
        raise Conflict("not twice " + "x" * 2000)

    bob.router.answer(ListFiles, handler)
    with pytest.raises(Refused) as refused:
        town.result(alice.router.ask(bob.fingerprint, ListFiles()))
    assert refused.value.code == "conflict"
    assert refused.value.text.startswith("not twice")
    assert len(refused.value.text) == 1024
    with pytest.raises(Refused) as unknown:
        town.result(alice.router.ask(bob.fingerprint, AskIndex()))
    assert unknown.value.code == "unknown_command"


def test_nobody_there_is_offline_in_time():
    """Without a link `ask` raises Offline when `within` is over, and nothing goes on ticking."""
    town = Town()
    alice, bob = town.pair()
    bob.leave()
    started = town.clock.seconds()
    with pytest.raises(Offline):
        town.result(alice.router.ask(bob.fingerprint, ListFiles(), within=7.0))
    assert town.clock.seconds() - started == pytest.approx(7.0)
    town.run(1.0)
    assert town.clock.getDelayedCalls() == []
    assert "Idle" in alice.states().values()


def test_no_answer_is_a_timeout():
    """A silent handler makes `ask` raise Timeout, and its exchange is reset."""
    town = Town()
    alice, bob = town.pair()
    ended = []

    async def handler(sender, packet, exchange):
        try:
            await Deferred()
        finally:
            ended.append(True)

    bob.router.answer(ListFiles, handler)
    with pytest.raises(Timeout):
        town.result(alice.router.ask(bob.fingerprint, ListFiles(), within=5.0))
    town.run(0.1)
    assert alice.link(bob).is_idle()
    bob.leave()
    assert ended == [True]


def test_cancelling_a_question_resets_it():
    """Cancelling the Deferred of `ask` gives the exchange up at once."""
    town = Town()
    alice, bob = town.pair()
    asked = []

    async def handler(sender, packet, exchange):
        asked.append(exchange)
        await Deferred()

    bob.router.answer(ListFiles, handler)
    asking = town.begin(alice.router.ask(bob.fingerprint, ListFiles()))
    town.run(0.1)
    assert len(asked) == 1
    asking.cancel()
    asking.addErrback(lambda why: why.trap(CancelledError))
    town.run(0.1)
    assert alice.link(bob).is_idle()
    assert bob.link(alice).is_idle()


def test_cancelling_while_there_is_no_link_stops_the_search():
    """With the last who waits, the dialling ends."""
    town = Town()
    alice, bob = town.pair()
    town.network.partition({"alice"}, {"bob"})
    asking = town.begin(alice.router.ask(bob.fingerprint, ListFiles()))
    town.run(1.0)
    asking.cancel()
    asking.addErrback(lambda why: why.trap(CancelledError))
    assert town.clock.getDelayedCalls() == []


def test_a_stranger_cannot_be_asked():
    """A fingerprint nobody here has seen is NotFound, at once."""
    town = Town()
    alice, bob = town.resident("alice"), town.resident("bob")
    with pytest.raises(NotFound):
        town.result(alice.router.ask(bob.fingerprint, ListFiles()), seconds=1.0)
    with pytest.raises(Usage):
        town.result(alice.router.ask(alice.fingerprint, ListFiles()), seconds=1.0)


def test_nothing_is_sent_in_a_conflict():
    """A peer whose sources disagree is not dialled."""
    town = Town()
    alice, bob = town.resident("alice"), town.resident("bob")
    town.result(alice.pins.dispute({bob.document.idurl: bob.document.raw}))
    with pytest.raises(IdentityConflict):
        town.result(alice.router.ask(bob.fingerprint, ListFiles()), seconds=1.0)
    assert bob.came == []


def test_no_contact_we_can_dial_is_offline_at_once():
    """A peer without an address in our transports is not waited for."""
    town = Town()
    alice, bob = town.resident("alice"), town.resident("bob")
    bob.write_document(contacts=["tcp://127.0.0.1:1"])
    alice.knows(bob)
    with pytest.raises(Offline, match="no address"):
        town.result(alice.router.ask(bob.fingerprint, ListFiles()), seconds=1.0)


def test_a_document_told_later_is_used():
    """`know` gives a peer we only heard of an address."""
    town = Town()
    alice, bob = town.resident("alice"), town.resident("bob")
    bob.router.answer(ListFiles, list_files)
    alice.router.know(bob.document)
    assert town.result(alice.router.ask(bob.fingerprint, ListFiles())) == FILES


def test_a_lost_link_does_not_lose_the_question():
    """A question whose link breaks is asked again over the next."""
    town = Town()
    alice, bob = town.pair()
    asked = []

    async def handler(sender, packet, exchange):
        asked.append(packet)
        if len(asked) == 1:
            await Deferred()
        return FILES

    bob.router.answer(ListFiles, handler)
    asking = town.begin(alice.router.ask(bob.fingerprint, ListFiles()))
    town.run(0.1)
    town.network.cut()
    assert town.result(asking) == FILES
    assert len(asked) == 2
    assert alice.went == [bob.fingerprint]
    assert alice.came == [bob.fingerprint] * 2


def test_kept_peers_are_redialled_for_ever():
    """`keep` brings the link back after any time away; `let_go` ends the tries."""
    town = Town()
    alice, bob = town.pair()
    alice.router.keep(bob.fingerprint)
    alice.router.keep(bob.fingerprint)
    town.run(0.1)
    assert alice.router.is_online(bob.fingerprint)
    bob.leave()
    town.run(3 * 86400)
    assert not alice.router.is_online(bob.fingerprint)
    assert alice.went == [bob.fingerprint]
    bob.move_in()
    town.run(3600 + 10)
    assert alice.router.is_online(bob.fingerprint)
    alice.router.let_go(bob.fingerprint)
    assert alice.router.is_online(bob.fingerprint)
    bob.leave()
    town.run(10)
    assert town.clock.getDelayedCalls() == []


def test_pauses_grow():
    """A peer long away is dialled seldom: a day costs about a hundred and a few tries, not thousands."""
    town = Town()
    alice, bob = town.pair()
    bob.leave()
    tries = []
    dial = alice.transport.dial
    alice.transport.dial = lambda *args: tries.append(town.clock.seconds()) or dial(*args)
    alice.router.keep(bob.fingerprint)
    town.run(86400)
    assert 100 < len(tries) < 400
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert max(pauses) <= 3600 + 1
    assert sum(pauses[:4]) < 30
    assert sum(pauses[-20:]) / 20 > 200


def test_a_question_shortens_the_pause():
    """Whoever asks a peer that was long away does not wait a quarter of an hour."""
    town = Town()
    alice, bob = town.pair()
    bob.router.answer(ListFiles, list_files)
    bob.leave()
    alice.router.keep(bob.fingerprint)
    town.run(86400)
    bob.move_in()
    bob.router.answer(ListFiles, list_files)
    assert town.result(alice.router.ask(bob.fingerprint, ListFiles()), seconds=5.0) == FILES


def test_dialling_each_other_at_once_settles_on_one_link():
    """Both ends choose the link of the smaller fingerprint; no question is lost; the other link goes."""
    town = Town()
    town.network.latency(0.05)
    small, large = town.pair()
    small.router.answer(ListFiles, list_files)
    large.router.answer(ListFiles, list_files)
    one = town.begin(small.router.ask(large.fingerprint, ListFiles()))
    two = town.begin(large.router.ask(small.fingerprint, ListFiles()))
    town.run(2.0)
    assert town.result(one) == FILES
    assert town.result(two) == FILES
    assert len(town.network._pipes) == 2
    assert small.link(large).dialed is True
    assert large.link(small).dialed is False
    town.run(30.0)
    assert len(town.network._pipes) == 1
    assert small.router.is_online(large.fingerprint)
    assert small.came == [large.fingerprint]
    assert small.went == []
    assert large.went == []


def test_the_losing_link_carries_what_it_has_begun():
    """A body on the link that lost is written to its end, however long that takes."""
    town = Town()
    town.network.latency(0.05)
    small, large = town.pair()
    got = []

    async def keep_piece(sender, packet, exchange):
        while data := await exchange.read():
            got.append(len(data))
        return Ack()

    small.router.answer(Data, keep_piece)
    small.router.answer(ListFiles, list_files)
    large.router.answer(ListFiles, list_files)
    packet = Data(block=HASH, number=0, size=40, root=HASH)
    town.begin(small.router.ask(large.fingerprint, ListFiles()))
    exchange = town.result(large.router.open(small.fingerprint, packet, priority=Priority.BACKUP))
    town.run(1.0)
    for _ in range(4):
        exchange.write(bytes(10))
        town.run(60.0)
    exchange.finish()
    assert town.result(exchange.answer()) == Ack()
    assert sum(got) == 40
    town.run(60.0)
    assert len(town.network._pipes) == 1


def test_a_new_link_from_a_peer_that_restarted_is_used():
    """A peer dials anew because he lost the old link: the newer link is the good one, whoever dialled it."""
    town = Town()
    small, large = town.pair()
    small.router.keep(large.fingerprint)
    town.run(100.0)
    old = small.link(large)
    assert old.dialed
    large.knows(small)
    dialled = large.transport.dial(
        "memory://" + small.name, Expected(small.fingerprint, small.document.device_spkis)
    )
    town.run(1.0)
    link = town.result(dialled)
    assert small.link(large) is not old
    assert not small.link(large).dialed
    link.close("enough")
    town.run(1.0)
    assert small.link(large) is old


def test_a_hint_is_enough_to_reach_a_stranger():
    """With a fingerprint and an address a stranger is asked; his document comes with HELLO."""
    town = Town()
    _, bob = town.pair()
    carol = town.resident("carol")
    bob.router.answer(ListFiles, list_files)
    with pytest.raises(NotFound):
        town.result(carol.router.ask(bob.fingerprint, ListFiles()))
    carol.router.hint(bob.fingerprint, ["memory://nobody", "memory://" + bob.name])
    assert town.result(carol.router.ask(bob.fingerprint, ListFiles())) == FILES
    assert carol.link(bob).document == bob.document


def test_a_hint_that_leads_to_somebody_else():
    """Whoever answers there and is another is not asked, and not dialled without a pause."""
    town = Town()
    alice, bob = town.pair()
    carol = town.resident("carol")
    carol.router.hint(bob.fingerprint, ["memory://" + alice.name])
    with pytest.raises(Offline, match="expected"):
        town.result(carol.router.ask(bob.fingerprint, ListFiles(), within=5.0))
    assert carol.came == []


def test_a_hint_helps_where_the_document_is_out_of_date():
    """Hints are tried beside the contacts of the document, and a peer who is waited for is tried at once."""
    town = Town()
    alice, bob = town.pair()
    bob.router.answer(ListFiles, list_files)
    bob.write_document(contacts=["memory://elsewhere"])
    stale = alice.pins
    town.result(stale.accept(bob.document.raw, fetched_from=bob.document.idurl))
    asked = town.begin(alice.router.ask(bob.fingerprint, ListFiles(), within=1000.0))
    town.run(100.0)
    assert not asked.called
    alice.router.hint(bob.fingerprint, ["memory://" + bob.name])
    assert town.result(asked, 5.0) == FILES


def test_whoever_is_at_a_contact_is_met():
    """`call` makes a peer of whoever answers there."""
    town = Town()
    _, bob = town.pair()
    carol = town.resident("carol")
    assert town.result(carol.router.call("memory://" + bob.name)) == bob.document
    assert carol.router.is_online(bob.fingerprint)
    with pytest.raises(Usage, match="no road"):
        town.result(carol.router.call("tcp://127.0.0.1:1"))
    with pytest.raises(Timeout):
        town.result(carol.router.call("memory://nobody"))


def test_another_device_key_makes_us_fetch_the_identity_anew():
    """A peer on a new machine is found through his identity source."""
    town = Town()
    alice, bob = town.pair()
    bob.leave()
    bob.new_device()
    bob.move_in()
    bob.router.answer(ListFiles, list_files)
    assert town.result(alice.router.ask(bob.fingerprint, ListFiles()), seconds=5.0) == FILES
    assert town.fetched == [bob.document.idurl]


def test_an_impostor_is_not_dialled_without_pause():
    """Somebody else at the peer's address, and no newer identity: growing pauses as for an absent peer."""
    town = Town()
    alice, bob = town.pair()
    bob.leave()
    served = dict(town.served)
    bob.new_device()
    town.served.update(served)
    bob.move_in()
    tries = []
    dial = alice.transport.dial
    alice.transport.dial = lambda *args: tries.append(town.clock.seconds()) or dial(*args)
    with pytest.raises(Offline, match="device key"):
        town.result(alice.router.ask(bob.fingerprint, ListFiles()))
    assert 1 < len(tries) < 15
    town.run(10)
    assert town.clock.getDelayedCalls() == []


def test_a_peer_who_moved_is_found_again():
    """After a few failed dials the identity is fetched anew, and with it the new address."""
    town = Town()
    alice, bob = town.pair()
    bob.leave()
    bob.name = "elsewhere"
    bob.move_in()
    bob.name = bob.document.name
    bob.write_document(contacts=["memory://elsewhere"])
    alice.router.keep(bob.fingerprint)
    town.run(60)
    assert alice.router.is_online(bob.fingerprint)


def test_ping_measures():
    """A ping tells the seconds of one round trip and the transport."""
    town = Town()
    town.network.latency(0.2)
    alice, bob = town.pair()
    seconds, name = town.result(alice.router.ping(bob.fingerprint))
    assert seconds == pytest.approx(0.4)
    assert name == "memory"
    assert alice.router.rtt(bob.fingerprint) == pytest.approx(0.4)
    assert bob.router.rtt(alice.fingerprint) == pytest.approx(0.4)


def test_a_changed_identity_is_told():
    """An Identity packet with a new revision is accepted and used."""
    town = Town()
    alice, bob = town.pair()
    town.result(alice.router.ping(bob.fingerprint))
    alice.write_document(contacts=["memory://new"])
    town.result(alice.router.ping(bob.fingerprint))
    pinned = town.result(bob.pins.get(alice.fingerprint))
    assert pinned.document.revision == 2
    assert bob.router._peers[alice.fingerprint].document.revision == 2


def test_a_body_goes_both_ways():
    """`open` hands the exchange to the caller; the handler reads and writes bodies on his."""
    town = Town()
    alice, bob = town.pair()
    kept = bytearray()

    async def keep_piece(sender, packet, exchange):
        while data := await exchange.read():
            kept.extend(data)
        return Ack(note="kept")

    async def give_piece(sender, packet, exchange):
        exchange.reply(Data(block=HASH, number=0, size=len(kept), root=HASH))
        await exchange.write(bytes(kept))
        exchange.finish()

    bob.router.answer(Data, keep_piece)
    bob.router.answer(Retrieve, give_piece)

    async def there_and_back():
        body = bytes(range(256)) * 12_000
        there = await alice.router.open(
            bob.fingerprint,
            Data(block=HASH, number=0, size=len(body), root=HASH),
            priority=Priority.BACKUP,
        )
        await there.write(body)
        there.finish()
        assert (await there.answer()) == Ack(note="kept")
        back = await alice.router.open(
            bob.fingerprint, Retrieve(block=HASH, number=0, first=0, count=1), priority=Priority.RESTORE
        )
        back.finish()
        answer = await back.answer()
        got = bytearray()
        while data := await back.read():
            got.extend(data)
        assert answer.size == len(got)
        return got == body

    assert town.result(there_and_back())
    town.run(1.0)
    assert alice.link(bob).is_idle()
    assert bob.link(alice).is_idle()


def test_an_unread_body_does_not_hold_the_link():
    """A handler that answers without reading the question's body leaves nothing open."""
    town = Town()
    alice, bob = town.pair()

    async def have(sender, packet, exchange):
        return Ack(note="have")

    bob.router.answer(Data, have)

    async def offer():
        exchange = await alice.router.open(
            bob.fingerprint,
            Data(block=HASH, number=0, size=8 * 2**20, root=HASH),
            priority=Priority.BACKUP,
        )
        writing = exchange.write(bytes(8 * 2**20))
        writing.addErrback(lambda why: why.trap(ExchangeReset))
        return await exchange.answer()

    assert town.result(offer()) == Ack(note="have")
    town.run(1.0)
    assert alice.link(bob).is_idle()
    assert bob.link(alice).is_idle()


def test_an_answer_that_breaks_off_is_reset():
    """A handler that fails in the middle of its body does not leave the asker waiting."""
    town = Town()
    alice, bob = town.pair()

    async def half(sender, packet, exchange):
        exchange.reply(Data(block=HASH, number=0, size=100, root=HASH))
        await exchange.write(bytes(50))
        raise Conflict("the disk is gone")

    bob.router.answer(Retrieve, half)

    async def fetch():
        exchange = await alice.router.open(
            bob.fingerprint, Retrieve(block=HASH, number=0, first=0, count=1), priority=Priority.RESTORE
        )
        await exchange.answer()
        while await exchange.read():
            pass

    with pytest.raises(ExchangeReset):
        town.result(fetch())


def delete(op: int) -> DeleteFile:
    return DeleteFile(op_id=op.to_bytes(16, "big"), epoch=0, tombstones=(Tombstone(HASH, 0),))


def test_t16_t55_an_operation_happens_once():
    """T16, T55: a repeated op id gets the same answer and has no second effect, days and restarts later."""
    town = Town()
    alice, bob = town.pair()
    done = []

    async def handler(sender, packet, exchange):
        done.append(packet)
        return Ack(note=f"number {len(done)}")

    bob.router.answer(DeleteFile, handler)
    assert town.result(alice.router.ask(bob.fingerprint, delete(1))).note == "number 1"
    assert town.result(alice.router.ask(bob.fingerprint, delete(1))).note == "number 1"
    assert town.result(alice.router.ask(bob.fingerprint, delete(2))).note == "number 2"
    bob.leave()
    town.run(7 * 86400)
    bob.move_in()
    bob.router.answer(DeleteFile, handler)
    assert town.result(alice.router.ask(bob.fingerprint, delete(1))).note == "number 1"
    assert len(done) == 2


def test_t55_an_op_id_belongs_to_its_sender():
    """T55: the same op id from somebody else is another operation."""
    town = Town()
    alice, bob = town.pair()
    carol = town.resident("carol")
    carol.knows(bob)
    done = []

    async def handler(sender, packet, exchange):
        done.append(sender.fingerprint)
        return Ack()

    bob.router.answer(DeleteFile, handler)
    town.result(alice.router.ask(bob.fingerprint, delete(1)))
    town.result(carol.router.ask(bob.fingerprint, delete(1)))
    assert done == [alice.fingerprint, carol.fingerprint]


def test_a_cut_in_the_middle_of_an_operation():
    """T16: the link breaks while the handler works: the repeated question gets that handler's answer."""
    town = Town()
    alice, bob = town.pair()
    working, done = Deferred(), []

    async def handler(sender, packet, exchange):
        done.append(packet)
        await working
        return Ack(note="once")

    bob.router.answer(RequestService, handler)
    packet = RequestService(op_id=bytes(16), service="supplier", granted=1, epoch=0)
    asking = town.begin(alice.router.ask(bob.fingerprint, packet))
    town.run(0.1)
    town.network.cut()
    town.run(5.0)
    working.callback(None)
    assert town.result(asking) == Ack(note="once")
    assert len(done) == 1


def test_stopping_leaves_nothing():
    """After `stop` nothing ticks, every wait has failed, no machine is listed."""
    town = Town()
    alice, bob = town.pair()
    carol = town.resident("carol")
    alice.knows(carol)
    carol.leave()

    async def never(sender, packet, exchange):
        await Deferred()

    bob.router.answer(ListFiles, never)
    outcomes = []
    for who in (bob, carol):
        asking = town.begin(alice.router.ask(who.fingerprint, ListFiles()))
        asking.addErrback(lambda why: outcomes.append(why.type))
    alice.router.keep(carol.fingerprint)
    town.run(3.0)
    alice.leave()
    bob.leave()
    town.run(5.0)
    assert outcomes == [Cancelled, Cancelled]
    assert town.clock.getDelayedCalls() == []
    assert alice.states() == {}
    assert bob.states() == {}
    assert not alice.router.is_online(bob.fingerprint)
    with pytest.raises(Cancelled):
        town.result(alice.router.ask(bob.fingerprint, ListFiles()))


def test_a_question_with_a_body_is_not_for_ask():
    """`ask` takes no packet that announces a body."""
    town = Town()
    alice, bob = town.pair()
    with pytest.raises(ValueError, match="open"):
        town.result(alice.router.ask(bob.fingerprint, Data(block=HASH, number=0, size=1, root=HASH)))


def test_a_fail_answer_of_a_handler_is_told():
    """A handler may return Fail itself."""
    town = Town()
    alice, bob = town.pair()

    async def handler(sender, packet, exchange):
        return Fail("no_space", "full")

    bob.router.answer(ListFiles, handler)
    with pytest.raises(Refused, match="full"):
        town.result(alice.router.ask(bob.fingerprint, ListFiles()))


def test_after_a_sleep_nobody_waits_long():
    """Links that died in it are made anew within seconds, and pauses of the past mean nothing."""
    town = Town()
    alice, bob = town.pair()
    alice.router.keep(bob.fingerprint)
    town.run(1.0)
    link = alice.link(bob)
    heard = []
    alice.router.linked.listen(heard.append)
    # The other end is gone, and nobody has told.
    town.network.partition({"alice"}, {"bob"})
    town.run(40.0)
    assert alice.link(bob) is link
    alice.router.check(5.0)
    town.run(6.0)
    assert not alice.router.is_online(bob.fingerprint)
    town.run(600.0)
    town.network.heal()
    alice.router.check(5.0)
    town.run(15.0)
    assert alice.router.is_online(bob.fingerprint)
    assert alice.link(bob) in heard
