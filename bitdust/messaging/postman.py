"""
Letters on their way: to the recipient himself, and while he is away to his mailboxes.

One walk for each recipient, with growing pauses and at once when he comes, until his signed receipt is here.
`router/outbox.py` forgets a packet when it is answered; a letter may only go in the transaction that makes
the message `delivered`, so its row in `outgoing` is what is kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.database import Database
from bitdust.errors import BitDustError, Refused, RemoteFault
from bitdust.events import Signal
from bitdust.messaging import outgoing
from bitdust.messaging.outgoing import Waiting
from bitdust.router.pauses import Pauses
from bitdust.wire.packets import Ack, Deposit, Message, Packet, Priority
from bitdust.world import Rng, Wall, background, give_up

#: seconds one question may take, the link included
WITHIN = 10.0
#: at how many mailboxes a letter is left, where there are so many
COPIES = 2
#: seconds after which a letter without a receipt is left at the mailboxes anew
RENEW = 7 * 86400.0


class Postman:
    """
    Carries letters.

    @param ask: `Router.ask`.  @param came: `Router.came`.
    @param mailboxes: the fingerprints of the mailboxes that somebody (fingerprint, IDURL) names, each known.
    @param deposit: leaves a letter (recipient's fingerprint, bytes) at our own mailbox.
    @param received: the recipient's answer to a letter of ours: durable when it answers.
    @param rests: a letter lies at a mailbox: durable when it answers.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        rng: Rng,
        db: Database,
        own: str,
        ask: Callable[..., Awaitable[Packet]],
        came: Signal[[str]],
        mailboxes: Callable[[str, str], Awaitable[Sequence[str]]],
        deposit: Callable[[str, bytes], Awaitable[None]],
        received: Callable[[Waiting, bytes], Awaitable[None]],
        rests: Callable[[Waiting], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._wall = wall
        self._pauses = Pauses(rng)
        self._db = db
        self._own = own
        self._ask = ask
        self._mailboxes = mailboxes
        self._deposit = deposit
        self._received = received
        self._rests = rests
        self._working: dict[str, Deferred[None]] = {}
        self._resting: dict[str, Deferred[None]] = {}
        self._again: set[str] = set()
        self._stop_listening = came.listen(self._came)
        self._stopped = False

    async def start(self) -> None:
        """Take up what was on its way when the node last ended."""
        for peer in await self._db.read(outgoing.peers):
            self.carry(peer)

    def stop(self) -> None:
        """Let everything rest until the next start."""
        self._stopped = True
        self._stop_listening()
        for work in tuple(self._working.values()):
            give_up(work)

    def carry(self, peer: str) -> None:
        """Something waits for him: go at once."""
        self._again.add(peer)
        self._came(peer)
        if self._stopped or peer in self._working:
            return
        work = background(
            self._walk(peer), lambda failure: self._log.failure("carrying letters broke", failure)
        )
        if not work.called:
            self._working[peer] = work
            work.addBoth(lambda _: self._ended(peer))

    def _ended(self, peer: str) -> None:
        self._working.pop(peer, None)

    def _came(self, peer: str) -> None:
        resting = self._resting.pop(peer, None)
        if resting is not None:
            resting.callback(None)

    async def _walk(self, peer: str) -> None:
        attempt = 0
        while peer in self._again:
            self._again.discard(peer)
            while letters := await self._waiting(peer):
                attempt = 0 if await self._bring(peer, letters) else attempt + 1
                if attempt and await self._rest(peer, attempt):
                    attempt = 0

    async def _waiting(self, peer: str) -> list[Waiting]:
        while True:
            try:
                return await self._db(outgoing.waiting, peer, self._wall())
            except BitDustError as why:
                self._log.warn("letters cannot be read now: {why}", why=why)
                await self._rest(peer, 6)

    async def _bring(self, peer: str, letters: list[Waiting]) -> bool:
        """One round.  Did all of them arrive?"""
        boxes: Sequence[str] | None = None
        all_arrived = True
        for letter in letters:
            try:
                if not await self._db.read(outgoing.is_waiting, letter.number):
                    continue
                if boxes is None and await self._handed_over(letter):
                    continue
                all_arrived = False
                if boxes is None:
                    boxes = await self._mailboxes(peer, letter.idurl)
                await self._leave(letter, boxes)
            except BitDustError as why:
                # What he does not want now must not keep what follows from him.
                self._log.info("a letter to {peer} waits: {why}", peer=peer, why=why)
                all_arrived = False
        return all_arrived

    async def _handed_over(self, letter: Waiting) -> bool:
        """
        Did he take it?

        @raise Refused: he is there, and does not want it now.
        """
        try:
            answer = await self._ask(
                letter.peer, Message(letter.letter), priority=Priority.MESSAGE, within=WITHIN
            )
            if not isinstance(answer, Ack):
                raise RemoteFault("a letter was not answered with a receipt")
        except Refused:
            raise
        except BitDustError as why:
            self._log.debug("{peer} does not take a letter: {why}", peer=letter.peer, why=why)
            return False
        await self._received(letter, answer.receipt)
        return True

    async def _leave(self, letter: Waiting, boxes: Sequence[str]) -> None:
        now = self._wall()
        before = letter.left_at if abs(now - letter.left_when) < RENEW else ()
        # Where he has his letters no longer he may not look again.
        left = tuple(box for box in before if box in boxes)
        for box in boxes:
            if len(left) >= COPIES:
                break
            if box in left or not await self._db.read(outgoing.is_waiting, letter.number):
                continue
            if await self._left(letter, box):
                left = (*left, box)
        if left != before:
            await self._db(outgoing.left, letter.number, left, now)
        if left:
            await self._rests(letter)

    async def _left(self, letter: Waiting, box: str) -> bool:
        try:
            if box == self._own:
                await self._deposit(letter.peer, letter.letter)
            else:
                await self._ask(
                    box, Deposit(letter.peer, letter.letter), priority=Priority.MESSAGE, within=WITHIN
                )
        except BitDustError as why:
            self._log.debug("the mailbox {box} does not take a letter: {why}", box=box, why=why)
            return False
        return True

    async def _rest(self, peer: str, attempt: int) -> bool:
        """A pause.  Was it ended by the peer's coming, or by another letter?"""
        resting: Deferred[None] = Deferred()
        self._resting[peer] = resting
        try:
            await resting.addTimeout(self._pauses(attempt), self._clock)
        except TimeoutError:
            return False
        finally:
            self._resting.pop(peer, None)
        return True
