"""Two routers over real sockets, with their databases in real threads."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.trial.unittest import TestCase

from bitdust.database import Database
from bitdust.errors import Offline, Usage
from bitdust.identity.document import build
from bitdust.identity.idurl import is_private
from bitdust.identity.keys import DeviceKey, Keys
from bitdust.identity.pinning import SCHEMA as PEERS
from bitdust.identity.pinning import Pins
from bitdust.machines import Machines
from bitdust.router.router import Router
from bitdust.router.tables import SCHEMA
from bitdust.transport.tcp.port import TcpTransport
from bitdust.wire.packets import Ack, Data, DeleteFile, Priority, Tombstone
from bitdust.world import Threads, spawn, system_rng, system_wall

HASH = bytes(32)


class Node:
    """A router with everything real around it."""

    def __init__(self, name: str, home: Path, threads: Threads) -> None:
        self.name = name
        #: are addresses inside private networks for us?
        self.at_home = True
        self.keys, self.device = Keys.from_master(system_rng(32)), DeviceKey.generate(system_rng)
        self.dbs = [
            Database(home / f"{name}-peers.db", PEERS, threads),
            Database(home / f"{name}-router.db", SCHEMA, threads),
        ]
        self.pins = Pins(self.dbs[0], system_wall)
        self.write([])
        transport = TcpTransport(
            reactor,
            self.device,
            lambda: self.document.raw,
            self.pins.doorman,
            "127.0.0.1",
            0,
            system_rng,
        )
        self.router = Router(
            clock=reactor,
            wall=system_wall,
            rng=system_rng,
            machines=Machines(),
            transports=[transport],
            pins=self.pins,
            meet=self.pins.by_idurl,
            own=lambda: self.document,
            op_db=self.dbs[1],
            may_reach=lambda host: self.at_home or not is_private(host),
        )

    def write(self, contacts: list[str]) -> None:
        self.document = build(
            self.keys,
            sources=[f"http://127.0.0.1/{self.name}.xml"],
            contacts=contacts,
            devices=[self.device.public],
            revision=1 + bool(contacts),
            date="2026-01-01",
        )


class OverTcp(TestCase):
    """The promises of the router, once more where time and threads are real."""

    timeout = 30

    async def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        threads = Threads(reactor, 1, "db")
        threads.start()
        self.addCleanup(threads.stop)
        self.one, self.other = (Node(name, Path(folder.name), threads) for name in ("alice", "bob"))
        # Cleanups run before tearDown, last one first: the threads outlive what uses them.
        self.addCleanup(lambda: spawn(self.leave()))
        for node in (self.one, self.other):
            node.write(await node.router.start())
        await self.one.pins.accept(self.other.document.raw, fetched_from=self.other.document.idurl)
        await self.other.pins.accept(self.one.document.raw, fetched_from=self.one.document.idurl)

    async def leave(self) -> None:
        for node in (self.one, self.other):
            await node.router.stop()
            for db in node.dbs:
                await db.close()

    async def test_both_dial_at_once_and_operations_happen_once(self) -> None:
        """Many questions from both ends at once: each is answered, each operation done once."""
        done: list[bytes] = []

        async def handler(sender: object, packet: DeleteFile, exchange: object) -> Ack:
            done.append(packet.op_id)
            return Ack()

        asking = []
        for node, peer in ((self.one, self.other), (self.other, self.one)):
            node.router.answer(DeleteFile, handler)
            for number in range(20):
                op_id = node.document.fingerprint[:15].encode() + bytes([number // 2])
                packet = DeleteFile(op_id, 0, (Tombstone(HASH, 0),))
                asking.append(spawn(node.router.ask(peer.document.fingerprint, packet)))
        answers = await gatherResults(asking)
        assert answers == [Ack()] * 40
        assert len(done) == len(set(done)) == 20
        seconds, name = await self.one.router.ping(self.other.document.fingerprint)
        assert 0 < seconds < 5
        assert name == "tcp"

    async def test_a_stranger_sends_us_nowhere(self) -> None:
        """Contacts of a document, of a hint and of a call that lead into this machine are not dialled."""
        self.one.at_home = False
        peer, [contact] = self.other.document.fingerprint, self.other.document.contacts
        self.one.router.hint(peer, [contact])
        with pytest.raises(Offline, match="no address that this node can dial"):
            await self.one.router.ping(peer)
        with pytest.raises(Usage):
            await self.one.router.call(contact)
        assert not self.other.router.is_online(self.one.document.fingerprint)
        self.one.router.seen(peer, [contact])
        assert (await self.one.router.ping(peer))[1] == "tcp"

    async def test_a_body(self) -> None:
        """Bytes written on an opened exchange are what the handler reads."""
        sizes: list[int] = []

        async def handler(sender: object, packet: Data, exchange: object) -> Ack:
            size = 0
            while data := await exchange.read():  # type: ignore[attr-defined]
                size += len(data)
            sizes.append(size)
            return Ack()

        self.other.router.answer(Data, handler)
        size = 3 * 2**20
        exchange = await self.one.router.open(
            self.other.document.fingerprint,
            Data(block=HASH, number=0, size=size, root=HASH),
            priority=Priority.BACKUP,
        )
        await exchange.write(bytes(size))
        exchange.finish()
        assert await exchange.answer() == Ack()
        assert sizes == [size]
