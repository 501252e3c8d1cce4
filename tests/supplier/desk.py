"""A supplier on a table: a real folder and a real shelf.db, everything else in the test's hand."""

import os
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from bitdust.blocks.piece import Growing
from bitdust.catalog.head import Head, seal_head
from bitdust.catalog.segment import root_of
from bitdust.database import Database
from bitdust.identity.keys import DeviceKey, Keys
from bitdust.router.router import Sender
from bitdust.supplier.customers import SCHEMA
from bitdust.supplier.drive import Drive
from bitdust.supplier.service import SupplierService
from bitdust.wire.packets import (
    Ack,
    CancelService,
    Data,
    DeleteFile,
    IndexHead,
    IndexSegment,
    ListFiles,
    RequestService,
    Retrieve,
    Tombstone,
    UndeleteFile,
)
from bitdust.world import inline

ALICE, BOB, EVE = "a" * 52, "b" * 52, "e" * 52
MIB = 2**20
DEVICE = DeviceKey.generate(lambda n: b"\7" * n)
KEYS = Keys.from_master(bytes(32))
START = 1_700_000_000


def done(coroutine: Coroutine[Deferred[Any], Any, Any]) -> Any:
    """The result, which must be there already; or the failure, raised."""
    results: list[Any] = []
    failures: list[Any] = []
    Deferred.fromCoroutine(coroutine).addCallbacks(results.append, failures.append)
    if failures:
        failures[0].raiseException()
    assert results, "it waits for something"
    return results[0]


@dataclass
class Paper:
    """The part of a Document that a supplier looks at."""

    fingerprint: str
    idurl: str
    publickey: bytes = KEYS.public


def sender(fingerprint: str) -> Sender:
    return Sender(fingerprint, Paper(fingerprint, f"http://id/{fingerprint[:3]}.xml"), None)


@dataclass(eq=False)
class Exchange:
    """A body that comes in parts, and what was answered."""

    parts: list[bytes] = field(default_factory=list)
    lost: Exception | None = None
    unread: bool = True
    replies: list[Any] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    finished: bool = False

    def read(self) -> Deferred[bytes]:
        self.unread = False
        if self.parts:
            return succeed(self.parts.pop(0))
        return fail(self.lost) if self.lost else succeed(b"")

    def reply(self, packet: Any) -> None:
        self.replies.append(packet)

    def write(self, data: bytes) -> Deferred[None]:
        self.body += data
        return succeed(None)

    def finish(self) -> None:
        self.finished = True


async def nowhere(*_: object) -> int:
    """The outbox of a supplier with whom nobody is to be told anything."""
    return 0


def cut(body: bytes, length: int = 64 * 1024) -> list[bytes]:
    return [body[at : at + length] for at in range(0, len(body), length)]


def piece(body: bytes, block: bytes = b"B" * 32, number: int = 0, epoch: int = 1) -> Data:
    """The Data that offers this body as a piece of a block of one piece and one parity."""
    growing = Growing(block, number)
    growing.add(body)
    return Data(block, number, len(body), growing.tree().root, 1, 2, 256 * 1024, len(body), epoch)


def block_id(number: int) -> bytes:
    return number.to_bytes(32, "big")


def head_of(epoch: int, sequence: int, root: bytes = b"R" * 32, keys: Keys = KEYS, first: int = 0) -> bytes:
    """A head as a customer makes it."""
    head = Head(epoch, sequence, root, ((epoch, first, sequence),), (), float(START))
    return seal_head(keys, os.urandom, head)


class Desk:
    """One supplier and shorthands for what customers say to it."""

    def __init__(
        self, folder: Path, drive: Drive | None = None, db: Any = None, donated: int = 100 * MIB
    ) -> None:
        self.clock = Clock()
        self.time = START
        self.online: set[str] = set()
        #: what lies in the outbox: to whom, and what
        self.outbox: list[tuple[str, Any]] = []
        self.donated = donated
        self.root = folder / "customers"
        self.drive = drive or Drive(self.root, free=lambda: 2**40, floor=lambda: 0)
        self.db = db or Database(folder / "shelf.db", SCHEMA, inline)
        self.service = SupplierService(
            db=self.db, drive=self.drive, me=ALICE, device=DEVICE, in_thread=inline, clock=self.clock,
            wall=lambda: self.time, donated=lambda: self.donated,
            is_online=lambda who: who in self.online, rng=os.urandom, put=self._put, withdraw=self._withdraw,
        )  # fmt: skip

    async def _put(self, who: str, packet: Any, seconds: float) -> int:
        self.outbox.append((who, packet))
        return len(self.outbox)

    async def _withdraw(self, who: str, kind: type) -> int:
        self.outbox = [each for each in self.outbox if each[0] != who]
        return 0

    def start(self) -> "Desk":
        done(self.service.start())
        return self

    def stop(self) -> None:
        done(self.service.stop())
        done(self._close())

    async def _close(self) -> None:
        await self.db.close()

    def pass_days(self, days: float) -> None:
        """The node runs on for so long."""
        for _ in range(int(days * 24)):
            self.time += 3600
            self.clock.advance(3600)

    def say(self, who: str, packet: Any, exchange: Exchange | None = None) -> Any:
        exchange = exchange or Exchange()
        handler = self.service.commands()[type(packet)]
        return done(handler(sender(who), packet, exchange))

    def hire(self, who: str = BOB, granted: int = 10 * MIB, epoch: int = 1) -> Ack:
        return self.say(who, RequestService(bytes(16), "supplier", granted, epoch))

    def put(
        self, body: bytes, block: bytes = b"B" * 32, number: int = 0, who: str = BOB, epoch: int = 1
    ) -> Ack:
        return self.say(who, piece(body, block, number, epoch), Exchange(cut(body)))

    def get(
        self, first: int, count: int, block: bytes = b"B" * 32, number: int = 0, who: str = BOB
    ) -> Exchange:
        exchange = Exchange()
        assert self.say(who, Retrieve(block, number, first, count), exchange) is None
        return exchange

    def delete(self, *blocks: bytes, not_before: int = 0, who: str = BOB, epoch: int = 1) -> Ack:
        stones = tuple(Tombstone(block, not_before) for block in blocks)
        return self.say(who, DeleteFile(bytes(16), epoch, stones))

    def undelete(self, *blocks: bytes, who: str = BOB, epoch: int = 1) -> Ack:
        return self.say(who, UndeleteFile(bytes(16), epoch, blocks))

    def cancel(self, who: str = BOB, epoch: int = 1) -> Ack:
        return self.say(who, CancelService(bytes(16), "supplier", epoch))

    def held(self, who: str = BOB) -> set[tuple[bytes, int]]:
        return {(each.block, each.number) for each in self.say(who, ListFiles()).pieces}

    def segment(self, epoch: int, number: int, body: bytes, who: str = BOB) -> Ack:
        packet = IndexSegment(epoch, number, len(body), root_of(body))
        return self.say(who, packet, Exchange(cut(body)))

    def head(self, head: bytes, who: str = BOB) -> Ack:
        return self.say(who, IndexHead(bytes(16), head))

    def files(self) -> list[Path]:
        return sorted(path for path in self.root.rglob("*") if not path.is_dir())

    def stored(self) -> int:
        return sum(path.stat().st_size for path in self.files())

    def row(self, who: str = BOB) -> Any:
        return next(row for row in done(self.service.customers()) if row.fingerprint == who)
