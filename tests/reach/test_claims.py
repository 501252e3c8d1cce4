"""What is believed of what others say, and that one liar changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitdust.reach.claims import LASTS, MOST, OF_ONE, Claim, Claims

from .people import claim

US, LIE, OTHER = "203.0.113.10:7771", "198.51.100.66:7771", "203.0.113.10:9999"


def places(claims: Claims, now: float = 0.0) -> list[str]:
    """The places that are believed."""
    return [str(each.place) for each in claims.believed(now)]


def test_one_who_is_alone_is_believed() -> None:
    """There is nobody else to ask."""
    claims = Claims()
    assert places(claims) == []
    assert claims.add(claim("bob", "192.0.2.1", US), 0.0)
    assert places(claims) == [US]


def test_two_networks_agree() -> None:
    """And it is told how many say so."""
    claims = Claims()
    for who, at in (("bob", "192.0.2.1"), ("bea", "192.0.9.9"), ("carl", "198.18.0.1")):
        claims.add(claim(who, at, US), 0.0)
    [found] = claims.believed(0.0)
    assert (str(found.place), found.observers, found.neighbourhoods) == (US, 3, 2)


def test_a_liar_takes_nothing_away() -> None:
    """T31: what was believed stays, whatever one who is many says."""
    claims = Claims()
    claims.add(claim("bob", "192.0.2.1", US), 0.0)
    assert places(claims) == [US]
    for number in range(20):
        claims.add(claim(f"liar{number}", f"198.18.0.{number + 1}", LIE), 0.0)
        assert places(claims) == [US]


def test_a_liar_who_comes_first_is_outvoted() -> None:
    """Two who agree are believed, whoever was first."""
    claims = Claims()
    claims.add(claim("liar", "198.18.0.1", LIE), 0.0)
    claims.add(claim("bob", "192.0.2.1", US), 0.0)
    assert places(claims) == [LIE]
    claims.add(claim("carl", "192.88.0.1", US), 0.0)
    assert places(claims) == [US]


def test_when_who_was_believed_is_gone_the_others_must_agree() -> None:
    """One against one is nobody."""
    claims = Claims()
    first = claim("bob", "192.0.2.1", US)
    claims.add(first, 0.0)
    claims.add(claim("liar", "198.18.0.1", LIE), 0.0)
    claims.add(claim("other", "192.88.0.1", OTHER), 0.0)
    claims.parted(first, 0.0)
    assert places(claims, LASTS + 1) == []


def test_neighbours_have_one_voice() -> None:
    """In one network the most say what it says."""
    claims = Claims()
    claims.add(claim("liar", "192.0.2.1", LIE), 0.0)
    claims.add(claim("bob", "192.0.2.2", US), 0.0)
    claims.add(claim("bea", "192.0.2.3", US), 0.0)
    assert places(claims) == [US]


@pytest.mark.parametrize(
    ("at", "seen"),
    [
        ("192.168.0.2", US), ("127.0.0.1", US), ("192.0.2.1", "192.168.0.1:7771"),
        ("192.0.2.1", "127.0.0.1:1"),
        ("192.168.0.2", "127.0.0.1:7771"), ("192.0.2.1", "0.0.0.0:7771"), ("192.0.2.1", "224.0.0.1:7771"),
    ],
)  # fmt: skip
def test_nobody_speaks_for_what_he_cannot_see(at: str, seen: str) -> None:
    """Neighbours in the house speak for the house, the world for the world."""
    claims = Claims()
    assert not claims.add(claim("bob", at, seen), 0.0)
    assert places(claims) == []


def test_the_house_and_the_world_are_two_questions() -> None:
    """Both kinds of address, and both scopes, have an answer of their own."""
    claims = Claims()
    claims.add(claim("bob", "192.0.2.1", US), 0.0)
    claims.add(claim("nan", "192.168.0.2", "192.168.0.9:7771"), 0.0)
    claims.add(claim("six", "[2001:db8::1]:1", "[2001:db8:1::9]:7771"), 0.0)
    assert places(claims) == ["[2001:db8:1::9]:7771", US, "192.168.0.9:7771"]


def test_claims_outlive_their_links_for_a_while() -> None:
    """A quiet hour takes no contact away; a longer one does."""
    claims = Claims()
    said = claim("bob", "192.0.2.1", US)
    claims.add(said, 0.0)
    claims.parted(said, 100.0)
    assert [*claims.all()] == [said]
    assert [*claims.current()] == []
    assert places(claims, 99.0 + LASTS) == [US]
    assert places(claims, 101.0 + LASTS) == []


def test_a_later_claim_is_not_ended_with_an_earlier_link() -> None:
    """Two links to one peer overlap when one takes the place of the other."""
    claims = Claims()
    first, second = claim("bob", "192.0.2.1", US), claim("bob", "192.0.2.1", US, ours=False)
    claims.add(first, 0.0)
    claims.add(second, 0.0)
    claims.parted(first, 0.0)
    assert [*claims.current()] == [second]


def test_what_moves_is_followed() -> None:
    """The same observers see us elsewhere: that is where we are."""
    claims = Claims()
    for who, at in (("bob", "192.0.2.1"), ("carl", "198.18.0.1")):
        claims.add(claim(who, at, US), 0.0)
    assert places(claims) == [US]
    claims.add(claim("bob", "192.0.2.1", OTHER), 0.0)
    assert places(claims) == [US]
    claims.add(claim("carl", "198.18.0.1", OTHER), 0.0)
    assert places(claims) == [OTHER]


def test_they_are_bounded() -> None:
    """However many come, so many are kept."""
    claims = Claims()
    for who in range(2 * MOST):
        claims.add(claim(f"{who}", f"192.{who % 200}.2.1", f"203.0.113.{1 + who % 3}:7771"), 0.0)
    assert len([*claims.all()]) == MOST
    assert len(claims.believed(0.0)) == 1


def test_one_address_that_is_many_pushes_nobody_out() -> None:
    """T31: whoever makes link after link under new names has few claims, also when the links end."""
    claims = Claims()
    honest = [claim(f"friend{net}", f"198.{18 + net}.0.1", US, ours=net % 2 == 0) for net in range(4)]
    for each in honest:
        claims.add(each, 0.0)
    for number in range(2 * MOST):
        lie = claim(f"liar{number}", "198.51.100.66", LIE, ours=False)
        claims.add(lie, 1.0)
        if number % 3:
            claims.parted(lie, 1.0)
    assert places(claims, 2.0) == [US]
    assert {*honest} <= {*claims.current()}
    assert len([*claims.all()]) == 4 + OF_ONE


def test_guests_push_out_nobody_whom_we_dialled() -> None:
    """Neither from many networks nor from his own; guests make room for each other, who is gone first."""
    claims = Claims()
    dialled = claim("bob", "192.0.2.1", US)
    first, gone, last = (claim(name, "192.0.9.9", LIE, ours=False) for name in ("first", "gone", "last"))
    for each in (dialled, first, gone):
        claims.add(each, 0.0)
    claims.parted(gone, 0.0)
    for number in range(OF_ONE - 3):
        claims.add(claim(f"near{number}", "192.0.9.9", LIE, ours=False), 0.0)
    claims.add(last, 1.0)
    assert {dialled, first, last} <= {*claims.all()}
    assert gone not in claims.all()
    for net in range(2 * MOST):
        claims.add(claim(f"far{net}", f"{20 + net // 200}.{net % 200}.2.1", LIE, ours=False), 2.0)
    assert dialled in claims.current()
    assert len([*claims.all()]) == MOST


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 255)), min_size=1, max_size=40),
    st.permutations(range(2)),
)
def test_one_network_never_wins_against_two(lies: list[tuple[int, int]], order: list[int]) -> None:
    """T31: two honest networks are believed whatever one hostile one says, in whatever order."""
    claims = Claims()
    honest = [claim("bob", "192.0.2.1", US), claim("carl", "198.18.0.1", US)]
    hostile: list[Claim] = [
        claim(f"liar{who}", f"198.51.100.{who + 1}", f"203.0.113.{last}:7771") for who, last in lies
    ]
    for part in order:
        for each in (honest, hostile)[part]:
            claims.add(each, 0.0)
    assert places(claims) == [US]
