"""Pieces on the disk: the format is frozen."""

import json
from pathlib import Path

import pytest

from bitdust.blocks.layout import LEAF
from bitdust.blocks.piece import HEADER_SIZE
from bitdust.crypto import HASH
from bitdust.errors import Damaged
from bitdust.supplier.piece_file import folder_of, name_of, read_tree
from bitdust.supplier.pieces import find
from tests.supplier.desk import BOB, Desk

VECTORS = Path(__file__).parent.parent / "vectors" / "supplier"
BLOCK = bytes(range(32))
BODY = b"what a customer sends" * 5000


def test_golden_piece(tmp_path):
    """The same piece always makes the same file at the same place, and the frozen file is still served."""
    told = json.loads((VECTORS / "shelf.json").read_text())
    frozen = (VECTORS / "piece.bin").read_bytes()
    assert told["customer"] == BOB
    assert folder_of(BOB) == told["folder"]
    assert name_of(BOB, BLOCK, 1) == told["piece"]
    desk = Desk(tmp_path).start()
    desk.hire()
    ack = desk.put(BODY, BLOCK, 1)
    assert ack.receipt.hex() == told["receipt"]
    (file,) = desk.files()
    assert str(file.relative_to(desk.root)) == told["piece"] + "-1"
    assert file.read_bytes() == frozen
    desk.segment(2, 7, b"log")
    assert told["segment"] + "-2" in [str(path.relative_to(desk.root)) for path in desk.files()]
    desk.stop()


def test_a_damaged_tree(tmp_path):
    """Leaves are served as long as their own path is sound; the whole tree is what a scrub looks at."""
    desk = Desk(tmp_path).start()
    desk.hire()
    desk.put(bytes(4 * LEAF), BLOCK)
    kept = []
    desk.service.shelf.db.read(find, BOB, BLOCK, 0).addCallback(kept.append)
    drive = desk.service.shelf.drive
    assert read_tree(drive, kept[0]).leaves == 4
    with desk.files()[0].open("r+b") as file:
        file.seek(
            HEADER_SIZE + 4 * LEAF + 4 * HASH
        )  # behind the four leaves' hashes: what is above the first two
        file.write(bytes(HASH))
    assert len(desk.get(0, 2, BLOCK).body) == 2 * LEAF
    with pytest.raises(Damaged):
        read_tree(drive, kept[0])
    with pytest.raises(Damaged):
        desk.get(2, 1, BLOCK)
    desk.stop()
