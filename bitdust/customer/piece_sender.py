"""
piece_sender -- one piece to one supplier, until he signed for it.

The body comes as stretches from wherever it is made: cut out of a sealed block in the spool, or rebuilt from
other pieces as it goes.  It is never held as a whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.interfaces import IReactorTime

from bitdust.blocks.erasure import Codecs
from bitdust.blocks.layout import LEAF, Layout
from bitdust.blocks.stripes import piece_body
from bitdust.catalog.holdings import Missing
from bitdust.customer.spool import Spool
from bitdust.errors import Damaged, Refused
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.router.router import Router
from bitdust.wire.packets import Ack, Data, Fail, Priority
from bitdust.wire.receipts import check_receipt
from bitdust.world import InThread, spawn

#: bytes of a stretch that is computed in one hop to a thread and written at once
STRETCH = 16 * LEAF
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


def errand_of(missing: Missing) -> Errand:
    """What the catalog misses, as an errand."""
    block = missing.block
    layout = Layout(block.size, block.k, block.n, block.unit)
    return Errand(block.serial, block.id, missing.number, missing.root, layout, missing.fingerprint)


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
        own: str,
        document_of: Callable[[str], Awaitable[Document]],
        epoch: Callable[[], int],
    ) -> None:
        self._router = router
        self._codecs = codecs
        self._in_thread = in_thread
        self._clock = clock
        self._spool = spool
        self._own = own
        self._document_of = document_of
        self._epoch = epoch
        #: bytes of body handed to the link
        self.sent: Signal[[str, int]] = Signal()

    async def from_spool(self, errand: Errand) -> None:
        """
        Send a piece of a block that lies in the spool.

        @raise Refused: the supplier will not have it.
        @raise LinkLost, Offline, Timeout: try again.
        """
        await self.send(errand, self._cut(errand), Priority.BACKUP)

    async def send(self, errand: Errand, stretches: AsyncIterator[bytes], priority: Priority) -> None:
        """Send a piece whose body comes from `stretches`; the same errors."""
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
        answered = spawn(_await(exchange.answer()))
        try:
            async for stretch in stretches:
                # Whoever has the piece already, or refuses it, says so before the body has come.
                if answered.called:
                    break
                writing = exchange.write(stretch)
                writing.addTimeout(STALLED, self._clock)
                await writing
                self.sent(errand.fingerprint, len(stretch))
            if not answered.called:
                exchange.finish()
            answered.addTimeout(STALLED, self._clock)
            answer = await answered
        except BaseException:
            exchange.reset("given up")
            answered.addErrback(lambda _: None)
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

    async def _cut(self, errand: Errand) -> AsyncIterator[bytes]:
        layout = errand.layout
        code = self._codecs.code(layout.k, layout.n)
        with self._spool.path(errand.block).open("rb") as file:
            for offset in range(0, layout.piece_size, STRETCH):
                length = min(STRETCH, layout.piece_size - offset)
                yield await self._in_thread(piece_body, file, layout, code, errand.number, offset, length)


async def _await(deferred: Any) -> Any:
    return await deferred
