"""Which byte of a block lies where."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitdust.blocks.layout import LEAF, MAX_BLOCK, Layout
from bitdust.blocks.shapes import SHAPES
from bitdust.errors import Usage

ks = st.sampled_from(sorted(SHAPES.items()))
units = st.sampled_from([LEAF, 2 * LEAF, 4 * LEAF])


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Sizes around the edges of leaves, units and rows, and any other."""
    n, k = draw(ks)
    unit = draw(units)
    step = draw(st.sampled_from([1, k, LEAF, unit, k * LEAF, k * unit]))
    size = step * draw(st.integers(0, 5)) + draw(st.integers(-2, 2))
    return Layout(max(1, size), k, n, unit)


@settings(deadline=None)
@given(layouts(), st.data())
def test_locate_covers_exactly(layout: Layout, data: st.DataObject) -> None:
    """Every byte asked for lies in exactly one place, in order, inside its piece, and finds its way back."""
    offset = data.draw(st.integers(0, layout.size))
    length = data.draw(st.integers(0, layout.size - offset))
    at = offset
    for span in layout.locate(offset, length):
        assert span.length > 0
        assert span.offset >= 0
        assert span.offset + span.length <= layout.piece_size
        (home,) = layout.homes(span.piece, span.offset, span.length)
        assert (home.piece_offset, home.block_offset, home.length) == (span.offset, at, span.length)
        at += span.length
    assert at == offset + length


@settings(deadline=None)
@given(layouts())
def test_the_data_pieces_are_the_block(layout: Layout) -> None:
    """All data pieces together give every byte of the block once, and their sizes differ only by filling."""
    homes = sorted(
        (home.block_offset, home.length)
        for piece in range(layout.k)
        for home in layout.homes(piece, 0, layout.piece_size)
    )
    at = 0
    for offset, length in homes:
        assert offset == at
        at += length
    assert at == layout.size
    assert 0 <= layout.k * layout.piece_size - layout.size < layout.k
    assert layout.covered(0, layout.leaves) == ((0, layout.size),)


@settings(deadline=None)
@given(layouts())
def test_leaves_tile_a_piece(layout: Layout) -> None:
    """The leaves follow each other without gap, and what each covers of the block adds up to the block."""
    at = covered = 0
    for leaf in range(layout.leaves):
        offset, length = layout.leaf_span(leaf)
        assert offset == at
        assert 0 < length <= LEAF
        at += length
        covered += sum(size for _, size in layout.covered(leaf))
    assert at == layout.piece_size
    assert covered == layout.size


def test_a_small_file_costs_one_leaf() -> None:
    """A stretch within a unit lies in one piece: its leaves are all that is fetched."""
    layout = Layout(16 * 2**20, 7, 13)
    (span,) = layout.locate(3 * 2**20 + 5, 1000)
    assert span.length == 1000
    assert span.offset // LEAF == (span.offset + 999) // LEAF


@pytest.mark.parametrize(
    "numbers",
    [
        (0, 2, 4, LEAF),
        (-1, 2, 4, LEAF),
        (MAX_BLOCK + 1, 2, 4, LEAF),
        (1, 0, 4, LEAF),
        (1, 5, 4, LEAF),
        (1, 2, 257, LEAF),
        (1, 2, 4, 0),
        (1, 2, 4, LEAF + 1),
        (1, 2, 4, 2**40),
    ],
)
def test_layouts_from_outside_are_bounded(numbers: tuple[int, int, int, int]) -> None:
    """What a peer announces is refused before anything is computed with it."""
    with pytest.raises(Usage):
        Layout(*numbers)


def test_stretches_are_bounded() -> None:
    """Beyond the end there is nothing to ask for."""
    layout = Layout(1_000_000, 2, 4)
    for question in (
        lambda: layout.locate(999_999, 2),
        lambda: layout.locate(-1, 1),
        lambda: layout.homes(2, 0, 1),
        lambda: layout.homes(0, 0, layout.piece_size + 1),
        lambda: layout.leaf_span(layout.leaves),
        lambda: layout.leaf_span(0, 0),
    ):
        with pytest.raises(Usage):
            question()
