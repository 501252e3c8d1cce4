"""What was once written is read for ever: the golden vectors of docs/formats/blocks.md."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from bitdust.blocks.block import BlockWriter, block_key, open_chunk, read_index
from bitdust.blocks.chunker import chunk_id
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.hashtree import Tree, check, leaf_hashes
from bitdust.blocks.layout import LEAF, Layout
from bitdust.blocks.piece import HEADER_SIZE, PieceHeader, block_root, piece_bodies, roots_of
from bitdust.blocks.shapes import SHAPES
from tests.blocks import stranger
from tests.blocks.material import file_of

HERE = Path(__file__).parent.parent / "vectors" / "blocks"
VECTORS: dict[str, Any] = json.loads((HERE / "vectors.json").read_text())
DATA_KEY, CHUNK_KEY = bytes.fromhex(VECTORS["data_key"]), bytes.fromhex(VECTORS["chunk_key"])
BLOCK, SALT = bytes.fromhex(VECTORS["block_id"]), bytes.fromhex(VECTORS["salt"])


def pattern(size: int) -> bytes:
    """The body of the long tree."""
    return bytes((i * i * 2654435761 >> 16) & 255 for i in range(size))


def test_a_block_is_read() -> None:
    """Every field of the index, and every chunk, compressed or not."""
    data = (HERE / "block.bin").read_bytes()
    index = read_index(io.BytesIO(data), DATA_KEY)
    assert (index.block_id, index.salt) == (BLOCK, SALT)
    key = block_key(DATA_KEY, SALT)
    for chunk, expected in zip(index.chunks, VECTORS["chunks"], strict=True):
        plain = open_chunk(key, BLOCK, chunk, data[chunk.offset : chunk.offset + chunk.stored])
        said = {"id": chunk.id.hex(), "plain": plain.hex()}
        said |= {name: getattr(chunk, name) for name in ("number", "offset", "stored", "length", "flags")}
        assert said == expected
        assert chunk_id(plain, CHUNK_KEY) == chunk.id
    assert {chunk.flags for chunk in index.chunks} == {0, 1}


def test_a_block_is_written_the_same() -> None:
    """The writer makes the same bytes, as long as zstd does: another release of it may compress otherwise."""
    file = io.BytesIO()
    writer = BlockWriter(file, DATA_KEY, BLOCK, SALT)
    for chunk in VECTORS["chunks"]:
        if writer.add(bytes.fromhex(chunk["id"]), bytes.fromhex(chunk["plain"])).stored != chunk["stored"]:
            pytest.skip("this zstd compresses otherwise")
    writer.close(pad=True)
    assert file.getvalue() == (HERE / "block.bin").read_bytes()


def test_pieces_and_roots() -> None:
    """All seven bodies and roots of the block, and the root over them."""
    expected = VECTORS["pieces"]
    layout = Layout(expected["size"], expected["k"], expected["n"], expected["unit"])
    for codecs in (Codecs.best(), Codecs.reference()):
        code = codecs.code(layout.k, layout.n)
        with file_of((HERE / "block.bin").read_bytes()) as file:
            bodies = piece_bodies(file, layout, code, range(layout.n), 0, layout.piece_size)
            roots = roots_of(file, layout, code, BLOCK)
        assert [body.hex() for body in bodies] == expected["bodies"]
        assert [root.hex() for root in roots] == expected["roots"]
        assert block_root(roots).hex() == expected["block_root"]


def test_a_piece_file() -> None:
    """Header, body and tree of one piece as a supplier keeps them, read and written."""
    data = (HERE / "piece.bin").read_bytes()
    header = PieceHeader.parse(data[:HEADER_SIZE])
    header.expect(VECTORS["customer"], BLOCK, 5)
    assert len(data) == header.file_size
    body, nodes = data[HEADER_SIZE : header.tree_offset], data[header.tree_offset :]
    tree = Tree.parse(nodes, header.layout.leaves)
    assert tree.root == header.root == bytes.fromhex(VECTORS["pieces"]["roots"][5])
    assert Tree.grow(leaf_hashes(BLOCK, 5, 0, body)) == tree
    assert header.to_bytes() + body + tree.nodes == data


def test_the_tree_and_its_proofs() -> None:
    """Every node over six leaves, and five proofs."""
    expected = VECTORS["tree"]
    body = pattern(expected["body"]["pattern"])
    tree = Tree.grow(leaf_hashes(BLOCK, expected["piece"], 0, body))
    assert tree.leaves == expected["leaves"]
    assert tree.nodes.hex() == expected["nodes"]
    for case in expected["proofs"]:
        first, count, proof = case["first"], case["count"], bytes.fromhex(case["proof"])
        assert tree.proof(first, count) == proof
        part = body[first * LEAF : (first + count) * LEAF]
        check(bytes.fromhex(expected["root"]), BLOCK, 3, tree.leaves, first, part, proof)


@pytest.mark.parametrize("shape", VECTORS["shapes"], ids=lambda shape: f"{shape['k']}of{shape['n']}")
def test_the_code(shape: dict[str, Any]) -> None:
    """The parities of known units: the matrix is zfec's, and stays so."""
    k, n = shape["k"], shape["n"]
    units = [bytes((i * 37 + j * 101 + 1) & 255 for j in range(8)) for i in range(k)]
    for codecs in (Codecs.best(), Codecs.reference()):
        made = codecs.code(k, n).encode(units, range(k, n))
        assert [unit.hex() for unit in made] == shape["parities"]


def test_a_stranger_reads_them() -> None:
    """A reader written from the document alone gets the same chunks, pieces and roots."""
    block = (HERE / "block.bin").read_bytes()
    chunks = stranger.read_block(block, DATA_KEY, CHUNK_KEY)
    assert [chunk.hex() for chunk in chunks] == [chunk["plain"] for chunk in VECTORS["chunks"]]
    expected = VECTORS["pieces"]
    bodies = stranger.pieces(block, expected["k"], expected["n"], expected["unit"])
    assert [body.hex() for body in bodies] == expected["bodies"]
    roots = [stranger.root(body, BLOCK, number) for number, body in enumerate(bodies)]
    assert [root.hex() for root in roots] == expected["roots"]
    assert (
        stranger.root(pattern(VECTORS["tree"]["body"]["pattern"]), BLOCK, 3).hex() == VECTORS["tree"]["root"]
    )


@pytest.mark.parametrize(("n", "k"), SHAPES.items())
def test_the_matrix_of_the_document(n: int, k: int) -> None:
    """The matrix as the document makes it is the one in use, for every shape."""
    identity = [bytes(row == column for column in range(k)) for row in range(k)]
    for codecs in (Codecs.best(), Codecs.reference()):
        made = codecs.code(k, n).encode(identity, range(n))
        assert [list(row) for row in made] == stranger.generator(k, n)
