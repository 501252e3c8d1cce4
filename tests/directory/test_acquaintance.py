"""Meeting people by their names.  T40, T41, T42."""

import pytest
from twisted.trial.unittest import TestCase

from bitdust.database import Database
from bitdust.directory.acquaintance import Acquaintances
from bitdust.errors import BadIdentity, IdentityConflict, NotFound, TryLater, Usage
from bitdust.identity.idurl import seen_at
from bitdust.identity.pinning import SCHEMA, Pins
from bitdust.world import inline
from tests.identity.people import ALICE, EVE, HOME, SECOND, document

THIRD = "http://id.example.org/alice-too.xml"
FIRST = document(sources=[HOME, SECOND])


class Liars:
    """A directory whose servers say what they like."""

    def __init__(self):
        self.served = {}
        self.asked = []

    async def find(self, idurl):
        self.asked.append(idurl)
        if idurl not in self.served:
            raise NotFound("nobody")
        if isinstance(self.served[idurl], Exception):
            raise self.served[idurl]
        return self.served[idurl]


class MeetTest(TestCase):
    """Two sources, honest or not."""

    def setUp(self):
        db = Database(":memory:", SCHEMA, inline)
        self.addCleanup(db.close)
        self.pins = Pins(db, lambda: 1.0)
        self.alarms = []
        self.pins.alarm.listen(lambda *alarm: self.alarms.append(alarm))
        self.net = Liars()
        self.meet = Acquaintances(self.net, self.pins).meet

    async def state(self, url=HOME):
        known = await self.pins.by_idurl(url)
        return known and known.state

    async def test_two_sources_agree(self):
        """They pin, and both names are known."""
        self.net.served = {HOME: FIRST.raw, SECOND: FIRST.raw}
        assert await self.meet(HOME) == FIRST
        assert (await self.state(), await self.state(SECOND)) == ("pinned", "pinned")

    async def test_one_source(self):
        """One alone is taken, unverified; two names on one server are one source."""
        self.net.served = {HOME: FIRST.raw, SECOND: TryLater("down")}
        await self.meet(HOME)
        assert await self.state() == "unverified"
        both = document(EVE, sources=[THIRD, "http://id.example.org/alias.xml"])
        self.net.served = dict.fromkeys(both.sources, both.raw)
        await self.meet(THIRD)
        assert await self.state(THIRD) == "unverified"

    async def test_met_before_and_no_server_answers(self):
        """
        Who was met himself is who a person means by name and fingerprint, when no source can be asked; the
        name alone is nobody's word.
        """
        spki = next(iter(FIRST.device_spkis))
        await self.pins.doorman(FIRST.raw, spki)
        for served in ({}, {HOME: TryLater("down"), SECOND: TryLater("down")}):
            self.net.served = served
            with pytest.raises((NotFound, TryLater)):
                await self.meet(HOME)
            with pytest.raises((NotFound, TryLater)):
                await self.meet(f"{THIRD}#fp={FIRST.fingerprint}")
            assert await self.meet(f"{HOME}#fp={FIRST.fingerprint}") == FIRST
            assert await self.state() == "verified"
            await self.pins._db(lambda c: c.execute("DELETE FROM names"))

    async def test_seen_and_no_server_answers(self):
        """Who was met himself is who a search means; that binds no name, and nobody has vouched for him."""
        await self.pins.doorman(FIRST.raw, next(iter(FIRST.device_spkis)))
        assert await self.meet(seen_at(HOME, FIRST.fingerprint)) == FIRST
        assert await self.state() is None
        assert (await self.pins.get(FIRST.fingerprint)).state == "unverified"
        for wrong in (seen_at(THIRD, FIRST.fingerprint), seen_at(HOME, document(EVE).fingerprint)):
            with pytest.raises(NotFound):
                await self.meet(wrong)

    async def test_seen_and_the_name_is_another_s(self):
        """Who claims a name that is bound to somebody else, or disputed, is not met under it."""
        eve = document(EVE, sources=[HOME, SECOND])
        await self.pins.doorman(eve.raw, next(iter(eve.device_spkis)))
        self.net.served = {HOME: FIRST.raw, SECOND: FIRST.raw}
        await self.meet(HOME)
        for served in (self.net.served, {}):
            self.net.served = served
            with pytest.raises((BadIdentity, NotFound)):
                await self.meet(seen_at(HOME, eve.fingerprint))
        assert await self.state() == "pinned"

    async def test_seen_settles_nothing(self):
        """Sources that disagree make a conflict all the same; where they agree he is pinned, not verified."""
        self.net.served = {HOME: FIRST.raw, SECOND: document(EVE, sources=[HOME, SECOND]).raw}
        for _ in range(2):
            with pytest.raises(IdentityConflict):
                await self.meet(seen_at(HOME, FIRST.fingerprint))
        assert await self.state() == "conflict"
        for table in ("names", "peers"):
            await self.pins._db(lambda c, table=table: c.execute(f"DELETE FROM {table}"))
        self.net.served = {HOME: FIRST.raw, SECOND: FIRST.raw}
        assert await self.meet(seen_at(HOME, FIRST.fingerprint)) == FIRST
        assert await self.state() == "pinned"
        with pytest.raises(BadIdentity, match="must be"):
            await self.meet(seen_at(HOME, document(EVE).fingerprint))

    async def test_lying_second_server(self):
        """T41: on first contact one of two servers lies: conflict, whichever was asked."""
        lie = document(EVE, sources=[HOME, SECOND])
        for asked in (HOME, SECOND):
            self.net.served = {HOME: FIRST.raw, SECOND: lie.raw}
            with pytest.raises(IdentityConflict):
                await self.meet(asked)
            assert await self.state(asked) == "conflict"

    async def test_a_fingerprint_settles_a_conflict(self):
        """The liar is then ignored, though he goes on lying."""
        lie = document(EVE, sources=[HOME, SECOND])
        self.net.served = {HOME: FIRST.raw, SECOND: lie.raw}
        with pytest.raises(IdentityConflict):
            await self.meet(HOME)
        assert await self.meet(f"{HOME}#fp={FIRST.fingerprint}") == FIRST
        assert await self.state() == "verified"
        assert await self.meet(HOME) == FIRST

    async def test_wrong_fingerprint(self):
        """Whoever answers with another is refused, and gets no name."""
        self.net.served = {HOME: document(EVE).raw}
        with pytest.raises(BadIdentity, match="must be"):
            await self.meet(f"{HOME}#fp={FIRST.fingerprint}")
        assert await self.state() is None

    async def test_changed_key(self):
        """T40: a server that later serves another key is refused with an alarm; the pin stays."""
        self.net.served = {HOME: FIRST.raw, SECOND: FIRST.raw}
        await self.meet(HOME)
        lie = document(EVE, sources=[HOME, SECOND], revision=50)
        self.net.served = {HOME: lie.raw, SECOND: lie.raw}
        with pytest.raises(BadIdentity):
            await self.meet(HOME)
        assert (HOME, FIRST.fingerprint, lie.fingerprint) in self.alarms
        assert (await self.pins.by_idurl(HOME)).document == FIRST

    async def test_the_honest_source_brings_news(self):
        """While one source of a pinned name lies, the other one is listened to."""
        self.net.served = {HOME: FIRST.raw, SECOND: FIRST.raw}
        await self.meet(HOME)
        news = document(sources=[HOME, SECOND], revision=2, contacts=[])
        self.net.served = {HOME: document(EVE).raw, SECOND: news.raw}
        assert await self.meet(HOME) == news
        self.net.served = {SECOND: news.raw}
        assert await self.meet(HOME) == news
        assert len(self.alarms) == 1

    async def test_a_source_that_is_behind(self):
        """The newest document counts, whoever serves it, and no older one replaces it."""
        news = document(sources=[HOME, SECOND], revision=2)
        for asked in (HOME, SECOND):
            self.net.served = {HOME: FIRST.raw, SECOND: news.raw}
            assert await self.meet(asked) == news
            assert await self.state(asked) == "pinned"
        self.net.served = {HOME: FIRST.raw, SECOND: FIRST.raw}
        assert await self.meet(HOME) == news

    async def test_two_documents_of_one_revision(self):
        """An owner whose sources have different documents of one revision is in conflict with himself."""
        other = document(sources=[HOME, SECOND], contacts=[])
        self.net.served = {HOME: FIRST.raw, SECOND: other.raw}
        with pytest.raises(IdentityConflict):
            await self.meet(HOME)

    async def test_a_name_on_another_host(self):
        """T42: a server cannot introduce somebody under the name of another host."""
        lie = document(EVE, sources=[SECOND])
        self.net.served = {HOME: lie.raw, SECOND: FIRST.raw}
        with pytest.raises(BadIdentity, match="served the identity"):
            await self.meet(HOME)
        assert await self.state(SECOND) is None

    async def test_rotation(self):
        """A key that the old one signed is met like any news."""
        self.net.served = {HOME: FIRST.raw, SECOND: FIRST.raw}
        await self.meet(HOME)
        rotated = document(ALICE, generation=1, sources=[HOME, SECOND], revision=2)
        self.net.served = {HOME: rotated.raw, SECOND: FIRST.raw}
        assert await self.meet(HOME) == rotated

    async def test_nobody(self):
        """No answer, garbage, or no IDURL: a clear error, and nothing kept."""
        for served, error in (
            ({}, NotFound),
            ({HOME: b"<html/>"}, BadIdentity),
            ({HOME: TryLater()}, TryLater),
        ):
            self.net.served = served
            with pytest.raises(error):
                await self.meet(HOME)
        with pytest.raises(Usage):
            await self.meet("alice")
        assert await self.state() is None
