"""Whose contacts to dial: the pinned identity document of a peer, fetched anew when it seems out of date."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from twisted.logger import Logger

from bitdust.errors import BitDustError, IdentityConflict, NotFound
from bitdust.identity.document import Document


class Pinned(Protocol):
    """One pinned identity, as `identity.pinning` has it."""

    @property
    def document(self) -> Document: ...
    @property
    def state(self) -> str: ...


class PinBook(Protocol):
    """What the router asks of `identity.pinning.Pins`."""

    async def get(self, fingerprint: str) -> Pinned | None: ...

    async def doorman(self, raw: bytes, spki: bytes) -> Document: ...


class Said(Protocol):
    """What an address record says (`directory.address.Address`)."""

    @property
    def revision(self) -> int: ...
    @property
    def contacts(self) -> Sequence[str]: ...


async def nowhere(fingerprint: str) -> Sequence[str]:
    """No place is remembered."""
    return ()


async def unsaid(document: Document) -> Said | None:
    """No address records are looked for."""
    return None


@dataclass(frozen=True)
class Lookup:
    """
    @param meet: fetches and accepts the document at an IDURL.
    @param places: contacts that have led to a peer before, the last first.
    @param address: looks for the address record of a document's owner; None: it cannot be had.
    """

    pins: PinBook
    meet: Callable[[str], Awaitable[Document]]
    places: Callable[[str], Awaitable[Sequence[str]]] = nowhere
    address: Callable[[Document], Awaitable[Said | None]] = unsaid
    _log = Logger()

    async def find(self, fingerprint: str, known: Document | None, *, fresh: bool) -> Document:
        """
        The newest document of the peer.

        @param known: one that came over a link.
        @param fresh: ask its sources, too; that they do not answer is no failure.
        @raise IdentityConflict: its sources disagree; nothing may be sent.
        @raise NotFound: nobody here has ever seen it.
        """
        pinned = await self.pins.get(fingerprint)
        self._refuse_conflict(pinned)
        newest = _newer(known, pinned.document if pinned is not None else None)
        if newest is None:
            raise NotFound(
                f"no identity with the fingerprint {fingerprint} is known here",
                hint="name the peer by his IDURL",
            )
        if fresh:
            sure = pinned is not None and pinned.state == "verified"
            newest = _newer(newest, await self._fetched(newest, sure=sure)) or newest
        return newest

    async def _fetched(self, known: Document, *, sure: bool) -> Document | None:
        for source in known.sources:
            try:
                document = await self.meet(source)
            except BitDustError as why:
                if isinstance(why, IdentityConflict) and not sure:
                    raise
                self._log.debug("no fresh identity from {source}: {why}", source=source, why=why)
            else:
                # No `#fp=` was asked for: that would be a person's word.  So somebody else may have answered.
                if document.fingerprint == known.fingerprint:
                    return document
        return None

    def _refuse_conflict(self, pinned: Pinned | None) -> None:
        if pinned is not None and pinned.state == "conflict":
            raise IdentityConflict(f"the sources of {pinned.document.name} disagree about whose name it is")


def _newer(one: Document | None, other: Document | None) -> Document | None:
    if one is None or other is None:
        return one or other
    return other if other.revision > one.revision else one
