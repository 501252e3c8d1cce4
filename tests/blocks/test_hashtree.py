"""The hash tree and its proofs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitdust.blocks.hashtree import MAX_PROOF, Growing, Tree, block_root, check, leaf_hashes, tree_size
from bitdust.blocks.layout import LEAF
from bitdust.errors import Damaged
from tests.blocks.material import BLOCK, stuff

BODY = stuff(11 * LEAF + 777, 4)
sizes = st.one_of(
    st.integers(1, len(BODY)),
    st.integers(1, 11).map(lambda leaves: leaves * LEAF),
    st.integers(1, 11).map(lambda leaves: leaves * LEAF + 1),
)


def tree_of(body: bytes) -> Tree:
    """The tree of piece 3."""
    return Tree.grow(leaf_hashes(BLOCK, 3, 0, body))


@settings(deadline=None, max_examples=60)
@given(sizes, st.data())
def test_any_range_is_proved(size: int, data: st.DataObject) -> None:
    """Leaves of any range, in one buffer or one by one, lead to the root with their proof."""
    body = memoryview(BODY)[:size]
    tree = tree_of(BODY[:size])
    first = data.draw(st.integers(0, tree.leaves - 1))
    count = data.draw(st.integers(1, tree.leaves - first))
    part = body[first * LEAF : (first + count) * LEAF]
    proof = tree.proof(first, count)
    check(tree.root, BLOCK, 3, tree.leaves, first, part, proof)
    check(
        tree.root,
        BLOCK,
        3,
        tree.leaves,
        first,
        [part[at : at + LEAF] for at in range(0, len(part), LEAF)],
        proof,
    )


@settings(deadline=None, max_examples=80)
@given(sizes, st.data())
def test_a_flipped_bit_is_found(size: int, data: st.DataObject) -> None:
    """T1: any changed bit of the leaves, of the proof or of the root is found."""
    tree = tree_of(BODY[:size])
    first = data.draw(st.integers(0, tree.leaves - 1))
    count = data.draw(st.integers(1, tree.leaves - first))
    parts = [
        tree.root,
        BODY[:size][first * LEAF : (first + count) * LEAF],
        tree.proof(first, count),
    ]
    which = data.draw(st.sampled_from([number for number, part in enumerate(parts) if part]))
    changed = bytearray(parts[which])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    root, leaves, proof = [*parts[:which], bytes(changed), *parts[which + 1 :]]
    with pytest.raises(Damaged):
        check(root, BLOCK, 3, tree.leaves, first, leaves, proof)


@settings(deadline=None, max_examples=60)
@given(sizes, st.data())
def test_nothing_else_passes(size: int, data: st.DataObject) -> None:
    """Another block, piece, place or length, a proof cut short or lengthened: Damaged, never an accident."""
    tree = tree_of(BODY[:size])
    first = data.draw(st.integers(0, tree.leaves - 1))
    count = data.draw(st.integers(1, tree.leaves - first))
    leaves = BODY[:size][first * LEAF : (first + count) * LEAF]
    proof = tree.proof(first, count)
    wrong = [
        (bytes(32), 3, tree.leaves, first, leaves, proof),
        (BLOCK, 4, tree.leaves, first, leaves, proof),
        (BLOCK, 3, tree.leaves, first + 1, leaves, proof),
        (BLOCK, 3, tree.leaves, first - 1, leaves, proof),
        (BLOCK, 3, tree.leaves, -1 - first, leaves, proof),
        (BLOCK, 3, tree.leaves, first, leaves[:-1], proof),
        (BLOCK, 3, tree.leaves, first, leaves + b"\0", proof),
        (BLOCK, 3, tree.leaves, first, b"", proof),
        (BLOCK, 3, tree.leaves, first, [], proof),
        (BLOCK, 3, tree.leaves, first, [leaves, b""], proof),
        (BLOCK, 3, tree.leaves, first, leaves, proof + bytes(32)),
        (BLOCK, 3, tree.leaves, first, leaves, proof + b"\0"),
        (BLOCK, 3, tree.leaves, first, leaves, bytes(MAX_PROOF + 32)),
        (BLOCK, 3, 0, first, leaves, proof),
    ]
    if proof:
        wrong.append((BLOCK, 3, tree.leaves, first, leaves, proof[:-1]))
        wrong.append((BLOCK, 3, tree.leaves, first, leaves, proof[32:]))
    for case in wrong:
        with pytest.raises(Damaged):
            check(tree.root, *case)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(sizes, st.lists(st.integers(0, 3 * LEAF), min_size=1, max_size=6))
def test_a_tree_grows_from_any_parts(size: int, steps: list[int]) -> None:
    """However the body comes in, the tree is the same."""
    growing = Growing(BLOCK, 3)
    at = turn = 0
    while at < size:
        step = steps[turn % len(steps)] or 1
        growing.add(memoryview(BODY)[at : min(at + step, size)])
        at, turn = at + step, turn + 1
    assert growing.tree() == tree_of(BODY[:size])


def test_an_empty_piece_has_no_tree() -> None:
    """There is no piece without a byte."""
    with pytest.raises(Damaged):
        Growing(BLOCK, 0).tree()


@settings(deadline=None, max_examples=40)
@given(sizes, st.data())
def test_a_stored_tree_is_checked(size: int, data: st.DataObject) -> None:
    """T1: a tree with a changed bit, or of another length, is not taken."""
    tree = tree_of(BODY[:size])
    assert len(tree.nodes) == tree_size(tree.leaves)
    assert Tree.parse(tree.nodes, tree.leaves) == tree
    changed = bytearray(tree.nodes)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if tree.leaves > 1:
        with pytest.raises(Damaged):
            Tree.parse(bytes(changed), tree.leaves)
    else:
        assert Tree.parse(bytes(changed), 1).root != tree.root
    for nodes, leaves in ((tree.nodes[:-1], tree.leaves), (tree.nodes, tree.leaves + 1), (b"", 0)):
        with pytest.raises(Damaged):
            Tree.parse(nodes, leaves)


@given(st.integers(1, 2**32), st.data())
def test_proofs_fit_into_a_packet(leaves: int, data: st.DataObject) -> None:
    """At most two hashes a level: 2,048 bytes even for the largest piece there can be."""
    first = data.draw(st.integers(0, leaves - 1))
    end = data.draw(st.integers(first + 1, leaves))
    hashes, width = 0, leaves
    while width > 1:
        hashes += first % 2 + (end % 2 and end < width)
        first, end, width = first // 2, (end + 1) // 2, (width + 1) // 2
    assert hashes * 32 <= MAX_PROOF == 2048


def test_proofs_are_only_of_what_is_there() -> None:
    """Asking one's own tree for leaves it has not is a mistake of ours."""
    tree = tree_of(BODY)
    for first, count in ((0, 0), (-1, 1), (tree.leaves, 1), (0, tree.leaves + 1)):
        with pytest.raises(ValueError, match="has no"):
            tree.proof(first, count)


def test_a_node_is_no_leaf() -> None:
    """The 64 bytes of a node presented as a leaf do not give the node's hash."""
    tree = tree_of(BODY[: 2 * LEAF])
    with pytest.raises(Damaged):
        check(tree.root, BLOCK, 3, 1, 0, tree.nodes[:64], b"")


def test_the_block_root_is_of_all_in_order() -> None:
    """Another root, or two exchanged, is another block root."""
    a, b = bytes([1]) * 32, bytes([2]) * 32
    assert len({block_root([a, b]), block_root([b, a]), block_root([a]), block_root([a, b, b])}) == 4
