"""
Meeting somebody by his name: every source of the name is asked, and they must agree.

One server can lie, and the first word about a stranger is the one to doubt.  A document lists all its
sources; where two of them, on two servers, tell of two keys, nothing is sent until a person has settled it.
"""

from __future__ import annotations

from itertools import pairwise

from twisted.logger import Logger

from bitdust.directory.interface import IDirectory
from bitdust.errors import BadIdentity, BitDustError, IdentityConflict, NotFound, Timeout, TryLater
from bitdust.identity.document import Document, check_successor, parse
from bitdust.identity.idurl import Idurl, parse_idurl
from bitdust.identity.pinning import Pins
from bitdust.world import spawn

#: what a source that cannot be reached, or does not know, answers
UNREACHABLE = (NotFound, Timeout, TryLater)


class Acquaintances:
    """Those we know, and how we come to know more."""

    _log = Logger()

    def __init__(self, directory: IDirectory, pins: Pins) -> None:
        self._directory = directory
        self._pins = pins

    async def meet(self, idurl_text: str) -> Document:
        """
        Fetch who bears this name now, and pin him.

        @param idurl_text: an IDURL; `#fp=FINGERPRINT` behind it says who it must be, and settles every doubt;
            `#seen=FINGERPRINT` says who it must be.
        @raise Usage: it is no IDURL.
        @raise NotFound, Timeout, TryLater: no source of the name answers.
        @raise BadIdentity: what they serve may not be believed.
        @raise IdentityConflict: two sources disagree.
        """
        name = parse_idurl(idurl_text)
        known = await self._pins.by_idurl(name.url)
        try:
            heard = await self._ask_all(name, known.document if known is not None else None)
        except UNREACHABLE:
            met = await self._met_before(name)
            if met is None:
                raise
            return met
        bound = known.fingerprint if known is not None and known.state != "conflict" else None
        if bound is None and not name.vouched:
            await self._check_agreement(name, heard)
        return await self._take(name, heard, name.fingerprint or bound)

    async def _met_before(self, name: Idurl) -> Document | None:
        """Who was met under the fingerprint that stands behind the name, and claims the name himself."""
        known = await self._pins.get(name.fingerprint) if name.fingerprint is not None else None
        if known is None or name.url not in known.document.sources:
            return None
        if name.vouched:
            return await self._pins.accept(known.document.raw, fetched_from=name.url, pin=name.fingerprint)
        # His claim binds no name; and none that is bound to another, or disputed, is his.
        named = await self._pins.by_idurl(name.url)
        others = named is not None and (named.fingerprint != known.fingerprint or named.state == "conflict")
        return None if others else known.document

    async def _ask_all(self, name: Idurl, known: Document | None) -> dict[str, Document]:
        """What each source that can be reached serves; never empty."""
        heard: dict[str, Document] = {}
        first_fault: BitDustError | None = None
        sources = known.sources if known is not None else ()
        try:
            heard[name.url] = await self._ask(name.url)
            if not sources:
                sources = heard[name.url].sources
        except BitDustError as error:
            first_fault = error
        # A source on the server that was asked already can bear no witness.
        others = [url for url in sources if url != name.url and parse_idurl(url).server != name.server]
        for url, asked in [(url, spawn(self._witness(url))) for url in others]:
            document = await asked
            if document is not None:
                heard[url] = document
        if not heard:
            raise first_fault or BadIdentity(f"no source of {name.url} answers")
        return heard

    async def _ask(self, url: str) -> Document:
        document = parse(await self._directory.find(url))
        if url not in document.sources:
            raise BadIdentity(f"{url} served the identity of {document.idurl}")
        return document

    async def _witness(self, url: str) -> Document | None:
        try:
            return await self._ask(url)
        except BitDustError as error:
            self._log.info("{url} bears no witness: {why}", url=url, why=error.message)
            return None

    async def _check_agreement(self, name: Idurl, heard: dict[str, Document]) -> None:
        documents = sorted(heard.values(), key=lambda document: document.revision)
        agreed = len({document.fingerprint for document in documents}) == 1
        for old, new in pairwise(documents):
            try:
                check_successor(old, new)
            except BadIdentity:
                agreed = False
        if not agreed:
            await self._pins.dispute({url: document.raw for url, document in heard.items()})
            raise IdentityConflict(f"the sources of {name.url} disagree about whose name it is")

    async def _take(self, name: Idurl, heard: dict[str, Document], wanted: str | None) -> Document:
        right = {url: one for url, one in heard.items() if wanted is None or one.fingerprint == wanted}
        agreed = len({parse_idurl(url).server for url in right}) > 1
        for url, document in heard.items():
            if url not in right:
                await self._complain(url, document)
        if not right:
            others = ", ".join(sorted({one.fingerprint for one in heard.values()}))
            raise BadIdentity(
                f"{name.url} is not who it must be: its fingerprint is {others}",
                hint="if its owner tells you so himself, use IDURL#fp=FINGERPRINT with the new fingerprint",
            )
        taken: Document | None = None
        fault: BitDustError | None = None
        for url, document in sorted(right.items(), key=lambda item: (item[1].revision, item[0])):
            try:
                pin = name.fingerprint if name.vouched else None
                taken = await self._accept(url, document, pin, agreed)
            except BitDustError as error:
                fault = fault or error
        if taken is None:
            raise fault or BadIdentity(f"no source of {name.url} serves an identity to believe")
        return taken

    async def _complain(self, url: str, document: Document) -> None:
        known = await self._pins.by_idurl(url)
        if known is not None and known.fingerprint != document.fingerprint:
            self._pins.alarm(url, known.fingerprint, document.fingerprint)
        self._log.warn("{url} serves another identity, {other}", url=url, other=document.fingerprint)

    async def _accept(self, url: str, document: Document, pin: str | None, agreed: bool) -> Document:
        known = await self._pins.get(document.fingerprint)
        if (
            known is not None
            and document.revision < known.document.revision
            and url in known.document.sources
        ):
            # The server is behind: it says whose the name is, but nothing new about him.
            document = known.document
        return await self._pins.accept(document.raw, fetched_from=url, pin=pin, agreed=agreed)
