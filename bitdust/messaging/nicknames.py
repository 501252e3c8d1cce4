"""
Finding people by the nicknames they claim.

A claim stands in the claimant's own signed identity document; the directory only says who has one.  Several
may claim a name, and a directory may lie about who was first: so each candidate is met, and a person chooses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twisted.logger import Logger

from bitdust.directory.interface import IDirectory
from bitdust.directory.nickname import claimed_by, nickname_key
from bitdust.errors import BitDustError, IdentityConflict
from bitdust.identity.document import Document
from bitdust.identity.idurl import seen_at
from bitdust.identity.pinning import Pins
from bitdust.messaging.address_book import AddressBook
from bitdust.world import spawn

#: most claims that are looked at
MOST = 20


@dataclass(frozen=True)
class Candidate:
    """Somebody who claims the name.  `position`: his place among the claims, oldest first, from 0."""

    idurl: str
    fingerprint: str
    state: str
    position: int


@dataclass(frozen=True)
class Found:
    """`idurl`, `position`: whom the name most likely means; "" and -1 when nobody."""

    nickname: str
    idurl: str
    position: int
    candidates: tuple[Candidate, ...]


class Nicknames:
    """
    The nicknames of others.

    @param directory: as it is now.
    @param meet: fetches and pins who bears an IDURL (`Acquaintances.meet`).
    @param gathered: meets those who gather under the key of a nickname; None: nobody gathers anywhere.
    """

    _log = Logger()

    def __init__(
        self,
        *,
        directory: Callable[[], IDirectory],
        pins: Pins,
        meet: Callable[[str], Awaitable[Document]],
        book: AddressBook,
        gathered: Callable[[str], Awaitable[list[Document]]] | None = None,
    ) -> None:
        self._directory = directory
        self._pins = pins
        self._meet = meet
        self._book = book
        self._gathered = gathered

    async def find(self, nickname: str) -> Found:
        """
        Who is called so: a correspondent of that name first, else the oldest claim that holds.

        @raise Usage: it is no nickname.
        @raise Timeout, TryLater: no directory answers, and no correspondent is called so.
        """
        key = nickname_key(nickname)
        known = await self._book.named(nickname)
        # Side by side: servers that are gone take as long to be missed as others take to be met.
        gathering = spawn(self._met(key))
        try:
            claims = await self._directory().claims(key, MOST)
            fault = None
        except BitDustError as why:
            claims, fault = [], why
        candidates: list[Candidate] = []
        for idurl in claims[:MOST]:
            _add(candidates, await self._candidate(idurl, key, len(candidates)))
        met = await gathering
        for document in met or ():
            _add(candidates, await self._itself(document, key, len(candidates)))
        if fault is not None and known is None and met is None:
            raise fault
        chosen = next((each for each in candidates if each.state != "conflict"), None)
        if known is not None:
            place = (each.position for each in candidates if each.fingerprint == known.fingerprint)
            return Found(nickname, known.idurl, next(place, -1), tuple(candidates))
        if chosen is None:
            return Found(nickname, "", -1, tuple(candidates))
        return Found(nickname, chosen.idurl, chosen.position, tuple(candidates))

    async def _met(self, key: str) -> list[Document] | None:
        """Those who gather under it; None: that cannot be asked."""
        if self._gathered is None:
            return None
        try:
            return (await self._gathered(key))[:MOST]
        except BitDustError as why:
            self._log.info("no gathering can be asked for: {why}", why=why.message)
            return None

    async def _itself(self, document: Document, key: str, position: int) -> Candidate | None:
        """
        Somebody who was met; his name only he himself claims, so it comes with his fingerprint.

        Nobody has vouched for that, and so who hands it on vouches for nothing.
        """
        if claimed_by(document) != key:
            return None
        pinned = await self._pins.get(document.fingerprint)
        named = await self._pins.by_idurl(document.idurl)
        text = document.idurl
        if named is None or named.fingerprint != document.fingerprint:
            text = seen_at(document.idurl, document.fingerprint)
        return Candidate(text, document.fingerprint, pinned.state if pinned else "unverified", position)

    async def _candidate(self, idurl: str, key: str, position: int) -> Candidate | None:
        """The claimant, once his identity holds and says so itself."""
        try:
            document = await self._meet(idurl)
        except IdentityConflict:
            disputed = await self._pins.by_idurl(idurl)
            return Candidate(idurl, disputed.fingerprint, "conflict", position) if disputed else None
        except BitDustError as why:
            self._log.info("the claim of {idurl} does not hold: {why}", idurl=idurl, why=why)
            return None
        if claimed_by(document) != key:
            return None
        pinned = await self._pins.get(document.fingerprint)
        return Candidate(
            idurl, document.fingerprint, pinned.state if pinned is not None else "unverified", position
        )


def _add(candidates: list[Candidate], one: Candidate | None) -> None:
    if one is not None and all(one.fingerprint != each.fingerprint for each in candidates):
        candidates.append(one)
