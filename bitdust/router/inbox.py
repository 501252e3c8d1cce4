"""
inbox -- every question of a peer, handed to whom it concerns.

A handler's `BitDustError` is what the peer is told; anything else is our fault: logged here, and told
in one word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from bitdust.errors import BitDustError
from bitdust.identity.document import Document
from bitdust.router.answered import Answered
from bitdust.router.question import Question
from bitdust.transport.interface import IExchange, ILink
from bitdust.wire.packets import Fail, Packet
from bitdust.world import spawn

P = TypeVar("P", bound=Packet)

#: longest text of a Fail
MAX_TEXT = 1024


@dataclass(frozen=True)
class Sender:
    """Who asked, and over which link."""

    fingerprint: str
    document: Document
    link: ILink


#: Answers a question.  None: it replied on the exchange itself.
Handler = Callable[[Sender, P, IExchange], Awaitable[Packet | None]]


class Inbox:
    """Finds the handler of each question and sees to it that each is answered, once."""

    _log = Logger()

    def __init__(self, answered: Answered) -> None:
        self._answered = answered
        self._handlers: dict[type[Packet], Handler[Any]] = {}
        # A dictionary for its order: the same run twice ends the same way.
        self._working: dict[Deferred[None], None] = {}
        self._stopped = False

    def answer(self, packet_type: type[P], handler: Handler[P]) -> None:
        """Questions of this type are answered by the handler from now on."""
        self._handlers[packet_type] = handler

    def take(self, link: ILink, exchange: IExchange) -> None:
        """A question came over this link."""
        if self._stopped:
            exchange.reset("the node is stopping")
            return
        work = spawn(self._take(link, Question(exchange)))
        self._working[work] = None
        work.addErrback(lambda why: self._log.failure("a question was lost", why))
        work.addBoth(lambda _: self._working.pop(work, None))

    def stop(self) -> None:
        """Give up every question at work."""
        self._stopped = True
        for work in tuple(self._working):
            work.cancel()

    async def _take(self, link: ILink, question: Question) -> None:
        sender = Sender(link.document.fingerprint, link.document, link)
        try:
            answer = await self._answer(sender, question)
            if question.replied is None:
                question.reply(answer)
            elif question.replied is not answer:
                question.reset(_text(answer))
                return
            question.settle()
        except CancelledError:
            question.reset("the node is stopping")
        except BitDustError as why:
            self._log.debug("{who} went before his answer: {why}", who=sender.fingerprint, why=why)

    async def _answer(self, sender: Sender, question: Question) -> Packet:
        packet = question.packet
        try:
            handler = self._handlers.get(type(packet))
            if handler is None:
                return Fail("unknown_command", f"this node does not answer {type(packet).__name__}")
            op_id = getattr(packet, "op_id", None)
            if op_id is None:
                return await self._handled(handler, sender, question)
            return await self._answered.once(
                sender.fingerprint, op_id, packet, lambda: self._handled(handler, sender, question)
            )
        except BitDustError as why:
            return Fail(why.id, why.message[:MAX_TEXT])
        except Exception as why:
            if isinstance(why, CancelledError) and self._stopped:
                raise
            self._log.failure("answering {what} failed", what=type(packet).__name__)
            return Fail("failed", "something went wrong here; it was logged")

    async def _handled(self, handler: Handler[Any], sender: Sender, question: Question) -> Packet:
        if self._stopped:
            # Its turn came because the one before it was given up.
            raise CancelledError
        try:
            answer = await handler(sender, question.packet, question)
        except BitDustError as why:
            # Told as an answer, so that it is remembered like any other.
            return Fail(why.id, why.message[:MAX_TEXT])
        if answer is None:
            answer = question.replied
        if answer is None:
            raise RuntimeError(f"the handler of {type(question.packet).__name__} gave no answer")
        return answer


def _text(answer: Packet) -> str:
    return answer.text if isinstance(answer, Fail) else "another answer was given"
