"""
What others say of where they see us on one road, and what of that is believed.

Everyone may lie, and one who is many must not count as many: observers count by neighbourhood.  A place is
believed when two neighbourhoods name it; or when there is only one that says anything, since then there is
nobody to ask.  Who is believed stays so until two others name another place, or nobody names it any more: one
liar can take no place away.  Each speaks for places of his own scope only: a neighbour in the house knows
nothing of the world.

Names cost nothing, and a claim outlives its link: so of one neighbourhood few are kept, and who came to us by
himself pushes out nobody whom we dialled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property

from bitdust.reach.scopes import Scope, neighbourhood, scope_of
from bitdust.wire.place import Place

#: claims that are kept of one neighbourhood, and of all together
OF_ONE, MOST = 16, 256
#: seconds that a claim holds once its link is over
LASTS = 3600.0
#: neighbourhoods that must agree where several speak
ENOUGH = 2


@dataclass(frozen=True)
class Claim:
    """
    @param observer: his fingerprint.
    @param at: where he is.
    @param seen: where he sees us.
    @param ours: we dialled him, so that he sees the mapping of our own socket.
    """

    observer: str
    at: Place
    seen: Place
    ours: bool

    @cached_property
    def scope(self) -> Scope:
        """Of the place: how far it carries."""
        return scope_of(self.seen.host)

    @cached_property
    def neighbourhood(self) -> str:
        """Of the observer: who shares it counts once."""
        return neighbourhood(self.at.host)

    @property
    def question(self) -> Hashable:
        """What it is an answer to: a later one of the same observer takes its place."""
        return self.observer, self.scope, self.seen.host.version, self.ours


@dataclass(frozen=True)
class Believed:
    """A place, and by how many observers and neighbourhoods it is named."""

    place: Place
    observers: int
    neighbourhoods: int


class Claims:
    """The claims about one road, each observer's last one for each kind of address."""

    def __init__(self) -> None:
        #: until when each holds; None: his link is up
        self._held: dict[Hashable, tuple[Claim, float | None]] = {}
        self._standing: dict[tuple[Scope, int], Place] = {}

    def add(self, claim: Claim, now: float) -> bool:
        """He says so, on a link that is up now.  False: that is not for him to say."""
        if claim.scope is Scope.NOBODY or claim.scope is not scope_of(claim.at.host):
            return False
        self._held.pop(claim.question, None)
        self._held[claim.question] = (claim, None)
        self._lapse(now)
        self._make_room(claim.neighbourhood)
        # Who comes second finds the first believed.
        self._settle(claim.scope, claim.seen.host.version)
        return True

    def parted(self, claim: Claim, now: float) -> None:
        """The link that it came over is over."""
        if self._held.get(claim.question, (None,))[0] is claim:
            self._held[claim.question] = (claim, now + LASTS)

    def clear(self) -> None:
        """The network is another one: nothing that was seen holds."""
        self._held.clear()
        self._standing.clear()

    def all(self) -> Iterator[Claim]:
        """Those that hold."""
        return (claim for claim, _ in self._held.values())

    def current(self) -> Iterator[Claim]:
        """Those whose links are up."""
        return (claim for claim, until in self._held.values() if until is None)

    def believed(self, now: float) -> list[Believed]:
        """Of each scope and kind of address the place that is believed, those of the world first."""
        self._lapse(now)
        found = []
        for scope in sorted(Scope, reverse=True):
            for version in (6, 4):
                claims, place = self._settle(scope, version)
                if place is not None:
                    saying = [each for each in claims if each.seen == place]
                    observers = {each.observer for each in saying}
                    found.append(
                        Believed(place, len(observers), len({each.neighbourhood for each in saying}))
                    )
        return found

    def _settle(self, scope: Scope, version: int) -> tuple[list[Claim], Place | None]:
        """The claims of this kind, and the place that is believed from now on."""
        claims = [each for each in self.all() if each.scope is scope and each.seen.host.version == version]
        place = self._choose(claims, self._standing.pop((scope, version), None))
        if place is not None:
            self._standing[scope, version] = place
        return claims, place

    def _choose(self, claims: list[Claim], standing: Place | None) -> Place | None:
        voices = _voices(claims, standing)
        votes = Counter(voices.values())
        if not votes:
            return None
        best, count = max(votes.items(), key=lambda vote: (vote[1], vote[0] == standing))
        if count >= ENOUGH or len(voices) == 1:
            return best
        return standing if any(each.seen == standing for each in claims) else None

    def _make_room(self, neighbourhood: str) -> None:
        """
        Of too many there, or of all, one is given up: a guest before whom we dialled, from where most are,
        one whose link is over before others, and the oldest of those.
        """
        crowds = Counter(claim.neighbourhood for claim, _ in self._held.values())
        crowded = crowds[neighbourhood] > OF_ONE
        if not crowded and len(self._held) <= MOST:
            return

        def worth(key: Hashable) -> tuple[bool, int, bool]:
            claim, until = self._held[key]
            return claim.ours, -crowds[claim.neighbourhood], until is None

        some = [
            key
            for key, (claim, _) in self._held.items()
            if not crowded or claim.neighbourhood == neighbourhood
        ]
        del self._held[min(some, key=worth)]

    def _lapse(self, now: float) -> None:
        self._held = {
            key: (claim, until) for key, (claim, until) in self._held.items() if until is None or until > now
        }


def _voices(claims: list[Claim], standing: Place | None) -> dict[str, Place]:
    """What each neighbourhood says: what most of it do, and of equals what it said before."""
    said: dict[str, Counter[Place]] = {}
    for claim in claims:
        said.setdefault(claim.neighbourhood, Counter())[claim.seen] += 1
    return {
        where: max(places.items(), key=lambda each: (each[1], each[0] == standing))[0]
        for where, places in said.items()
    }
