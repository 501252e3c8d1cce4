"""Every identity server is dead: who knows each other meets, and strangers gather elsewhere.  T39."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from zope.interface import implementer

from bitdust.directory.interface import IDirectory
from bitdust.directory.memory import MemoryWhereabouts
from bitdust.directory.offers import place
from bitdust.errors import Timeout, TryLater
from bitdust.identity.idurl import seen_at
from bitdust.identity.keys import Keys
from bitdust.node.gatherings import MOST
from tests.world import House, World


@implementer(IDirectory)
class Dead:
    """Servers that answer nobody."""

    async def find(self, idurl: str) -> bytes:
        raise Timeout("no identity server answers")

    async def publish(self, idurl: str, document: bytes) -> None:
        raise Timeout("no identity server answers")

    async def candidates(self, limit: int) -> list[str]:
        return []

    async def claims(self, key: str, limit: int) -> list[str]:
        raise TryLater("no identity server answers")

    async def put_record(self, name: str, record: bytes) -> None:
        raise Timeout("no identity server answers")

    async def get_record(self, name: str) -> bytes | None:
        raise Timeout("no identity server answers")


class Cut(MemoryWhereabouts):
    """One that can be cut off from everybody."""

    def __init__(self, records: dict[bytes, bytes], topics: dict[bytes, dict[tuple[str, ...], None]]) -> None:
        super().__init__(records, topics)
        self.records, self.topics = records, topics
        self.is_cut = False

    def check(self) -> None:
        if self.is_cut:
            raise Timeout("nobody answers")

    async def leave(self, keys: Keys, record: bytes) -> None:
        self.check()
        await super().leave(keys, record)

    async def look(self, public: bytes) -> bytes | None:
        self.check()
        return await super().look(public)

    async def gather(self, topic: bytes, contacts: Sequence[str]) -> None:
        self.check()
        await super().gather(topic, contacts)

    async def gathered(self, topic: bytes) -> list[tuple[str, ...]]:
        self.check()
        return await super().gathered(topic)


def rebuild(house: House) -> None:
    """End it and start it again."""
    house.stop()
    house.begin()


def servers_die(world: World) -> None:
    """For all who live, and all who come."""
    world.directory = Dead()
    for house in world.houses.values():
        house.node.people.directory, house.node.people._acquaintances = world.directory, _meets(house)
        house.node.as_somebody().propagation.directory = world.directory


def _meets(house: House) -> Any:
    from bitdust.directory.acquaintance import Acquaintances

    return Acquaintances(house.world.directory, house.node.people.pins)


@pytest.fixture
def gathering(world: World) -> World:
    """A world with a place where nodes leave word and gather."""
    world.whereabouts = MemoryWhereabouts({}, {})
    return world


def test_t39_known_peers_still_meet(world: World) -> None:
    """Each of them is started again, at another place: they find each other, and back up."""
    world.whereabouts = MemoryWhereabouts({}, {})
    suppliers = world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=100_000)
    alice.back_up(source)
    alice.until_safe()
    servers_die(world)
    for house in (*suppliers, alice):
        rebuild(house)
    world.until(lambda: world.staffed(alice, 4), 3600.0)
    (source / "b").write_bytes(bytes(1000))
    assert alice.back_up(source).state == "committed"


def test_t39_cut_off_for_a_day(gathering: World) -> None:
    """The place where nodes leave word is away for a day: backups go on; an hour later all is there."""
    world = gathering
    where = world.whereabouts = Cut({}, {})
    world.suppliers(4)
    alice = world.customer(personal__nickname="Alice")
    source = world.tree(a=100_000)
    alice.back_up(source)
    world.until(lambda: where.records)
    where.is_cut = True
    where.records.clear()
    where.topics.clear()
    world.run(86_400.0)
    (source / "b").write_bytes(bytes(1000))
    assert alice.back_up(source).state == "committed"
    where.is_cut = False
    world.run(3600.0)
    assert len(where.records) == 5
    assert len(where.topics[place(0, 0)]) == 4


def test_suppliers_are_found_where_they_gather(gathering: World) -> None:
    """A customer that no identity server helps hires those who offer."""
    world = gathering
    world.suppliers(5)
    alice = world.house("alice", services__supplier__enabled=False, services__customer__enabled=False).start()
    servers_die(world)
    alice.stop()
    alice._settings["services/customer/enabled"] = True
    alice.begin()
    world.until(lambda: world.staffed(alice, 4), 3600.0)


def test_found_by_nickname_and_written_to(gathering: World) -> None:
    """Two who know only each other's nickname."""
    world = gathering
    alice = world.house("alice", services__customer__enabled=False, personal__nickname="Alice").start()
    bob = world.house("bob", services__customer__enabled=False, personal__nickname="Bob").start()
    world.run(60.0)
    servers_die(world)
    found = world.wait(alice.node.messaging.nicknames.find("bob"))
    assert [(each.idurl, each.state) for each in found.candidates] == [
        (seen_at(bob.idurl, bob.fingerprint), "unverified")
    ]
    world.wait(alice.node.messaging.messages.send(found.idurl, "hello"))
    world.run(10.0)
    came = world.wait(bob.node.messaging.messages.listed(10, 0.0, None))
    assert [(each.message, each.sender) for each in came] == [
        ("hello", seen_at(alice.idurl, alice.fingerprint))
    ]


def test_only_a_person_makes_verified(gathering: World) -> None:
    """A search result that a script hands on is nobody's word; what a person was told by the other is."""
    world = gathering
    alice = world.house("alice", services__customer__enabled=False).start()
    bob = world.house("bob", services__customer__enabled=False, personal__nickname="Bob").start()
    world.run(60.0)
    servers_die(world)
    book = alice.node.messaging.book

    def states() -> list[str]:
        found = world.wait(alice.node.messaging.nicknames.find("bob"))
        return [
            *(each.state for each in world.wait(book.everyone())),
            *(each.state for each in found.candidates),
        ]

    found = world.wait(alice.node.messaging.nicknames.find("bob"))
    world.wait(alice.node.messaging.messages.send(found.idurl, "hello"))
    assert states() == ["unverified"]
    assert world.wait(book.add(found.idurl, "")).how == "new"
    assert states() == ["unverified", "unverified"]
    world.wait(alice.node.messaging.messages.send("bob", "hello again"))
    assert states() == ["unverified", "unverified"]
    world.wait(book.add(f"{bob.idurl}#fp={bob.fingerprint}", ""))
    assert states() == ["verified", "verified"]
    # Said once by a person, it stays.
    world.wait(book.add(found.idurl, "Robert"))
    assert states() == ["verified", "verified"]


def test_who_gathers_and_is_not_called_so(gathering: World) -> None:
    """Addresses of others, and of nobody, under a nickname: few are called, and nobody is shown."""
    world = gathering
    alice = world.house("alice", services__customer__enabled=False).start()
    eve = world.house("eve", services__customer__enabled=False, personal__nickname="Eve").start()
    from bitdust.directory.address import topic
    from bitdust.directory.nickname import nickname_key

    here = topic("nickname", nickname_key("bob"))
    assert world.whereabouts is not None
    for number in range(200):
        world.wait(world.whereabouts.gather(here, (f"memory://nobody{number}",)))
    world.wait(world.whereabouts.gather(here, (f"memory://{eve.place}",)))
    found = world.wait(alice.node.messaging.nicknames.find("bob"))
    assert found.candidates == ()
    gatherings = alice.node.as_somebody().directories.gatherings
    assert gatherings is not None
    assert 0 < gatherings.asked <= MOST
