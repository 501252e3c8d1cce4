"""
leaving_word -- where we are, what we are called and what we offer, told where strangers can find it.

The address record each hour and whenever our document changes; the gatherings each half hour: what is kept
there lives a little longer than that.  A relay gathers in the place of those who are reached over it, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.directory.address import address_of, check_address, seal_address, topic
from bitdust.directory.interface import IWhereabouts
from bitdust.directory.nickname import claimed_by
from bitdust.directory.offers import offer
from bitdust.errors import BitDustError
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.keys import Keys
from bitdust.node.own_identity import SUPPLIER_OFFER
from bitdust.world import Wall, background, either, give_up, pause

#: seconds after which the record, and the gatherings, are told again
RECORD_AGAIN, GATHER_AGAIN = 3600.0, 1800.0
#: seconds after which a crowded place of suppliers is looked at again: all of them would look at the first
CROWD_AGAIN = 86_400.0
#: seconds changes are gathered for, and the pauses between attempts
CALM, FIRST_PAUSE, LONGEST_PAUSE = 1.0, 2.0, 600.0


async def nobody() -> list[Document]:
    """We are no relay."""
    return []


@dataclass
class LeavingWord:
    """
    @param own: our document as it is now.
    @param others: the documents of those who are reached over us.
    """

    whereabouts: IWhereabouts
    keys: Keys
    own: Callable[[], Document]
    clock: IReactorTime
    wall: Wall
    others: Callable[[], Awaitable[Sequence[Document]]] = nobody
    #: what was wrong at the last attempt; "" when all went well
    trouble: str = ""
    _work: Deferred[None] | None = None
    _changed: Signal[[]] = field(default_factory=Signal)
    _sequence: int = -1
    #: what was told last, and when; of gatherings, where
    _recorded: tuple[bytes, float] = (b"", 0.0)
    _gathered: dict[str, tuple[Sequence[str], float]] = field(default_factory=dict)
    #: the level of our place among suppliers, and when the first of all was looked at
    _level: tuple[int, float] = (0, 0.0)

    _log = Logger()

    def start(self) -> None:
        """Begin, and go on until `stop`."""
        self._work = background(
            self._go_on(), lambda failure: self._log.failure("leaving word of us broke", failure)
        )

    def soon(self) -> None:
        """Our document, or one of those who are reached over us, may have changed."""
        self._changed()

    def stop(self) -> None:
        """Nothing ticks afterwards.  What was left stays for an hour or two."""
        if self._work is not None:
            give_up(self._work)

    async def _go_on(self) -> None:
        retry = FIRST_PAUSE
        while True:
            await pause(self.clock, CALM)
            # What changes while this is being told is to be told, too.
            changed = self._changed.next()
            self.trouble = "; ".join(dict.fromkeys(await self._tell_all()))
            if self.trouble:
                wait, retry = retry, min(2 * retry, LONGEST_PAUSE)
                self._log.info("the directory does not know all of us yet: {why}", why=self.trouble)
            else:
                wait, retry = self._rest(), FIRST_PAUSE
            await either(self.clock, changed, wait)

    def _rest(self) -> float:
        """Seconds until something is to be told again."""
        due = [
            self._recorded[1] + RECORD_AGAIN,
            *(when + GATHER_AGAIN for _, when in self._gathered.values()),
        ]
        return max(CALM, min(due) - self.clock.seconds())

    async def _tell_all(self) -> list[str]:
        """Each thing by itself, as far as it is due; answers what was wrong with some."""
        troubles: list[str] = []

        async def told(telling: Awaitable[None]) -> None:
            try:
                await telling
            except BitDustError as why:
                troubles.append(why.message)

        document = self.own()
        await told(self._leave(document))
        everyone = [document]
        try:
            everyone += await self.others()
        except BitDustError as why:
            troubles.append(why.message)
        for where in self._places(everyone):
            await told(self._gather(document, where))
        return troubles

    async def _leave(self, document: Document) -> None:
        raw, when = self._recorded
        if raw == document.raw and self.clock.seconds() - when < RECORD_AGAIN - CALM:
            return
        if self._sequence < 0:
            # An earlier life, or a machine whose clock was ahead, may have gone further.
            kept = await self.whereabouts.look(self.keys.directory_public)
            self._sequence = check_address(self.keys.directory_public, kept) if kept is not None else 0
        now = self.wall()
        self._sequence = max(self._sequence + 1, int(now))
        await self.whereabouts.leave(
            self.keys, seal_address(self.keys, address_of(document, now), self._sequence)
        )
        self._recorded = (document.raw, self.clock.seconds())

    def _places(self, everyone: Sequence[Document]) -> list[str]:
        """What we gather under: keys of nicknames, and "" for what suppliers offer."""
        names = {claimed_by(each) for each in everyone} - {""}
        wanted = {*names, *([""] if any(SUPPLIER_OFFER in each.offers for each in everyone) else [])}
        self._gathered = {where: said for where, said in self._gathered.items() if where in wanted}
        return sorted(wanted)

    async def _gather(self, document: Document, where: str) -> None:
        said, when = self._gathered.get(where, ((), 0.0))
        if said == document.contacts and self.clock.seconds() - when < GATHER_AGAIN - CALM:
            return
        if where:
            await self.whereabouts.gather(topic("nickname", where), document.contacts)
        else:
            await self._offer(document)
        self._gathered[where] = (document.contacts, self.clock.seconds())

    async def _offer(self, document: Document) -> None:
        level, looked = self._level
        if self.clock.seconds() - looked >= CROWD_AGAIN:
            level, looked = 0, self.clock.seconds()
        level = await offer(self.whereabouts, document.fingerprint, document.contacts, level)
        self._level = (level, looked)
