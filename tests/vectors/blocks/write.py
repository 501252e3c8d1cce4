"""
Writes the golden vectors of this folder anew: `python tests/vectors/blocks/write.py`.

Only for a new version of a format, under new names: the vectors of a version that was once used never change.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from bitdust.blocks.block import BlockWriter
from bitdust.blocks.chunker import chunk_id
from bitdust.blocks.erasure import Codecs
from bitdust.blocks.hashtree import Tree, leaf_hashes
from bitdust.blocks.layout import LEAF, Layout
from bitdust.blocks.piece import PieceHeader, block_root, piece_bodies, roots_of
from bitdust.crypto import base32

HERE = Path(__file__).parent
DATA_KEY, CHUNK_KEY = bytes(range(32)), bytes(range(32, 64))
BLOCK, SALT, CUSTOMER = bytes([0xB0]) * 32, bytes([0x5A]) * 32, bytes([0xC0]) * 32


def pattern(size: int) -> bytes:
    """Byte i is the lowest byte of (i * i * 2654435761) >> 16: easy to make in any language."""
    return bytes((i * i * 2654435761 >> 16) & 255 for i in range(size))


CONTENTS = [pattern(1000), b"BitDust keeps what you keep. " * 40, b"x"]


def main() -> None:
    """Write block.bin, piece.bin and vectors.json."""
    codecs = Codecs.reference()
    with tempfile.TemporaryFile() as file:
        writer = BlockWriter(file, DATA_KEY, BLOCK, SALT)
        chunks = [writer.add(chunk_id(content, CHUNK_KEY), content) for content in CONTENTS]
        writer.close(pad=True)
        file.seek(0)
        block = file.read()
        (HERE / "block.bin").write_bytes(block)
        layout = Layout(len(block), 4, 7)
        code = codecs.code(4, 7)
        roots = roots_of(file, layout, code, BLOCK)
        bodies = piece_bodies(file, layout, code, range(7), 0, layout.piece_size)
    tree = Tree.grow(leaf_hashes(BLOCK, 5, 0, bodies[5]))
    header = PieceHeader(base32(CUSTOMER), BLOCK, 5, roots[5], layout)
    (HERE / "piece.bin").write_bytes(header.to_bytes() + bodies[5] + tree.nodes)

    body = pattern(5 * LEAF + 777)
    long_tree = Tree.grow(leaf_hashes(BLOCK, 3, 0, body))
    vectors: dict[str, Any] = {
        "data_key": DATA_KEY.hex(),
        "chunk_key": CHUNK_KEY.hex(),
        "block_id": BLOCK.hex(),
        "salt": SALT.hex(),
        "customer": base32(CUSTOMER),
        "chunks": [
            {
                "id": chunk.id.hex(),
                "number": chunk.number,
                "offset": chunk.offset,
                "stored": chunk.stored,
                "length": chunk.length,
                "flags": chunk.flags,
                "plain": content.hex(),
            }
            for chunk, content in zip(chunks, CONTENTS, strict=True)
        ],
        "pieces": {
            "size": layout.size,
            "k": 4,
            "n": 7,
            "unit": layout.unit,
            "bodies": [body.hex() for body in bodies],
            "roots": [root.hex() for root in roots],
            "block_root": block_root(roots).hex(),
        },
        "tree": {
            "body": {"pattern": len(body)},
            "piece": 3,
            "leaves": long_tree.leaves,
            "nodes": long_tree.nodes.hex(),
            "root": long_tree.root.hex(),
            "proofs": [
                {"first": first, "count": count, "proof": long_tree.proof(first, count).hex()}
                for first, count in ((0, 1), (5, 1), (1, 3), (2, 4), (0, 6))
            ],
        },
        "shapes": [
            {
                "k": k,
                "n": n,
                "data": "unit i, byte j = (i * 37 + j * 101 + 1) & 255; 8 bytes each",
                "parities": [
                    unit.hex()
                    for unit in codecs.code(k, n).encode(
                        [bytes((i * 37 + j * 101 + 1) & 255 for j in range(8)) for i in range(k)], range(k, n)
                    )
                ],
            }
            for k, n in ((1, 2), (2, 4), (4, 7), (7, 13))
        ],
    }
    (HERE / "vectors.json").write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
