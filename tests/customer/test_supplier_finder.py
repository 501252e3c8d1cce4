"""One more supplier from among many who offer, some of them silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from bitdust.customer.supplier_finder import PATIENCE, Hired, SupplierFinder
from bitdust.errors import Offline, Refused
from bitdust.machines import Machines
from bitdust.world import spawn
from tests.transport.people import seeded


@dataclass
class Paper:
    """As much of a document as is looked at."""

    fingerprint: str
    idurl: str
    contacts: tuple[str, ...] = ()


class Town:
    """Candidates: who signs, who refuses, who is silent until his time is up."""

    def __init__(self, **people: str) -> None:
        self.clock = Clock()
        self.people = people
        self.asked: list[str] = []
        self.given_up: list[str] = []
        self.machines = Machines()
        self.finder = SupplierFinder(
            self.candidates, self.meet, self.agree, self.clock, seeded("town"), self.machines
        )

    async def candidates(self, limit: int) -> list[str]:
        return list(self.people)

    async def meet(self, idurl: str) -> Any:
        return Paper(self.people[idurl].partition("=")[2] or idurl.upper(), idurl)

    async def agree(self, document: Any) -> None:
        name = document.idurl
        self.asked.append(name)
        how = self.people[name].partition("=")[0]
        if how == "refuses":
            raise Refused("no_space", "no")
        if how == "breaks":
            raise ZeroDivisionError
        if how == "silent":
            waiting: Deferred[None] = Deferred(lambda _: self.given_up.append(name))
            waiting.addTimeout(15, self.clock, lambda *_: self.silence())
            await waiting

    def silence(self) -> None:
        raise Offline()

    def find(self, *excluded: str) -> Any:
        """What came of it, and after how many seconds."""
        came: list[Any] = []
        spawn(self.finder.find(excluded)).addBoth(came.append)
        begun = self.clock.seconds()
        while not came:
            assert self.clock.seconds() - begun < 1000
            self.clock.advance(0.25)
        self.clock.advance(0)
        assert self.clock.getDelayedCalls() == []
        return came[0], self.clock.seconds() - begun


def test_many_silent_ones_do_not_hold_it_up() -> None:
    """Seven of eight are gone for good: the eighth is found within seconds, and the others are let go."""
    town = Town(**{f"gone{n}": "silent" for n in range(7)}, bob="signs")
    hired, took = town.find()
    assert hired == Hired("BOB", "bob")
    assert took <= 8 * PATIENCE + 1
    assert sorted(town.given_up) == sorted(set(town.asked) - {"bob"})


def test_the_silent_come_last_the_next_time() -> None:
    """Who gave no contract when asked is asked after everyone else."""
    town = Town(**{f"no{n}": "refuses" for n in range(5)}, bob="signs", carol="signs")
    first, _ = town.find()
    refused = [name for name in town.asked if name.startswith("no")]
    town.asked.clear()
    town.find(first.fingerprint)
    assert not set(town.asked) & set(refused)


def test_nobody_is_asked_twice_or_against_our_will() -> None:
    """One who offers under two names is one; those who are excluded are not asked."""
    town = Town(bob="refuses=X", robert="refuses=X", dave="signs=D")
    came, _ = town.find("D")
    assert came.check(Offline)
    assert "1 were asked" in came.value.message
    assert len(town.asked) == 1


def test_a_refusal_costs_no_time() -> None:
    """Ten refusals are heard at once."""
    town = Town(**{f"no{n}": "refuses" for n in range(10)})
    came, took = town.find()
    assert came.check(Offline)
    assert took <= 0.25
    assert "10 were asked; no" in came.value.message


def test_what_nobody_foresaw_is_logged_and_stops_nothing(caught_failures: list[Any]) -> None:
    """A fault of our own with one candidate is told to the log; the others are asked."""
    town = Town(broken="breaks", bob="signs")
    hired, _ = town.find()
    assert hired == Hired("BOB", "bob")
    assert len(caught_failures) == town.asked.count("broken")


def test_all_silent() -> None:
    """When all are silent their time is up together, not one after another."""
    town = Town(**{f"gone{n}": "silent" for n in range(20)})
    came, took = town.find()
    assert came.check(Offline)
    assert took <= 20 * PATIENCE + 16


def test_cancelled() -> None:
    """When the search is given up everyone is let go."""
    town = Town(a="silent", b="silent")
    searching = spawn(town.finder.find(()))
    town.clock.advance(PATIENCE)
    town.clock.advance(0)
    failed: list[Any] = []
    searching.addErrback(failed.append)
    searching.cancel()
    town.clock.advance(0)
    assert failed
    assert sorted(town.given_up) == ["a", "b"]
    assert town.clock.getDelayedCalls() == []


@pytest.mark.parametrize("seed", range(3))
def test_everybody_has_a_chance(seed: int) -> None:
    """Who is taken is drawn by lot."""
    town = Town(**{f"p{n}": "signs" for n in range(10)})
    taken = {town.find()[0].idurl for _ in range(30)}
    assert len(taken) > 5


def test_who_did_well_before_is_asked_first() -> None:
    """Former suppliers who were good come before strangers, those who were not, behind them."""
    town = Town(good="signs", stranger="refuses", poor="refuses", failed="refuses")

    async def ranks(idurls: list[str]) -> dict[str, tuple[int, float]]:
        return {"good": (0, -0.9), "poor": (2, -0.3), "failed": (3, 0.0)}

    town.finder.ranks = ranks
    assert town.find()[0].idurl == "good"
    town.people["good"] = "refuses"
    town.asked.clear()
    town.find()
    assert town.asked[0] == "good"
    assert town.asked[1:] == ["stranger", "poor", "failed"]


def test_a_crowded_network_is_the_last_choice() -> None:
    """Who lives where too many live already is taken only when nobody else would."""
    town = Town(near="signs", next_door="signs", far="signs")
    town.finder.is_crowded = lambda document: document.idurl != "far"
    for seed in range(5):
        town.finder.rng = seeded(f"town {seed}")
        assert town.find()[0].idurl == "far"
    town.people["far"] = "refuses"
    assert town.find()[0].idurl in ("near", "next_door")
    assert town.find("NEAR", "NEXT_DOOR")[0].check(Offline)
