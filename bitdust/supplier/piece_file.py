"""
A piece on the disk: header, body, hash tree.  Everything here blocks; it is called in threads.

A file is made under a temporary name and judged before anybody can see it; docs/formats/shelf.md tells where
the files are and why none of their names comes from a peer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bitdust import crypto
from bitdust.blocks.layout import LEAF, Layout
from bitdust.blocks.piece import HEADER_SIZE, Growing, PieceHeader, Tree, check, tree_size
from bitdust.errors import Damaged, Usage
from bitdust.supplier.drive import Drive
from bitdust.supplier.pieces import Piece
from bitdust.wire.packets import Data

#: longest body of a piece; the hashes of its leaves must find room in memory
MAX_PIECE = 2**30

#: the folder of everything that is not whole yet
INCOMING = "incoming"


def header_of(customer: str, data: Data) -> PieceHeader:
    """
    The header of the piece that `data` offers.

    @raise Usage: the numbers contradict one another.
    """
    layout = Layout(data.block_size, data.k, data.n, data.unit)
    if data.number >= data.n:
        raise Usage(f"there is no piece {data.number} of {data.n}")
    if data.size != layout.piece_size:
        raise Usage(f"a piece of this block has {layout.piece_size} bytes, not {data.size}")
    if data.size > MAX_PIECE:
        raise Usage(f"this supplier takes pieces up to {MAX_PIECE} bytes")
    return PieceHeader(customer, data.block, data.number, data.root, layout)


def folder_of(customer: str) -> str:
    """The folder of a customer's files, under the root of the shelf."""
    return crypto.digest(customer.encode(), "bitdust shelf customer 1").hex()[:40]


def name_of(customer: str, block: bytes, number: int) -> str:
    """The path of a piece under the root of the shelf, without the number of its reservation."""
    name = crypto.digest(block + bytes([number]), "bitdust shelf piece 1").hex()[:40]
    return f"{folder_of(customer)}/{name[:2]}/{name}"


class FileWriter:
    """
    A new file: made under `temporary`, seen under `path` when it is whole and durable.

    Subclasses say what is written before and after the body, and judge it.
    """

    def __init__(self, drive: Drive, temporary: Path, path: Path) -> None:
        self._drive = drive
        self._temporary = temporary
        self._path = path
        self._descriptor = -1

    def begin(self) -> None:
        self._drive.folder(self._temporary.parent)
        self._descriptor = self._drive.create(self._temporary)
        self._put(self.before())

    def write(self, stretch: Sequence[bytes]) -> None:
        for part in stretch:
            self.take(part)
            self._put(part)

    def finish(self) -> None:
        """
        Make the file durable, its content first, then its name.

        @raise Damaged: what was written is not what was announced.
        """
        self._put(self.after())
        self._drive.sync(self._descriptor)
        descriptor, self._descriptor = self._descriptor, -1
        self._drive.close(descriptor)
        self._drive.folder(self._path.parent)
        self._drive.rename(self._temporary, self._path)
        self._drive.sync_folder(self._path.parent)

    def give_up(self) -> None:
        """Let go of the file.  Who spoke for its room removes it."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            self._drive.close(descriptor)

    def before(self) -> bytes:
        return b""

    def take(self, stretch: bytes) -> None:
        raise NotImplementedError

    def after(self) -> bytes:
        raise NotImplementedError

    def _put(self, content: bytes) -> None:
        if content:
            self._drive.write(self._descriptor, content)


class PieceWriter(FileWriter):
    """A piece that arrives; it is whole when its tree has the root that was announced."""

    def __init__(self, drive: Drive, temporary: Path, path: Path, header: PieceHeader) -> None:
        super().__init__(drive, temporary, path)
        self._header = header
        self._growing = Growing(header.block, header.number)

    def before(self) -> bytes:
        return self._header.to_bytes()

    def take(self, stretch: bytes) -> None:
        self._growing.add(stretch)

    def after(self) -> bytes:
        tree = self._growing.tree()
        if tree.root != self._header.root:
            raise Damaged("the bytes that came are not those of the announced root")
        return tree.nodes


def is_there(drive: Drive, piece: Piece) -> bool:
    """Is the file where it was, as long as it was?"""
    expected = HEADER_SIZE + piece.size + tree_size(-(-piece.size // LEAF))
    return drive.size(drive.root / piece.path) == expected


def read_leaves(drive: Drive, piece: Piece, first: int, count: int) -> tuple[bytes, bytes]:
    """
    Leaves of a piece, and the proof that leads from them to its root: both verified, and nothing else of it.

    @raise Usage: the piece has no such leaves.
    @raise Damaged: the file is not what was written.
    """
    header = _header(piece)
    layout = header.layout
    offset, length = layout.leaf_span(first, count)
    path = drive.root / piece.path
    if drive.read(path, 0, HEADER_SIZE) != header.to_bytes():
        raise Damaged("the header of a piece is not what was written")
    leaves = drive.read(path, HEADER_SIZE + offset, length)
    nodes = drive.read(path, header.tree_offset, tree_size(layout.leaves))
    proof = Tree(layout.leaves, nodes).proof(first, count)
    check(piece.root, piece.block, piece.number, layout.leaves, first, leaves, proof)
    return leaves, proof


def read_tree(drive: Drive, piece: Piece) -> Tree:
    """
    The whole hash tree of a piece, verified.

    @raise Damaged: the file is not what was written.
    """
    header = _header(piece)
    leaves = header.layout.leaves
    tree = Tree.parse(drive.read(drive.root / piece.path, header.tree_offset, tree_size(leaves)), leaves)
    if tree.root != piece.root:
        raise Damaged("the file of a piece holds another one")
    return tree


def _header(piece: Piece) -> PieceHeader:
    layout = Layout(piece.block_size, piece.k, piece.n, piece.unit)
    return PieceHeader(piece.customer, piece.block, piece.number, piece.root, layout)
