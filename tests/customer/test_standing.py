"""What is remembered of a supplier."""

from __future__ import annotations

import random
import sqlite3

from bitdust.customer import standing
from bitdust.customer.audit import LEAVES, _challenges, _kept
from bitdust.customer.standing import DAY, Audit
from tests.catalog import sample

BOB = "b" * 52
NOW = 20_000 * DAY


def test_nobody_has_looked_yet(c: sqlite3.Connection) -> None:
    """Of a new supplier nothing is claimed."""
    assert standing.of(c, BOB, NOW) == standing.Standing(None, 0, 0, None, "")
    assert standing.usual_gap(c, BOB) == 0.0


def test_uptime_is_that_of_a_month(c: sqlite3.Connection) -> None:
    """Half a day away in two is three quarters; what is older than 30 days does not count."""
    standing.looked(c, [], [BOB], 5000.0, NOW - 40 * DAY)
    assert standing.looked(c, [BOB], [], 1.5 * DAY, NOW - DAY) == {}
    assert standing.looked(c, [], [BOB], 0.5 * DAY, NOW) == {BOB: 0.5 * DAY}
    assert standing.of(c, BOB, NOW).uptime == 0.75


def test_an_absence_grows_until_he_comes(c: sqlite3.Connection) -> None:
    """It is counted over many looks, and ends with the first at which he is there."""
    for _ in range(3):
        standing.looked(c, [], [BOB], 100.0, NOW)
    assert standing.looked(c, [], [BOB], 100.0, NOW) == {BOB: 400.0}
    standing.looked(c, [BOB], [], 100.0, NOW)
    assert standing.looked(c, [], [BOB], 100.0, NOW + 1) == {BOB: 100.0}


def test_usual_is_what_nine_in_ten_do_not_exceed(c: sqlite3.Connection) -> None:
    """Two absences are no habit; of twenty, one long one does not count; the oldest are forgotten."""
    lengths = [30 * DAY, *[float(n) for n in range(100, 119)], 9 * DAY, 500.0]
    for number, length in enumerate(lengths):
        assert (standing.usual_gap(c, BOB) == 0.0) == (number < 3)
        standing.looked(c, [], [BOB], float(length), NOW + 2 * number)
        standing.looked(c, [BOB], [], 1.0, NOW + 2 * number + 1)
    assert standing.usual_gap(c, BOB) == 118.0
    assert c.execute("SELECT count(*) FROM gaps").fetchone() == (standing.GAPS,)


def test_audits_of_a_month(c: sqlite3.Connection) -> None:
    """They are added up, the newest is shown, the oldest go."""
    for days, audit in ((45, Audit(0, 9, 9, 9)), (2, Audit(0, 7, 0, 0)), (0, Audit(0, 4, 1, 2))):
        at = NOW - days * DAY
        standing.audited(c, BOB, Audit(at, audit.good, audit.bad, audit.silent))
    found = standing.of(c, BOB, NOW)
    assert (found.shown, found.asked, found.last) == (11, 14, Audit(NOW, 4, 1, 2))


def test_only_so_much_is_kept(c: sqlite3.Connection) -> None:
    for day in range(300):
        standing.audited(c, BOB, Audit(NOW + day * DAY, 8, 0, 0))
        standing.looked(c, [BOB], [], DAY, NOW + day * DAY)
    assert len(standing.audits(c, BOB, NOW + 300 * DAY)) == standing.AUDITS
    assert c.execute("SELECT count(*) FROM days").fetchone() == (standing.DAYS,)


def test_a_clock_that_was_ahead_for_a_while(c: sqlite3.Connection) -> None:
    """What it wrote is no last word for years, and what was known before is still known."""
    standing.audited(c, BOB, Audit(NOW - DAY, 8, 0, 0))
    standing.looked(c, [], [BOB], 0.5 * DAY, NOW - DAY)
    wrong = NOW + 3650 * DAY
    standing.audited(c, BOB, Audit(wrong, 0, 8, 0))
    standing.looked(c, [BOB], [], 0.5 * DAY, wrong)
    assert standing.audits(c, BOB, NOW) == [Audit(NOW - DAY, 8, 0, 0)]
    assert standing.of(c, BOB, NOW).uptime == 0.0
    standing.audited(c, BOB, Audit(NOW, 4, 0, 0))
    standing.looked(c, [BOB], [], 0.5 * DAY, NOW)
    assert [audit.at for audit in standing.audits(c, BOB, wrong)] == [NOW, NOW - DAY]
    found = standing.of(c, BOB, NOW)
    assert (found.uptime, found.shown, found.asked) == (0.5, 12, 12)


def test_absences_of_a_clock_that_was_ahead(c: sqlite3.Connection) -> None:
    for at in range(10):
        standing.looked(c, [], [BOB], 9 * DAY, NOW + 3650 * DAY + 2 * at)
        standing.looked(c, [BOB], [], 1.0, NOW + 3650 * DAY + 2 * at + 1)
    for at in range(4):
        standing.looked(c, [], [BOB], 100.0, NOW + 2 * at)
        standing.looked(c, [BOB], [], 1.0, NOW + 2 * at + 1)
    assert standing.usual_gap(c, BOB) == 100.0


def test_a_doubt_is_told_once(c: sqlite3.Connection) -> None:
    """The most urgent reason stays, until he is trusted, or forgotten altogether."""
    assert standing.doubt(c, BOB, "absent", "away")
    assert not standing.doubt(c, BOB, "audit", "bad")
    assert not standing.doubt(c, BOB, "absent", "away")
    assert standing.doubts(c) == {BOB: ("audit", "bad")}
    assert standing.known(c) == [BOB]
    standing.trust(c, BOB)
    assert standing.doubts(c) == {}
    standing.looked(c, [BOB], [], 1.0, NOW)
    standing.forget(c, BOB)
    assert standing.known(c) == []


def test_a_tenth_is_found_within_a_week() -> None:
    """T4: of 1000 suppliers who have lost a tenth of their pieces, at least 985 are found in 44 leaves."""
    c = sample.open_catalog()
    sample.hire(c)
    for number in range(200):
        sample.ack_all(c, sample.seal(c, 1, [number]))
    serials = [serial for (serial,) in c.execute("SELECT DISTINCT serial FROM placements ORDER BY serial")]
    chance = random.Random(4)
    found = 0
    for _ in range(1000):
        lost = set(chance.sample(serials, len(serials) // 10))
        drawn = _challenges(c, sample.fp(0), [chance.getrandbits(64) for _ in range(2 * 44)])
        found += any(challenge.serial in lost for challenge in drawn)
    c.close()
    assert found >= 985
    assert LEAVES * 7 >= 44


def test_what_may_go_is_not_asked_for() -> None:
    """A supplier who was told that a piece may go loses nothing when it has gone."""
    c = sample.open_catalog()
    sample.hire(c)
    for number in range(10):
        sample.ack_all(c, sample.seal(c, 1, [number]))
    chance = random.Random(4)
    chances = [chance.getrandbits(64) for _ in range(200)]
    before = _challenges(c, sample.fp(0), chances)
    doomed = before[0].serial
    assert _kept(c, sample.fp(0), before[0]) is not None
    c.execute("UPDATE blocks SET doomed = 1800000000 WHERE serial = ?", (doomed,))
    after = _challenges(c, sample.fp(0), chances)
    assert after == [challenge for challenge in before if challenge.serial != doomed]
    assert after
    assert _kept(c, sample.fp(0), before[0]) is None
    c.close()


def test_how_a_former_supplier_did_is_kept(c: sqlite3.Connection) -> None:
    """Who was there and showed his pieces is good, who was not is poor, who failed his audits is the last."""
    people = {"good": 0.0, "poor": 0.6 * DAY, "failed": 0.0}
    for name, away in people.items():
        standing.looked(c, [name], [], DAY - away, NOW)
        standing.looked(c, [], [name], away, NOW)
        standing.audited(c, name, Audit(NOW, 7, 0, 0))
    standing.doubt(c, "failed", "audit", "he could not show 3 pieces")
    for name in people:
        standing.remember(c, name, f"http://x/{name}.xml", 2e6 if name == "good" else None, NOW)
        standing.forget(c, name)
    standing.remember(c, "new", "http://x/new.xml", None, NOW)
    names = [f"http://x/{name}.xml" for name in (*people, "new")]
    ranks = standing.ranks(c, names, 9 * DAY)
    assert [ranks[name][0] for name in names[:3]] == [0, 2, 3]
    assert names[3] not in ranks
    assert standing.ranks(c, [], 0) == {}


def test_losses_are_counted_for_what_they_are(c: sqlite3.Connection) -> None:
    """Days of all suppliers add up; who comes back was no loss."""
    standing.looked(c, [BOB], ["c" * 52], DAY, NOW)
    standing.doubt(c, BOB, "absent", "away")
    standing.doubt(c, BOB, "absent", "away")
    assert standing.lives(c) == (2.0, 1)
    standing.trust(c, BOB)
    standing.trust(c, BOB)
    assert standing.lives(c) == (2.0, 0)


def test_who_asks_us_to_leave_is_no_loss(c: sqlite3.Connection) -> None:
    """It does not count among the losses; he is the last to be replaced, and is not hired for a week."""
    assert standing.doubt(c, BOB, "leave", "it asks us to leave")
    assert standing.lives(c)[1] == 0
    assert standing.doubt(c, "a" * 52, "absent", "away")
    assert list(standing.doubts(c)) == ["a" * 52, BOB]
    standing.remember(c, BOB, "http://x/bob.xml", None, NOW)
    (rank,) = standing.ranks(c, ["http://x/bob.xml"], NOW + 6 * DAY).values()
    assert rank[0] == standing.NOT_NOW
    (rank,) = standing.ranks(c, ["http://x/bob.xml"], NOW + 8 * DAY).values()
    assert rank[0] == 2
    # What makes it worse counts all the same.
    assert not standing.doubt(c, BOB, "audit", "bad")
    assert standing.lives(c)[1] == 2
    standing.trust(c, BOB)
    assert standing.lives(c)[1] == 1
