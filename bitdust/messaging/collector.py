"""
Fetching our letters from our own mailboxes: whenever one of them comes, and when one says that there is mail.

A letter leaves the mailbox with the next question, when it is durable here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from bitdust.errors import BitDustError, TryLater
from bitdust.events import Signal
from bitdust.router.inbox import Sender
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import Ack, Collect, Letters, MailWaiting, Packet, Priority
from bitdust.world import background, give_up

WITHIN = 30.0
#: questions to one mailbox in one round: it cannot keep us at it for ever
MOST_ROUNDS = 10_000


class Collector:
    """
    Collects letters.

    @param is_mailbox: whether that peer keeps letters for us.
    @param ask: `Router.ask`.  @param came: `Router.came`.
    @param take: makes a letter durable here; raises `TryLater` when that cannot be done now, and any other
        `BitDustError` when it is none for us.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        is_mailbox: Callable[[str], bool],
        ask: Callable[..., Awaitable[Packet]],
        came: Signal[[str]],
        take: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self._is_mailbox = is_mailbox
        self._ask = ask
        self._take = take
        self._working: dict[str, Deferred[None]] = {}
        self._again: set[str] = set()
        self._stop_listening = came.listen(self.look)
        self._stopped = False

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        self._stopped = True
        self._stop_listening()
        for work in tuple(self._working.values()):
            give_up(work)

    def look(self, fingerprint: str) -> None:
        """See whether this mailbox, if it is one, has something for us."""
        if self._stopped or not self._is_mailbox(fingerprint):
            return
        self._again.add(fingerprint)
        if fingerprint in self._working:
            return
        work = background(
            self._collect(fingerprint), lambda failure: self._log.failure("collecting mail broke", failure)
        )
        if not work.called:
            self._working[fingerprint] = work
            work.addBoth(lambda _: self._ended(fingerprint))

    def _ended(self, fingerprint: str) -> None:
        self._working.pop(fingerprint, None)

    async def told(self, sender: Sender, packet: MailWaiting, exchange: IExchange) -> Packet:
        """A mailbox says that there is mail."""
        self.look(sender.fingerprint)
        return Ack()

    async def _collect(self, fingerprint: str) -> None:
        while fingerprint in self._again:
            self._again.discard(fingerprint)
            try:
                await self._collect_all(fingerprint)
            except BitDustError as why:
                # It is asked again when it comes, or says that there is mail.
                self._log.info("no mail from {peer}: {why}", peer=fingerprint, why=why)

    async def _collect_all(self, fingerprint: str) -> None:
        taken: tuple[bytes, ...] = ()
        for _ in range(MOST_ROUNDS):
            answer = await self._ask(fingerprint, Collect(taken), priority=Priority.MESSAGE, within=WITHIN)
            if not isinstance(answer, Letters) or not answer.letters:
                return
            for letter in answer.letters:
                await self._taken(letter)
            taken = tuple(hashlib.sha256(letter).digest() for letter in answer.letters)

    async def _taken(self, letter: bytes) -> None:
        try:
            await self._take(letter)
        except TryLater:
            raise
        except BitDustError as why:
            # Nobody can make anything of it: it goes.  A sender who gets no receipt asks again.
            self._log.warn("a letter was thrown away: {why}", why=why)
