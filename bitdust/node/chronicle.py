"""
chronicle -- who tells the ring of events what: the signals of the parts, put into the words of the table.

How far work has come nobody signals, so it is looked at while there is work, twice a second, and more and
more seldom when it stands still.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from bitdust.backup.tasks import Tasks
from bitdust.backup.views import Task
from bitdust.config.settings import Settings
from bitdust.customer.supplier_finder import Hired
from bitdust.customer.suppliers import Suppliers
from bitdust.node.customer_side import CustomerSide
from bitdust.node.happenings import Happenings
from bitdust.node.relay_side import RelaySide
from bitdust.supplier.service import SupplierService

#: seconds between two looks at work that moves, and at work that stands still
LOOK_EVERY, LOOK_SELDOM = 0.5, 8.0
#: what work is called in the table
KINDS = frozenset(("backup", "restore"))


class Chronicle:
    """
    Listens to the parts of one somebody until `stop`.

    @param restless: called with anything whenever the state of everything may have changed.
    """

    def __init__(self, clock: IReactorTime, happenings: Happenings, restless: Callable[..., object]) -> None:
        self._clock = clock
        self._happenings = happenings
        self._restless = restless
        self._tasks: Tasks | None = None
        self._told: dict[int, Task] = {}
        self._look_again: IDelayedCall | None = None
        self._wait = LOOK_EVERY
        self._connected: set[str] = set()
        self._stops: list[Callable[[], None]] = []

    def stop(self) -> None:
        """Nothing is told and nothing ticks afterwards."""
        while self._stops:
            self._stops.pop()()
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None

    def follow(self, customer: CustomerSide, supplier: SupplierService | None) -> None:
        """Tell of both sides, from now on."""
        self._follow_tasks(customer.tasks)
        self._follow_suppliers(customer.suppliers)
        self._follow_doubts(customer)
        if supplier is not None:
            self._follow_customers(supplier)
        for signal in (
            customer.tasks.began,
            customer.tasks.ended,
            customer.suppliers.changed,
            customer.suppliers.fired,
            customer.data_sender.acked,
            customer.staffed,
            customer.synchronizer.committed,
            customer.synchronizer.superseded,
            customer.oversight.notices.heard,
        ):
            self._stops.append(signal.listen(self._restless))

    # -- work

    def _follow_tasks(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._stops += [
            tasks.added.listen(self._added),
            tasks.began.listen(self._began),
            tasks.ended.listen(self._ended),
        ]

    def _added(self, task: Task) -> None:
        self._happenings.tell("task.added", **_of_task(task))

    def _began(self, task: Task) -> None:
        self._told[task.id] = task
        self._about(task, "started")
        self._wait = LOOK_EVERY
        if self._look_again is None:
            self._look_again = self._clock.callLater(self._wait, self._look)

    def _look(self) -> None:
        self._look_again = None
        assert self._tasks is not None
        there = self._tasks.under_way()
        self._wait = min(2 * self._wait, LOOK_SELDOM)
        for task in there:
            if self._told.get(task.id) != task:
                self._told[task.id] = task
                self._wait = LOOK_EVERY
                self._about(task, "progress")
        if there:
            self._look_again = self._clock.callLater(self._wait, self._look)

    def _ended(self, task: Task) -> None:
        self._told.pop(task.id, None)
        self._about(task, "finished" if task.state in ("committed", "done") else "failed")
        self._happenings.tell("task.ended", **_of_task(task))

    def _about(self, task: Task, what: str) -> None:
        if task.kind in KINDS:
            self._happenings.tell(f"{task.kind}.{what}", **_of_task(task))

    # -- peers

    def _follow_suppliers(self, suppliers: Suppliers) -> None:
        def changed(fingerprint: str) -> None:
            known = suppliers.known.get(fingerprint)
            if known is None:
                return
            who = {"idurl": known.idurl, "fingerprint": fingerprint}
            if known.state == "connected":
                self._connected.add(fingerprint)
                self._happenings.tell("supplier.connected", **who)
            elif fingerprint in self._connected:
                self._connected.discard(fingerprint)
                self._happenings.tell("supplier.lost", **who, why=known.state)

        self._stops += [
            suppliers.changed.listen(changed),
            suppliers.hired.listen(lambda who, position: self._seat("supplier.hired", who, position)),
            suppliers.fired.listen(lambda who, position: self._seat("supplier.fired", who, position)),
        ]

    def _follow_doubts(self, customer: CustomerSide) -> None:
        def doubted(fingerprint: str, why: str) -> None:
            idurl = customer.suppliers.known[fingerprint].idurl
            self._happenings.tell("supplier.doubted", idurl=idurl, fingerprint=fingerprint, why=why)

        def noticed(fingerprint: str, state: str) -> None:
            idurl = customer.suppliers.known[fingerprint].idurl
            self._happenings.tell("supplier.noticed", idurl=idurl, fingerprint=fingerprint, state=state)

        self._stops.append(customer.oversight.doubts.doubted.listen(doubted))
        self._stops.append(customer.oversight.notices.heard.listen(noticed))

    def _seat(self, type: str, who: Hired, position: int) -> None:
        self._happenings.tell(type, idurl=who.idurl, fingerprint=who.fingerprint, position=position)

    def _follow_customers(self, service: SupplierService) -> None:
        tell = self._happenings.tell

        def accepted(fingerprint: str, idurl: str, granted: int) -> None:
            tell("customer.accepted", idurl=idurl, fingerprint=fingerprint, granted=granted)

        self._stops += [
            service.accepted.listen(accepted),
            service.left.listen(lambda who, idurl: tell("customer.left", idurl=idurl, fingerprint=who)),
            service.rejected.listen(
                lambda who, idurl: tell("customer.rejected", idurl=idurl, fingerprint=who)
            ),
            service.notices.told.listen(
                lambda who, idurl, state: tell("customer.noticed", idurl=idurl, fingerprint=who, state=state)
            ),
            service.patrol.expired.listen(
                lambda who, idurl: tell("customer.expired", idurl=idurl, fingerprint=who)
            ),
        ]

    def follow_relays(self, relays: RelaySide) -> None:
        """Tell of relays: we as one, and those over which we are reached."""

        def about(type: str) -> Callable[[str, str], None]:
            return lambda idurl, who: self._happenings.tell(type, idurl=idurl, fingerprint=who)

        def lost(idurl: str, who: str, why: str) -> None:
            self._happenings.tell("relay.lost", idurl=idurl, fingerprint=who, why=why)

        if relays.service is not None:
            self._stops += [
                relays.service.reserved.listen(about("relay.reserved")),
                relays.service.released.listen(about("relay.released")),
            ]
        if relays.keeper is not None:
            self._stops += [
                relays.keeper.found.listen(about("relay.found")),
                relays.keeper.lost.listen(lost),
            ]


def follow_settings(settings: Settings, happenings: Happenings) -> Callable[[], None]:
    """Tell of every setting that changes.  Answers the function that ends it."""

    def changed(key: str) -> None:
        option = settings.option(key)
        value = "" if option.type == "password" else settings.text(key)
        happenings.tell("config.changed", key=key, value=value, restart=not option.live)

    return settings.listen("", changed)


def _of_task(task: Task) -> dict[str, Any]:
    found = asdict(task)
    return {"task": found.pop("id"), **found}
