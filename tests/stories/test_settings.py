"""Settings that a running node obeys at once."""

from __future__ import annotations

from typing import Any

from twisted.logger import globalLogPublisher

from bitdust.api.methods import all_methods
from bitdust.api.publish.door import Door
from bitdust.supplier.patrol import DAY
from tests.world import World


def test_calls_and_steps_are_logged_when_wished(world: World) -> None:
    """`logs/api-enabled` tells calls without arguments, `logs/automat-transitions-enabled` every step."""
    world.suppliers(2)
    alice = world.customer(n=2)
    door = Door(alice.node, all_methods())
    heard: list[dict[str, Any]] = []
    globalLogPublisher.addObserver(heard.append)
    try:

        def told(what: str) -> list[str]:
            infos = [str(event) for event in heard if event["log_level"].name == "info"]
            found = [event for event in infos if what in event]
            heard.clear()
            return found

        world.wait(door.call("config_get", ("personal/nickname",)))
        assert told("config_get") == []
        world.wait(door.call("config_set", ("logs/api-enabled", True)))
        heard.clear()
        world.wait(door.call("config_get", ("personal/nickname",)))
        (line,) = told("config_get")
        assert "personal/nickname" not in line
        assert "'outcome': 'done'" in line

        alice.restart()
        assert told("--{event}-->") == []
        alice.node.settings.set("logs/automat-transitions-enabled", True)
        world.away(*world.seated(alice))
        world.run(60)
        assert told("--{event}-->")
    finally:
        globalLogPublisher.removeObserver(heard.append)


def test_absent_suppliers_may_keep_their_seats(world: World) -> None:
    """With `replace-critically-offline-enabled` off nobody is replaced for being away; on again, he is."""
    world.suppliers(3)
    alice = world.customer(n=2, services__employer__replace_critically_offline_enabled=False)
    away = world.seated(alice)[0]
    world.away(away)
    world.run(2 * DAY)
    assert world.seated(alice)[0] is away
    alice.node.settings.set("services/employer/replace-critically-offline-enabled", True)
    world.run(DAY / 8)
    assert world.seated(alice)[0] is not away


def test_a_longer_term(world: World) -> None:
    """With `customer-idle-days` at 300 pieces outlive half a year of silence, not a whole one."""
    world.suppliers(2, "sup")
    alice = world.customer(n=2)
    house = world.seated(alice)[0]
    house.node.settings.set("services/customer-patrol/customer-idle-days", 300)
    alice.crash()
    shelf = house.service.shelf

    def state() -> str:
        (row,) = world.wait(shelf.db.read(lambda c: c.execute("SELECT state FROM customers").fetchall()))
        return str(row[0])

    def silent(days: int) -> None:
        longer = "UPDATE customers SET last_contact = last_contact - :more, lived = lived - :more"
        world.wait(shelf.db(lambda c: c.execute(longer, {"more": days * DAY}).rowcount))

    silent(250)
    world.run(5 * DAY)
    assert state() == "active"
    silent(250)
    world.run(5 * DAY)
    assert state() != "active"
