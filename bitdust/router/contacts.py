"""
Where one peer may be found, as far as anybody says, and what of that is dialled.

Four say so: the places where he was found before, hints, his document, his address record.  Each has its turn
before anyone has a second one, so that nobody's word crowds out another's.  Whatever strangers say, no host
gets more than a few dials, none goes to a port that is no node's, and none into a private network unless he
was heard there, was found there before, or `may_reach` says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, zip_longest

from twisted.internet.interfaces import IReactorTime

from bitdust.errors import Usage
from bitdust.meter import household
from bitdust.transport.contact import anywhere, is_dialable, is_name, place_in
from bitdust.transport.relay.contact import SCHEME as RELAYED
from bitdust.transport.relay.contact import parse_relayed

#: most contacts that are dialled for one link, and most of one host; all names together count as one host
MOST_CONTACTS, OF_ONE_HOST = 16, 4
#: hints that are kept (a contact over a relay names so many places of it), and seconds one is good for
MOST_HINTS, HINT_FOR = 4, 3600.0


class Contacts:
    """
    @param may_reach: may this host, of which others say that he is there, be sent to?
    """

    def __init__(self, clock: IReactorTime, may_reach: Callable[[str], bool]) -> None:
        self._clock = clock
        self._may_reach = may_reach
        #: where he was found before, the last first
        self.found: Sequence[str] = ()
        #: where he is said to be, what was said last first, and when
        self._hints: dict[str, float] = {}

    def hint(self, contacts: Sequence[str], *, heard: bool = False) -> bool:
        """
        He is said to be there, too.  Is that news?

        @param heard: he is, since his own datagram came from there.
        """
        now = self._clock.seconds()
        before = self._fresh(now)
        may_reach = anywhere if heard else self._may_reach
        latest = [contact for contact in contacts[:MOST_HINTS] if is_dialable(contact, may_reach)]
        hints = {**dict.fromkeys(latest, now), **{c: before[c] for c in before if c not in latest}}
        self._hints = dict(list(hints.items())[:MOST_HINTS])
        return not set(self._hints) <= set(before)

    def to_dial(
        self, published: Iterable[str], said: Iterable[str], is_wanted: Callable[[str], bool]
    ) -> list[str]:
        """
        What to try, the best first.

        @param published, said: what his document and his address record say.
        @param is_wanted: of which contacts one is chosen.
        """
        self._hints = self._fresh(self._clock.seconds())
        kinds = [
            list(self.found),
            list(self._hints),
            [contact for contact in published if is_dialable(contact, self._may_reach)],
            [contact for contact in said if is_dialable(contact, self._may_reach)],
        ]
        turns = chain.from_iterable(zip_longest(*(filter(is_wanted, kind) for kind in kinds)))
        hosts: Counter[str] = Counter()
        chosen: dict[str, None] = {}
        for contact in turns:
            if contact is None or contact in chosen or len(chosen) >= MOST_CONTACTS:
                continue
            wanted = Counter(_hosts(contact))
            if all(hosts[host] + count <= OF_ONE_HOST for host, count in wanted.items()):
                hosts += wanted
                chosen[contact] = None
        # What is chosen fairly is dialled in the order in which it is most likely to be right.
        return [contact for contact in dict.fromkeys(chain(*kinds)) if contact in chosen]

    def _fresh(self, now: float) -> dict[str, float]:
        return {contact: when for contact, when in self._hints.items() if now - when < HINT_FOR}


def _hosts(contact: str) -> list[str]:
    """Whom it has us send to: each place of a relay; nobody where that is not for addresses to say."""
    try:
        scheme = contact.partition("://")[0]
        places = parse_relayed(contact).places if scheme == RELAYED else (contact,)
    except Usage:
        return []
    return [_host(place[0]) for each in places if (place := place_in(each)) is not None]


def _host(host: str) -> str:
    # Any number of names can lead to one address.
    return "" if is_name(host) else household(host)
