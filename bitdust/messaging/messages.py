"""
Private messages: written, brought, received, and told of.

A message that comes is durable before its receipt goes out, by its number and sender: whatever is repeated on
the way, it is shown once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from bitdust.database import Database
from bitdust.errors import BadIdentity, Damaged, NotFound, Usage
from bitdust.events import Signal
from bitdust.identity.document import Document
from bitdust.identity.idurl import seen_at
from bitdust.identity.keys import Keys
from bitdust.identity.pinning import Pins
from bitdust.messaging import correspondents, history, outgoing, removal
from bitdust.messaging.address_book import AddressBook, Addressee
from bitdust.messaging.history import AT_MAILBOX, DELIVERED, Row
from bitdust.messaging.letter import MAX_BODY, Letter, open_letter, seal_letter
from bitdust.messaging.outgoing import Waiting
from bitdust.messaging.receipt import check_receipt, sign_receipt
from bitdust.router.inbox import Sender
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import Ack, Message, Packet
from bitdust.world import Rng, Wall, background, either, give_up

#: seconds that sending waits to see what becomes of a message
PATIENCE = 3.0


@dataclass(frozen=True)
class MessageView:
    """One message.  `time`: Unix seconds by our clock, when it was sent or came."""

    id: str
    time: float
    direction: str
    sender: str
    recipient: str
    message: str
    state: str


class Messages:
    """
    What we write, and what is written to us.

    @param db: its tables are `schema.SCHEMA`.
    @param own: our document as it is now.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        clock: IReactorTime,
        wall: Wall,
        rng: Rng,
        db: Database,
        keys: Keys,
        own: Callable[[], Document],
        pins: Pins,
        book: AddressBook,
        carry: Callable[[str], None],
    ) -> None:
        #: a message came: told once for each, but after a crash in between again
        self.received: Signal[[MessageView]] = Signal()
        #: (fingerprint, id): something became of a message of ours
        self.settled: Signal[[str, bytes]] = Signal()
        self._clock = clock
        self._wall = wall
        self._rng = rng
        self._db = db
        self._keys = keys
        self._own = own
        self._pins = pins
        self._book = book
        self._carry = carry
        self._telling: Deferred[None] | None = None
        self._untold = True

    def start(self) -> None:
        """Tell of what came before the node last ended."""
        self._tell_soon()

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        if self._telling is not None:
            give_up(self._telling)

    # -- what we write

    async def send(self, recipient: str, text: str) -> MessageView:
        """
        Write to somebody; durable when this answers, whatever becomes of it.

        @param recipient: an IDURL, or a correspondent's nickname.
        @raise Usage: it is empty or too long, or to ourselves.  @raise NoSpace: too many are waiting.
        """
        body = text.encode("utf-8", "replace")
        if not 0 < len(body) <= MAX_BODY:
            raise Usage(
                f"a message has 1 to {MAX_BODY} bytes, this one {len(body)}",
                hint="send a long text in parts, or as a file",
            )
        to = await self._book.resolve(recipient)
        peer, id, now = to.document.fingerprint, self._rng(16), self._wall()
        letter = seal_letter(
            self._keys,
            self._own(),
            to.document,
            self._rng,
            kind="text",
            id=id,
            time=int(now * 1000),
            body=body,
        )

        def write(c: sqlite3.Connection) -> None:
            outgoing.put(c, peer, to.idurl, "text", id, letter, now)
            history.add_outgoing(c, peer, to.idurl, id, body.decode(), now)

        await self._db(write)
        state = await self._outcome(peer, id)
        return MessageView(id.hex(), now, "out", self._own().idurl, to.idurl, body.decode(), state)

    async def _outcome(self, peer: str, id: bytes) -> str:
        """What becomes of it within a moment."""
        waiting: Deferred[None] = Deferred()

        def heard(who: str, which: bytes) -> None:
            if (who, which) == (peer, id) and not waiting.called:
                waiting.callback(None)

        stop = self.settled.listen(heard)
        try:
            self._carry(peer)
            await either(self._clock, waiting, PATIENCE)
        finally:
            stop()
        return await self._db.read(history.state_of, peer, id)

    async def came_back(self, letter: Waiting, receipt: bytes) -> None:
        """
        The recipient's answer to a letter of ours.

        @raise Damaged: it is not his receipt.
        """
        if letter.kind == "receipt":
            await self._db(outgoing.remove, letter.peer, letter.kind, letter.id)
            return
        pinned = await self._pins.get(letter.peer)
        if pinned is None:
            raise Damaged("a receipt of somebody who is not known here")
        await self._delivered(pinned.document, letter.id, receipt)

    async def lies_at_mailbox(self, letter: Waiting) -> None:
        """A letter of ours was left at a mailbox: a receipt has done its work, a message waits on."""
        if letter.kind == "receipt":
            await self._db(outgoing.remove, letter.peer, letter.kind, letter.id)
        elif await self._db(history.set_state, letter.peer, letter.id, AT_MAILBOX):
            self.settled(letter.peer, letter.id)

    async def _delivered(self, peer: Document, id: bytes, receipt: bytes) -> None:
        own = self._keys.fingerprint
        check_receipt(receipt, peer.publickey, sender=own, recipient=peer.fingerprint, id=id)

        def done(c: sqlite3.Connection) -> bool:
            outgoing.remove(c, peer.fingerprint, "text", id)
            return history.set_state(c, peer.fingerprint, id, DELIVERED)

        if await self._db(done):
            self.settled(peer.fingerprint, id)

    # -- what is written to us

    async def brought(self, sender: Sender, packet: Message, exchange: IExchange) -> Packet:
        """A letter from its sender himself, who gets our receipt."""
        letter = open_letter(self._keys, packet.letter)
        if letter.sender.fingerprint != sender.fingerprint:
            raise Damaged("the letter was written by somebody else")
        return Ack(await self._take(letter, by_mailbox=False))

    async def collected(self, raw: bytes) -> None:
        """A letter from a mailbox: durable when this answers, and its receipt is on the way."""
        letter = open_letter(self._keys, raw)
        await self._take(letter, by_mailbox=True)
        if letter.kind == "text":
            self._carry(letter.sender.fingerprint)

    async def _take(self, letter: Letter, *, by_mailbox: bool) -> bytes:
        """Make it durable; answers our receipt."""
        await self._check_key(letter.sender)
        if letter.kind == "receipt":
            await self._delivered(letter.sender, letter.id, letter.body)
            return b""
        try:
            text = letter.body.decode()
        except UnicodeDecodeError:
            raise Damaged("the letter is no text") from None
        to = Addressee(await self._name(letter.sender), letter.sender)
        now = self._wall()
        receipt = sign_receipt(self._keys, letter.sender.fingerprint, letter.id, int(now * 1000))
        answer = self._receipt_letter(to, letter.id, receipt) if by_mailbox else b""

        def keep(c: sqlite3.Connection) -> bool:
            peer = letter.sender.fingerprint
            known = correspondents.by_fingerprint(c, peer) is not None
            new = history.add_incoming(c, peer, to.idurl, letter.id, text, now, known=known)
            if answer:
                outgoing.put(c, peer, to.idurl, "receipt", letter.id, answer, now)
            return new

        if await self._db(keep):
            self._tell_soon()
        return receipt

    async def _check_key(self, sender: Document) -> None:
        pinned = await self._pins.get(sender.fingerprint)
        if pinned is not None and len(sender.rotations) < len(pinned.document.rotations):
            raise BadIdentity("the letter was signed with a key that has been replaced since")

    async def _name(self, sender: Document) -> str:
        """What he is called here: a name that only he himself claims has his fingerprint behind it."""
        known = await self._book.called(sender.fingerprint)
        if known is not None:
            return known.idurl
        pinned = await self._pins.get(sender.fingerprint)
        if pinned is not None and pinned.names:
            return sender.idurl if sender.idurl in pinned.names else pinned.names[0]
        return seen_at(sender.idurl, sender.fingerprint)

    def _receipt_letter(self, to: Addressee, id: bytes, receipt: bytes) -> bytes:
        return seal_letter(
            self._keys, self._own(), to.document, self._rng,
            kind="receipt", id=id, time=int(self._wall() * 1000), body=receipt,
        )  # fmt: skip

    # -- what there is

    async def listed(self, limit: int, since: float, correspondent: str | None) -> list[MessageView]:
        """
        The newest `limit` messages from `since` (Unix seconds) on, newest last.

        @param correspondent: only those with him: an IDURL or a nickname.
        @raise NotFound: there is no such correspondent.
        """
        peer = None
        if correspondent is not None:
            try:
                peer = await self._db.read(removal.person, correspondent)
            except NotFound:
                peer = (await self._book.resolve(correspondent)).document.fingerprint
        return [self._view(row) for row in await self._db.read(history.listed, limit, since, peer)]

    async def delete(self, id: str, correspondent: str | None) -> int:
        """
        Delete one message, whoever wrote it; how many rows of the list it was.

        @param id: its id, or its first eight characters or more.
        @param correspondent: only when it is from or to this one: an IDURL or a nickname.
        @raise NotFound: there is none.  @raise Conflict: several begin so.  @raise Usage: that is no id.
        """

        def work(c: sqlite3.Connection) -> int:
            peer = removal.person(c, correspondent) if correspondent is not None else None
            return removal.delete_one(c, id, peer)

        return await self._db(work)

    async def delete_conversation(self, correspondent: str) -> int:
        """
        Delete all that one person wrote to us and we to him; how many messages it was.

        @raise NotFound: there is none.  @raise Conflict: several people were called so.
        """
        return await self._db(lambda c: removal.delete_all(c, removal.person(c, correspondent)))

    def _tell_soon(self) -> None:
        self._untold = True
        if self._telling is None or self._telling.called:
            self._telling = background(
                self._tell(), lambda failure: self._log.failure("telling of messages broke", failure)
            )

    async def _tell(self) -> None:
        while self._untold:
            self._untold = False
            for row in await self._db.read(history.untold):
                await self._told(row)

    async def _told(self, row: Row) -> None:
        # Told before it is noted: a crash in between tells it again rather than never.
        self.received(self._view(row))
        await self._db(history.tell, row.number)

    def _view(self, row: Row) -> MessageView:
        mine, his = self._own().idurl, row.idurl
        sender, recipient = (his, mine) if row.direction == "in" else (mine, his)
        return MessageView(row.id.hex(), row.time, row.direction, sender, recipient, row.text, row.state)
