"""
A mailbox: sealed letters that a supplier keeps for customers who are away.

Whoever deposits is known from his link; what he deposits cannot be read here.  A letter stays until the
customer says that he has it, or for thirty days.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from bitdust.database import Database
from bitdust.errors import BitDustError, NoSpace, NotFound
from bitdust.router.inbox import Handler, Sender
from bitdust.transport.interface import IExchange
from bitdust.wire.packets import MAX_LETTERS, MAX_PACKET, Ack, Collect, Deposit, Letters, MailWaiting, Packet
from bitdust.world import Wall, background, give_up

#: letters of one sender to one recipient
MOST_OF_SENDER = 200
#: bytes for one recipient, from one sender to all, and in all
BYTES_OF_RECIPIENT, BYTES_OF_SENDER, BYTES_IN_ALL = 16 * 1024**2, 8 * 1024**2, 512 * 1024**2
#: seconds a letter is kept
TERM = 30 * 86400.0
#: bytes of the letters in one answer
ROOM = MAX_PACKET - 1024
WITHIN = 10.0


class Mailbox:
    """
    Keeps letters for customers.

    @param db: its tables are `schema.SCHEMA`.
    @param is_customer: whether somebody has a contract with us.
    @param ask: `Router.ask`; `is_online`: `Router.is_online`.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        db: Database,
        wall: Wall,
        is_customer: Callable[[str], Awaitable[bool]],
        ask: Callable[..., Awaitable[Packet]],
        is_online: Callable[[str], bool],
    ) -> None:
        self._db = db
        self._wall = wall
        self._is_customer = is_customer
        self._ask = ask
        self._is_online = is_online
        # A dictionary for its order.
        self._telling: dict[Deferred[None], None] = {}

    def commands(self) -> dict[type[Packet], Handler[Any]]:
        """What can be asked, for `Router.answer`."""
        return {Deposit: self._deposited, Collect: self._collected}

    def stop(self) -> None:
        """Nothing ticks afterwards."""
        for work in tuple(self._telling):
            give_up(work)

    async def deposit(self, sender: str, recipient: str, letter: bytes) -> None:
        """
        Keep a letter; durable when this answers.  The same one again is kept once.

        @raise NotFound: the recipient is no customer of ours.
        @raise NoSpace: a limit is reached.
        """
        if not await self._is_customer(recipient):
            raise NotFound("the recipient has no mailbox here")
        await self._db(_keep, sender, recipient, letter, self._wall())
        if self._is_online(recipient):
            work = background(
                self._tell(recipient), lambda failure: self._log.failure("telling of mail broke", failure)
            )
            self._telling[work] = None
            work.addBoth(lambda _: self._telling.pop(work, None))

    async def _tell(self, recipient: str) -> None:
        try:
            await self._ask(recipient, MailWaiting(), within=WITHIN)
        except BitDustError as why:
            # He asks by himself when he comes.
            self._log.debug("{who} was not told of his mail: {why}", who=recipient, why=why)

    async def _deposited(self, sender: Sender, packet: Deposit, exchange: IExchange) -> Packet:
        await self.deposit(sender.fingerprint, packet.recipient, packet.letter)
        return Ack()

    async def _collected(self, sender: Sender, packet: Collect, exchange: IExchange) -> Packet:
        return Letters(await self._db(_hand_over, sender.fingerprint, packet.taken))


def _keep(c: sqlite3.Connection, sender: str, recipient: str, letter: bytes, now: float) -> None:
    c.execute("DELETE FROM mailbox WHERE time < ?", (now - TERM,))
    name = hashlib.sha256(letter).digest()
    if c.execute("SELECT 1 FROM mailbox WHERE recipient = ? AND hash = ?", (recipient, name)).fetchone():
        return
    number, _ = _sum(c, "sender = ? AND recipient = ?", sender, recipient)
    if (
        number >= MOST_OF_SENDER
        or _sum(c, "sender = ?", sender)[1] + len(letter) > BYTES_OF_SENDER
        or _sum(c, "recipient = ?", recipient)[1] + len(letter) > BYTES_OF_RECIPIENT
        or _sum(c, "1")[1] + len(letter) > BYTES_IN_ALL
    ):
        raise NoSpace("the mailbox is full")
    c.execute(
        "INSERT INTO mailbox (recipient, sender, hash, size, time, letter) VALUES (?, ?, ?, ?, ?, ?)",
        (recipient, sender, name, len(letter), now, letter),
    )


def _hand_over(c: sqlite3.Connection, recipient: str, taken: tuple[bytes, ...]) -> tuple[bytes, ...]:
    for name in taken:
        c.execute("DELETE FROM mailbox WHERE recipient = ? AND hash = ?", (recipient, name))
    letters: list[bytes] = []
    room = ROOM
    for (letter,) in c.execute(
        "SELECT letter FROM mailbox WHERE recipient = ? ORDER BY number LIMIT ?", (recipient, MAX_LETTERS)
    ):
        room -= len(letter)
        if letters and room < 0:
            break
        letters.append(letter)
    return tuple(letters)


def _sum(c: sqlite3.Connection, where: str, *values: str) -> tuple[int, int]:
    count, size = c.execute(
        f"SELECT count(*), coalesce(sum(size), 0) FROM mailbox WHERE {where}",  # noqa: S608 - our own words
        values,
    ).fetchone()
    return int(count), int(size)
