"""
health -- the state of everything in one sentence that is true.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field

from bitdust.blocks.shapes import SHAPES, k_of
from bitdust.catalog import holdings, versions
from bitdust.customer.notices import WORDS
from bitdust.node.customer_side import CustomerSide
from bitdust.node.rounds import doing
from bitdust.node.views import Health, Trouble


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


@dataclass
class _Troubles:
    """What is wrong, each with what to do about it, as far as anything can be done."""

    found: list[Trouble] = field(default_factory=list)

    def add(self, what: str, then: str) -> None:
        self.found.append(Trouble(what, then))

    def next(self) -> list[str]:
        return list(dict.fromkeys(each.next for each in self.found))


async def look_at(
    customer: CustomerSide | None, recovering: str | None, untold: str = "", now: float = 0.0
) -> Health:
    """
    Measure everything now, which is Unix second `now`.

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
    troubles = _Troubles()
    if recovering is not None:
        troubles.add(
            "the catalog is being recovered" + (f": {recovering}" if recovering else ""),
            "wait: it goes on by itself, as soon as suppliers can be reached",
        )
    if customer.synchronizer.usurped:
        troubles.add(
            customer.synchronizer.usurped, "go on with the other node, or recover this one anew from the kit"
        )
    for seat in seats:
        if seat is not None and seat.fingerprint in customer.synchronizer.unseen:
            troubles.add(
                customer.synchronizer.unseen[seat.fingerprint],
                f"to go on without what he keeps: `bitdust supplier replace {seat.idurl}`",
            )
    if None in seats:
        troubles.add(*_vacant(len(seated), wanted, hired, customer.hiring.unfound))
    for idurl in away:
        troubles.add(f"{idurl} is away", "if one of them is gone for good: `bitdust supplier replace IDURL`")
    for idurl, why in (await customer.oversight.doubted()).items():
        troubles.add(
            f"{idurl} is being replaced: {why}",
            "wait: somebody else is looked for, and gets his pieces; to choose yourself:"
            f" `bitdust supplier change {idurl} IDURL`",
        )
    for idurl in await customer.oversight.overdrawn():
        troubles.add(
            f"{idurl} {WORDS['full'].removeprefix('it ')}",
            "delete versions, or ask the suppliers for more:"
            " `bitdust config set services/customer/needed-space SIZE`",
        )
    for why in customer.queue.stuck():
        troubles.add(
            f"a backup is {why[:1].lower()}{why[1:]}",
            "make room: `bitdust forget` or `bitdust delete`, or ask the suppliers for more:"
            " `bitdust config set services/customer/needed-space SIZE`",
        )
    paused = customer.backups.all_rest()
    resting = customer.queue.resting()
    if paused:
        troubles.add("backups and restores are paused", "let them go on: `bitdust resume`")
    for task, path in () if paused else resting:
        troubles.add(
            f"the backup of {os.fsdecode(path)!r} is paused", f"let it go on: `bitdust resume {task}`"
        )
    for path, limit in customer.watching.limits():
        size = 1_048_576 if limit.endswith("watches") else 1024
        troubles.add(
            f"{os.fsdecode(path)!r} is not watched for changes: the system watches too much already",
            f"let it watch more: `sudo sysctl {limit}={size}`, and the same in /etc/sysctl.d/",
        )
    limited = [path for path, _ in customer.watching.limits()]
    behind = [each for each in await customer.timetable.all() if each.trouble]
    # What is only not watched is backed up by the clock.
    behind = [each for each in behind if each.path not in limited or each.outcome == "failed"]
    for each in behind:
        troubles.add(f"{os.fsdecode(each.path)!r} is not backed up {each.rule}: {each.trouble}", each.remedy)
    if untold:
        troubles.add(
            f"the identity servers are not up to date: {untold}",
            "see that an identity server can be reached: until then the kit alone may not find the catalog",
        )
    drilled = next(iter(await customer.drills.ended()), None)
    if drilled is not None and drilled.wrong:
        troubles.add(
            f"in the last restore drill {drilled.wrong} files did not come back: {drilled.note}",
            "hold another one: `bitdust verify`; if it says the same, back these files up again",
        )
    then = troubles.next()
    busy = len(customer.queue.numbers()) > len(resting)
    if recovering is not None:
        state, sentence = "recovering", "The catalog is being brought back from the suppliers."
    elif found.versions == 0 and found.survives is None:
        state = "backing up" if busy else "empty"
        sentence = "The first backup is under way." if busy else "Nothing is backed up yet."
        if not busy and not resting:
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
    if behind and state in ("empty", "safe", "backing up"):
        state = "behind"
        items = "1 item has" if len(behind) == 1 else f"{len(behind)} items have"
        sentence = f"{sentence[:-1]}, but {items} no new version though it is time."
    if paused and state in ("empty", "safe"):
        sentence = f"{sentence[:-1]}, and backups are paused."
    margin = found.now if found.now is None else min(found.now, max(found.staying or 0, 0))
    durability = None
    if margin is not None and hired:
        durability = await customer.oversight.durability(hired, k_of(hired), margin)
    return Health(
        state=state,
        sentence=sentence,
        survives=margin,
        wrong=tuple(each.what for each in troubles.found),
        next=tuple(then),
        suppliers_online=online,
        suppliers_hired=hired,
        suppliers_wanted=wanted,
        versions=found.versions,
        pieces_missing=found.missing,
        verified=drilled,
        durability=durability,
        monitor=doing(customer, now, [name_of(idurl) for idurl in absent], found.missing),
        warnings=tuple(troubles.found),
    )


def _measure(
    c: sqlite3.Connection, there: Collection[str], staying: Collection[str], everybody: bool
) -> Measured:
    survives = holdings.survives(c)
    missing = holdings.count_missing(c, of_jobs=False)
    now, later, short = survives, survives, 0
    if not everybody:
        now, later, short = holdings.survives_now(c, there, staying)
    known, waiting = versions.count(c)
    return Measured(survives, now, later, short, known, waiting, missing, holdings.unknown(c))


def _vacant(seated: int, wanted: int, hired: int, unfound: str) -> tuple[str, str]:
    """
    What is said, and what can be done, while so many seats of those that are wanted are taken, and the set in
    use is one of `hired` suppliers.  @param unfound: why nobody was found, or "".
    """
    what = f"{wanted - seated} of {wanted} suppliers are still being looked for"
    what += f" ({unfound})" if unfound else ""
    if not hired:
        what += "; until all of them are there nothing is backed up"
    elif hired < wanted:
        what += f"; until all of them are there the {hired} in use keep everything"
    if not unfound:
        return what, "wait: those who offer space are asked"
    then = (
        "wait for nodes that offer space, or ask for less of it:"
        " `bitdust config set services/customer/needed-space SIZE`"
    )
    fewer = max((n for n in SHAPES if n <= seated), default=0)
    if hired < wanted and fewer > hired:
        then = (
            f"go on with {fewer}: `bitdust config set services/customer/suppliers-number {fewer}`; or {then}"
        )
    return what, then


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
        sentence += f"; {found.missing} pieces are still to come to their suppliers, for {_any(full, hired)}"
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
    names = [name_of(idurl) for idurl in idurls]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "them"


def name_of(idurl: str) -> str:
    """As in "alice"."""
    return idurl.rpartition("/")[2].removesuffix(".xml")
