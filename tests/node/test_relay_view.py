"""What is said of relays."""

from __future__ import annotations

import pytest

from bitdust.node.relay_view import relay_view
from bitdust.relay.asker import Asker
from bitdust.relay.keeper import Place
from bitdust.relay.reservations import BULK, INTRODUCTION, Reservation
from bitdust.relay.service import Carrying

IDURL = "http://127.0.0.1/rita.xml"
PLACE = Place("a" * 52, IDURL, "proxy://a@b/tcp/c:1", 5.0, INTRODUCTION)
KEPT = Reservation(Asker("b" * 52, True), "http://127.0.0.1/sam.xml", 3.0, 3603.0, 2, 3_000_000)


def test_figures() -> None:
    """Times of the clock become dates, and terms are told from each other."""
    bulky = Place("c" * 52, IDURL, "proxy://a@c/tcp/c:1", 6.0, BULK)
    view = relay_view(Carrying((KEPT,), 2, 4_000_000), [PLACE, bulky], True, lambda then: 1000 + then)
    [ours] = view.carried_for
    assert (ours.since, ours.until, ours.circuits, ours.carried) == (1003.0, 4603.0, 2, 3_000_000)
    assert [each.bulk for each in view.carried_by] == [False, True]
    assert (view.circuits, view.carried) == (2, 4_000_000)


@pytest.mark.parametrize(
    ("carrying", "places", "needed", "said"),
    [
        (None, None, False, ("carries nothing for others", "switched off")),
        (None, [], False, ("carries nothing for others", "over no relay")),
        (Carrying((), 0, 0), [], True, ("nobody is reached over it", "relays are looked for")),
        (Carrying((KEPT,), 1, 3_000_000), [PLACE], True, ("one node is reached", IDURL)),
        (Carrying((KEPT, KEPT), 1, 3_000_000), [PLACE, PLACE], True, ("2 nodes are", f"{IDURL} and {IDURL}")),
    ],
)
def test_words(
    carrying: Carrying | None, places: list[Place] | None, needed: bool, said: tuple[str, ...]
) -> None:
    """One sentence about us as a relay, one about those over which we are reached."""
    view = relay_view(carrying, places, needed, float)
    for sentence, part in zip(view.sentences, said, strict=True):
        assert part in sentence
        assert sentence.endswith(".")
