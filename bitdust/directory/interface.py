"""What every directory can do: finding people by their names, whatever lies behind it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from zope.interface import Interface

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
