"""
health -- the state of everything in one sentence that is true.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from bitdust.blocks.shapes import k_of
from bitdust.catalog import holdings, versions
from bitdust.node.customer_side import CustomerSide
from bitdust.node.views import Health


@dataclass(frozen=True)
class Measured:
    """
    What the catalog says.  `survives` counts every piece that was acknowledged, `now` those at suppliers who
    are there, `staying` of these only what stays there; `short` blocks have not all of their pieces there.
    """

    survives: int | None
    now: int | None
    staying: int | None
    short: int
    versions: int
    waiting: int
    missing: int
    unseen: int


async def look_at(customer: CustomerSide | None, recovering: str | None, untold: str = "") -> Health:
    """
    Measure everything now.

    @param recovering: while the catalog is being brought back, why it is not here yet; "" when nothing
        failed.
    @param untold: why the identity servers do not know all they should; "" when they do.
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
    seats = customer.suppliers.seats
    hired = len(customer.suppliers.present)
    wanted = len(seats)
    seated = [seat for seat in seats if seat is not None]
    vacated = [seat for seat in customer.suppliers.present if seat not in seated]
    there = customer.suppliers.connected()
    online = len([seat for seat in seated if seat.fingerprint in there])
    away = [seat.idurl for seat in seated if seat.fingerprint not in there]
    absent = [one.idurl for one in customer.suppliers.known.values() if one.fingerprint not in there]
    staying = {*there} - {seat.fingerprint for seat in vacated}
    found = await customer.db.read(_measure, there, staying, not absent and not vacated)
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
        why = f" ({customer.unfound})" if customer.unfound else ""
        wrong.append(f"{seats.count(None)} of {wanted} suppliers are still being looked for{why}")
        if customer.unfound:
            then.append(
                "wait for nodes that offer space, or ask for less of it:"
                " `bitdust config set services/customer/needed-space SIZE`"
            )
    for idurl in away:
        wrong.append(f"{idurl} is away")
    for idurl, why in (await customer.oversight.doubted()).items():
        wrong.append(f"{idurl} is being replaced: {why}")
    if away:
        then.append("if one of them is gone for good: `bitdust supplier replace IDURL`")
    for why in customer.queue.stuck():
        wrong.append(f"a backup is {why[:1].lower()}{why[1:]}")
    if customer.queue.stuck():
        then.append(
            "make room: `bitdust forget` or `bitdust delete`, or ask the suppliers for more:"
            " `bitdust config set services/customer/needed-space SIZE`"
        )
    if untold:
        wrong.append(f"the identity servers are not up to date: {untold}")
        then.append(
            "see that an identity server can be reached: until then the kit alone may not find the catalog"
        )
    drilled = next(iter(await customer.drills.ended()), None)
    if drilled is not None and drilled.wrong:
        wrong.append(f"in the last restore drill {drilled.wrong} files did not come back: {drilled.note}")
        then.append("hold another one: `bitdust verify`; if it says the same, back these files up again")
    busy = bool(customer.queue.running() or customer.queue.waiting())
    if recovering is not None:
        state, sentence = "recovering", "The catalog is being brought back from the suppliers."
    elif found.versions == 0 and found.survives is None:
        state = "backing up" if busy else "empty"
        sentence = "The first backup is under way." if busy else "Nothing is backed up yet."
        if not busy:
            then.append("back something up: `bitdust backup PATH`")
    elif found.unseen:
        state, sentence = (
            "recovering",
            f"The suppliers are asked what they hold: {found.unseen} pieces not seen yet.",
        )
    elif found.survives is not None and found.survives < 0:
        state = "at risk"
        sentence = (
            f"Some blocks have too few pieces: {-found.survives} more must come back before all can be"
            " restored."
        )
    elif found.now is not None and found.now < 0:
        state = "at risk"
        sentence = (
            "Too many suppliers are away: not everything can be restored before"
            f" {-found.now} of {_names(absent)} come back."
        )
    elif found.waiting:
        state = "waiting"
        sentence = f"{found.waiting} versions are not at enough suppliers yet."
    elif found.short or found.missing:
        state, sentence = "degraded", _degraded(found, hired, absent, [seat.idurl for seat in vacated])
    else:
        state = "backing up" if busy else "safe"
        sentence = f"Every version survives the loss of {_any(found.survives, hired)}."
    return Health(
        state=state,
        sentence=sentence,
        survives=found.now if found.now is None else min(found.now, max(found.staying or 0, 0)),
        wrong=tuple(wrong),
        next=tuple(then),
        suppliers_online=online,
        suppliers_hired=hired,
        suppliers_wanted=wanted,
        versions=found.versions,
        pieces_missing=found.missing,
        verified=drilled,
    )


def _measure(
    c: sqlite3.Connection, there: Collection[str], staying: Collection[str], everybody: bool
) -> Measured:
    survives = holdings.survives(c)
    missing = holdings.count_missing(c)
    now, later, short = survives, survives, 0
    if not everybody:
        now, later, short = holdings.survives_now(c, there, staying)
    known, waiting = versions.count(c)
    return Measured(survives, now, later, short, known, waiting, missing, holdings.unknown(c))


def _degraded(found: Measured, hired: int, absent: list[str], vacated: list[str]) -> str:
    """What can be said while something is not where it belongs, though all can be restored."""
    more = max(found.staying or 0, 0)
    parts = ["Everything can be restored, and survives the loss of"]
    parts.append(f"any {more} more of the suppliers who are there" if more else "no further supplier")
    sentence = " ".join(parts)
    back = max(found.survives or 0, 0)
    if absent and back > more:
        sentence += f"; if {_names(absent)} {'comes' if len(absent) == 1 else 'come'} back it is any {back}"
    if found.missing:
        full = hired - k_of(hired) if hired else None
        sentence += f"; {found.missing} pieces are being brought back, for {_any(full, hired)}"
    elif vacated:
        sentence += f"; somebody in place of {_names(vacated)} is being looked for"
    return sentence + "."


def _any(margin: int | None, hired: int) -> str:
    if margin is None and hired:
        margin = hired - k_of(hired)
    if margin is None or margin <= 0:
        return "no supplier"
    return f"any {margin} of the {hired} suppliers"


def _names(idurls: list[str]) -> str:
    """As in "alice, bob and carol"."""
    names = [idurl.rpartition("/")[2].removesuffix(".xml") for idurl in idurls]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "them"
