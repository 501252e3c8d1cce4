"""Places at relays: when they are looked for, kept, lost and left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bitdust.identity.document import Document, build
from bitdust.identity.keys import Keys
from bitdust.relay.keeper import REST, ROUND, SOON, WANTED, Keeper
from bitdust.relay.service import RelayService
from bitdust.transport.relay.contact import parse_relayed
from tests.relay.parties import Party, a_relay
from tests.relay.town import Build, Town
from tests.transport.people import Person, person, seeded


def at_home(name: str, *contacts: str) -> Person:
    """The person of this name, whose document says where he is."""
    known = person(name)
    document = build(
        Keys.from_master(seeded(name)(32)),
        sources=[known.document.idurl],
        contacts=contacts or [f"memory://{name}"],
        devices=[known.device.public],
        revision=2,
        date="2026-01-01",
    )
    return Person(name, known.device, document)


class Scene:
    """Sam, whom nobody can dial, and relays that he may ask, in their order."""

    def __init__(self, town: Town, *names: str, routes: int = 20) -> None:
        self.town = town
        self.relays: dict[str, tuple[Party, RelayService]] = {}
        self.candidates: list[Document] = []
        for name in names:
            self.relays[name] = a_relay(town.network, at_home(name), routes=routes)
            self.start(self.relays[name][0])
            self.candidates.append(self.relays[name][0].who.document)
        self.sam = town.party("sam")
        self.wanted = True
        self.asked = 0
        self.told: list[tuple[str, ...]] = []
        self.keeper = Keeper(
            town.clock, self.sam.who.document.fingerprint, self.sam.router, lambda: self.wanted, self.offered
        )
        self.keeper.found.listen(lambda idurl, who: self.told.append(("found", name_of(idurl))))
        self.keeper.lost.listen(lambda idurl, who, why: self.told.append(("lost", name_of(idurl))))

    def start(self, party: Party) -> None:
        self.town.parties.append(party)
        self.town.result(party.start())

    async def offered(self) -> list[Document]:
        self.asked += 1
        return self.candidates

    def names(self) -> list[str]:
        return [name_of(place.idurl) for place in self.keeper.places()]

    def kept_at(self, name: str) -> int:
        return len(self.relays[name][1].carrying().reservations)


def name_of(idurl: str) -> str:
    return idurl.rpartition("/")[2].partition(".")[0]


@pytest.fixture
def scene(build: Build) -> Iterator[Scene]:
    """With three relays."""
    made = Scene(build(), "ann", "ben", "cid")
    yield made
    made.keeper.stop()


def test_the_first_two_are_taken_and_kept(scene: Scene) -> None:
    """No more are asked; hours later the places are still there, and were told once."""
    scene.keeper.start()
    scene.town.run(5)
    assert scene.names() == ["ann", "ben"]
    scene.town.run(3 * 3600)
    assert scene.told == [("found", "ann"), ("found", "ben")]
    assert [scene.kept_at(name) for name in ("ann", "ben", "cid")] == [1, 1, 0]
    for contact, name in zip(scene.keeper.contacts(), ("ann", "ben"), strict=True):
        found = parse_relayed(contact)
        assert found.peer == scene.sam.who.document.fingerprint
        assert found.places == (f"memory://{name}",)
    assert scene.keeper.has(person("ann").document.fingerprint)
    assert not scene.keeper.has(person("cid").document.fingerprint)


def test_only_when_they_are_wanted(scene: Scene) -> None:
    """Nobody is asked before; and when others reach us without, the places are given back."""
    scene.wanted = False
    scene.keeper.start()
    scene.town.run(ROUND * 3)
    assert scene.asked == 0
    assert scene.keeper._timer is None
    scene.wanted = True
    scene.keeper.hurry()
    scene.town.run(5)
    assert len(scene.names()) == WANTED
    scene.wanted = False
    scene.keeper.hurry()
    scene.town.run(5)
    assert scene.names() == []
    assert scene.kept_at("ann") == 0
    assert scene.told[-2:] == [("lost", "ann"), ("lost", "ben")]


def test_who_is_lost_is_replaced(scene: Scene) -> None:
    """A relay that cannot be reached any more: another takes its place within half a minute."""
    changes: list[list[str]] = []
    scene.keeper.changed.listen(lambda: changes.append(scene.names()))
    scene.keeper.start()
    scene.town.run(5)
    scene.town.network.refuse("ann")
    scene.town.network.cut("ann")
    scene.town.run(30)
    assert scene.names() == ["ben", "cid"]
    assert changes == [["ann", "ben"], ["ben", "cid"]]


def test_a_link_that_breaks_is_made_anew(scene: Scene) -> None:
    """The relay has forgotten us with the link, and takes us again; nothing is published anew."""
    changes: list[int] = []
    scene.keeper.changed.listen(lambda: changes.append(1))
    scene.keeper.start()
    scene.town.run(5)
    scene.town.network.cut("ann")
    scene.town.run(10)
    assert scene.names() == ["ann", "ben"]
    assert scene.kept_at("ann") == 1
    assert changes == [1]


def test_who_refuses_is_left_alone(build: Build) -> None:
    """One who takes nobody, and one who is away, are not asked at each round; later they are."""
    scene = Scene(build(), "ann", "ben", routes=0)
    scene.town.network.refuse("ben")
    scene.candidates.append(at_home("eve", "proxy://relayed").document)
    scene.keeper.start()
    scene.town.run(SOON * 3)
    assert scene.names() == []
    assert scene.asked >= 3
    scene.town.network.allow("ben")
    for _, service in scene.relays.values():
        service._reservations._routes = lambda: 20
    scene.town.run(SOON)
    assert scene.names() == []
    scene.town.run(REST)
    assert scene.names() == ["ann", "ben"]
    scene.keeper.stop()


def test_stopped_in_the_middle(scene: Scene) -> None:
    """Whatever it is doing, it ends, and nothing ticks."""
    scene.town.network.latency(5.0)
    scene.keeper.start()
    scene.town.run(7)
    scene.keeper.stop()
    scene.keeper.hurry()
    scene.town.run(100)
    assert scene.names() == []
