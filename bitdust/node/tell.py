"""
tell -- what a node tells about itself: plain values, measured when asked.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from bitdust.catalog import holdings
from bitdust.config.settings import Settings
from bitdust.customer.notices import WORDS
from bitdust.customer.standing import Standing
from bitdust.disk import free_space
from bitdust.node.contract_words import words_of
from bitdust.node.customer_side import CustomerSide
from bitdust.node.own_identity import OwnIdentity
from bitdust.node.views import CustomerView, IdentityView, SupplierView
from bitdust.router.connection import Connection
from bitdust.router.router import Router
from bitdust.supplier.service import SupplierService
from bitdust.world import InThread


def identity(own: OwnIdentity) -> IdentityView:
    """Who this node is."""
    document = own.document
    return IdentityView(
        idurl=document.idurl,
        name=document.name,
        fingerprint=document.fingerprint,
        sources=document.sources,
        contacts=document.contacts,
        revision=document.revision,
        generation=own.keys.generation,
        document=document.raw.decode(),
    )


async def suppliers(customer: CustomerSide, router: Router) -> list[SupplierView]:
    """The seats, by position; a vacant one has no name."""
    found = []
    for position, seat in enumerate(customer.suppliers.seats):
        if seat is None:
            why = await _why_vacant(customer, position)
            found.append(SupplierView(position, "", "", "searching", 0.0, None, 0, 0, "", doubt=why))
            continue
        pieces, size = await customer.db.read(holdings.used_at, seat.fingerprint)
        known = customer.suppliers.known.get(seat.fingerprint)
        standing = await customer.oversight.of(seat.fingerprint)
        found.append(
            SupplierView(
                position=position,
                idurl=seat.idurl,
                fingerprint=seat.fingerprint,
                state=known.state if known is not None else "hired",
                since=known.since if known is not None else 0.0,
                rtt=router.rtt(seat.fingerprint),
                holds=size,
                pieces=pieces,
                transport=router.transport_of(seat.fingerprint) or "",
                uptime=standing.uptime,
                audits=f"{standing.shown} of {standing.asked}" if standing.asked else "",
                doubt=standing.doubt,
                notice=_notice(standing),
            )
        )
    return found


def _notice(standing: Standing) -> str:
    said = standing.said
    return "" if said is None or said.state == "well" else WORDS.get(said.state, said.state)


async def _why_vacant(customer: CustomerSide, position: int) -> str:
    """Whose seat it was, and why he loses it, as long as he is still one of the suppliers."""
    present, seats = customer.suppliers.present, customer.suppliers.seats
    if not position < len(present) <= len(seats):
        return ""
    old = present[position]
    why = (await customer.oversight.of(old.fingerprint)).doubt
    return f"in the place of {old.idurl}" + (f": {why}" if why else "")


async def customers(supplier: SupplierService | None, now: float) -> list[CustomerView]:
    """Who keeps pieces here, now, which is that Unix second."""
    if supplier is None:
        return []
    found = []
    for row in await supplier.customers():
        notice = row.notice
        sentence, then = words_of(row, now)
        found.append(
            CustomerView(
                row.idurl,
                row.fingerprint,
                row.granted,
                row.used,
                row.pieces,
                row.since,
                row.last_contact,
                row.state,
                notice.state if notice is not None and sentence else "",
                sentence,
                then,
                float(notice.heard) if notice is not None and notice.heard else None,
                float(notice.until) if notice is not None and notice.until else None,
            )
        )
    return found


def connections(router: Router, ahead: float) -> list[Connection]:
    """Who is there, by IDURL.  @param ahead: by so many seconds Unix time is ahead of the clock."""
    found = [
        replace(
            each,
            since=each.since + ahead,
            next_try=None if each.next_try is None else each.next_try + ahead,
        )
        for each in router.connections()
    ]
    return sorted(found, key=lambda each: each.idurl)


async def donated(supplier: SupplierService | None, in_thread: InThread, folder: Path) -> dict[str, int]:
    """What this node gives, in bytes."""
    if supplier is None:
        return dict.fromkeys(("customers", "donated", "consumed", "used", "real", "free"), 0)
    totals = await supplier.totals()
    return {
        "customers": totals.customers,
        "donated": totals.donated,
        "consumed": totals.promised,
        "used": totals.used,
        "real": await in_thread(_size_of, folder),
        "free": max(0, min(totals.donated - totals.promised, totals.free)),
    }


async def consumed(customer: CustomerSide) -> dict[str, int]:
    """What this node uses at its suppliers, in bytes."""
    needed = customer.settings.number("services/customer/needed-space")
    used = await customer.db.read(holdings.used_bytes)
    hired = len(customer.suppliers.present)
    each = customer.space_each()
    used_each = used // hired if hired else 0
    return {
        "needed": needed,
        "used": used,
        "free": max(0, each * hired - used),
        "suppliers": hired,
        "needed_per_supplier": each,
        "used_per_supplier": used_each,
        "available_per_supplier": max(0, each - used_each) if hired else 0,
    }


def local(home: Path, customers_folder: Path, settings: Settings) -> dict[str, int]:
    """What this node's own folders take.  Walks them: for a worker thread."""
    backups = settings.file("paths/backups") or home / "backups"
    databases = sum(file.stat().st_size for file in home.glob("*.db*"))
    return {
        "backups": _size_of(backups),
        "customers": _size_of(customers_folder),
        "databases": databases,
        "disk_free": free_space(home),
        "spool_limit": settings.number("paths/spool-limit"),
    }


def _size_of(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
            except FileNotFoundError:
                # Pieces come and go while they are counted.
                continue
    return total
