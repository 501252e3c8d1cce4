"""
The address book: correspondents, as the pinned identities stand behind them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from twisted.logger import Logger

from bitdust.database import Database
from bitdust.errors import BadIdentity, IdentityConflict, NotFound, Timeout, TryLater, Usage
from bitdust.identity.document import Document
from bitdust.identity.idurl import Idurl, parse_idurl
from bitdust.identity.pinning import Pinned, Pins
from bitdust.messaging import correspondents
from bitdust.messaging.correspondents import Correspondent
from bitdust.world import background

#: what an identity server that cannot be reached, or does not know, answers
UNREACHABLE = (NotFound, Timeout, TryLater)


@dataclass(frozen=True)
class CorrespondentView:
    """`state`: `unverified`, `pinned`, `verified` or `conflict`; `online`: there is a link at this moment."""

    idurl: str
    nickname: str
    fingerprint: str
    state: str
    online: bool


@dataclass(frozen=True)
class Added:
    """What came of adding: `how` is `new`, `renamed` or `known`."""

    how: str
    idurl: str
    nickname: str


@dataclass(frozen=True)
class Addressee:
    """Whom a letter is to be sealed to, and the name he is called by."""

    idurl: str
    document: Document


class AddressBook:
    """
    Correspondents.

    @param db: its tables are `schema.SCHEMA`.
    @param own: our fingerprint.
    @param meet: fetches and pins who bears an IDURL (`Acquaintances.meet`).
    """

    _log = Logger()

    def __init__(
        self,
        *,
        db: Database,
        own: str,
        pins: Pins,
        meet: Callable[[str], Awaitable[Document]],
        is_online: Callable[[str], bool],
    ) -> None:
        self._db = db
        self._own = own
        self._pins = pins
        self._meet = meet
        self._is_online = is_online
        self._stop_listening = pins.alarm.listen(self._alarmed)

    def stop(self) -> None:
        """Listen to no alarms any more."""
        self._stop_listening()

    async def everyone(self) -> list[CorrespondentView]:
        """All correspondents, by nickname."""
        return [
            CorrespondentView(
                each.idurl,
                each.nickname,
                each.fingerprint,
                await self._state(each),
                self._is_online(each.fingerprint),
            )
            for each in await self._db.read(correspondents.everyone)
        ]

    async def fingerprints(self) -> list[str]:
        """Of all correspondents."""
        return [each.fingerprint for each in await self._db.read(correspondents.everyone)]

    async def add(self, idurl_text: str, nickname: str) -> Added:
        """
        From now on he is a correspondent; one that is known gets the new nickname.

        @param idurl_text: an IDURL, perhaps with `#fp=` or `#seen=` and a fingerprint behind.
        @param nickname: "": the name in his identity, or the one he has here.
        @raise Usage: it is no IDURL, or our own.  @raise Conflict: the nickname is taken.
        @raise BadIdentity, IdentityConflict, NotFound, Timeout, TryLater: his identity cannot be had.
        """
        name = parse_idurl(idurl_text)
        known = await self._db.read(correspondents.by_idurl, name.url)
        fingerprint = await self._fetched(
            idurl_text, name.fingerprint or (known.fingerprint if known else "")
        )
        if fingerprint == self._own:
            raise Usage("that is this node itself")
        same = known is not None and known.fingerprint == fingerprint
        chosen = nickname or (known.nickname if known is not None else name.name)
        vouched = name.vouched or bool(same and known is not None and known.vouched)
        await self._db(correspondents.put, fingerprint, name.url, chosen, vouched)
        if known is None or not same:
            return Added("new", name.url, chosen)
        return Added("known" if known.nickname == chosen else "renamed", name.url, chosen)

    async def remove(self, idurl_text: str) -> str:
        """
        He is none any more; answers his IDURL.  What he wrote stays.

        @raise NotFound: he was none.
        """
        idurl = parse_idurl(idurl_text).url
        await self._db(correspondents.remove, idurl)
        return idurl

    async def resolve(self, recipient: str) -> Addressee:
        """
        Whom this means: an IDURL, or a correspondent's nickname.

        @raise NotFound, Timeout, TryLater: he is not known, and cannot be fetched.
        @raise IdentityConflict: it is in doubt who he is.
        """
        if "://" not in recipient:
            known = await self._db.read(correspondents.by_nickname, recipient)
            if known is None:
                raise NotFound(
                    f"no correspondent is called {recipient!r}",
                    hint="`bitdust contact list` shows them; `bitdust contact find NAME` looks for others",
                )
            return await self._addressee(known)
        name = parse_idurl(recipient)
        known = await self._db.read(correspondents.by_idurl, name.url)
        if known is not None and name.fingerprint in (None, known.fingerprint):
            return await self._addressee(known)
        document = await self._meet(recipient)
        return self._other(Addressee(name.url, document))

    async def called(self, fingerprint: str) -> Correspondent | None:
        """Who that is to us."""
        return await self._db.read(correspondents.by_fingerprint, fingerprint)

    async def named(self, nickname: str) -> Correspondent | None:
        """The correspondent whom we call so."""
        return await self._db.read(correspondents.by_nickname, nickname)

    async def _addressee(self, known: Correspondent) -> Addressee:
        if await self._state(known) == "conflict":
            raise IdentityConflict(
                f"it is in doubt who {known.idurl} is; nothing is sent to {known.nickname}"
            )
        pinned = await self._pins.get(known.fingerprint)
        if pinned is not None:
            return self._other(Addressee(known.idurl, pinned.document))
        # Added by his fingerprint alone, while nobody could be asked; or forgotten among very many strangers.
        meant = Idurl(known.idurl, known.fingerprint, vouched=bool(known.vouched))
        return self._other(Addressee(known.idurl, await self._meet(meant.text)))

    def _other(self, found: Addressee) -> Addressee:
        if found.document.fingerprint == self._own:
            raise Usage("that is this node itself")
        return found

    async def _fetched(self, idurl_text: str, wanted: str) -> str:
        """The fingerprint of who bears the name; `wanted`, when nobody can be asked."""
        try:
            document = await self._meet(idurl_text)
        except UNREACHABLE:
            if not wanted:
                raise
            return wanted
        if wanted and document.fingerprint != wanted:
            raise BadIdentity(
                f"{document.idurl} is not who he was: his fingerprint is {document.fingerprint}",
                hint="if he tells you so himself, use IDURL#fp=FINGERPRINT with the new fingerprint",
            )
        return document.fingerprint

    async def _state(self, each: Correspondent) -> str:
        named = await self._pins.by_idurl(each.idurl)
        if each.doubt or (named is not None and _is_disputed(named, each)):
            return "conflict"
        pinned = named or await self._pins.get(each.fingerprint)
        return pinned.state if pinned is not None else "unverified"

    def _alarmed(self, idurl: str, known: str, other: str) -> None:
        background(
            self._doubt(idurl, known, other),
            lambda failure: self._log.failure("a doubt was not noted", failure),
        )

    async def _doubt(self, idurl: str, known: str, other: str) -> None:
        await self._db(correspondents.doubt, idurl, known, other)


def _is_disputed(named: Pinned, each: Correspondent) -> bool:
    return named.state == "conflict" or named.fingerprint != each.fingerprint
