"""Where suppliers gather: few meet, and many do not crowd one place."""

from __future__ import annotations

from collections import Counter

from twisted.trial.unittest import SynchronousTestCase

from bitdust.directory.memory import MemoryWhereabouts
from bitdust.directory.offers import CROWD, LEVELS, offer, offering, place
from bitdust.world import spawn
from tests.world import seeded


class OffersTest(SynchronousTestCase):
    """Suppliers one after the other, at one memory."""

    def setUp(self):
        self.topics = {}
        self.where = MemoryWhereabouts({}, self.topics)

    def offer(self, count):
        for number in range(count):
            self.successResultOf(spawn(offer(self.where, f"peer{number}", (f"tcp://192.0.2.1:{number}",))))

    def offering(self, seed="x"):
        return self.successResultOf(spawn(offering(self.where, seeded(seed))))

    def test_nobody(self):
        """Where nobody offers, nobody is found."""
        assert self.offering() == []

    def test_few_meet(self):
        """All of a few are found by whoever looks."""
        self.offer(20)
        assert len(self.offering()) == 20
        assert list(self.topics) == [place(0, 0)]

    def test_what_was_crowded_is_not_asked_again(self):
        """Who knows that the first place is crowded begins at the next."""
        self.offer(CROWD)
        asked = []
        self.where.gathered = lambda topic, ask=self.where.gathered: asked.append(topic) or ask(topic)
        level = self.successResultOf(spawn(offer(self.where, "x", ("tcp://192.0.2.2:1",))))
        assert (level, len(asked)) == (1, 2)
        assert self.successResultOf(spawn(offer(self.where, "x", ("tcp://192.0.2.2:1",), level))) == 1
        assert len(asked) == 3

    def test_many_are_spread(self):
        """Of many no place has more than a crowd, but those of the last level; whoever looks finds enough."""
        self.offer(4000)
        sizes = Counter({topic: len(here) for topic, here in self.topics.items()})
        last = {place(len(LEVELS) - 1, bucket) for bucket in range(LEVELS[-1])}
        assert max(size for topic, size in sizes.items() if topic not in last) == CROWD
        assert sum(sizes.values()) == 4000
        assert len({tuple(self.offering(str(seed))) for seed in range(20)}) > 10
        assert all(len(self.offering(str(seed))) > CROWD for seed in range(20))
