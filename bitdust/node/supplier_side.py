"""
supplier_side -- we, as a supplier: the shelf, its terms, and its patrol.
"""

from __future__ import annotations

from pathlib import Path

from twisted.internet.interfaces import IReactorTime

from bitdust.config.settings import Settings
from bitdust.database import Database
from bitdust.identity.keys import DeviceKey
from bitdust.router.outbox import Outbox
from bitdust.router.router import Router
from bitdust.supplier.drive import Drive, usual_floor
from bitdust.supplier.service import SupplierService
from bitdust.world import InThread, Rng, Wall


def build_supplier_side(
    *,
    db: Database,
    folder: Path,
    own: str,
    device: DeviceKey,
    in_thread: InThread,
    clock: IReactorTime,
    wall: Wall,
    settings: Settings,
    router: Router,
    outbox: Outbox,
    rng: Rng,
) -> SupplierService:
    """The service, its questions answered from now on; not yet started."""
    floor = settings.number("services/supplier/free-space-floor")
    service = SupplierService(
        db=db,
        drive=Drive(folder, floor=lambda: usual_floor(folder, floor)),
        me=own,
        device=device,
        in_thread=in_thread,
        clock=clock,
        wall=wall,
        donated=lambda: settings.number("services/supplier/donated-space"),
        is_online=router.is_online,
        term=lambda: 86400 * settings.number("services/customer-patrol/customer-idle-days"),
        rng=rng,
        put=outbox.put,
        withdraw=outbox.withdraw,
    )
    outbox.answered.listen(service.answered)
    for packet, handler in service.commands().items():
        router.answer(packet, handler)
    return service
