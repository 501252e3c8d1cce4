"""Which document of a peer is used."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from bitdust.errors import IdentityConflict, NotFound, Offline
from bitdust.identity.pinning import Pinned
from bitdust.router.lookup import Lookup

from .town import Town


class Book:
    def __init__(self, pinned: Pinned | None) -> None:
        self.pinned = pinned

    async def get(self, fingerprint):
        return self.pinned

    async def doorman(self, raw, spki):
        raise AssertionError


class LookupTest(SynchronousTestCase):
    """One peer, Bob, with two revisions of his document."""

    def setUp(self) -> None:
        bob = Town().resident("bob")
        self.old = bob.document
        bob.write_document()
        self.new = bob.document
        self.fingerprint = bob.fingerprint
        self.fetched = []

    async def meet(self, idurl):
        self.fetched.append(idurl)
        if self.served is None:
            raise Offline
        if isinstance(self.served, Exception):
            raise self.served
        return self.served

    def find(self, pinned, known=None, *, fresh=False, served=None, state="unverified"):
        self.served = served
        book = Book(pinned and Pinned(pinned, self.fingerprint, state, 0))
        found = Lookup(book, self.meet).find(self.fingerprint, known, fresh=fresh)
        outcome = []
        Deferred.fromCoroutine(found).addBoth(outcome.append)
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        return outcome[0]

    def test_the_newest_of_pinned_and_shown(self):
        """The document with the higher revision, wherever it came from."""
        assert self.find(self.old, self.new) == self.new
        assert self.find(self.new, self.old) == self.new
        assert self.find(None, self.old) == self.old
        assert self.fetched == []

    def test_fresh_asks_the_sources(self):
        """What they serve is used when newer; that they are silent is no failure."""
        assert self.find(self.old, fresh=True, served=self.new) == self.new
        assert self.find(self.new, fresh=True, served=self.old) == self.new
        assert self.find(self.old, fresh=True) == self.old
        # Without #fp=: that would count as a person's word for the fingerprint.
        assert set(self.fetched) == {self.old.idurl}

    def test_somebody_elses_document_is_not_taken(self):
        """A source that serves another identity says nothing about this one."""
        other = Town().resident("carol").document
        assert self.find(self.old, fresh=True, served=other) == self.old

    def test_a_conflict_stops_everything_but_a_verified_identity(self):
        """Sources that disagree: nothing is sent, unless a person has vouched for the fingerprint."""
        for arguments in ({"state": "conflict"}, {"fresh": True, "served": IdentityConflict()}):
            with pytest.raises(IdentityConflict):
                self.find(self.old, **arguments)
        found = self.find(self.old, fresh=True, served=IdentityConflict(), state="verified")
        assert found == self.old

    def test_nobody(self):
        """A fingerprint nobody has seen is NotFound."""
        with pytest.raises(NotFound):
            self.find(None)
