"""The log goes out in segments, comes back as the same catalog, and its head never falls."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from bitdust import crypto
from bitdust.catalog import blocks, epochs, holdings, jobs, log, removal, tree, versions
from bitdust.catalog.head import Head, check_follows, newest, open_head, read_order, seal_head
from bitdust.errors import Conflict, Damaged, Usage
from bitdust.identity.keys import Keys
from tests.catalog import sample
from tests.catalog.sample import SampleKeys, counting_rng, fp

KEYS = SampleKeys()


@pytest.fixture
def c() -> Iterator[sqlite3.Connection]:
    """A catalog with one version, published."""
    connection = sample.open_catalog()
    sample.hire(connection)
    tree.add_path(connection, b"/me", "dir")
    sample.back_up(connection, "0", {b"a": 1})
    sample.publish(connection)
    yield connection
    connection.close()


def recover(c: sqlite3.Connection) -> sqlite3.Connection:
    """Another machine reads the head and segments of this one."""
    other = sample.open_catalog()
    head = open_head(KEYS, seal_head(KEYS, counting_rng, log.head(c, 1.0)))
    previous = None
    for epoch, number in head.segments():
        segment, ops = log.open_segment(
            KEYS, log.segment(c, number).data, epoch=epoch, number=number, previous=previous
        )
        log.replay(other, segment, ops)
        previous = segment.root
    log.finish_recovery(other, head)
    return other


def test_what_was_sent_comes_back_on_another_machine(c: sqlite3.Connection) -> None:
    """Recovered: the same items, versions and blocks, under a higher epoch."""
    before = sample.state(c)
    other = recover(c)
    after = sample.state(other)
    assert [op for op in after if op not in before] == [
        sample.ops.encode(sample.ops.EpochBegan(2, 2, tuple((fp(i), sample.idurl(i)) for i in range(4))))
    ]
    assert set(before) <= set(after)
    assert epochs.current(other).number == 2
    assert [v.is_committed for v in versions.list_of(other, "0")] == [True]
    other.close()


def test_a_recovered_log_begins_anew_and_can_be_recovered_again(c: sqlite3.Connection) -> None:
    """A new supplier, who knows only the new epoch, gets all there is."""
    other = recover(c)
    assert log.head(other, 1.0) is None
    sample.publish(other)
    head = log.head(other, 1.0)
    assert head.place > log.head(c, 1.0).place
    assert {epoch for epoch, _ in head.segments()} == {2}
    assert head.first == log.head(c, 1.0).sequence + 1
    third = recover(other)
    assert sample.state(third)[-1] == sample.state(c)[-1]
    assert epochs.current(third).number == 3
    other.close()
    third.close()


def test_segments_are_the_same_bytes_until_every_supplier_has_them(c: sqlite3.Connection) -> None:
    """After a restart nothing is sealed a second time."""
    sample.back_up(c, "0", {b"a": 2}, when=1)
    (made,) = sample.publish(c, to=())
    assert log.take(c) is None
    assert log.unsent(c) == 0
    assert log.segment(c, made.number) == made
    assert [log.unsent_to(c, fp(i)) for i in range(5)] == [[2], [2], [2], [2], [1, 2]]
    log.mark_segment_acked(c, 2, fp(0))
    assert log.unsent_to(c, fp(0)) == []


def test_a_head_comes_after_all_that_it_names(c: sqlite3.Connection) -> None:
    """Whoever lacks a segment is not sent the head; with the head alone he does not have everything."""
    sample.back_up(c, "0", {b"a": 2}, when=1)
    sample.publish(c, to=())
    newest = log.head(c, 1.0)
    assert newest is not None
    assert log.next_to(c, fp(0), 1.0) == ([2], None)
    log.mark_head_acked(c, *newest.place, fp(0))
    assert not log.has_all(c, fp(0))
    log.mark_segment_acked(c, 2, fp(0))
    assert log.next_to(c, fp(0), 1.0) == ([], newest)
    assert log.has_all(c, fp(0))


def test_two_sealers_cannot_both_win(c: sqlite3.Connection) -> None:
    """What was taken is stored once; the other one is told."""
    sample.back_up(c, "0", {b"a": 2}, when=1)
    taken = log.take(c)
    segment = log.seal_segment(KEYS, counting_rng, taken.epoch, taken.number, taken.previous, taken.ops)
    log.store(c, taken, segment)
    with pytest.raises(Conflict):
        log.store(c, taken, segment)


def test_facts_recorded_while_sealing_go_into_the_next_segment(c: sqlite3.Connection) -> None:
    """Nothing is lost between `take` and `store`."""
    tree.add_path(c, b"/one", "dir")
    taken = log.take(c)
    tree.add_path(c, b"/two", "dir")
    segment = log.seal_segment(KEYS, counting_rng, taken.epoch, taken.number, taken.previous, taken.ops)
    log.store(c, taken, segment)
    assert log.unsent(c) == 1
    sample.publish(c)
    other = recover(c)
    assert tree.find(other, b"/two") is not None
    other.close()


def test_a_long_log_is_cut_into_segments(c: sqlite3.Connection) -> None:
    """Each stays below its bound; a single fact is never cut."""
    for number in range(50):
        tree.add_path(c, b"/item%d" % number, "dir")
    numbers = []
    while (taken := log.take(c, limit=200)) is not None:
        assert sum(len(op) + 4 for op in taken.ops) <= 200 or len(taken.ops) == 1
        segment = log.seal_segment(KEYS, counting_rng, taken.epoch, taken.number, taken.previous, taken.ops)
        log.store(c, taken, segment)
        numbers.append(segment.number)
    assert len(numbers) > 5
    other = recover(c)
    assert len(tree.walk(other)) == 51
    other.close()


def test_committed_needs_the_head_and_all_before_it(c: sqlite3.Connection) -> None:
    """A supplier with a gap, or without the head, does not count; a replaced one neither."""
    sample.back_up(c, "0", {b"a": 2}, when=1)
    sample.publish(c, to=())
    for number in range(4):
        log.mark_segment_acked(c, 2, fp(number))
    assert log.committed(c) == 1
    assert not log.mark_head_acked(c, 1, 2, fp(0))
    assert not log.mark_head_acked(c, 1, 2, fp(9))
    assert not log.mark_head_acked(c, 1, 2, fp(1))
    assert log.mark_head_acked(c, 1, 2, fp(2))
    assert (log.committed(c), log.acked_by(c, fp(2)), log.acked_by(c, fp(3))) == (2, (1, 2), (1, 1))
    sample.back_up(c, "0", {b"a": 3}, when=2)
    sample.publish(c, to=())
    for number in range(3):
        log.mark_head_acked(c, 1, 3, fp(number))
    assert log.committed(c) == 2


def test_what_was_committed_stays_so(c: sqlite3.Connection) -> None:
    """New suppliers without the log, and those who forgot it, get it anew and unsay nothing."""
    for number in range(3):
        log.forget_acks(c, fp(number))
    epochs.begin(c, [(fp(i), sample.idurl(i)) for i in range(10, 14)])
    log.settle(c)
    assert log.committed(c) == 1
    assert log.unsent_to(c, fp(0)) == [1]
    assert log.acked_by(c, fp(0)) == (0, 0)
    sample.back_up(c, "0", {b"a": 2}, when=1)
    sample.publish(c, to=(10, 11, 12))
    assert log.committed(c) == 2


def test_an_old_head_after_a_recovery_counts_for_nothing(c: sqlite3.Connection) -> None:
    """Receipts under the old epoch do not commit the new log."""
    other = recover(c)
    sample.publish(other, to=())
    sequence = log.head(other, 1.0).sequence
    for number in range(4):
        for segment in log.unsent_to(other, fp(number)):
            log.mark_segment_acked(other, segment, fp(number))
        assert not log.mark_head_acked(other, 1, sequence, fp(number))
    for number in range(3):
        log.mark_head_acked(other, 2, sequence, fp(number))
    assert log.committed(other) == sequence
    other.close()


def test_a_log_can_be_begun_anew(c: sqlite3.Connection) -> None:
    """The snapshot says all; the segments before go when it is committed, and no head shows half of it."""
    for when in range(1, 30):
        sample.back_up(c, "0", {b"a": when % 3}, when=when)
        sample.publish(c)
    for version in versions.list_of(c, "0")[:-2]:
        removal.remove_version(c, "0", version.label)
    before, size = sample.state(c), log.kept_bytes(c)
    assert log.compact(c) == len(before)
    assert log.head(c, 1.0) is None
    sample.publish(c, to=(0, 1))
    assert log.segment(c, 1) is not None
    sample.publish(c, to=(2,))
    assert log.segment(c, 1) is None
    assert log.kept_bytes(c) < size / 3
    assert len(log.head(c, 1.0).segments()) == 1
    assert [v.is_committed for v in versions.list_of(c, "0")] == [True, True]
    other = recover(c)
    assert [op for op in sample.state(other) if op not in before][1:] == []
    other.close()


def test_a_log_with_a_hole_or_another_end_is_no_recovery(c: sqlite3.Connection) -> None:
    """Segments come in order and lead to the root the head names."""
    sample.back_up(c, "0", {b"a": 2}, when=1)
    sample.publish(c)
    head = log.head(c, 1.0)
    other = sample.open_catalog()
    for number in (1, 2):
        segment, ops = log.open_segment(KEYS, log.segment(c, number).data)
        if number == 2:
            with pytest.raises(Damaged):
                log.finish_recovery(other, head)
        log.replay(other, segment, ops)
        with pytest.raises(Damaged):
            log.replay(other, segment, ops)
    with pytest.raises(Damaged):
        log.finish_recovery(other, Head(1, 2, bytes(32), head.ranges, (), 1.0))
    other.close()


def test_a_log_cut_in_the_middle_of_a_commit_is_still_a_catalog(c: sqlite3.Connection) -> None:
    """Entries without their version are not seen, and the next backup goes on."""
    sample.back_up(c, "0", {b"a": 2, b"b": 3}, when=1)
    ops_ = [op for (op,) in c.execute("SELECT op FROM log ORDER BY seq")]
    for cut in range(len(ops_)):
        other = sample.open_catalog()
        segment, first = log.open_segment(KEYS, log.segment(c, 1).data)
        log.replay(other, segment, [*first, *ops_[:cut]])
        assert [v.seq for v in versions.list_of(other, "0")] == [1]
        assert sample.paths_at(other, versions.list_of(other, "0")[0]) == {b"": (), b"a": ((1, 0),)}
        for number in range(4):
            for serial in (1, 2):
                holdings.acked(other, serial, number, fp(number))
        sample.hire(other)
        version = sample.back_up(other, "0", {b"a": 2, b"c": 4}, when=3)
        found = sample.paths_at(other, version)
        assert set(found) == {b"", b"a", b"c"}
        removal.remove_version(other, "0", version.label)
        assert sample.paths_at(other, versions.list_of(other, "0")[0]) == {b"": (), b"a": ((1, 0),)}
        other.close()


# -- segments as bytes


def test_every_flipped_bit_of_a_segment_is_noticed(c: sqlite3.Connection) -> None:
    """Signature, chain, encryption: nothing of it can be changed, and strangers cannot read it."""
    data = log.segment(c, 1).data
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(Damaged):
            log.open_segment(KEYS, bytes(changed))
    for cut in (0, 10, 116, len(data) - 1):
        with pytest.raises(Damaged):
            log.open_segment(KEYS, data[:cut])
    with pytest.raises(Damaged):
        log.open_segment(SampleKeys(b"\2" * 32), data)
    assert b"/me" not in data
    assert b"me" not in data


def test_a_segment_in_anothers_place_is_noticed(c: sqlite3.Connection) -> None:
    """The caller says which one he asked for."""
    data = log.segment(c, 1).data
    for wrong in ({"number": 2}, {"epoch": 2}, {"previous": bytes([1] * 32)}, {"root": bytes(32)}):
        with pytest.raises(Damaged):
            log.open_segment(KEYS, data, **wrong)
    assert log.read_segment(data, KEYS.public).number == 1
    with pytest.raises(crypto.BadSignature):
        log.read_segment(data, SampleKeys(b"\2" * 32).public)


def test_a_packed_bomb_is_refused() -> None:
    """What unpacks to more than a segment may hold is refused before it is unpacked."""
    import zstandard

    from bitdust.catalog.segment import unpack

    bomb = zstandard.ZstdCompressor().compress(bytes(10**8))
    with pytest.raises(Damaged):
        unpack(bomb, log.MAX_FACTS)
    stream = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(100))
    with pytest.raises(Damaged):
        unpack(stream, log.MAX_FACTS)
    with pytest.raises(Damaged):
        unpack(b"no zstd at all", log.MAX_FACTS)


def test_a_rotated_signing_key_still_reads_the_old_log() -> None:
    """The catalog key has no generation; who signed stands in the segment."""
    old, new = (Keys.from_master(bytes(range(32)), generation) for generation in (0, 1))
    first = log.seal_segment(old, counting_rng, 1, 1, log.NO_ROOT, [b"fact"])
    second = log.seal_segment(new, counting_rng, 1, 2, first.root, [b"fact"])
    assert old.public != new.public
    for keys in (old, new):
        assert log.open_segment(keys, first.data)[1] == [b"fact"]
        assert log.open_segment(keys, second.data, previous=first.root)[1] == [b"fact"]


# -- heads


def test_a_head_comes_back_and_shows_strangers_its_order_only(c: sqlite3.Connection) -> None:
    """Suppliers read (epoch, sequence, first, root); their list and the rest are for the owner."""
    head = log.head(c, 5.5)
    data = seal_head(KEYS, counting_rng, head)
    assert open_head(KEYS, data) == head
    order = read_order(data, KEYS.public)
    assert (order.place, order.first, order.root) == ((1, 1), 1, head.root)
    assert b"supplier" not in data
    with pytest.raises(crypto.BadSignature):
        read_order(data, SampleKeys(b"\2" * 32).public)
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(Damaged):
            open_head(KEYS, bytes(changed))


def test_the_largest_head_fits(c: sqlite3.Connection) -> None:
    """64 suppliers with long names, a hundred recoveries: 16 KiB are enough."""
    suppliers = tuple(
        (fp(i), f"https://{crypto.base32(sample.hash_of(i))}.example.org/u{i}.xml") for i in range(64)
    )
    ranges = tuple((i, i * 1000 + 1, i * 1000 + 1000) for i in range(100))
    head = Head(99, 100_000, bytes(32), ranges, suppliers, 1e9, None)
    data = seal_head(KEYS, counting_rng, head)
    assert len(data) < 16384
    assert open_head(KEYS, data) == head
    with pytest.raises(Damaged):
        seal_head(
            KEYS,
            counting_rng,
            Head(
                1,
                1,
                bytes(32),
                ((1, 1, 1),),
                tuple(
                    (fp(i), crypto.base32(bytes(sample.hash_of(i, j)[0] for j in range(150))))
                    for i in range(200)
                ),
                0.0,
            ),
        )


@pytest.mark.parametrize(
    "ranges",
    [
        (),
        ((1, 2, 1),),
        ((1, 1, 4),),
        ((2, 1, 3), (1, 4, 5)),
        ((1, 1, 2), (1, 4, 5)),
        ((7, 1, 5),),
        ((1, 1, 6),),
    ],
)
def test_a_head_that_names_impossible_segments_is_refused(ranges: tuple[tuple[int, int, int], ...]) -> None:
    """Ranges rise without a gap and end at the head's own segment."""
    data = seal_head(KEYS, counting_rng, Head(2, 5, bytes(32), ranges, (), 0.0))
    with pytest.raises(Damaged):
        open_head(KEYS, data)


def test_heads_never_fall() -> None:
    """Older is refused, equal is the same, a fork is said to be one."""

    def head(epoch: int, sequence: int, root: int = 0) -> Head:
        return Head(epoch, sequence, bytes([root] * 32), (), (), 0.0)

    assert check_follows(None, head(1, 1))
    assert check_follows(head(1, 1), head(1, 2))
    assert check_follows(head(1, 9), head(2, 1))
    assert not check_follows(head(1, 1), head(1, 1))
    for old, new in ((head(1, 2), head(1, 1)), (head(2, 1), head(1, 9)), (head(1, 1), head(1, 1, 5))):
        with pytest.raises(Conflict):
            check_follows(old, new)
    assert newest([head(1, 9), head(2, 1), head(2, 0)]) == head(2, 1)
    assert newest([]) is None


# -- epochs


def test_sets_of_suppliers(c: sqlite3.Connection) -> None:
    """Replacing one keeps the number packets carry; nobody sits on two chairs; numbers never fall."""
    first = epochs.current(c)
    assert (first.number, first.change) == (1, 1)
    assert epochs.begin(c, [(x.fingerprint, x.idurl) for x in first.suppliers]) == first
    second = epochs.replace(c, fp(1), (fp(7), sample.idurl(7)))
    assert (second.number, second.change) == (1, 2)
    assert second.fingerprints == (fp(0), fp(7), fp(2), fp(3))
    assert epochs.idurl_of(c, fp(1)) == sample.idurl(1)
    assert epochs.idurl_of(c, fp(99)) is None
    for wrong in ([(fp(0), "a"), (fp(0), "b")],):
        with pytest.raises(Usage):
            epochs.begin(c, wrong)
    with pytest.raises(Usage):
        epochs.begin(c, [], number=0)
    with pytest.raises(Usage):
        epochs.replace(c, fp(1), (fp(8), ""))
    assert not epochs.saw(c, 1)
    assert epochs.saw(c, 4)
    assert epochs.highest_seen(c) == 4


def test_more_suppliers_leave_old_blocks_where_they_are(c: sqlite3.Connection) -> None:
    """Old blocks keep their set, new ones use the new."""
    sample.hire(c, 7)
    job = jobs.begin(c, "0", sample.NOON, 0.0)
    serial = sample.seal(c, job.id, ["x"], n=7)
    assert (blocks.get(c, 1).n, blocks.get(c, serial).n) == (4, 7)
    assert holdings.missing(c, fp(5))[0].block.serial == serial
