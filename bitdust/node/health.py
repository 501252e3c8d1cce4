"""
health -- the state of everything in one sentence that is true.
"""

from __future__ import annotations

import sqlite3

from bitdust.blocks.shapes import k_of
from bitdust.catalog import holdings, versions
from bitdust.node.customer_side import CustomerSide
from bitdust.node.views import Health


async def look_at(customer: CustomerSide | None, recovering: str | None) -> Health:
    """
    Measure everything now.

    @param recovering: while the catalog is being brought back, why it is not here yet; "" when nothing
        failed.
    """
    if customer is None:
        return Health(
            state="needs setup",
            sentence="This node has no identity yet.",
            survives=None,
            wrong=(),
            next=("make one: `bitdust identity create NAME`, or `bitdust recover KIT`",),
            suppliers_online=0,
            suppliers_hired=0,
            suppliers_wanted=0,
            versions=0,
            pieces_missing=0,
        )
    survives, count, missing, waiting, unseen = await customer.db.read(_measure)
    seats = customer.suppliers.seats
    hired = len(customer.suppliers.present)
    wanted = len(seats)
    online = len([seat for seat in seats if seat and customer.suppliers.is_connected(seat.fingerprint)])
    away = [seat.idurl for seat in seats if seat and not customer.suppliers.is_connected(seat.fingerprint)]
    wrong: list[str] = []
    then: list[str] = []
    if recovering is not None:
        wrong.append("the catalog is being recovered" + (f": {recovering}" if recovering else ""))
    if customer.synchronizer.usurped:
        wrong.append(customer.synchronizer.usurped)
        then.append("go on with the other node, or recover this one anew from the kit")
    for seat in seats:
        if seat is not None and seat.fingerprint in customer.synchronizer.unseen:
            wrong.append(customer.synchronizer.unseen[seat.fingerprint])
            then.append(f"to go on without what he keeps: `bitdust supplier replace {seat.idurl}`")
    if None in seats:
        wrong.append(f"{seats.count(None)} of {wanted} suppliers are still being looked for")
    for idurl in away:
        wrong.append(f"{idurl} is away")
    if away:
        then.append("if one of them is gone for good: `bitdust supplier replace IDURL`")
    busy = bool(customer.queue.running() or customer.queue.waiting())
    if recovering is not None:
        state, sentence = "recovering", "The catalog is being brought back from the suppliers."
    elif count == 0 and survives is None:
        state = "backing up" if busy else "empty"
        sentence = "The first backup is under way." if busy else "Nothing is backed up yet."
        if not busy:
            then.append("back something up: `bitdust backup PATH`")
    elif unseen:
        state, sentence = (
            "recovering",
            f"The suppliers are asked what they hold: {unseen} pieces not seen yet.",
        )
    elif survives is not None and survives < 0:
        state = "at risk"
        sentence = (
            f"Some blocks have too few pieces: {-survives} more must come back before all can be restored."
        )
    elif waiting:
        state = "waiting"
        sentence = f"{waiting} versions are not at enough suppliers yet."
    elif missing:
        state = "degraded"
        full = hired - k_of(hired) if hired else None
        sentence = (
            f"Everything can be restored, and survives the loss of {_any(survives, hired)}; "
            f"{missing} pieces are being brought back, for {_any(full, hired)}."
        )
    else:
        state = "backing up" if busy else "safe"
        sentence = f"Every version survives the loss of {_any(survives, hired)}."
    return Health(
        state=state,
        sentence=sentence,
        survives=survives,
        wrong=tuple(wrong),
        next=tuple(then),
        suppliers_online=online,
        suppliers_hired=hired,
        suppliers_wanted=wanted,
        versions=count,
        pieces_missing=missing,
    )


def _measure(c: sqlite3.Connection) -> tuple[int | None, int, int, int, int]:
    """
    (worst margin, committed versions, pieces missing, versions waiting, pieces not seen since a recovery).
    """
    survives = holdings.survives(c)
    found = versions.list_all(c, None, 100000)
    waiting = sum(not version.is_committed for version in found)
    missing = holdings.count_missing(c)
    return survives, len(found) - waiting, missing, waiting, holdings.unknown(c)


def _any(margin: int | None, hired: int) -> str:
    if margin is None or margin <= 0:
        return "no supplier"
    return f"any {margin} of the {hired} suppliers"
