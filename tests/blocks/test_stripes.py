"""Pieces computed from the file of a sealed block."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitdust.blocks import stripes
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.hashtree import Tree, check, leaf_hashes
from bitdust.blocks.layout import LEAF, UNIT, Layout
from bitdust.blocks.shapes import SHAPES
from bitdust.blocks.stripes import piece_bodies, piece_body, roots_of
from bitdust.errors import Damaged, Usage
from tests.blocks.material import BLOCK, file_of, stuff

CODECS = Codecs.best()


def plainly(block: bytes, layout: Layout) -> list[bytes]:
    """All n bodies, from the whole block in memory, row by row, as docs/formats/blocks.md has it."""
    code = Codecs.reference().code(layout.k, layout.n)
    bodies = [b""] * layout.n
    while block:
        row, block = block[: layout.k * layout.unit], block[layout.k * layout.unit :]
        unit = -(-len(row) // layout.k)
        row = row.ljust(unit * layout.k, b"\0")
        units = [row[number * unit : (number + 1) * unit] for number in range(layout.k)]
        bodies = [body + unit for body, unit in zip(bodies, code.encode(units, range(layout.n)), strict=True)]
    return bodies


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Sizes around the edges of leaves, units and rows."""
    n, k = draw(st.sampled_from([(2, 1), (4, 2), (7, 4), (13, 7)]))
    unit = draw(st.sampled_from([LEAF, 3 * LEAF]))
    step = draw(st.sampled_from([k, LEAF, unit, k * LEAF, k * unit]))
    return Layout(max(1, step * draw(st.integers(0, 3)) + draw(st.integers(-2, 2))), k, n, unit)


@settings(deadline=None, max_examples=40)
@given(layouts(), st.integers(0, 3), st.data())
def test_pieces_are_what_the_format_says(layout: Layout, leaves_at_once: int, data: st.DataObject) -> None:
    """Bodies and roots are those of the plain description, whatever is read at once, and any k rebuild it."""
    block = stuff(layout.size, layout.size)
    bodies = plainly(block, layout)
    code = CODECS.code(layout.k, layout.n)
    before = stripes.READ
    stripes.READ = leaves_at_once * LEAF * layout.k or before
    try:
        with file_of(block) as file:
            for number in range(layout.n):
                offset = data.draw(st.integers(0, layout.piece_size))
                length = data.draw(st.integers(0, layout.piece_size - offset))
                found = piece_body(file, layout, code, number, offset, length)
                assert found == bodies[number][offset : offset + length]
            assert piece_bodies(file, layout, code, range(layout.n), 0, layout.piece_size) == bodies
            roots = roots_of(file, layout, code, BLOCK)
    finally:
        stripes.READ = before
    assert roots == tuple(
        Tree.grow(leaf_hashes(BLOCK, number, 0, body)).root for number, body in enumerate(bodies)
    )
    have = data.draw(st.permutations(range(layout.n)))[: layout.k]
    decoded = code.decode({number: bodies[number] for number in have})
    again = bytearray(layout.size)
    for piece in range(layout.k):
        for home in layout.homes(piece, 0, layout.piece_size):
            part = decoded[piece][home.piece_offset : home.piece_offset + home.length]
            again[home.block_offset : home.block_offset + home.length] = part
    assert again == block


@pytest.mark.parametrize("n", SHAPES)
def test_a_leaf_range_restores_alone(n: int) -> None:
    """A few leaves of k pieces, proved one by one, give exactly the bytes of the block they cover."""
    k = SHAPES[n]
    layout = Layout(3 * k * UNIT // 2 + 12345, k, n)
    code = CODECS.code(k, n)
    block = stuff(layout.size, n)
    chance = Random(n)
    with file_of(block) as file:
        roots = roots_of(file, layout, code, BLOCK)
        first = chance.randrange(layout.leaves - 2)
        offset, length = layout.leaf_span(first, 3)
        found = {}
        for number in chance.sample(range(n), k):
            body = piece_body(file, layout, code, number, 0, layout.piece_size)
            tree = Tree.grow(leaf_hashes(BLOCK, number, 0, body))
            part = body[offset : offset + length]
            check(roots[number], BLOCK, number, layout.leaves, first, part, tree.proof(first, 3))
            found[number] = part
    units = code.decode(found)
    restored = {}
    for piece, unit in enumerate(units):
        for home in layout.homes(piece, offset, length):
            at = home.piece_offset - offset
            restored[home.block_offset] = unit[at : at + home.length]
    covered = b"".join(restored[at] for at in sorted(restored))
    assert covered == b"".join(block[at : at + size] for at, size in layout.covered(first, 3))


def test_no_more_is_read_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 32 of 64 a row is 8 MiB, yet at most 4 MiB of the block are in memory."""
    sizes: list[int] = []
    fill = stripes._fill

    def watched(file: object, layout: Layout, offset: int, buffers: list[memoryview]) -> None:
        sizes.append(sum(map(len, buffers)))
        fill(file, layout, offset, buffers)  # type: ignore[arg-type]

    monkeypatch.setattr(stripes, "_fill", watched)
    layout = Layout(9 * 2**20, 32, 64)
    with file_of(stuff(layout.size)) as file:
        roots_of(file, layout, CODECS.code(32, 64), BLOCK)
    assert max(sizes) * (32 if max(sizes) < UNIT else 1) <= stripes.READ


def test_a_short_file_is_found() -> None:
    """A spool file that lost its end gives no pieces made of nothing."""
    layout = Layout(1_000_000, 2, 4)
    code = CODECS.code(2, 4)
    with file_of(stuff(999_999)) as file:
        with pytest.raises(Damaged):
            roots_of(file, layout, code, BLOCK)
        with pytest.raises(Damaged):
            piece_body(file, layout, code, 1, 0, layout.piece_size)
        with pytest.raises(Damaged):
            piece_body(file, layout, code, 3, 0, layout.piece_size)


def test_stretches_are_bounded() -> None:
    """Beyond the body, or a piece that there is not: refused."""
    layout = Layout(1000, 2, 4)
    code = CODECS.code(2, 4)
    with file_of(stuff(1000)) as file:
        with pytest.raises(Usage):
            piece_body(file, layout, code, 0, 0, 501)
        with pytest.raises(Usage):
            piece_body(file, layout, code, 0, -1, 5)
        with pytest.raises(Damaged):
            piece_body(file, layout, code, 4, 0, 5)
        assert file.tell() == 1000
