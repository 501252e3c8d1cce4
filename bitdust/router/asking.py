"""Asking on one link, and waiting for the answer."""

from __future__ import annotations

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IReactorTime

from bitdust.errors import Refused, Timeout
from bitdust.transport.interface import ILink
from bitdust.wire.packets import Fail, Packet, Priority


async def ask_on(
    clock: IReactorTime, link: ILink, packet: Packet, within: float, priority: Priority = Priority.CONTROL
) -> Packet:
    """
    The answer to a question without a body.

    @raise Refused: the peer answered Fail.
    @raise Timeout: he did not answer in so many seconds.
    @raise LinkLost, ExchangeReset
    """
    exchange = link.ask(packet, priority)
    try:
        exchange.finish()
        answer = await exchange.answer().addTimeout(max(0.0, within), clock)
    except TimeoutError:
        exchange.reset("no answer in time")
        raise Timeout(f"{link.document.name} did not answer in time") from None
    except BaseException:
        exchange.reset("not needed any more")
        raise
    if isinstance(answer, Fail):
        raise Refused(answer.code, answer.text)
    if answer.body_size:
        exchange.reset("the body is not needed")
    return answer
