"""A limit on what goes out, through whole nodes."""

from __future__ import annotations

from bitdust.api.methods import all_methods
from tests.world import World

METHODS = all_methods()


def test_a_backup_keeps_the_limit(world: World) -> None:
    """
    With a limit, all that leaves to all suppliers goes at that rate, within a tenth; it is changed while the
    backup runs, and with 0 it is gone.
    """
    world.suppliers(4)
    alice = world.customer(n=4)
    source = world.tree(big=3_000_000)

    def sent() -> int:
        return sum(size for (who, _), size in world.network.bytes.items() if who == alice.place)

    world.wait(METHODS["config_set"](alice.node, "services/network/send-limit", "100 KB"))
    world.run(5.0)
    began, before = world.clock.seconds(), sent()
    world.wait(alice.node.backups.start_path(str(source)))
    world.run(30.0)
    rate = (sent() - before) / (world.clock.seconds() - began)
    assert 0.9 * 100 * 1024 < rate < 1.1 * 100 * 1024
    assert alice.node.backups.running()
    world.wait(METHODS["config_set"](alice.node, "services/network/send-limit", 0))
    alice.until_safe(10.0)
    assert sent() - before > 6_000_000
