"""A limit on what comes in, through whole nodes."""

from __future__ import annotations

from collections import Counter

import pytest

from bitdust.api.methods import all_methods
from bitdust.transport.link import Link
from tests.world import World

METHODS = all_methods()
KEY = "services/network/receive-limit"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Counter[object]:
    """Bytes that came to each transport's limit."""
    counted: Counter[object] = Counter()
    received = Link.dataReceived

    def counting(self: Link, data: bytes) -> None:
        counted[self._here.intake] += len(data)
        received(self, data)

    monkeypatch.setattr(Link, "dataReceived", counting)
    return counted


def test_a_restore_keeps_the_limit(world: World, heard: Counter[object]) -> None:
    """
    With a limit, what comes from all suppliers of a restore comes at that rate, within 5 %; it is changed
    while the restore runs, and with 0 it is gone.
    """
    world.suppliers(4)
    alice = world.customer(n=4)
    item = alice.back_up(world.tree(big=16_000_000))
    alice.until_safe()
    world.wait(METHODS["config_set"](alice.node, KEY, "200 KB"))
    intake = alice.node.as_somebody()._paces[1]
    world.wait(alice.node.backups.restore(item.path_id, str(world.folder / "back")))
    world.run(5.0)
    before = heard[intake]
    world.run(60.0)
    assert heard[intake] - before == pytest.approx(60 * 200 * 1024, rel=0.05)
    assert alice.node.backups.restoring()
    world.wait(METHODS["config_set"](alice.node, KEY, 0))
    world.run(20.0)
    assert not alice.node.backups.restoring()
    assert alice.node.backups.tasks()[-1].state == "done"
