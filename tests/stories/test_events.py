"""What a node tells of a day: in order, without gaps, and only what happened."""

from __future__ import annotations

from itertools import pairwise

from bitdust.node.event_types import EVENT_TYPES
from tests.world import House, World


def told(house: House) -> list[str]:
    """The types of everything the node has told, in order."""
    return [event.type for event in house.node.happenings.latest(EVENT_TYPES, 1000)]


def test_a_day_with_a_backup_a_loss_and_a_restore(world: World) -> None:
    """Hiring, a backup, a supplier who goes and comes, a restore: each is told once, at its time."""
    sups = world.suppliers(4)
    alice = world.customer()
    source = world.tree(a=300_000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    world.run(15)
    world.away(sups[0])
    world.run(60)
    world.back(sups[0])
    world.until(lambda: world.staffed(alice, 4), 600)
    assert alice.restore(str(source), world.folder / "out").state == "done"
    world.run(15)

    events = alice.node.happenings.latest(EVENT_TYPES, 1000)
    ids = [event.id for event in events]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    types = told(alice)
    assert types.index("node.ready") < types.index("identity.created")
    assert types.count("supplier.hired") == 4
    assert types.count("supplier.connected") == 5
    assert types.count("supplier.lost") == 1
    for name in ("task.added", "backup.started", "backup.finished", "restore.started", "restore.finished"):
        assert types.count(name) == (2 if name == "task.added" else 1), name
    assert types.index("backup.started") < types.index("backup.finished") < types.index("supplier.lost")
    assert types.count("task.ended") == 2
    states = [event.data["state"] for event in events if event.type == "health.changed"]
    assert states[-1] == "safe"
    assert {"safe", "degraded"} <= set(states)
    assert told(sups[0]).count("customer.accepted") == 1


def test_progress_is_told_twice_a_second_at_most(world: World) -> None:
    """However long a backup waits, its progress fills no ring; and nothing ticks when it has ended."""
    world.suppliers(2)
    alice = world.customer(n=2)
    for house in world.houses.values():
        if house is not alice:
            world.away(house)
    source = world.tree(a=3_000_000)
    world.wait(alice.node.backups.start_path(str(source)))
    world.run(3600)
    events = alice.node.happenings.latest({"backup.progress"}, 1000)
    times = [event.time for event in events]
    assert len(times) < 20
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(times))


def test_settings_and_failures_are_told(world: World) -> None:
    """A setting that changes and a backup that is cancelled are events too."""
    alice = world.house("alice").start()
    alice.node.settings.set("logs/debug-level", 9)
    source = world.tree(a=1000)
    started = world.wait(alice.node.backups.start_path(str(source)))
    world.run(1)
    world.wait(alice.node.backups.queue_.cancel(started.path_id))
    events = {event.type: event.data for event in alice.node.happenings.latest(EVENT_TYPES, 1000)}
    assert events["config.changed"] == {"key": "logs/debug-level", "value": "9", "restart": False}
    assert events["backup.failed"]["state"] == "cancelled"
    assert events["task.ended"]["name"] == str(source).encode()


def test_a_customer_who_leaves_is_told(world: World) -> None:
    """A supplier who loses his seat hears of it, and tells."""
    sups = world.suppliers(3)
    alice = world.customer(n=2)
    old = world.seated(alice)[0]
    world.wait(alice.node.supplier_replace(old.idurl))
    world.until(lambda: world.staffed(alice, 2))
    assert "supplier.fired" in told(alice)
    world.until(lambda: "customer.left" in told(old), 600)
    assert [told(each).count("customer.accepted") for each in sups] == [1, 1, 1]
