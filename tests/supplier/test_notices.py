"""Who is asked to leave when less is given, and what customers are told about their contracts."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.supplier.customers import Customer
from bitdust.supplier.customers_rejector import choose, share
from bitdust.supplier.patrol import DAY
from bitdust.wire.packets import Ack, Notice
from tests.supplier.desk import BOB, EVE, MIB, Desk, block_id, done

BODY = b"a piece" * 10_000
DAN, FAY = "d" * 52, "f" * 52


def one(name, granted, used=0, silent=False, since=0, last=0):
    """A customer with a contract."""
    grace = 0.0 if silent else None
    return Customer(name, "", "active", granted, used, 0, since, last, 1, grace)


def chosen(people, donated, asked=None):
    return "".join(choose(people, asked or {}, donated))


def test_as_few_as_free_enough():
    """The smallest one who is enough; else the largest, and the smallest who is enough for the rest."""
    people = [one("a", 10), one("b", 20), one("c", 30), one("d", 40)]
    assert chosen(people, 100) == ""
    assert chosen(people, 95) == "a"
    assert chosen(people, 90) == "a"
    assert chosen(people, 89) == "b"
    assert chosen(people, 60) == "d"
    assert chosen(people, 55) == "da"
    assert chosen(people, 0) == "dcba"


def test_the_newest_of_equals_goes():
    """Among equals he who came last."""
    assert chosen([one("a", 10, since=1), one("b", 10, since=3), one("c", 10, since=2)], 25) == "b"


def test_who_is_beyond_his_share_or_silent_goes_first():
    """First the one furthest beyond his share, then the longest silent, then as few as are needed."""
    people = [
        one("a", 100), one("b", 10, used=12), one("c", 10, used=15), one("d", 10, silent=True, last=5),
        one("e", 10, silent=True, last=2),
    ]  # fmt: skip
    whole = sum(map(share, people))
    assert chosen(people, whole - 1) == "c"
    assert chosen(people, whole - 16) == "cb"
    assert chosen(people, whole - 28) == "cbe"
    assert chosen(people, whole - 38) == "cbed"
    assert chosen(people, whole - 48) == "cbeda"


def test_who_was_asked_stays_asked():
    """Others are asked only for what is missing; and the last who was asked stays, if it is enough."""
    people = [one("a", 10), one("b", 20), one("c", 30), one("d", 40)]
    assert chosen(people, 70, {"d": 5}) == "d"
    assert chosen(people, 55, {"d": 5}) == "da"
    assert chosen(people, 75, {"a": 5, "b": 6, "c": 7}) == "ab"
    assert chosen(people, 95, {"a": 5, "b": 6, "c": 7}) == "a"
    assert chosen(people, 100, {"a": 5, "b": 6}) == ""


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 60), st.booleans(), st.booleans()), max_size=8),
    st.integers(0, 300),
)
def test_it_is_enough_and_nobody_is_asked_in_vain(people, donated):
    """What stays fits, if anything does; and without the last one who was chosen it would not."""
    known = [one(chr(97 + at), granted, used, silent) for at, (granted, used, silent, _) in enumerate(people)]
    asked = {each.fingerprint: at for at, each in enumerate(known) if people[at][3]}
    who = choose(known, asked, donated)
    assert len(set(who)) == len(who)
    left = sum(share(each) for each in known if each.fingerprint not in who)
    assert left <= donated
    if who:
        last = next(each for each in known if each.fingerprint == who[-1])
        assert left + share(last) > donated


def patrol(desk):
    """The hourly round."""
    desk.pass_days(1 / 24)


def jump(desk, days):
    """So many days pass, in big steps, the node running."""
    for _ in range(days):
        desk.time += DAY
        desk.clock.advance(DAY)


def told(desk, who=BOB):
    """States that this customer is told: what lies in the outbox."""
    return [packet.state for name, packet in desk.outbox if name == who]


def hear(desk, who=BOB):
    """The customer acknowledges what lies there."""
    for name, packet in desk.outbox:
        if name == who:
            desk.service.answered(who, packet, Ack())
    desk.outbox = [each for each in desk.outbox if each[0] != who]


def test_less_is_donated(desk):
    """One is asked, in writing and again each week; nothing of his goes before he has left."""
    events = []
    desk.service.notices.told.listen(lambda *what: events.append(what))
    for who, size in ((BOB, 10), (EVE, 30), (DAN, 20)):
        desk.hire(who, size * MIB)
        desk.put(BODY, who=who)
    desk.donated = 35 * MIB
    desk.service.donates_otherwise()
    assert [(who, told(desk, who)) for who in (BOB, EVE, DAN)] == [(BOB, []), (EVE, ["leave"]), (DAN, [])]
    assert events == [(EVE, f"http://id/{EVE[:3]}.xml", "leave")]
    assert (desk.row(EVE).notice.state, desk.row(EVE).notice.heard) == ("leave", 0)
    hear(desk, EVE)
    assert desk.row(EVE).notice.heard == desk.time
    desk.online |= {BOB, EVE, DAN}
    jump(desk, 6)
    assert told(desk, EVE) == []
    jump(desk, 1)
    assert told(desk, EVE) == ["leave"]
    # He may still bring, fetch and list, and have his contract signed anew, but not for more.
    desk.put(BODY, block_id(1), who=EVE)
    assert len(desk.held(EVE)) == 2
    desk.hire(EVE, 30 * MIB)
    jump(desk, 200)
    assert len(desk.files()) == 4
    desk.cancel(EVE)
    patrol(desk)
    assert len(desk.files()) == 2
    assert desk.row(EVE).notice is None
    assert told(desk) == told(desk, DAN) == []
    assert len(events) == 1


def test_it_is_taken_back(desk):
    """More is donated again before he has left: he is told that he may stay, once, until he hears it."""
    desk.hire(BOB, 10 * MIB)
    desk.donated = 5 * MIB
    desk.service.donates_otherwise()
    assert told(desk) == ["leave"]
    desk.donated = 10 * MIB
    desk.service.donates_otherwise()
    assert told(desk) == ["well"]
    desk.online.add(BOB)
    jump(desk, 8)
    assert told(desk) == ["well"]
    hear(desk)
    jump(desk, 8)
    assert told(desk) == []
    assert desk.row().notice is None


def test_it_outlives_a_restart(tmp_path):
    """A notice that did not get as far as the outbox is put there by the next life; one that did is not."""
    desk = Desk(tmp_path).start()
    desk.hire()
    desk.donated = MIB

    async def dies(who, packet, seconds):
        raise OSError("no outbox")

    desk.service.notices._put = dies
    desk.service.donates_otherwise()
    assert (desk.outbox, desk.row().notice.told) == ([], 0)
    desk.stop()
    again = Desk(tmp_path, donated=MIB).start()
    assert told(again) == ["leave"]
    again.stop()
    third = Desk(tmp_path, donated=MIB).start()
    assert told(third) == []
    third.stop()


def test_who_is_asked_and_never_answers_is_bound_by_the_contract(desk):
    """He is asked to leave and is not heard of: his pieces go after 180 days, not a day before."""
    desk.hire()
    desk.put(BODY)
    desk.donated = MIB
    jump(desk, 179)
    assert told(desk) == ["leave"]
    assert (desk.row().state, len(desk.files())) == ("active", 1)
    assert desk.row().notice.until == desk.row().last_contact + 180 * DAY
    jump(desk, 2)
    assert (desk.row().state, desk.files(), told(desk)) == ("expired", [], ["ended"])


def test_who_keeps_more_than_was_agreed_on(desk):
    """Nothing is added, nothing is removed; he is told, and told again when it is over."""
    desk.hire()
    desk.put(BODY)

    async def correct(granted):
        await desk.db(lambda c: c.execute("UPDATE customers SET granted = ?", (granted,)))

    done(correct(4096))
    desk.online.add(BOB)
    patrol(desk)
    (notice,) = [packet for _, packet in desk.outbox]
    assert (notice.state, notice.granted, notice.used > 4096) == ("full", 4096, True)
    with pytest.raises(Exception, match="your quota of 4096 bytes"):
        desk.put(BODY, block_id(1))
    jump(desk, 200)
    assert desk.held() == {(b"B" * 32, 0)}
    assert told(desk) == ["full"]
    hear(desk)
    done(correct(MIB))
    patrol(desk)
    assert told(desk) == ["well"]


def test_who_vanishes_is_told_before_and_after(desk):
    """30 days before the end, and at the end; until he hears it, and no longer than a term."""
    desk.hire()
    desk.put(BODY)
    jump(desk, 151)
    (notice,) = [packet for _, packet in desk.outbox]
    assert (notice.state, notice.until) == ("silent", desk.row().last_contact + 180 * DAY)
    jump(desk, 30)
    assert told(desk) == ["ended"]
    desk.outbox.clear()
    desk.time += 8 * DAY
    patrol(desk)
    assert told(desk) == ["ended"]
    hear(desk)
    desk.time += 8 * DAY
    patrol(desk)
    assert told(desk) == []
    # With a new contract nothing of it is left.
    desk.hire()
    patrol(desk)
    assert told(desk) == ["well"]


def test_a_sign_of_life_makes_all_well(desk):
    """Who was silent and is heard of is not silent any more."""
    desk.hire()
    jump(desk, 155)
    assert told(desk) == ["silent"]
    desk.held()
    patrol(desk)
    assert told(desk) == ["well"]


def test_whom_the_owner_rejects_is_told(desk):
    """The owner has ended the contract: the customer hears of it, also when he is away now."""
    desk.hire()
    desk.put(BODY)
    done(desk.service.reject(BOB))
    assert desk.files() == []
    assert told(desk) == ["ended"]


def test_an_old_word_heard_late_changes_nothing(desk):
    """That he has heard of something that is over by now does not count for what is the matter today."""
    desk.hire()
    desk.donated = MIB
    desk.service.donates_otherwise()
    old = desk.outbox[0][1]
    desk.donated = 100 * MIB
    desk.service.donates_otherwise()
    desk.service.answered(BOB, old, Ack())
    assert (desk.row().notice.state, desk.row().notice.heard) == ("well", 0)
    desk.service.answered(BOB, Notice(os.urandom(16), "leave", 0, 0), Ack())
    assert desk.row().notice.heard == 0
