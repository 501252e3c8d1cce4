"""Customers' catalog logs: segments and heads."""

import os

import pytest

from bitdust.catalog.segment import root_of
from bitdust.crypto import BadSignature
from bitdust.errors import Conflict, Damaged, NoSpace, NotFound
from bitdust.identity.keys import Keys
from bitdust.supplier.customers import NotCustomer
from bitdust.transport.interface import LinkLost
from bitdust.wire.packets import AskIndex, AskSegment, IndexSegment
from bitdust.wire.receipts import check_segment_receipt
from tests.supplier.desk import ALICE, BOB, DEVICE, EVE, MIB, Exchange, cut, head_of

LOG = os.urandom(300_000)


def fetch(desk, epoch, number, who=BOB):
    exchange = Exchange()
    assert desk.say(who, AskSegment(epoch, number), exchange) is None
    (answer,) = exchange.replies
    assert (answer.epoch, answer.number, answer.size) == (epoch, number, len(exchange.body))
    return bytes(exchange.body)


def test_a_segment_comes_and_is_read_back(desk):
    """A segment gets a signed receipt, again when repeated, and comes back byte for byte."""
    desk.hire()
    first = desk.segment(1, 0, LOG)
    check_segment_receipt(
        first.receipt, {DEVICE.spki: DEVICE.public}.__getitem__, customer=BOB, supplier=ALICE, epoch=1,
        number=0, root=root_of(LOG), size=len(LOG),
    )  # fmt: skip
    desk.time += 100
    assert desk.segment(1, 0, LOG) == first
    assert fetch(desk, 1, 0) == LOG
    assert len(desk.files()) == 1


def test_a_log_is_its_owners(desk):
    """Strangers and other customers see nothing of it, and a stranger can leave nothing."""
    desk.hire()
    desk.hire(EVE)
    desk.segment(1, 0, LOG)
    desk.head(head_of(1, 0))
    with pytest.raises(NotFound):
        fetch(desk, 1, 0, EVE)
    assert desk.say(EVE, AskIndex()).head == b""
    stranger = "c" * 52
    with pytest.raises(NotCustomer):
        desk.segment(1, 0, LOG, stranger)
    with pytest.raises(NotCustomer):
        desk.head(head_of(1, 0), stranger)


def test_a_lie_about_a_segment_leaves_nothing(desk):
    """Short, long and other bytes than announced are refused."""
    desk.hire()
    packet = IndexSegment(1, 0, len(LOG), root_of(LOG))
    for body in (LOG[:-1], LOG + b"x", LOG[:-1] + b"x", b""):
        if body == LOG:
            continue
        with pytest.raises(Damaged):
            desk.say(BOB, packet, Exchange(cut(body)))
    with pytest.raises(LinkLost):
        desk.say(BOB, packet, Exchange(cut(LOG)[:2], lost=LinkLost()))
    assert (desk.files(), desk.row().used) == ([], 0)


def test_a_segment_is_never_replaced(desk):
    """Another segment under the same number is refused."""
    desk.hire()
    desk.segment(1, 0, LOG)
    with pytest.raises(Conflict):
        desk.segment(1, 0, LOG + b"x")
    assert fetch(desk, 1, 0) == LOG


def test_segments_count(desk):
    """The log is part of the quota."""
    desk.hire(granted=MIB)
    for number in range(3):
        desk.segment(1, number, LOG)
    assert desk.row().used == 3 * 303104
    with pytest.raises(NoSpace):
        desk.segment(1, 3, LOG)


def test_a_rotten_segment_is_told_and_can_be_sent_again(desk):
    """A changed segment is not served; it may be sent again."""
    desk.hire()
    desk.segment(1, 0, LOG)
    desk.files()[0].write_bytes(LOG[:-1] + b"!" if LOG[-1:] != b"!" else LOG[:-1] + b"?")
    with pytest.raises(Damaged):
        fetch(desk, 1, 0)
    desk.segment(1, 0, LOG)
    assert fetch(desk, 1, 0) == LOG


def test_a_head_never_falls(desk):
    """(epoch, sequence) only rises; a new head of the same log is taken, one of another log is not."""
    desk.hire()
    assert desk.say(BOB, AskIndex()).head == b""
    for epoch, sequence in [(1, 0), (1, 5), (2, 3)]:
        head = head_of(epoch, sequence)
        desk.head(head)
        assert desk.say(BOB, AskIndex()).head == head
    for older in (head_of(2, 2), head_of(1, 9)):
        with pytest.raises(Conflict):
            desk.head(older)
    with pytest.raises(Conflict):
        desk.head(head_of(2, 3, b"X" * 32))
    assert desk.say(BOB, AskIndex()).head == head
    again = head_of(2, 3)
    desk.head(again)
    assert desk.say(BOB, AskIndex()).head == again


def test_a_head_needs_the_customers_signature(desk):
    """Nobody else's head is kept, nor a changed one."""
    desk.hire()
    with pytest.raises(BadSignature):
        desk.head(head_of(1, 0, keys=Keys.from_master(b"\1" * 32)))
    head = bytearray(head_of(1, 0))
    head[12] ^= 1
    for bad in (bytes(head), b"", b"x" * 300):
        with pytest.raises(Damaged):
            desk.head(bad)
    assert desk.say(BOB, AskIndex()).head == b""


def test_a_new_supplier_takes_the_old_log(desk):
    """After a recovery, a newly hired supplier is given the segments of earlier epochs too."""
    desk.hire(epoch=3)
    desk.segment(1, 0, LOG)
    desk.segment(3, 1, LOG)
    assert fetch(desk, 1, 0) == fetch(desk, 3, 1) == LOG


def test_who_leaves_takes_the_log_along(desk):
    """After CancelService neither segments nor head remain."""
    desk.hire()
    desk.segment(1, 0, LOG)
    desk.head(head_of(1, 0))
    desk.cancel()
    assert desk.files() == []
    assert desk.say(BOB, AskIndex()).head == b""


def test_segments_that_are_not_needed_go(desk):
    """A head tells the first segment still needed; those before it make room."""
    desk.hire()
    for number in range(4):
        desk.segment(1, number, LOG)
    desk.head(head_of(1, 3))
    assert len(desk.files()) == 4
    desk.head(head_of(2, 4, first=2))
    assert desk.row().used == 2 * 303104
    assert fetch(desk, 1, 2) == fetch(desk, 1, 3) == LOG
    with pytest.raises(NotFound):
        fetch(desk, 1, 1)


def test_impossible_numbers_are_refused(desk):
    """A head beyond what can be counted is refused, and the customer can still go on."""
    desk.hire()
    with pytest.raises(Damaged):
        desk.head(head_of(2**63, 1))
    desk.head(head_of(1, 1))
