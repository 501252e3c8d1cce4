"""What every directory can do: finding people by their names, whatever lies behind it."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from zope.interface import Interface

from bitdust.identity.keys import Keys

T = TypeVar("T")
#: what an `async def` method answers, for `await` or `world.spawn`
Work = Coroutine[Deferred[Any], Any, T]


class IDirectory(Interface):
    """
    Where documents are published and found.

    Nothing that comes out of a directory is believed: `identity.pinning` decides.  Methods are coroutines.
    """

    def find(idurl: str) -> Work[bytes]:
        """
        The document that is served under the IDURL.

        @raise NotFound: nobody has that name there.
        @raise Timeout, TryLater: the directory did not answer, or not now.
        @raise BadIdentity: what it answers cannot be an identity.
        """

    def publish(idurl: str, document: bytes) -> Work[None]:
        """
        Serve the document under the IDURL from now on.  Doing it twice is doing it once.

        @raise Conflict: the name belongs to another key, or a newer document is there.
        @raise BadIdentity: it is no valid document, or does not list this IDURL.
        """

    def candidates(limit: int) -> Work[list[str]]:
        """IDURLs of up to `limit` identities who offer to be suppliers; [] when nothing answers."""

    def claims(key: str, limit: int) -> Work[list[str]]:
        """
        IDURLs of up to `limit` identities that claim a nickname, oldest claim first.

        @param key: `nickname.nickname_key` of it.
        @raise Timeout, TryLater: nothing answers.
        """

    def put_record(name: str, record: bytes) -> Work[None]:
        """
        Keep a recovery record under its name for a year.  Doing it twice is doing it once.

        @raise Conflict: a record with a higher sequence number is there.
        @raise Usage: it is no record, or not the one of that name.
        """

    def get_record(name: str) -> Work[bytes | None]:
        """The record of that name with the highest sequence number that was found; None: there is none."""


class IWhereabouts(Interface):
    """
    Where nodes leave word of where they are, and gather under what they are called and offer.

    Nothing that comes out of it is believed: records are opened with the document that is pinned, and whoever
    says that he gathers is called, and shows his identity himself.  Methods are coroutines.

    @raise Offline, Timeout, TryLater: (each) it does not answer.
    """

    def leave(keys: Keys, record: bytes) -> Work[None]:
        """
        Keep the address record for the next hours, in place of the one before.

        @raise Usage: it is no record of these keys.
        """

    def look(public: bytes) -> Work[bytes | None]:
        """The record under that key with the highest sequence number; None: there is none."""

    def gather(topic: bytes, contacts: Sequence[str]) -> Work[None]:
        """Be found under the topic (20 bytes, `address.topic`) for the next half hour, at these contacts."""

    def gathered(topic: bytes) -> Work[list[tuple[str, ...]]]:
        """Who says that he is to be found under the topic: for each the contacts that may lead to him."""
