"""A question from a peer, as its handler sees it: an exchange that remembers what was done with it."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from zope.interface import implementer

from bitdust.transport.interface import IExchange
from bitdust.wire.packets import Packet, Priority


@implementer(IExchange)
class Question:
    """Every promise of IExchange, and: what was replied."""

    def __init__(self, exchange: IExchange) -> None:
        self.packet: Packet = exchange.packet
        self.replied: Packet | None = None
        self._exchange = exchange
        self._written = 0
        self._finished = False

    def write(self, data: bytes | memoryview) -> Deferred[None]:
        self._written += memoryview(data).nbytes
        return self._exchange.write(data)

    def unsent(self) -> int:
        return self._exchange.unsent()

    def rank(self, priority: Priority) -> None:
        self._exchange.rank(priority)

    def finish(self) -> None:
        if not self._finished:
            self._exchange.finish()
            self._finished = True

    def answer(self) -> Deferred[Packet]:
        raise RuntimeError("a question is replied to")

    def reply(self, packet: Packet) -> None:
        if self.replied is not None:
            raise RuntimeError("replied already")
        self._exchange.reply(packet)
        self.replied = packet

    def read(self) -> Deferred[bytes]:
        return self._exchange.read()

    def reset(self, why: str) -> None:
        self._finished = True
        self._exchange.reset(why)

    def settle(self) -> None:
        """
        The handler is done, nothing more will be written or read: nobody is to wait for it.

        A reply without a body has ended the exchange, and with it the unread rest of the question's body.
        """
        if self.replied is not None and self._written == self.replied.body_size:
            self.finish()
        else:
            self.reset("the answer breaks off here")
