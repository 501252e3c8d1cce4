"""
logins -- how a browser is let in: a link that works once, then a cookie.
"""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime

from bitdust.world import Rng

#: seconds for which a link works
LINK_LASTS = 60
#: seconds without a visit after which a browser must come by a new link
SESSION_LASTS = 12 * 3600.0
#: links and browsers at the same time; the oldest go first
MOST_LINKS, MOST_SESSIONS = 16, 32


@dataclass
class Session:
    """
    One browser.

    @param csrf: every form of it carries this word.
    @param notice: what the next page is to say, once.
    @param leaves: it came by a link, and can log out.
    """

    csrf: str
    seen: float = 0.0
    notice: str = ""
    leaves: bool = False

    def take_notice(self) -> str:
        """What is to be said, said once."""
        said, self.notice = self.notice, ""
        return said


class Logins:
    """The links and the browsers of one node; only hashes of their words are kept."""

    def __init__(self, clock: IReactorTime, rng: Rng) -> None:
        self._clock = clock
        self._rng = rng
        self._links: OrderedDict[bytes, float] = OrderedDict()
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()
        #: those who need no login: programs with the token, the owner at the socket
        self.program = Session(self._word())

    def offer(self) -> str:
        """A word that lets one browser in, once, within a minute."""
        word = self._word()
        self._links[_hash(word)] = self._clock.seconds() + LINK_LASTS
        while len(self._links) > MOST_LINKS:
            self._links.popitem(last=False)
        return word

    def redeem(self, word: str) -> str | None:
        """The cookie for whoever brings the word; None when it was used, is too old, or was never given."""
        until = self._links.pop(_hash(word), None)
        if until is None or until < self._clock.seconds():
            return None
        cookie = self._word()
        self._sessions[_hash(cookie)] = Session(self._word(), self._clock.seconds(), leaves=True)
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return cookie

    def session(self, cookie: str) -> Session | None:
        """The browser with this cookie."""
        key = _hash(cookie)
        session = self._sessions.get(key)
        if session is None:
            return None
        if session.seen + SESSION_LASTS < self._clock.seconds():
            del self._sessions[key]
            return None
        session.seen = self._clock.seconds()
        self._sessions.move_to_end(key)
        return session

    def end(self, cookie: str) -> None:
        """This browser is let in no more."""
        self._sessions.pop(_hash(cookie), None)

    def _word(self) -> str:
        return base64.urlsafe_b64encode(self._rng(32)).decode().rstrip("=")


def _hash(word: str) -> bytes:
    return hashlib.sha256(word.encode("utf-8", "surrogateescape")).digest()
