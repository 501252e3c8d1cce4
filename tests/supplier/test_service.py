"""The supplier behind a router, with a customer at the other end of a link."""

import os
from pathlib import Path

import pytest

from bitdust.blocks.piece import check
from bitdust.database import Database
from bitdust.errors import Refused
from bitdust.supplier.customers import SCHEMA
from bitdust.supplier.drive import Drive
from bitdust.supplier.service import SupplierService
from bitdust.transport.interface import ExchangeReset, LinkLost
from bitdust.wire.packets import (
    Ack,
    AskIndex,
    AskSegment,
    CancelService,
    Data,
    DeleteFile,
    IndexHead,
    ListFiles,
    Packet,
    Priority,
    RequestService,
    Retrieve,
    Tombstone,
)
from bitdust.wire.receipts import check_contract, check_receipt
from bitdust.world import inline
from tests.router.town import Town
from tests.supplier.desk import MIB, block_id, head_of, nowhere, piece

BODY = bytes(range(256)) * 4096 * 3 + b"the end"


class Pair:
    """Bob, who supplies, and Alice, who is his customer."""

    def __init__(self, folder: Path) -> None:
        self.town = Town()
        self.alice, self.bob = self.town.pair()
        self.drive = Drive(folder / "customers", free=lambda: 2**40, floor=lambda: 0)
        self.db = Database(folder / "shelf.db", SCHEMA, inline)
        self.service = SupplierService(
            db=self.db, drive=self.drive, me=self.bob.fingerprint, device=self.bob.device, in_thread=inline,
            clock=self.town.clock, wall=self.bob.wall, donated=lambda: 100 * MIB,
            rng=os.urandom, put=nowhere, withdraw=nowhere,
        )  # fmt: skip
        self.town.result(self.service.start())
        for packet, handler in self.service.commands().items():
            self.bob.router.answer(packet, handler)
        self._ids = 0

    def op(self) -> bytes:
        self._ids += 1
        return self._ids.to_bytes(16, "big")

    def ask(self, packet: Packet) -> Packet:
        return self.town.result(self.alice.router.ask(self.bob.fingerprint, packet))

    def hire(self, granted: int = 10 * MIB) -> Packet:
        return self.ask(RequestService(self.op(), "supplier", granted, 1))

    def send(self, data: Packet, body: bytes) -> Packet:
        async def put() -> Packet:
            exchange = await self.alice.router.open(self.bob.fingerprint, data, priority=Priority.BACKUP)
            for at in range(0, len(body), 100_000):
                await exchange.write(body[at : at + 100_000])
            exchange.finish()
            return await exchange.answer()

        return self.town.result(put())

    def fetch(self, packet: Packet) -> tuple[Packet, bytes]:
        async def get() -> tuple[Packet, bytes]:
            exchange = await self.alice.router.open(self.bob.fingerprint, packet, priority=Priority.RESTORE)
            exchange.finish()
            answer = await exchange.answer()
            body = bytearray()
            while answer.body_size and (some := await exchange.read()):
                body += some
            return answer, bytes(body)

        return self.town.result(get())

    def stop(self) -> None:
        self.town.result(self.service.stop())
        for resident in (self.alice, self.bob):
            resident.leave()
        self.town.result(self._close())

    async def _close(self) -> None:
        await self.db.close()


@pytest.fixture
def pair(tmp_path):
    pair = Pair(tmp_path)
    yield pair
    pair.stop()


def test_a_life_together(pair):
    """Hire, put, list, read back, delete, leave: over a real link, with everything signed checked."""
    listed = pair.bob.document.device_public
    names = {"customer": pair.alice.fingerprint, "supplier": pair.bob.fingerprint}
    contract = check_contract(pair.hire().receipt, listed, **names)
    assert contract.granted == 10 * MIB
    data = piece(BODY)
    for _ in range(2):
        ack = pair.send(data, BODY)
        check_receipt(
            ack.receipt, listed, block=data.block, number=0, root=data.root, size=len(BODY), **names
        )
    held = pair.ask(ListFiles())
    assert [(each.block, each.number, each.root, each.size) for each in held.pieces] == [
        (data.block, 0, data.root, len(BODY))
    ]
    answer, body = pair.fetch(Retrieve(data.block, 0, 1, 48))
    assert isinstance(answer, Data)
    assert body == BODY[65536:]
    check(data.root, data.block, 0, 49, 1, body, answer.proof)
    assert isinstance(pair.ask(DeleteFile(pair.op(), 1, (Tombstone(data.block, 0),))), Ack)
    assert pair.ask(ListFiles()).pieces == ()
    assert isinstance(pair.ask(CancelService(pair.op(), "supplier", 1)), Ack)
    (row,) = pair.town.result(pair.service.customers())
    assert (row.fingerprint, row.idurl) == (pair.alice.fingerprint, pair.alice.document.idurl)
    assert (row.state, row.used, row.pieces) == ("cancelled", 0, 0)


def test_refusals_have_names(pair):
    """What is refused arrives as Fail with the word for it."""
    data = piece(BODY)
    assert pair.send(data, BODY).code == "not_customer"
    pair.hire(4 * MIB)
    assert pair.send(data, BODY[:-1] + b"!").code == "damaged"
    pair.send(data, BODY)
    assert pair.send(piece(BODY, block_id(1)), BODY).code == "no_space"
    assert pair.send(piece(BODY[:-1]), BODY[:-1]).code == "conflict"
    for question, code in [
        (Retrieve(block_id(1), 0, 0, 1), "not_found"),
        (Retrieve(data.block, 0, 49, 1), "usage"),
        (AskSegment(1, 1), "not_found"),
        (IndexHead(bytes(16), head_of(1, 1)), "bad_signature"),
        (CancelService(bytes([1]) * 16, "supplier", 0), "conflict"),
    ]:
        with pytest.raises(Refused) as refused:
            pair.ask(question)
        assert refused.value.code == code


def test_the_log_over_a_link(pair):
    """A head signed by the customer's identity is kept and given back."""
    pair.hire()
    assert pair.ask(AskIndex()).head == b""
    head = head_of(1, 0, keys=pair.alice.keys)
    pair.ask(IndexHead(pair.op(), head))
    assert pair.ask(AskIndex()).head == head


def test_an_announced_body_that_stops_is_refused(pair):
    """A body that ends early, or a link that breaks in the middle, leaves nothing and takes no room."""
    pair.hire()

    async def cut(how):
        exchange = await pair.alice.router.open(pair.bob.fingerprint, piece(BODY), priority=Priority.BACKUP)
        await exchange.write(BODY[:100_000])
        how(exchange)
        await exchange.answer()

    for how in (
        lambda exchange: exchange.reset("enough"),
        lambda exchange: pair.alice.link(pair.bob).close("gone"),
    ):
        with pytest.raises((LinkLost, ExchangeReset)):
            pair.town.result(cut(how))
        pair.town.run(5)
        (row,) = pair.town.result(pair.service.customers())
        assert row.used == 0
        assert [path for path in pair.drive.root.rglob("*") if path.is_file()] == []
    assert isinstance(pair.send(piece(BODY), BODY), Ack)
