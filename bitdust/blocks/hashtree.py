"""
The hash tree over the body of a piece: why a wrong byte never reaches the user.

A leaf is 64 KiB and is hashed together with the block, the piece and its own number, so that no leaf can
stand in for another.  Two neighbours make a node; a last one without a neighbour goes up as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct

from blake3 import blake3

from bitdust import crypto
from bitdust.blocks.layout import LEAF
from bitdust.crypto import HASH
from bitdust.errors import Damaged

LEAF_CONTEXT = "bitdust piece leaf 1"
NODE_CONTEXT = "bitdust piece node 1"
BLOCK_CONTEXT = "bitdust block root 1"

#: longest proof: two neighbours on each of 32 levels
MAX_PROOF = 2 * 32 * HASH

_PLACE = Struct(">32sIQ")  # block id, piece number, leaf number

Buffer = bytes | bytearray | memoryview


def leaf_hashes(block: bytes, number: int, first: int, data: Buffer) -> list[bytes]:
    """The hashes of the leaves that `data`, from the beginning of leaf `first` on, consists of."""
    if len(block) != HASH:
        raise ValueError(f"a block id has {HASH} bytes")
    view = memoryview(data)
    fresh = blake3(derive_key_context=LEAF_CONTEXT)
    hashes = []
    for leaf, at in enumerate(range(0, len(view), LEAF), first):
        hasher = fresh.copy()
        # The bytes go first: BLAKE3 takes them half as fast again when they begin at a multiple of its own
        # chunks.  What follows has a fixed length, so this is as unambiguous as the other way round.
        hasher.update(view[at : at + LEAF])
        hasher.update(_PLACE.pack(block, number, leaf))
        hashes.append(hasher.digest())
    return hashes


@dataclass(frozen=True)
class Tree:
    """All hashes of a piece: those of its leaves, then each level above, the root last."""

    leaves: int
    nodes: bytes

    @classmethod
    def grow(cls, hashes: Sequence[bytes]) -> Tree:
        """The tree over these leaf hashes, at least one."""
        levels = [list(hashes)]
        while len(levels[-1]) > 1:
            levels.append(_above(levels[-1]))
        return cls(len(hashes), b"".join(node for level in levels for node in level))

    @classmethod
    def parse(cls, data: bytes, leaves: int) -> Tree:
        """
        A tree as it was stored.

        @raise Damaged: it is not the tree of its own leaf hashes.
        """
        if leaves < 1 or len(data) != tree_size(leaves):
            raise Damaged("a hash tree has the wrong length")
        tree = cls.grow([data[at : at + HASH] for at in range(0, leaves * HASH, HASH)])
        if tree.nodes != data:
            raise Damaged("a hash tree does not belong to its leaves")
        return tree

    @property
    def root(self) -> bytes:
        """What stands for the whole piece."""
        return self.nodes[-HASH:]

    def leaf(self, index: int) -> bytes:
        """The hash of one leaf."""
        return self.nodes[index * HASH : (index + 1) * HASH]

    def proof(self, first: int, count: int) -> bytes:
        """The neighbours that lead from these leaves to the root: per level, from below, left then right."""
        if first < 0 or count < 1 or first + count > self.leaves:
            raise ValueError(f"a tree of {self.leaves} leaves has no {count} from {first}")
        found = []
        level = 0
        end = first + count
        for width in _widths(self.leaves)[:-1]:
            if first % 2:
                found.append(self.leaf(level + first - 1))
            if end % 2 and end < width:
                found.append(self.leaf(level + end))
            first, end = first // 2, (end + 1) // 2
            level += width
        return b"".join(found)


class Growing:
    """A tree over a body that comes in parts of any length."""

    def __init__(self, block: bytes, number: int) -> None:
        self._block = block
        self._number = number
        self._hashes: list[bytes] = []
        self._rest = bytearray()

    def add(self, data: Buffer) -> None:
        """The next bytes of the body."""
        view = memoryview(data)
        if self._rest:
            missing = LEAF - len(self._rest)
            self._rest += view[:missing]
            view = view[missing:]
            if len(self._rest) < LEAF:
                return
            self._take(self._rest)
            self._rest = bytearray()
        whole = len(view) - len(view) % LEAF
        self._take(view[:whole])
        self._rest += view[whole:]

    def tree(self) -> Tree:
        """
        The tree of all that came; nothing may come after.

        @raise Damaged: nothing came.
        """
        self._take(self._rest)
        self._rest = bytearray()
        if not self._hashes:
            raise Damaged("an empty piece")
        return Tree.grow(self._hashes)

    def _take(self, data: Buffer) -> None:
        self._hashes += leaf_hashes(self._block, self._number, len(self._hashes), data)


def tree_size(leaves: int) -> int:
    """Bytes of a stored tree over so many leaves."""
    return HASH * sum(_widths(leaves))


def check(
    root: bytes,
    block: bytes,
    number: int,
    total_leaves: int,
    first: int,
    leaves: Buffer | Sequence[Buffer],
    proof: Buffer,
) -> None:
    """
    Are these the leaves of piece `number` of `block`, from leaf `first` on?

    @param total_leaves: leaves of the whole piece, as its layout says.
    @param leaves: the leaves one by one, or all in one buffer.
    @raise Damaged: they are not, or nothing was given, or the proof is not exactly what is needed.
    """
    if not 0 <= first < total_leaves or len(proof) > MAX_PROOF:
        raise Damaged("these are not leaves of this piece")
    if isinstance(leaves, bytes | bytearray | memoryview):
        nodes = leaf_hashes(block, number, first, leaves)
    else:
        if any(not 0 < len(leaf) <= LEAF for leaf in leaves):
            raise Damaged("a leaf has the wrong length")
        nodes = [leaf_hashes(block, number, first + at, leaf)[0] for at, leaf in enumerate(leaves)]
    end = first + len(nodes)
    if not nodes or end > total_leaves:
        raise Damaged("these are not leaves of this piece")
    view = memoryview(proof)
    for width in _widths(total_leaves)[:-1]:
        if first % 2:
            nodes.insert(0, bytes(view[:HASH]))
            view = view[HASH:]
            first -= 1
        if end % 2 and end < width:
            nodes.append(bytes(view[:HASH]))
            view = view[HASH:]
        nodes = _above(nodes)
        first, end = first // 2, (end + 1) // 2
    if nodes != [root] or len(view):
        raise Damaged("a leaf is not what was stored, or its proof is wrong")


def block_root(roots: Iterable[bytes]) -> bytes:
    """One hash for all the n roots of a block's pieces, in order."""
    return crypto.digest(b"".join(roots), BLOCK_CONTEXT)


def _above(level: Sequence[bytes]) -> list[bytes]:
    pairs = [crypto.digest(level[at] + level[at + 1], NODE_CONTEXT) for at in range(0, len(level) - 1, 2)]
    return [*pairs, level[-1]] if len(level) % 2 else pairs


def _widths(leaves: int) -> list[int]:
    widths = [leaves]
    while widths[-1] > 1:
        widths.append((widths[-1] + 1) // 2)
    return widths
