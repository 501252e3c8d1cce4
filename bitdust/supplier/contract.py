"""
Our terms: whom we take as a customer, for how many bytes, and how it ends.

A contract is never shortened by our side.  The customer may ask again at any time: for the same (it is
signed anew), for more (if there is room), for less (down to what he uses).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from bitdust.errors import NoSpace, NotFound, Usage
from bitdust.supplier import customers
from bitdust.supplier.customers import Customer
from bitdust.wire.packets import RequestService

#: the one service a supplier gives, as `RequestService.service` and the identity's offer name it
SERVICE = "supplier"
#: fewer bytes than this are not worth a contract
MINIMUM = 2**20


@dataclass(frozen=True)
class Terms:
    """What the node gives at this moment: the setting, the least grant, and what its disk has free."""

    donated: int
    minimum: int
    free: int


def agree(
    c: sqlite3.Connection,
    fingerprint: str,
    idurl: str,
    request: RequestService,
    terms: Terms,
    now: int,
    lived: float,
) -> Customer:
    """
    Grant what is asked for, durably.

    @param now, lived: the time, on the wall and lived through (`lived`).

    @raise NoSpace: more is asked for than is left; a contract that was there stands.
    @raise Conflict: the asker's epoch is over.
    @raise Usage: too little is asked for.
    """
    if request.service != SERVICE:
        raise NotFound(f"this node gives no service {request.service}", hint=f"ask for {SERVICE}")
    if request.granted < terms.minimum:
        raise Usage(f"a contract is for {terms.minimum} bytes or more")
    known = customers.find(c, fingerprint)
    if known is None:
        known = Customer(fingerprint, idurl, "new", 0, 0, 0, now, now, request.epoch, None)
    else:
        customers.not_behind(c, known, request.epoch)
    renewed = known.state == "active"
    granted = max(request.granted, known.used)
    if granted > (known.granted if renewed else 0):
        _look_for_room(c, known, granted, terms)
    customer = replace(
        known,
        idurl=idurl or known.idurl,
        state="active",
        granted=granted,
        since=known.since if renewed else now,
        last_contact=now,
        lived=lived,
        epoch=max(known.epoch, request.epoch),
    )
    customers.write_in(c, customer)
    return customer


def end(c: sqlite3.Connection, customer: Customer, state: str) -> None:
    """The contract is over: `cancelled` by the customer, or `expired`.  His row stays, with its epoch."""
    c.execute("UPDATE customers SET state = ? WHERE fingerprint = ?", (state, customer.fingerprint))


def _look_for_room(c: sqlite3.Connection, customer: Customer, granted: int, terms: Terms) -> None:
    others = customers.promised(c) - _share(customer)
    left = terms.donated - others
    # What is promised and not yet there must still fit on the disk.
    unfilled = others - (customers.used(c) - customer.used)
    left = min(left, terms.free - unfilled + customer.used)
    if granted > left:
        raise NoSpace(f"{granted} bytes were asked for, {max(0, left)} are left to give")


def _share(customer: Customer) -> int:
    return max(customer.granted, customer.used) if customer.state == "active" else customer.used
