"""Where a node is reached: what it asks, believes and tells, on a hand-turned clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from bitdust.errors import Offline
from bitdust.events import Signal
from bitdust.machines import Machines
from bitdust.node.reachability import GATHER, PATIENCE, SELDOM, SETTLE, IMapper, Reachability
from bitdust.reach.inquiry import AGAIN, ANYWAY
from bitdust.reach.scopes import Address
from bitdust.reach.standpoint import Verdict, Wishes
from bitdust.reach.watch import EVERY
from bitdust.transport.interface import ILink
from bitdust.wire.packets import DialBack, DialledBack, Packet
from tests.reach.people import Link

HOME, ELSEWHERE = ip_address("192.168.0.9"), ip_address("10.8.0.3")
PUBLIC = "tcp://203.0.113.10:7771"


class FakeRouter:
    """Notes what is asked; `answer` of a test says what is answered."""

    def __init__(self) -> None:
        self.linked: Signal[[ILink]] = Signal()
        self.asked: list[tuple[str, DialBack]] = []
        self.checked: list[float] = []
        self.answers: Callable[[str, DialBack], Deferred[Packet]] = lambda *_: fail(Offline())

    def answer(self, *_: object) -> None:
        pass

    def ask(self, who: str, question: DialBack, within: float) -> Deferred[Packet]:
        self.asked.append((who, question))
        return self.answers(who, question)

    def check(self, patience: float) -> None:
        self.checked.append(patience)

    def try_straight(self) -> None:
        pass


class Node:
    """Its reachability, and what it was told to publish when."""

    def __init__(self, mapper: IMapper | None = None) -> None:
        self.clock, self.router, self.machines = Clock(), FakeRouter(), Machines()
        self.asleep = 0.0
        self.addresses: tuple[Address, ...] = (HOME,)
        self.private = False
        self.told: list[tuple[float, list[str]]] = []
        self.reachability = Reachability(
            clock=self.clock, wall=lambda: self.clock.seconds() + self.asleep, machines=self.machines,
            router=self.router, transports=(), wishes=lambda: Wishes("", self.private),  # type: ignore[arg-type]
            look=lambda: self.addresses, tell=lambda said: self.told.append((self.clock.seconds(), said)),
            mapper=mapper,
        )  # fmt: skip
        self.first = self.reachability.start(["tcp://0.0.0.0:7771"])

    def run(self, seconds: float) -> None:
        """Second by second."""
        for _ in range(int(seconds)):
            self.clock.advance(1.0)

    def meet(self, who: str, at: str = "192.0.2.1", seen: str = "203.0.113.10:50001", **more: Any) -> Link:
        """A link to him comes up."""
        link = Link(who, f"{at}:7771", seen, **more)
        self.router.linked(link)  # type: ignore[arg-type]
        return link

    @property
    def state(self) -> str:
        [row] = self.machines.rows.values()
        return row.state


@pytest.fixture
def node() -> Iterator[Node]:
    """A node that leaves nothing behind."""
    node = Node()
    yield node
    node.reachability.stop()
    assert node.clock.getDelayedCalls() == []
    assert node.machines.rows == {}


def reached(_who: str, question: DialBack) -> Deferred[Packet]:
    """He has come in everywhere."""
    return succeed(DialledBack(question.contacts))


def in_vain(_who: str, _question: DialBack) -> Deferred[Packet]:
    """He has come in nowhere."""
    return succeed(DialledBack(()))


def test_a_node_behind_a_router_learns_its_address(node: Node) -> None:
    """What is seen is published, at most once a minute, and somebody is asked to try it."""
    assert (node.first, node.state) == ([], "Disconnected")
    node.router.answers = reached
    node.meet("bob")
    assert node.state == "Wondering"
    node.run(GATHER + 1)
    [(who, question)] = node.router.asked
    assert (who, question.contacts) == ("bob", (PUBLIC,))
    assert node.state == "Reachable"
    assert node.told == [(GATHER, [PUBLIC])]
    node.meet("bob", seen="203.0.113.77:50001")
    node.run(2 * SELDOM)
    assert node.told[1:] == [(GATHER + SELDOM, ["tcp://203.0.113.77:7771"])]
    assert len(node.router.asked) == 1


def test_who_cannot_be_reached_says_so(node: Node) -> None:
    """Two far from each other are asked; both in vain: the contact is not published."""
    node.router.answers = in_vain
    node.meet("bob")
    node.meet("bert", "192.0.2.2")
    node.meet("carl", "198.18.0.1")
    node.run(SELDOM + 2)
    assert [who for who, _ in node.router.asked] == ["bob", "carl"]
    assert (node.state, node.told) == ("Unreachable", [])
    assert node.reachability.network().reachable is Verdict.NOT


def test_it_is_asked_again_but_not_often(node: Node) -> None:
    """Who gives no answer is not bothered; later others are."""
    node.meet("bob")
    for number in range(30):
        node.meet(f"bert{number}", "192.0.2.2")
        node.run(1)
    assert len(node.router.asked) == 1
    node.run(AGAIN)
    assert len(node.router.asked) == 2
    node.router.answers = reached
    node.run(ANYWAY + AGAIN)
    assert len(node.router.asked) == 3
    assert node.state == "Reachable"


def test_a_relay_is_told_of(node: Node) -> None:
    """The relay role says where it takes calls for us."""
    node.meet("bob")
    node.reachability.standpoint.relayed = lambda: ["proxy://relay"]
    node.reachability.reconsider()
    assert node.state == "Relayed"
    node.run(SELDOM + 1)
    assert node.told == [(GATHER, [PUBLIC])]
    assert node.reachability.network().contacts == (PUBLIC, "proxy://relay")


@pytest.mark.parametrize("dialed", [True, False])
def test_a_hole_proves_nothing(node: Node, dialed: bool) -> None:
    """Through it one comes in who had to be let in: others still cannot, and its port is not ours."""
    node.router.answers = in_vain
    node.meet("bob")
    node.run(GATHER + 1)
    assert node.state == "Unreachable"
    relayed = Link("carl", "", "")
    relayed.direct = False
    node.router.linked(relayed)  # type: ignore[arg-type]
    node.meet("carl", "198.18.0.1", "203.0.113.10:40001", dialed=dialed)
    node.run(GATHER + 1)
    assert node.state == "Unreachable"
    believed = node.reachability.standpoint.believed("tcp", node.clock.seconds())
    assert [str(each.place) for each in believed] == ["203.0.113.10:7771"]


class FakeMapper:
    """A router that promises what the test says."""

    roads = frozenset({"tcp"})
    trouble = ""

    def __init__(self) -> None:
        self.wanted: Mapping[str, int] = {}
        self.promised: Callable[[dict[str, int]], None] = lambda ports: None
        self.began: list[Sequence[Address]] = []

    async def begin(self, addresses: Sequence[Address]) -> None:
        self.began.append(addresses)

    async def stop(self) -> None:
        pass


def test_the_router_is_asked_for_ports() -> None:
    """At the start, and again in another network; what it promises is told once our address is known."""
    mapper = FakeMapper()
    node = Node(mapper)
    assert (mapper.wanted, mapper.began) == ({"tcp": 7771}, [(HOME,)])
    mapper.promised({"tcp": 8771})
    node.run(GATHER + 1)
    assert node.told == []
    node.meet("bob")
    node.run(GATHER + 1)
    assert node.told[-1][1] == [PUBLIC, "tcp://203.0.113.10:8771"]
    assert PUBLIC.replace(":7771", ":8771") in node.router.asked[-1][1].contacts
    node.addresses = (ELSEWHERE,)
    node.run(EVERY)
    assert mapper.began == [(HOME,), (ELSEWHERE,)]
    node.reachability.stop()
    mapper.promised({})
    assert node.clock.getDelayedCalls() == []


def test_the_owner_changes_his_mind(node: Node) -> None:
    """Wishes take effect while it runs."""
    node.private = True
    node.reachability.reconsider()
    node.run(SELDOM + 1)
    assert node.told == [(GATHER, ["tcp://192.168.0.9:7771"])]


def test_links_end(node: Node) -> None:
    """The last one: Disconnected; the address stays published, for peers shall find us again."""
    link, other = node.meet("bob"), node.meet("carl", "198.18.0.1")
    node.run(SELDOM + 1)
    link.end()
    assert node.state == "Wondering"
    other.end()
    assert node.state == "Disconnected"
    node.run(SELDOM)
    assert node.told == [(GATHER, [PUBLIC])]


def test_another_network(node: Node) -> None:
    """Links are checked at once, everything seen before is forgotten, and asked for anew."""
    node.router.answers = reached
    old = node.meet("bob")
    node.run(SELDOM + 1)
    assert (node.state, node.router.checked) == ("Reachable", [])
    node.addresses = (ELSEWHERE,)
    node.run(EVERY + SETTLE)
    assert node.router.checked == [PATIENCE]
    node.meet("bob", seen="198.51.100.3:41000")
    old.end()
    node.run(PATIENCE + 2 * GATHER)
    assert node.state == "Reachable"
    assert node.router.asked[-1][1].contacts == ("tcp://198.51.100.3:7771",)
    node.run(2 * SELDOM)
    assert node.told[-1][1] == ["tcp://198.51.100.3:7771"]
    assert len(node.router.checked) == 1


def test_a_further_network(node: Node) -> None:
    """What was seen before still holds when an address comes and none goes."""
    node.meet("bob")
    node.run(SELDOM + 1)
    node.addresses = (HOME, ELSEWHERE)
    node.run(2 * SELDOM)
    assert node.router.checked == [PATIENCE]
    assert node.told == [(GATHER, [PUBLIC])]


def test_a_sleep(node: Node) -> None:
    """Links are checked at once, and somebody is asked once more; no contact is taken away for that."""
    node.router.answers = reached
    node.meet("bob")
    node.run(SELDOM + 1)
    node.asleep = 3600.0
    node.router.answers = in_vain
    node.run(EVERY + SETTLE)
    assert node.router.checked == [PATIENCE]
    node.run(PATIENCE + 2 * GATHER)
    assert len(node.router.asked) == 2
    assert node.state == "Unreachable"
    node.run(2 * SELDOM)
    assert node.told == [(GATHER, [PUBLIC])]


def test_a_cable_is_pulled(node: Node) -> None:
    """No address at all: nothing is published that nobody sees; and all comes back with the cable."""
    node.router.answers = reached
    link = node.meet("bob")
    node.run(SELDOM + 1)
    node.addresses = ()
    node.run(EVERY + SETTLE)
    link.end()
    assert node.state == "Disconnected"
    node.addresses = (HOME,)
    node.run(EVERY + SETTLE)
    node.meet("bob")
    node.run(2 * SELDOM)
    assert (node.state, node.told[-1][1]) == ("Reachable", [PUBLIC])
