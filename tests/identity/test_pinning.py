"""Whose word is taken for whose.  T40, T42, T43."""

import pytest
from twisted.trial.unittest import TestCase

from bitdust.database import Database
from bitdust.errors import BadIdentity, IdentityConflict
from bitdust.identity import pinning
from bitdust.identity.pinning import SCHEMA, Pins
from bitdust.world import inline

from .people import ALICE, BOB, DEVICE, EVE, HOME, OTHER_DEVICE, SECOND, document


class PinsTest(TestCase):
    """The table of known identities."""

    def setUp(self):
        self.now = 1_000_000.0
        self.db = Database(":memory:", SCHEMA, inline)
        self.addCleanup(self.db.close)
        self.pins = Pins(self.db, lambda: self.now)
        self.alarms = []
        self.pins.alarm.listen(lambda *alarm: self.alarms.append(alarm))

    async def refused(self, error=BadIdentity, **arguments):
        with pytest.raises(error) as caught:
            await self.pins.accept(**arguments)
        return caught.value.message

    async def test_first_use(self):
        """The first document from a name binds it, unverified, and it is found by name and fingerprint."""
        taken = await self.pins.accept(document().raw, fetched_from=HOME)
        known = await self.pins.by_idurl(HOME)
        assert (known.state, known.first_seen, known.names) == ("unverified", 1_000_000, (HOME,))
        assert known.document == taken
        assert (await self.pins.get(taken.fingerprint)) == known

    async def test_unknown(self):
        """Nobody is known at first."""
        assert await self.pins.by_idurl(HOME) is None
        assert await self.pins.get("a" * 52) is None

    async def test_changed_key_is_refused(self):
        """T40: another key under a bound name is refused with an alarm; who was pinned stays."""
        alice = await self.pins.accept(document().raw, fetched_from=HOME)
        eve = document(EVE, revision=100)
        await self.refused(raw=eve.raw, fetched_from=HOME)
        assert self.alarms == [(HOME, alice.fingerprint, eve.fingerprint)]
        assert (await self.pins.by_idurl(HOME)).document == alice
        assert await self.pins.get(eve.fingerprint) is None

    async def test_rotation_is_followed(self):
        """A key that the old key signed is the same identity; the old key then is worth nothing."""
        await self.pins.accept(document().raw, fetched_from=HOME)
        rotated = await self.pins.accept(document(generation=1, revision=2).raw, fetched_from=HOME)
        assert (await self.pins.by_idurl(HOME)).document == rotated
        await self.refused(raw=document(generation=0, revision=3).raw, fetched_from=HOME)

    async def test_revision_never_falls(self):
        """T43: an old revision, or the same with other bytes, is refused; the same bytes are welcome."""
        await self.pins.accept(document(revision=5).raw, fetched_from=HOME)
        await self.pins.accept(document(revision=5).raw, fetched_from=HOME)
        await self.refused(raw=document(revision=4).raw, fetched_from=HOME)
        await self.refused(raw=document(revision=5, contacts=[]).raw, fetched_from=HOME)
        await self.refused(raw=document(revision=4).raw, fetched_from=None, spki=DEVICE.spki)
        assert (await self.pins.by_idurl(HOME)).document.revision == 5

    async def test_name_of_another_host(self):
        """T42: server A serves an identity that claims host B's name: nothing is kept for B."""
        await self.refused(raw=document(BOB, sources=[SECOND]).raw, fetched_from=HOME)
        both = document(EVE, sources=[HOME, SECOND])
        await self.pins.accept(both.raw, fetched_from=HOME)
        assert await self.pins.by_idurl(SECOND) is None
        alice = await self.pins.accept(document(sources=[SECOND]).raw, fetched_from=SECOND)
        assert (await self.pins.by_idurl(SECOND)).fingerprint == alice.fingerprint

    async def test_fingerprint_pins_at_once(self):
        """The right fingerprint verifies; a wrong one is refused whatever was known."""
        alice = document()
        await self.refused(raw=document(EVE).raw, fetched_from=HOME, pin=alice.fingerprint)
        assert await self.pins.by_idurl(HOME) is None
        await self.pins.accept(alice.raw, fetched_from=HOME, pin=alice.fingerprint)
        assert (await self.pins.by_idurl(HOME)).state == "verified"
        await self.pins.accept(document(revision=2).raw, fetched_from=HOME)
        assert (await self.pins.by_idurl(HOME)).state == "verified"

    async def test_a_person_settles(self):
        """A fingerprint from a person moves a name from whoever had it."""
        await self.pins.accept(document(EVE).raw, fetched_from=HOME)
        alice = document()
        await self.pins.accept(alice.raw, fetched_from=HOME, pin=alice.fingerprint)
        assert (await self.pins.by_idurl(HOME)).fingerprint == alice.fingerprint

    async def test_agreement_pins(self):
        """Two sources that agree pin; one does not, and takes nothing back."""
        await self.pins.accept(document().raw, fetched_from=HOME)
        await self.pins.accept(document().raw, fetched_from=HOME, agreed=True)
        assert (await self.pins.by_idurl(HOME)).state == "pinned"
        await self.pins.accept(document().raw, fetched_from=HOME)
        assert (await self.pins.by_idurl(HOME)).state == "pinned"

    async def test_dispute(self):
        """A disputed name is in conflict until a person settles it; bound names and known peers stay."""
        alice, eve = document(sources=[HOME, SECOND]), document(EVE, sources=[HOME, SECOND])
        await self.pins.dispute({HOME: alice.raw, SECOND: eve.raw})
        assert (await self.pins.by_idurl(HOME)).state == "conflict"
        assert (await self.pins.by_idurl(SECOND)).state == "conflict"
        await self.refused(IdentityConflict, raw=alice.raw, fetched_from=HOME)
        await self.pins.accept(alice.raw, fetched_from=HOME, pin=alice.fingerprint)
        assert (await self.pins.by_idurl(HOME)).state == "verified"
        await self.pins.dispute({HOME: eve.raw})
        assert (await self.pins.by_idurl(HOME)).fingerprint == alice.fingerprint
        assert (await self.pins.get(eve.fingerprint)).state == "conflict"

    async def test_hello_of_a_stranger(self):
        """Who shows his identity on a connection is known by his fingerprint, and owns no name by that."""
        bob = await self.pins.doorman(document(BOB).raw, DEVICE.spki)
        known = await self.pins.get(bob.fingerprint)
        assert (known.state, known.names) == ("unverified", ())
        assert await self.pins.by_idurl(HOME) is None

    async def test_hello_of_another_device(self):
        """A stolen document is worth nothing: it must list the device that shows it."""
        await self.refused(raw=document(BOB).raw, fetched_from=None, spki=OTHER_DEVICE.spki)
        await self.refused(raw=document(BOB).raw, fetched_from=None)

    async def test_hello_brings_news(self):
        """A newer document on a connection is taken, and older ones are refused from then on."""
        await self.pins.accept(document(ALICE).raw, fetched_from=HOME)
        newer = await self.pins.doorman(document(ALICE, revision=2, contacts=[]).raw, DEVICE.spki)
        assert (await self.pins.by_idurl(HOME)).document == newer

    async def test_strangers_are_bounded(self):
        """Of too many strangers the longest silent one goes; who has a name or a person's word stays."""
        self.patch(pinning, "MAX_STRANGERS", 3)
        alice = await self.pins.accept(document().raw, fetched_from=HOME)
        seen = []
        for number in range(10, 16):
            self.now += 1
            seen.append(await self.pins.doorman(document(bytes([number]) * 32).raw, DEVICE.spki))
        known = [await self.pins.get(one.fingerprint) is not None for one in [alice, *seen]]
        assert known == [True, False, False, False, False, True, True]

    async def test_pins_outlive_the_program(self):
        """What was accepted is in the file."""
        path = self.mktemp()
        first = Database(path, SCHEMA, inline)
        await Pins(first, lambda: 1.0).accept(document(revision=9).raw, fetched_from=HOME)
        await first.close()
        second = Database(path, SCHEMA, inline)
        self.addCleanup(second.close)
        pins = Pins(second, lambda: 2.0)
        assert (await pins.by_idurl(HOME)).document.revision == 9
        with pytest.raises(BadIdentity):
            await pins.accept(document(revision=8).raw, fetched_from=HOME)
