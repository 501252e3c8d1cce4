"""The bytes of facts, segments and heads, frozen; and readers that nothing breaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.catalog import head, log, ops
from bitdust.catalog.facts import MAX_OP, AnyOp, Op
from bitdust.errors import Damaged
from tests.catalog import sample
from tests.catalog.sample import SampleKeys, counting_rng, fp, hash_of

VECTORS = Path(__file__).parent.parent / "vectors" / "catalog"

META = ops.Meta(
    ops.Kind.FILE, 0o644, 1000, 1001, "me", "us", 1457886000_000000001, -1, 2**64 - 1, 66, 12345, b"",
    ((b"user.note", b"\xff\0"),), ((4096, 8192),), 0,
)  # fmt: skip

#: one of each kind
FACTS: list[AnyOp] = [
    ops.ItemAdded("0/0", ops.ItemType.DIR, b"caf\xe9", 17),
    ops.ItemChanged("0/0", ops.ItemType.DIR, 2**40),
    ops.ItemRemoved("0/12"),
    ops.NumbersUsed("", 3, 0),
    ops.SerialsUsed(9),
    ops.BlockAdded(
        7, hash_of("id"), hash_of("salt"), 16_000_000, 2, 1, 262144, (hash_of("r0"), hash_of("r1")),
        (fp(0), fp(1)),
        (ops.ChunkFact(hash_of("c0"), 0, 900, 1000, 1), ops.ChunkFact(hash_of("c1"), 900, 70, 54, 0)),
    ),
    ops.ChunksAdded(7, 2, (ops.ChunkFact(hash_of("c2"), 970, 70, 54, 0),)),
    ops.Placed(7, 1, fp(4)),
    ops.BlockDropped(7, hash_of("id"), 1457886000),
    ops.EntryAdded("0/0", 3, b"docs/caf\xe9", META, ((7, 0, 2), (9, 5, 1)), 0),
    ops.EntryMore("0/0", 3, b"docs/caf\xe9", ((9, 1, 4),)),
    ops.EntryGone("0/0", 4, b"docs/old"),
    ops.VersionAdded("0/0", "F20160313043757PM", 3, 21, 5754439, 11508878, 1457886000.5, True, 0),
    ops.VersionRemoved("0/0", "F20160313043757PM2"),
    ops.EpochBegan(1, 2, ((fp(0), "http://host/alice.xml"), (fp(1), "http://host/bob.xml"))),
]  # fmt: skip

#: those that came later: the frozen segment does not have them
LATER: list[AnyOp] = [
    ops.ChunksMoved(((7, 1, 2, 9, 0), (8, 0, 1, 9, 2))),
    ops.VersionTrashed("0/0", "F20160313043757PM", 1457886000),
    ops.VersionBack("0/0", "F20160313043757PM"),
    ops.ItemTrashed("0/0", 1457886000),
    ops.VersionPinned("0/0", "F20160313043757PM", True),
]


def vector() -> dict[str, str]:
    return json.loads((VECTORS / "log.json").read_text())


def test_there_is_a_sample_of_every_fact() -> None:
    """A fact that joins the format joins the vectors."""
    assert {type(op) for op in FACTS + LATER} == set(Op.__subclasses__())


@pytest.mark.parametrize("op", FACTS + LATER, ids=lambda op: type(op).__name__)
def test_facts_have_the_bytes_they_always_had(op: AnyOp) -> None:
    """A log written by any release is read by all later ones."""
    data = bytes.fromhex(vector()[type(op).__name__])
    assert ops.encode(op) == data
    assert ops.decode(data) == op


def test_segments_and_heads_of_old_are_read() -> None:
    """Sealed bytes frozen on the day the format was first written."""
    keys, words = SampleKeys(), vector()
    segment, facts = log.open_segment(keys, bytes.fromhex(words["segment"]), epoch=2, number=5)
    assert facts == [ops.encode(op) for op in FACTS]
    assert segment.root.hex() == words["segment root"]
    assert head.open_head(keys, bytes.fromhex(words["head"])) == SAMPLE_HEAD
    # The same plain bytes seal to the same root of key and order, whatever zstd is installed.
    again = log.seal_segment(keys, counting_rng, 2, 5, bytes(32), facts)
    assert again.data[:117] == bytes.fromhex(words["segment"])[:117]


SAMPLE_HEAD = head.Head(
    2,
    5,
    hash_of("root"),
    ((1, 1, 3), (2, 4, 5)),
    tuple((fp(i), sample.idurl(i)) for i in range(4)),
    1457886000.5,
)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """A fact or Damaged; never anything else."""
    try:
        op = ops.decode(data)
    except Damaged:
        return
    assert ops.decode(ops.encode(op)) == op


@given(st.sampled_from(FACTS + LATER), st.data())
def test_no_changed_fact_breaks_the_reader(op: AnyOp, data: st.DataObject) -> None:
    """One byte changed, cut or added: another fact within bounds, or Damaged."""
    good = bytearray(ops.encode(op))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        ops.decode(bytes(good))
    except Damaged:
        return


@pytest.mark.parametrize(
    "op",
    [
        ops.ItemAdded("0//1", ops.ItemType.DIR, b"x"),
        ops.ItemAdded("0\n", ops.ItemType.DIR, b"x"),
        ops.ItemAdded("0", ops.ItemType.DIR, b""),
        ops.Placed(1, 256, fp(0)),
        ops.Placed(0, 1, fp(0)),
        ops.Placed(1, 1, "A" * 52),
        ops.BlockDropped(1, b"short", 0),
        ops.VersionRemoved("0", "F2016"),
        ops.EntryGone("0", 2**63, b""),
        ops.EntryMore("0", 1, b"", ((1, 0, 0),)),
    ],
    ids=lambda op: type(op).__name__,
)
def test_facts_out_of_bounds_are_refused(op: AnyOp) -> None:
    """What no table could hold, or no writer would say."""
    with pytest.raises(Damaged):
        ops.decode(ops.encode(op))


def test_facts_that_are_too_long_or_too_deep_are_refused() -> None:
    """Before anything is built from them."""
    with pytest.raises(Damaged):
        ops.decode(bytes(MAX_OP + 1))
    with pytest.raises(Damaged):
        ops.decode(b"\x91" * 100_000)
    with pytest.raises(Damaged):
        ops.encode(ops.EntryGone("0", 1, bytes(2 * MAX_OP)))


def test_a_block_that_contradicts_itself_is_refused() -> None:
    """As many roots and suppliers as pieces, a k that can be, an id that is new."""
    c = sample.open_catalog()
    good = FACTS[5]
    assert isinstance(good, ops.BlockAdded)
    import msgspec

    for wrong in (
        {"k": 0},
        {"k": 3},
        {"n": 3},
        {"roots": ()},
        {"suppliers": good.suppliers[:1]},
        {"unit": 0},
    ):
        with pytest.raises(Damaged):
            ops.apply(c, msgspec.structs.replace(good, **wrong))
    ops.apply(c, good)
    with pytest.raises(Damaged):
        ops.apply(c, msgspec.structs.replace(good, serial=8))
    c.close()
