"""
suppliers -- the table of those who keep our pieces: the seats of the present set, and the lines to everyone
who holds.

A seat is a position in the set.  A new set begins (an *epoch*) when every seat has somebody; as long as a
larger one is wanted and cannot begin, the seats of the one in use are filled like any other.  Whoever lost
his seat stays connected while he still holds pieces, since he is a source until they lie elsewhere.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from twisted.internet.defer import Deferred, DeferredLock, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from bitdust.catalog import deletes, epochs, holdings
from bitdust.catalog.rows import soiled
from bitdust.customer import seat_notes
from bitdust.customer.supplier_connector import Line, SupplierConnector, make_supplier_connector
from bitdust.customer.supplier_finder import Hired
from bitdust.database import Database
from bitdust.errors import BitDustError, Conflict, Damaged, NotFound, Refused
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.machines import Machines, Row
from bitdust.router.router import Router
from bitdust.wire.packets import Ack, RequestService
from bitdust.wire.receipts import check_contract
from bitdust.world import Rng, Wall, background, give_up, pause

SERVICE = "supplier"


@dataclass
class Supplier:
    """Somebody who holds, or shall hold, our pieces.  `state` is a word or a reason, for people."""

    fingerprint: str
    idurl: str
    since: float
    connector: SupplierConnector
    row: Row
    state: str = "away"
    #: bytes of the contract, as he signed it last; 0: not yet, in this life
    granted: int = 0
    introduced: Deferred[None] | None = None


class Suppliers:
    """The suppliers of one customer."""

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        rng: Rng,
        db: Database,
        router: Router,
        machines: Machines,
        own: str,
        document_of: Callable[[str], Awaitable[Document]],
        meet: Callable[[str], Awaitable[Document]],
        wanted: Callable[[], int],
        space_each: Callable[[], int],
        space_in_use: Callable[[], int],
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._rng = rng
        self._db = db
        self._router = router
        self._machines = machines
        self._own = own
        self._document_of = document_of
        self._meet = meet
        self._wanted = wanted
        self._space_each = space_each
        self._space_in_use = space_in_use
        self._stops: list[Callable[[], None]] = []
        self.known: dict[str, Supplier] = {}
        #: under which name everybody who was known in this life was hired
        self.names: dict[str, str] = {}
        #: the seats, in order of position; None: vacant
        self.seats: list[Hired | None] = []
        #: the set in use, by position; empty before the first one began
        self.present: list[Hired] = []
        self.epoch = 1
        #: fingerprint of a supplier who became connected, went away or refused
        self.changed: Signal[[str]] = Signal()
        #: fingerprint of a supplier who says that our epoch is over
        self.behind: Signal[[str]] = Signal()
        #: fingerprint of somebody who has no seat and holds nothing of ours any more
        self.let_go: Signal[[str]] = Signal()
        #: who has a seat from now on, and its position; who is to lose his
        self.hired: Signal[[Hired, int]] = Signal()
        self.fired: Signal[[Hired, int]] = Signal()
        #: whoever changes the seats and begins an epoch with them does it alone
        self._seating = DeferredLock()
        self._let_go: set[str] = set()
        #: whether the seats are those of the catalog: before that there are none, also no vacant ones
        self._is_read = False

    async def start(self) -> None:
        """Take up the lines to all suppliers of the catalog."""
        self._stops = [self._router.came.listen(self._came), self._router.went.listen(self._went)]
        await self.reload()
        await self._begin_larger()

    def stop(self) -> None:
        """End every line."""
        for stop in self._stops:
            stop()
        for fingerprint in list(self.known):
            self._dismiss(fingerprint)

    async def reload(self) -> None:
        """Read the seats, and who else holds, from the catalog again."""

        def read(
            c: sqlite3.Connection,
        ) -> tuple[epochs.Epoch, list[tuple[str, str]], list[str], list[str], dict[str, str]]:
            found = seat_notes.vacated(c), seat_notes.signed(c)
            return epochs.current(c), epochs.all_suppliers(c), deletes.all_told(c), *found

        epoch, holders, told, vacated, signed = await self._db.read(read)
        self.epoch = epoch.number
        self.present = [Hired(seat.fingerprint, seat.idurl) for seat in epoch.suppliers]
        if not self._is_read:
            self._is_read = True
            self.seats = [hired if hired.fingerprint not in vacated else None for hired in self.present]
            self._resize()
            self._sit_down([Hired(*who) for who in signed.items()])
        self._resize()
        wanted = {hired.fingerprint: hired.idurl for hired in self.seats if hired is not None}
        wanted.update(holders)
        for fingerprint, idurl in wanted.items():
            if fingerprint not in self.known:
                self._engage(fingerprint, idurl)
        past = [one for one in self.known if one not in wanted]
        for fingerprint in past:
            self._dismiss(fingerprint)
        # Also those whom the last run of this node did not get to bid farewell.
        for fingerprint in sorted({*past, *told, *signed} - {*wanted, *self._let_go}):
            self._let_go.add(fingerprint)
            self.let_go(fingerprint)
        self._let_go -= set(wanted)

    # -- seats

    def vacant(self) -> bool:
        """Is a seat empty?  (Asked by fire_hire; follows a changed `services/customer/suppliers-number`.)"""
        self._resize()
        return None in self.seats

    def excluded(self) -> set[str]:
        """Whom not to hire: ourselves, and everyone who holds a piece already."""
        return {self._own, *self.known, *(seat.fingerprint for seat in self.seats if seat is not None)}

    async def take(self, hired: Hired) -> bool:
        """Give him the first vacant seat; with the last one a new epoch begins.  False: there is none."""
        await self._seating.acquire()
        try:
            if None not in self.seats:
                return False
            await self._seat(self.seats.index(None), hired)
        finally:
            self._seating.release()
        await self.reload()
        return True

    async def change(self, index_or_idurl: str, hired: Hired) -> tuple[int, Hired | None]:
        """
        Give him, who has agreed, this supplier's seat; answers its position and who had it.

        @raise NotFound: no such position or IDURL.
        @raise Conflict: he has a seat already.
        """
        await self._seating.acquire()
        try:
            position = self.find(index_or_idurl)
            if any(seat is not None and seat.fingerprint == hired.fingerprint for seat in self.seats):
                raise Conflict(f"{hired.idurl} is a supplier already")
            old = self.seats[position]
            if old is not None:
                self.seats[position] = None
                await self._db(seat_notes.vacate, old.fingerprint)
                self.fired(old, position)
            await self._seat(position, hired)
        finally:
            self._seating.release()
        await self.reload()
        return position, old

    async def on_their_way(self, doubted: Collection[str]) -> int:
        """
        Seats of the present set that are being filled, or those without a seat whose pieces are on their way
        to somebody who is not doubted, if these are more.

        Who alone has what can be made of nothing else is not waited for, should he be gone: that would be for
        ever.
        """
        seated = {seat.fingerprint for seat in self.seats if seat is not None}
        without = self.known.keys() - seated
        gone = {*without, *doubted}.difference(self.connected())
        moving = await self._db.read(holdings.moving, gone, doubted)
        vacant = self.seats[: len(self.present)].count(None)
        return max(vacant, len(moving & without))

    def find(self, index_or_idurl: str) -> int:
        """The position that is meant.  @raise NotFound: there is none."""
        for position, seat in enumerate(self.seats):
            if index_or_idurl == str(position) or (
                seat is not None and index_or_idurl in (seat.idurl, seat.fingerprint)
            ):
                return position
        raise NotFound(
            f"{index_or_idurl!r} is not one of the suppliers", hint="`bitdust supplier list` lists them"
        )

    async def promote(self) -> bool:
        """
        Give a vacant seat of the set in use to somebody who was taken on for a larger one that cannot begin.

        False: there is no such seat, or nobody who is there for it.
        """
        await self._seating.acquire()
        try:
            n = len(self.present)
            there = [
                position
                for position, seat in enumerate(self.seats)
                if position >= n and seat is not None and self.is_connected(seat.fingerprint)
            ]
            if None not in self.seats[:n] or not there:
                return False
            hired, self.seats[there[-1]] = self.seats[there[-1]], None
            assert hired is not None
            try:
                await self._seat(self.seats.index(None), hired)
            except BaseException:
                self.seats[there[-1]] = hired
                raise
        finally:
            self._seating.release()
        await self.reload()
        return True

    async def _seat(self, position: int, hired: Hired) -> None:
        seats, n = list(self.seats), len(self.present)
        seats[position] = hired
        if len(seats) >= n:
            # Whose seats are still vacant stay in the set until they are replaced, too: who waited for all of
            # them would have nobody to hire in a small network, where everybody holds something by then.
            seats[:n] = [seat or old for seat, old in zip(seats[:n], self.present, strict=True)]
            if None in seats and position < n:
                # Nor does it wait for the others of a larger set, who perhaps are not to be had at all.
                seats = seats[:n]
        if None not in seats:
            await self._db(self._begin, [seat for seat in seats if seat is not None])
        else:
            await self._db(seat_notes.sign, hired.fingerprint, hired.idurl)
        # Meanwhile another seat may have been made vacant, for the next one who is hired.
        if self.seats[position] is None:
            self.seats[position] = hired
            self.hired(hired, position)

    async def replace(self, index_or_idurl: str) -> tuple[int, Hired]:
        """
        Make the seat of this supplier vacant; his pieces are rebuilt at whoever gets it.

        @raise NotFound: no such position or IDURL.
        @raise Conflict: that seat is being filled already.
        """
        position = self.find(index_or_idurl)
        seat = self.seats[position]
        if seat is None:
            raise Conflict(f"a supplier for position {position} is being looked for already")
        self.seats[position] = None
        await self._db(seat_notes.vacate, seat.fingerprint)
        self.fired(seat, position)
        return position, seat

    async def reinstate(self, fingerprint: str) -> bool:
        """Give him back the seat that nobody has taken since.  False: it is not his any more."""
        await self._seating.acquire()
        try:
            for position, hired in enumerate(self.present):
                if hired.fingerprint == fingerprint and self.seats[position] is None:
                    await self._db(seat_notes.keep_seat, fingerprint)
                    self.seats[position] = hired
                    self.hired(hired, position)
                    return True
            return False
        finally:
            self._seating.release()

    async def shrink(self) -> bool:
        """
        When fewer suppliers are wanted than there are seats, those at the end lose theirs; True: a new epoch
        began.

        They stay sources: what they hold is sealed anew for the others (`repacker`), and they go then.
        """
        await self._seating.acquire()
        try:
            wanted = self._wanted()
            if wanted >= len(self.seats):
                return False
            # Who is there goes before who is not, and otherwise the position decides.
            ranked = sorted(
                (not self.is_connected(seat.fingerprint), position)
                for position, seat in enumerate(self.seats)
                if seat is not None
            )
            chosen = sorted(position for _, position in ranked[:wanted])
            kept = [
                seat for position, seat in enumerate(self.seats) if seat is not None and position in chosen
            ]
            if len(kept) == wanted:
                await self._db(self._begin_smaller, kept)
            for position, seat in enumerate(self.seats):
                if seat is not None and position not in chosen:
                    self.fired(seat, position)
            self.seats = [*kept, *[None] * (wanted - len(kept))]
        finally:
            self._seating.release()
        await self.reload()
        return True

    def _sit_down(self, signed: list[Hired]) -> None:
        # Hired in the last life for a set that has not begun.
        for hired in signed:
            vacant = [at for at, seat in enumerate(self.seats) if seat is None and at >= len(self.present)]
            if vacant and hired not in self.present:
                self.seats[vacant[0]] = hired

    async def _begin_larger(self) -> None:
        """Since the last life fewer are wanted than then: perhaps they are all there."""
        await self._seating.acquire()
        try:
            seats = [seat for seat in self.seats if seat is not None]
            if not len(self.present) < len(seats) == len(self.seats):
                return
            await self._db(self._begin, seats)
        finally:
            self._seating.release()
        await self.reload()

    def _begin_smaller(self, c: sqlite3.Connection, seats: list[Hired]) -> None:
        epochs.begin(c, [(seat.fingerprint, seat.idurl) for seat in seats])
        seat_notes.unsign(c, [seat.fingerprint for seat in seats])
        seat_notes.set_vacated(c, ())
        soiled(c)

    def _begin(self, c: sqlite3.Connection, seats: list[Hired]) -> None:
        before = epochs.current(c)
        epochs.begin(c, [(seat.fingerprint, seat.idurl) for seat in seats])
        for seat in seats:
            deletes.welcome(c, seat.fingerprint)
        seat_notes.unsign(c, [seat.fingerprint for seat in seats])
        seat_notes.set_vacated(c, {seat.fingerprint for seat in seats} & set(seat_notes.vacated(c)))
        if before.suppliers and len(before.suppliers) != len(seats):
            # What was sealed for fewer is to be sealed anew.
            soiled(c)
        for old, new in zip(before.suppliers, seats, strict=False):
            if old.fingerprint != new.fingerprint:
                holdings.replace_supplier(c, old.fingerprint, new.fingerprint)

    def _resize(self) -> None:
        wanted = self._wanted()
        if self._is_read and wanted > len(self.seats):
            self.seats = [*self.seats, *[None] * (wanted - len(self.seats))]

    # -- lines

    def is_connected(self, fingerprint: str) -> bool:
        """May a piece be sent there right now?"""
        supplier = self.known.get(fingerprint)
        return supplier is not None and supplier.connector.is_connected()

    def granted(self, fingerprint: str) -> int:
        """Bytes of his contract; before he has signed in this life, what he is asked for."""
        supplier = self.known.get(fingerprint)
        return supplier.granted if supplier is not None and supplier.granted else self._space_each()

    def connected(self) -> list[str]:
        """Fingerprints of those who may be sent to."""
        return [fingerprint for fingerprint in self.known if self.is_connected(fingerprint)]

    async def agree(self, document: Document) -> None:
        """
        Ask for a contract over the space we need.

        @raise Refused, Offline, Timeout, Damaged: there is none.
        """
        fingerprint = document.fingerprint
        self._router.know(document)
        in_use = any(seat.fingerprint == fingerprint for seat in self.present)
        space = self._space_in_use() if in_use else self._space_each()
        answer = await self._router.ask(
            fingerprint,
            RequestService(self._rng(16), SERVICE, space, self.epoch),
            within=15.0,
        )
        if not isinstance(answer, Ack):
            raise Damaged("a request for service was answered with something else")
        # He may have shown a newer document, with another device, when the link was made.
        newest = await self._document_of(fingerprint)
        contract = check_contract(
            answer.receipt, newest.device_public, customer=self._own, supplier=fingerprint
        )
        if fingerprint in self.known:
            self.known[fingerprint].granted = contract.granted

    async def renew(self) -> None:
        """
        Ask everyone who is there for a contract over what we need now.  Who refuses keeps to the old one.
        """
        for fingerprint in self.connected():
            try:
                await self.agree(await self._document_of(fingerprint))
            except (BitDustError, OSError, TimeoutError) as error:
                self._log.warn("{who} grants nothing else for now: {error}", who=fingerprint, error=error)

    def _engage(self, fingerprint: str, idurl: str) -> None:
        self.names[fingerprint] = idurl

        def changed(state: str) -> None:
            supplier.state = state
            supplier.since = self._wall()
            self.changed(fingerprint)

        connector = make_supplier_connector(
            Line(clock=self._clock, request=lambda: self._request(fingerprint), changed=changed)
        )
        row = self._machines.watch(connector, f"supplier_connector({_short(idurl)})")
        supplier = self.known[fingerprint] = Supplier(fingerprint, idurl, self._wall(), connector, row)
        supplier.introduced = background(
            self._introduce(supplier), lambda failure: self._log.failure("meeting a supplier failed", failure)
        )

    async def _introduce(self, supplier: Supplier) -> None:
        """Learn who he is, however long it takes, then keep a link to him."""
        wait = 1.0
        while True:
            try:
                document = await self._document_of(supplier.fingerprint)
                break
            except (BitDustError, OSError):
                pass
            try:
                document = await self._meet(f"{supplier.idurl}#fp={supplier.fingerprint}")
                break
            except (BitDustError, OSError, TimeoutError) as error:
                supplier.state = str(error)
                await pause(self._clock, wait)
                wait = min(2 * wait, 600.0)
        self._router.know(document)
        self._router.keep(supplier.fingerprint)
        if self._router.is_online(supplier.fingerprint):
            supplier.connector.came()

    def _dismiss(self, fingerprint: str) -> None:
        supplier = self.known.pop(fingerprint)
        supplier.connector.dismiss()
        if supplier.introduced is not None:
            give_up(supplier.introduced)
        self._router.let_go(fingerprint)
        self._machines.forget(supplier.row)

    def _request(self, fingerprint: str) -> None:
        def failed(failure: Failure) -> None:
            self._log.failure("asking a supplier failed", failure)
            # He is asked again: a line without an answer would wait for ever.
            if fingerprint in self.known:
                self.known[fingerprint].connector.refused(failure.getErrorMessage())

        background(self._ask(fingerprint), failed)

    async def _ask(self, fingerprint: str) -> None:
        supplier = self.known.get(fingerprint)
        if supplier is None:
            return
        try:
            await self.agree(await self._document_of(fingerprint))
        except (BitDustError, OSError, TimeoutError) as error:
            supplier.connector.refused(str(error))
            if isinstance(error, Refused) and error.code == "conflict":
                self.behind(fingerprint)
        else:
            supplier.connector.accepted()

    def _came(self, fingerprint: str) -> None:
        if fingerprint in self.known:
            self.known[fingerprint].connector.came()

    def _went(self, fingerprint: str) -> None:
        if fingerprint in self.known:
            self.known[fingerprint].connector.went()


def _short(idurl: str) -> str:
    return idurl.rpartition("/")[2].removesuffix(".xml")
