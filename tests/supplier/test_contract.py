"""Contracts: who gets how much, and that it stays so."""

import pytest

from bitdust.errors import NoSpace, NotFound, Usage
from bitdust.supplier.customers import NotCustomer
from bitdust.wire.packets import RequestService
from bitdust.wire.receipts import check_contract
from tests.supplier.desk import ALICE, BOB, DEVICE, EVE, MIB, START, block_id, done


def contract_of(ack, who=BOB):
    return check_contract(ack.receipt, {DEVICE.spki: DEVICE.public}.__getitem__, customer=who, supplier=ALICE)


def test_a_contract_is_signed(desk):
    """The answer holds what was granted, since when, for which term."""
    contract = contract_of(desk.hire(granted=20 * MIB, epoch=4))
    assert (contract.granted, contract.since, contract.epoch, contract.term_days) == (20 * MIB, START, 4, 180)
    row = desk.row()
    assert (row.granted, row.used, row.state, row.idurl) == (20 * MIB, 0, "active", "http://id/bbb.xml")


def test_no_more_is_granted_than_donated(desk):
    """All grants together stay within the setting; the setting is looked at each time."""
    desk.hire(granted=60 * MIB)
    with pytest.raises(NoSpace):
        desk.hire(EVE, granted=41 * MIB)
    desk.hire(EVE, granted=40 * MIB)
    totals = [getattr(_totals(desk), name) for name in ("customers", "donated", "promised", "used")]
    assert totals == [2, 100 * MIB, 100 * MIB, 0]
    with pytest.raises(NoSpace):
        desk.hire("c" * 52)
    desk.donated = 110 * MIB
    desk.hire("c" * 52)


def _totals(desk):
    return done(desk.service.totals())


def test_no_more_is_granted_than_the_disk_can_hold(desk):
    """What is promised must fit on the disk above its floor, together with what others may still fill."""
    desk.drive._free = lambda: 30 * MIB
    desk.drive._floor = lambda: 5 * MIB
    desk.hire(granted=20 * MIB)
    with pytest.raises(NoSpace):
        desk.hire(EVE, granted=6 * MIB)
    desk.hire(EVE, granted=5 * MIB)


def test_asking_again_renews_and_extends(desk):
    """The same again keeps the date; more is granted if there is room, and else the old contract stands."""
    desk.hire(granted=60 * MIB)
    desk.time += 1000
    assert contract_of(desk.hire(granted=60 * MIB)).since == START
    assert contract_of(desk.hire(granted=100 * MIB)).granted == 100 * MIB
    with pytest.raises(NoSpace):
        desk.hire(granted=101 * MIB)
    assert desk.row().granted == 100 * MIB
    assert desk.row().state == "active"


def test_a_smaller_contract_keeps_what_is_there(desk):
    """Asking for less never goes below what is used."""
    desk.hire(granted=60 * MIB)
    desk.put(bytes(5 * MIB), block_id(1))
    contract = contract_of(desk.hire(granted=MIB))
    assert contract.granted == desk.row().granted == desk.row().used > 5 * MIB
    desk.get(0, 1, block_id(1))


def test_donating_less_shortens_no_contract(desk):
    """A contract is never shortened by our side: the customer goes on putting; nobody new is taken."""
    desk.hire(granted=60 * MIB)
    desk.donated = 10 * MIB
    desk.put(bytes(20 * MIB), block_id(1))
    assert contract_of(desk.hire(granted=60 * MIB)).granted == 60 * MIB
    with pytest.raises(NoSpace):
        desk.hire(EVE)


@pytest.mark.parametrize(
    ("service", "granted", "error"),
    [("mailbox", 10 * MIB, NotFound), ("supplier", 0, Usage), ("supplier", 2**63 - 1, NoSpace)],
)
def test_what_is_not_given_is_refused(desk, service, granted, error):
    """Other services, grants of nothing and of everything are refused; no customer comes of it."""
    with pytest.raises(error):
        desk.say(BOB, RequestService(bytes(16), service, granted, 1))
    with pytest.raises(NotCustomer):
        desk.held()


def test_leaving(desk):
    """After CancelService the room is free, puts are refused, and leaving twice is leaving."""
    desk.hire(granted=60 * MIB)
    desk.put(bytes(5 * MIB), block_id(1))
    desk.cancel()
    desk.cancel()
    assert desk.files() == []
    assert (desk.row().state, desk.row().used, _totals(desk).promised) == ("cancelled", 0, 0)
    with pytest.raises(NotCustomer):
        desk.put(b"late", block_id(1))
    desk.hire(granted=100 * MIB)
    desk.put(b"again", block_id(1))


def test_leaving_does_not_hurry_a_delayed_deletion(desk):
    """Pieces under a delayed tombstone stay their time though somebody cancels in the customer's name."""
    desk.hire()
    desk.put(b"kept", block_id(1))
    desk.put(b"not kept", block_id(2))
    desk.delete(block_id(1), not_before=desk.time + 5 * 86400)
    desk.cancel()
    assert len(desk.files()) == 1
    assert bytes(desk.get(0, 1, block_id(1)).body) == b"kept"
    desk.pass_days(5.1)
    assert desk.files() == []
