"""Pieces on the disk: the format is frozen."""

import json
from pathlib import Path

from bitdust.supplier.piece_file import folder_of, name_of
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
