"""The patrol: terms that end, deletions that are due."""

import pytest

from bitdust.supplier.customers import NotCustomer
from bitdust.supplier.patrol import DAY
from bitdust.supplier.pieces import Gone
from tests.supplier.desk import BOB, EVE, Desk, block_id, done

BODY = b"a piece" * 10_000


def ears(desk):
    """What the patrol has told."""
    told = []
    desk.service.patrol.noticed.listen(lambda who, left: told.append((who, left)))
    desk.service.patrol.expired.listen(lambda who, idurl: told.append((who, "expired")))
    return told


def jump(desk, days):
    """So many days pass, in big steps, the node running."""
    for _ in range(days):
        desk.time += DAY
        desk.clock.advance(DAY)


def test_silence_ends_a_contract(desk):
    """180 days after the last contact the pieces go; it is noticed once, 30 days before."""
    told = ears(desk)
    desk.hire()
    desk.put(BODY)
    jump(desk, 150)
    assert told == []
    jump(desk, 1)
    assert told == [(BOB, 29)]
    jump(desk, 28)
    assert len(desk.files()) == 1
    jump(desk, 2)
    assert told == [(BOB, 29), (BOB, "expired")]
    assert desk.files() == []
    assert (desk.row().state, desk.row().used) == ("expired", 0)
    with pytest.raises(NotCustomer):
        desk.put(BODY, block_id(1))
    desk.hire()
    desk.put(BODY, block_id(1))


@pytest.mark.parametrize(
    "sign",
    [
        lambda desk: desk.hire(), lambda desk: desk.put(BODY), lambda desk: desk.held(),
        lambda desk: desk.get(0, 1), lambda desk: desk.delete(block_id(9)),
        lambda desk: done(desk.service.heard(BOB)),
    ],
    ids=["hire", "put", "list", "retrieve", "delete", "any packet"],
)  # fmt: skip
def test_any_contact_begins_the_term_anew(desk, sign):
    """Every authenticated packet counts, also at the very last moment."""
    told = ears(desk)
    desk.hire()
    desk.put(BODY)
    jump(desk, 179)
    sign(desk)
    told.clear()
    jump(desk, 150)
    assert told == []
    assert len(desk.files()) == 1
    assert desk.row().last_contact == desk.time - 150 * DAY


def test_a_silent_link_is_a_sign_of_life(desk):
    """Who is connected is there, even if he has nothing to say for a year."""
    desk.hire()
    desk.put(BODY)
    desk.online.add(BOB)
    jump(desk, 365)
    assert len(desk.files()) == 1
    desk.online.clear()
    jump(desk, 182)
    assert desk.files() == []


def test_each_customer_has_his_own_term(desk):
    """One who is silent goes, one who calls stays."""
    desk.hire()
    desk.hire(EVE)
    desk.put(BODY)
    desk.put(BODY, who=EVE)
    for _ in range(4):
        jump(desk, 50)
        desk.held(EVE)
    assert len(desk.files()) == 1
    assert desk.held(EVE)


def test_a_wrong_clock_does_not_end_a_contract(desk):
    """T26: a wall clock that jumps ten years ahead, and back within three days, costs nobody his pieces."""
    told = ears(desk)
    desk.hire()
    desk.put(BODY)
    desk.time += 3650 * DAY
    for _ in range(70):
        desk.clock.advance(3600)
    assert told == []
    assert len(desk.files()) == 1
    desk.time -= 3650 * DAY
    for _ in range(70):
        desk.clock.advance(3600)
    assert len(desk.files()) == 1
    assert desk.row().state == "active"


def test_a_wrong_clock_that_stays_ends_nothing_early(tmp_path):
    """T26: ten years ahead, also over restarts: terms, deletions and tombstones take their time."""
    desk = Desk(tmp_path).start()
    desk.hire()
    desk.put(BODY)
    desk.put(BODY, block_id(1))
    desk.put(BODY, block_id(2))
    desk.delete(block_id(1), not_before=int(desk.time) + 30 * DAY)
    desk.delete(block_id(2))
    assert len(desk.files()) == 2
    desk.time += 3650 * DAY
    desk.pass_days(10)
    desk.stop()
    desk = Desk(tmp_path)
    desk.time += 3660 * DAY
    desk.start()
    desk.pass_days(15)
    assert len(desk.files()) == 2
    assert desk.row().state == "active"
    with pytest.raises(Gone):
        desk.put(BODY, block_id(2))
    desk.pass_days(8)
    assert len(desk.files()) == 1
    desk.pass_days(182)
    assert desk.files() == []
    desk.stop()


def test_a_node_that_was_off_for_long_waits_for_calls(tmp_path):
    """What it was switched off for, a year, is a day of its life: customers could not have called."""
    desk = Desk(tmp_path).start()
    desk.hire()
    desk.put(BODY)
    desk.stop()
    desk = Desk(tmp_path)
    desk.time += 365 * DAY
    desk.start()
    told = ears(desk)
    desk.pass_days(178)
    assert len(desk.files()) == 1
    desk.pass_days(1.2)
    assert told == [(BOB, 29), (BOB, "expired")]
    assert desk.files() == []
    desk.stop()


def test_tombstones_are_forgotten_in_the_end(desk):
    """A tombstone lasts a whole term, then nothing late can come any more."""
    desk.hire()
    desk.put(BODY)
    desk.delete(b"B" * 32)

    def stones():
        async def count():
            return await desk.db.read(lambda c: c.execute("SELECT count(*) FROM tombstones").fetchone()[0])

        return done(count())

    for _ in range(6):
        jump(desk, 29)
        desk.held()
    assert stones() == 1
    jump(desk, 8)
    assert stones() == 0


def test_a_deletion_in_the_far_future_ends_with_the_term(desk):
    """`not_before` is kept for no longer than a contract's term."""
    desk.hire()
    desk.put(BODY)
    desk.delete(b"B" * 32, not_before=2**62)
    for _ in range(179):
        jump(desk, 1)
        desk.held()
    assert len(desk.files()) == 1
    jump(desk, 2)
    assert desk.files() == []


def test_an_interrupted_clearing_is_finished_at_the_next_start(tmp_path):
    """Deletions that were acknowledged and not yet done are done at the next start."""
    desk = Desk(tmp_path).start()
    desk.hire()
    desk.put(BODY)
    desk.service.patrol.soon = lambda: None
    desk.delete(b"B" * 32)
    assert len(desk.files()) == 1
    desk.stop()
    again = Desk(tmp_path).start()
    assert again.files() == []
    assert again.row().used == 0
    again.stop()


def test_a_round_with_nothing_to_do_changes_nothing(desk):
    """A disk at rest is not woken every hour: nothing is written, and what is to go goes all the same."""
    desk.hire()
    desk.put(BODY)
    desk.hire(EVE)
    desk.put(BODY, who=EVE)
    done(desk.service.patrol.round())
    connection = desk.service.shelf.db._connection
    before = connection.total_changes
    done(desk.service.patrol.round())
    assert connection.total_changes == before
    desk.delete(block_id(9), not_before=int(desk.time) + 5, who=EVE)
    desk.time += 10
    done(desk.service.patrol.round())
    assert connection.execute("SELECT done FROM tombstones").fetchall() == [(1,)]
    before = connection.total_changes
    done(desk.service.patrol.round())
    assert connection.total_changes == before
