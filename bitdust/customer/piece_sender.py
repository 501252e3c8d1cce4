"""
piece_sender -- one piece to one supplier, until he signed for it.

The body is computed from the sealed block in the spool, a stretch at a time; it is never held as a whole.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import BinaryIO

from twisted.internet.interfaces import IReactorTime

from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import LEAF, Layout
from bitdust.blocks.stripes import piece_body
from bitdust.catalog.holdings import Missing
from bitdust.customer.budget import Budget
from bitdust.customer.spool import Spool
from bitdust.errors import Damaged, Refused
from bitdust.identity.document import Document
from bitdust.router.router import Router
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import Ack, Data, Fail, Priority
from bitdust.wire.receipts import check_receipt
from bitdust.world import InThread

#: bytes of all pieces of a block that are computed and written at a time together, and at the least of one
ROW, LEAST = 4 * 2**20, 4 * LEAF
#: seconds a supplier has to take the next stretch, or to sign
STALLED = 120.0


@dataclass(frozen=True)
class Errand:
    """A piece and whom it is for."""

    serial: int
    block: bytes
    number: int
    root: bytes
    layout: Layout
    fingerprint: str
    #: the backup that made the block, while it lasts
    job: int | None = None
    #: it was at somebody before, and goes at repair's pace
    is_repair: bool = False


def errand_of(missing: Missing) -> Errand:
    """What the catalog misses, as an errand."""
    block = missing.block
    layout = Layout(block.size, block.k, block.n, block.unit)
    # What one more loss would destroy does not wait.
    is_repair = (missing.state == "lost" or missing.moves) and block.job is None and block.survives > 0
    return Errand(
        block.serial,
        block.id,
        missing.number,
        missing.root,
        layout,
        missing.fingerprint,
        block.job,
        is_repair,
    )


def stretch_of(n: int) -> int:
    """Bytes of a piece that are computed in one hop to a thread, in a block of n: fewer for more lanes."""
    return max(LEAST, ROW // n // LEAF * LEAF)


class PieceSender:
    """Sends pieces.  One for the whole node."""

    def __init__(
        self,
        *,
        router: Router,
        codecs: Codecs,
        in_thread: InThread,
        clock: IReactorTime,
        spool: Spool,
        budget: Budget,
        own: str,
        document_of: Callable[[str], Awaitable[Document]],
        epoch: Callable[[], int],
    ) -> None:
        self._router = router
        self._codecs = codecs
        self._in_thread = in_thread
        self._clock = clock
        self._spool = spool
        self._budget = budget
        self._own = own
        self._document_of = document_of
        self._epoch = epoch

    async def send(
        self, errand: Errand, opened: Callable[[IExchange], None], priority: Priority = Priority.BACKUP
    ) -> None:
        """
        Send a piece of a block that lies in the spool.

        @param opened: told by which exchange it goes.
        @raise Refused: the supplier will not have it.
        @raise LinkLost, Offline, Timeout: try again.
        """
        layout = errand.layout
        packet = Data(
            block=errand.block,
            number=errand.number,
            size=layout.piece_size,
            root=errand.root,
            k=layout.k,
            n=layout.n,
            unit=layout.unit,
            block_size=layout.size,
            epoch=self._epoch(),
        )
        exchange = await self._router.open(errand.fingerprint, packet, priority=priority, within=5.0)
        opened(exchange)
        answered = exchange.answer()
        try:
            with self._spool.path(errand.block).open("rb") as file:
                stretch = stretch_of(layout.n)
                for offset in range(0, layout.piece_size, stretch):
                    # Whoever has the piece already, or refuses it, says so before the body has come.
                    if answered.called:
                        break
                    length = min(stretch, layout.piece_size - offset)
                    await self._stretch(exchange, errand, file, offset, length, priority)
            answered.addTimeout(STALLED, self._clock)
            answer = await answered
        except BaseException:
            answered.addErrback(lambda _: None)
            exchange.reset("given up")
            raise
        if isinstance(answer, Fail):
            raise Refused(answer.code, answer.text)
        if not isinstance(answer, Ack):
            raise Damaged("a piece was answered with something else than a receipt")
        document = await self._document_of(errand.fingerprint)
        check_receipt(
            answer.receipt,
            document.device_public,
            customer=self._own,
            supplier=errand.fingerprint,
            block=errand.block,
            number=errand.number,
            root=errand.root,
            size=layout.piece_size,
        )

    async def _stretch(
        self,
        exchange: IExchange,
        errand: Errand,
        file: BinaryIO,
        offset: int,
        length: int,
        priority: Priority,
    ) -> None:
        """Compute a stretch of the body and hand it on."""
        layout = errand.layout
        code = self._codecs.code(layout.k, layout.n)
        await self._budget.take(length, priority)
        try:
            stretch = await self._in_thread(piece_body, file, layout, code, errand.number, offset, length)
            writing = exchange.write(stretch)
            writing.addTimeout(STALLED, self._clock)
            await writing
        finally:
            self._budget.give(length)
