"""The shelf: pieces come, stay, are read back; what is refused leaves nothing."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.blocks.piece import check
from bitdust.errors import Conflict, Damaged, NoSpace, NotFound, Usage
from bitdust.supplier.customers import NotCustomer
from bitdust.supplier.piece_file import folder_of, name_of
from bitdust.supplier.pieces import Gone
from bitdust.transport.interface import LinkLost
from bitdust.wire.packets import Data, ListFiles, Retrieve
from bitdust.wire.receipts import check_receipt
from tests.supplier.desk import ALICE, BOB, DEVICE, EVE, MIB, Exchange, block_id, cut, head_of, piece

BLOCK = b"B" * 32
BODY = random.Random(1).randbytes(3 * MIB + 12345)


def receipt_of(ack, data, who=BOB):
    listed = {DEVICE.spki: DEVICE.public}
    return check_receipt(
        ack.receipt, listed.__getitem__, customer=who, supplier=ALICE, block=data.block, number=data.number,
        root=data.root, size=data.size,
    )  # fmt: skip


def test_a_piece_comes_and_is_read_back(desk):
    """A piece gets a signed receipt; any range of its leaves comes back with a proof that holds."""
    desk.hire()
    data = piece(BODY)
    assert receipt_of(desk.put(BODY), data).time == desk.time
    total = -(-len(BODY) // 65536)
    for first, count in [(0, 1), (0, total), (total - 1, 1), (3, 17)]:
        exchange = desk.get(first, count)
        (answer,) = exchange.replies
        assert exchange.finished
        assert answer.size == len(exchange.body)
        assert bytes(exchange.body) == BODY[first * 65536 : (first + count) * 65536]
        check(data.root, BLOCK, 0, total, first, exchange.body, answer.proof)
    with pytest.raises(Usage):
        desk.get(0, total + 1)


def test_a_stranger_gets_nothing(desk):
    """T13: without a contract nothing is taken, told or deleted, and the disk does not change."""
    desk.hire()
    desk.put(BODY)
    before = desk.files()
    with pytest.raises(NotCustomer):
        desk.put(BODY, who=EVE)
    with pytest.raises(NotCustomer):
        desk.delete(BLOCK, who=EVE)
    with pytest.raises(NotCustomer):
        desk.held(EVE)
    with pytest.raises(NotCustomer):
        desk.cancel(EVE)
    with pytest.raises(NotFound):
        desk.get(0, 1, who=EVE)
    assert desk.files() == before


def test_customers_do_not_meet(desk):
    """T13: a customer neither reads nor deletes what another keeps under the same block and number."""
    desk.hire()
    desk.hire(EVE)
    desk.put(BODY)
    desk.put(b"eve's", who=EVE)
    desk.delete(BLOCK, who=EVE)
    assert desk.held() == {(BLOCK, 0)}
    assert desk.held(EVE) == set()
    assert bytes(desk.get(0, 1).body) == BODY[:65536]


def test_a_repeated_piece_is_acknowledged_unread(desk):
    """T16: the same piece again gets the same receipt at once; nothing is read or written."""
    desk.hire()
    first = desk.put(BODY)
    before = {path: path.stat().st_mtime_ns for path in desk.files()}
    desk.time += 100
    again = Exchange(cut(BODY))
    assert desk.say(BOB, piece(BODY), again) == first
    assert again.unread
    assert {path: path.stat().st_mtime_ns for path in desk.files()} == before


def test_another_piece_under_the_same_name_is_refused(desk):
    """What is there is never replaced by other bytes."""
    desk.hire()
    desk.put(BODY)
    with pytest.raises(Conflict):
        desk.put(BODY[:-1])
    assert bytes(desk.get(0, 1).body) == BODY[:65536]


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        (cut(BODY[:-1]), Damaged), (cut(BODY + b"x"), Damaged), ([*cut(BODY), *[b"x" * MIB] * 64], Damaged),
        (cut(BODY[:-1] + b"x"), Damaged), ([], Damaged),
    ],
)  # fmt: skip
def test_a_lie_about_the_body_leaves_nothing(desk, parts, error):
    """T11: a body that is too short, too long or another one is refused, and nothing of it stays."""
    desk.hire()
    exchange = Exchange(list(parts))
    with pytest.raises(error):
        desk.say(BOB, piece(BODY), exchange)
    assert len(exchange.parts) in (0, 63)
    assert desk.files() == []
    assert (desk.row().used, desk.row().pieces) == (0, 0)
    desk.put(BODY)


def test_a_link_lost_in_the_middle_leaves_nothing(desk):
    """T15: cut off after any part, the put can be repeated; one copy is stored."""
    desk.hire()
    for parts in range(0, 49, 7):
        with pytest.raises(LinkLost):
            desk.say(BOB, piece(BODY), Exchange(cut(BODY)[:parts], lost=LinkLost()))
        assert desk.files() == []
        assert desk.row().used == 0
    desk.put(BODY)
    assert len(desk.files()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"size": 2**63 - 1}, {"size": 0}, {"block_size": 2**63 - 1}, {"block_size": 0}, {"k": 0}, {"n": 0},
        {"unit": 0}, {"unit": 7}, {"number": 2}, {"number": 255}, {"size": 2**40, "block_size": 2**40},
    ],
)  # fmt: skip
def test_impossible_numbers_are_refused(desk, change):
    """T11: sizes and numbers that contradict one another are refused before a byte is read."""
    desk.hire()
    fields = {name: getattr(piece(BODY), name) for name in piece(BODY).__struct_fields__}
    exchange = Exchange(cut(BODY))
    with pytest.raises(Usage):
        desk.say(BOB, Data(**{**fields, **change}), exchange)
    assert exchange.unread
    assert desk.files() == []


def test_quota_counts_what_the_disk_holds(desk):
    """T10: `used` is what the files take, in whole disk blocks; it falls back to nothing."""
    desk.hire()
    for number in range(5):
        desk.put(BODY[: 100_000 * (number + 1)], block_id(number))
    assert desk.row().used == sum(-(-path.stat().st_size // 4096) * 4096 for path in desk.files())
    assert desk.row().pieces == 5
    with pytest.raises(NoSpace):
        desk.put(BODY * 3, block_id(9))
    desk.delete(*(block_id(number) for number in range(5)))
    assert (desk.row().used, desk.row().pieces, desk.files()) == (0, 0, [])


def taken(desk, block):
    """Is a piece of one byte taken?"""
    try:
        desk.put(b"x", block)
    except NoSpace:
        return False
    return True


def test_the_number_of_files_is_limited(desk):
    """T11: a contract of a MiB is not for a million tiny pieces."""
    desk.hire(granted=5 * MIB)
    files = next(number for number in range(1400) if not taken(desk, block_id(number)))
    assert len(desk.files()) == files <= 5 * MIB // 4096
    assert not taken(desk, block_id(files))


def test_the_disk_keeps_its_floor(desk):
    """T12: when the disk is down to its floor, puts are refused, reads go on; freed space is used again."""
    desk.hire()
    desk.put(BODY)
    desk.drive._free = lambda: 5 * MIB
    desk.drive._floor = lambda: 3 * MIB
    with pytest.raises(NoSpace):
        desk.put(BODY, block_id(1))
    desk.put(BODY[:MIB], block_id(2))
    assert bytes(desk.get(0, 1).body) == BODY[:65536]
    desk.drive._free = lambda: 50 * MIB
    desk.put(BODY, block_id(1))


@given(st.text(max_size=60), st.binary(min_size=32, max_size=32), st.integers(0, 255))
def test_paths_come_from_hashes_only(who, block, number):
    """T14: whatever a peer calls himself or his block, the path is made of our own hex digits."""
    path = name_of(who, block, number)
    customer, fan, name = path.split("/")
    assert customer == folder_of(who)
    assert len(customer) == len(name) == 40
    assert name.startswith(fan)
    assert set(path) <= set("0123456789abcdef/")


def test_a_link_in_the_shelf_is_not_followed(desk, tmp_path):
    """T14: a symbolic link placed in the shelf leads nobody out of it."""
    desk.hire()
    outside = tmp_path / "outside"
    outside.mkdir()
    (desk.root / folder_of(BOB)).symlink_to(outside)
    with pytest.raises(Damaged):
        desk.put(BODY)
    assert list(outside.iterdir()) == []


def test_files_are_private(desk):
    """Nobody else on the machine reads customers' pieces."""
    desk.hire()
    desk.put(BODY)
    assert all(path.stat().st_mode & 0o077 == 0 for path in desk.root.rglob("*"))


def test_listing_pages(desk):
    """ListFiles goes through all pieces in order of (block, number), each once."""
    desk.hire(granted=50 * MIB)
    wanted = [(block_id(block), number) for block in range(7) for number in (0, 1)]
    for block, number in random.Random(2).sample(wanted, len(wanted)):
        desk.put(b"%d" % number, block, number)
    seen, after = [], b""
    while True:
        page = desk.say(BOB, ListFiles(after, 4))
        seen += [(held.block, held.number) for held in page.pieces]
        if not page.more:
            break
        after = seen[-1][0] + bytes([seen[-1][1]])
    assert seen == wanted
    assert page.granted == 50 * MIB
    assert page.used == desk.row().used


@pytest.mark.parametrize("spoil", ["flip body", "flip tree", "flip header", "shorten", "remove", "swap"])
def test_rot_is_told_and_can_be_cured(desk, spoil):
    """T28: a piece that rotted is never served; it leaves the list, and the same put is taken again."""
    desk.hire()
    desk.put(BODY)
    (file,) = desk.files()
    content = bytearray(file.read_bytes())
    if spoil.startswith("flip"):
        content[{"flip body": 5000, "flip tree": -40, "flip header": 20}[spoil]] ^= 1
        file.write_bytes(content)
    elif spoil == "shorten":
        os.truncate(file, len(content) - 40)
    elif spoil == "remove":
        file.unlink()
    else:
        desk.put(BODY, block_id(7))
        (other,) = set(desk.files()) - {file}
        file.write_bytes(other.read_bytes())
    with pytest.raises(Damaged):
        desk.get(0, 1)
    assert (BLOCK, 0) not in desk.held()
    desk.put(BODY)
    assert bytes(desk.get(0, 1).body) == BODY[:65536]
    desk.service.patrol.soon()
    assert len(desk.files()) == len(desk.held())


def test_a_vanished_file_is_noticed_when_it_is_put_again(desk):
    """ "Have" is said only when the file is there."""
    desk.hire()
    desk.put(BODY)
    desk.files()[0].unlink()
    desk.put(BODY)
    assert bytes(desk.get(0, 1).body) == BODY[:65536]


def test_a_tombstone_outlives_its_piece(desk):
    """T16: a late duplicate of a deleted piece does not bring it back; the deletion may be repeated."""
    desk.hire()
    desk.put(BODY)
    desk.delete(BLOCK)
    assert desk.files() == []
    desk.delete(BLOCK)
    for body in (BODY, BODY[:-1]):
        with pytest.raises(Gone):
            desk.put(body)
    assert desk.files() == []
    assert desk.held() == set()


def test_a_tombstone_may_come_first(desk):
    """T16: a deletion that overtakes its put wins, even in the middle of it."""
    desk.hire()
    desk.delete(BLOCK)
    with pytest.raises(Gone):
        desk.put(BODY)

    class Overtaken(Exchange):
        def read(self):
            if len(self.parts) == 2:
                desk.delete(block_id(1))
            return super().read()

    with pytest.raises(Gone):
        desk.say(BOB, piece(BODY, block_id(1)), Overtaken(cut(BODY)))
    assert desk.files() == []
    assert desk.row().used == 0


def test_a_tombstone_waits_for_its_time(desk):
    """`not_before` in the future: the piece stays, readable, until then; a repeat does not hurry it."""
    desk.hire()
    desk.put(BODY)
    desk.delete(BLOCK, not_before=desk.time + 5 * 86400)
    desk.delete(BLOCK, not_before=0)
    desk.pass_days(4.9)
    assert bytes(desk.get(0, 1).body) == BODY[:65536]
    with pytest.raises(Gone):
        desk.put(BODY)
    desk.pass_days(0.2)
    assert desk.files() == []
    with pytest.raises(NotFound):
        desk.say(BOB, Retrieve(BLOCK, 0, 0, 1))


def test_no_tombstone_outlives_the_contract(desk):
    """Who comes back with a new contract may bring what he had deleted just before he left."""
    desk.hire()
    desk.put(BODY)
    desk.delete(BLOCK, not_before=desk.time + 5 * 86400)
    desk.cancel()
    desk.hire()
    desk.put(BODY)
    desk.pass_days(9)
    assert bytes(desk.get(0, 1).body) == BODY[:65536]


def test_a_tombstone_is_lifted(desk):
    """Before its time the piece stays for good; afterwards it may be brought again; others' stay buried."""
    desk.hire()
    desk.put(BODY)
    desk.delete(BLOCK, not_before=desk.time + 5 * 86400)
    desk.undelete(BLOCK)
    desk.pass_days(9)
    assert bytes(desk.get(0, 1).body) == BODY[:65536]
    desk.delete(BLOCK)
    desk.pass_days(0.1)
    assert desk.files() == []
    with pytest.raises(Gone):
        desk.put(BODY)
    desk.undelete(b"another block, of 32 bytes, too!")
    with pytest.raises(Gone):
        desk.put(BODY)
    desk.undelete(BLOCK)
    desk.put(BODY)
    assert len(desk.files()) == 1


def test_an_older_epoch_changes_nothing(desk):
    """Once a higher epoch was seen, the customer's old machine cannot put, delete, hire or leave."""
    desk.hire(epoch=3)
    desk.put(BODY, epoch=4)
    before = desk.files()
    for change in (
        lambda: desk.put(BODY, block_id(1), epoch=3),
        lambda: desk.put(BODY, epoch=3),
        lambda: desk.delete(BLOCK, epoch=3),
        lambda: desk.undelete(BLOCK, epoch=3),
        lambda: desk.hire(epoch=3),
        lambda: desk.cancel(epoch=3),
        lambda: desk.head(head_of(3, 9)),
    ):
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.id == "conflict"
    assert desk.files() == before
    assert desk.row().state == "active"


def test_two_puts_of_one_piece_at_once_make_one(desk):
    """The second of two that arrive together finds the first one there; both get the receipt."""
    desk.hire()
    inner = []

    class Doubled(Exchange):
        def read(self):
            if len(self.parts) == 2:
                inner.append(desk.put(BODY))
            return super().read()

    outer = desk.say(BOB, piece(BODY), Doubled(cut(BODY)))
    assert [outer] == inner
    assert len(desk.files()) == 1
    assert desk.row().pieces == 1
    assert desk.row().used == -(-desk.stored() // 4096) * 4096
