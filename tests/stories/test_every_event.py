"""Every type of event in the book is told by a node that lives through it; what is told is in the book."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from bitdust.api.events import envelope
from bitdust.api.methods import all_methods
from bitdust.daemon.build import build
from bitdust.node.event_types import EVENT_TYPES, LOST
from bitdust.supplier.patrol import DAY
from bitdust.world import inline
from tests.world import SERVER, World


class Book:
    """What everybody has told, in all their lives, each event with what the book says it has."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def follow(self, node: Any) -> None:
        """Hear all that a node tells from now on, and what it still knows."""
        for event in node.happenings.latest(EVENT_TYPES, 1000):
            self.hear(event)
        node.happenings.happened.listen(self.hear)

    def hear(self, event: Any) -> None:
        """The data of an event has the names that the book promises, and a twin where a path needs one."""
        promised = {word.strip() for word in EVENT_TYPES[event.type][1].split(",")}
        assert set(envelope(event)["data"]) - {"path_b64"} == promised, event
        self.told.add(event.type)


def test_every_type_is_told(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hiring, all work and its ends, quarrels, silence, recovery, a page without a browser."""
    book, methods = Book(), all_methods()

    def ask(node: Any, name: str, *arguments: object) -> Any:
        return world.wait(methods[name](node, *arguments), 4000)

    late = [0.0]
    today = world.wall
    monkeypatch.setattr(world, "wall", lambda: today() + late[0])

    world.suppliers(4)
    bob = world.house("bob").start()
    alice = world.customer(n=2)
    for house in world.houses.values():
        book.follow(house.node)
    source = world.tree(a=3_000_000)

    # -- work, slow enough to be seen
    world.network.latency(0.4)
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    restored = alice.restore(str(source), world.folder / "out", 600)
    assert restored.state == "done"
    begun = ask(alice.node, "restore_single", str(source), str(world.folder / "again"))
    assert begun["result"]
    [job] = ask(alice.node, "restores_running")
    ask(alice.node, "restore_abort", job["backup_id"])
    world.run(60)
    world.network.latency(0.0)
    ask(alice.node, "config_set", "services/backups/at-once", 1)
    world.wait(alice.node.backups.start_path(str(world.tree("one", a=10))))
    second = world.wait(alice.node.backups.start_path(str(world.tree("two", a=10))))
    ask(alice.node, "backup_cancel_pending", second.path_id)
    world.run(60)

    # -- settings and letters
    ask(alice.node, "config_set", "logs/debug-level", 9)
    ask(alice.node, "send_message", bob.idurl, "hello")
    world.run(60)

    # -- bob carries for her, for a while
    ask(bob.node, "service_start", "proxy-server")
    ask(alice.node, "config_set", "services/proxy-transport/preferred-routers", bob.idurl)
    ask(alice.node, "config_set", "services/proxy-transport/receiving-enabled", True)
    world.until(lambda: book.told >= {"relay.found", "relay.reserved"}, 300)
    ask(alice.node, "config_set", "services/proxy-transport/receiving-enabled", False)
    world.until(lambda: book.told >= {"relay.lost", "relay.released"}, 60)

    # -- one goes away, one is sent away, one sends her away
    away = world.seated(alice)[0]
    world.away(away)
    world.run(120)
    world.back(away)
    world.until(lambda: world.staffed(alice, 2), 600)
    ask(alice.node, "supplier_replace", 0)
    world.until(lambda: world.staffed(alice, 2), 600)
    alice.until_safe(600)
    world.run(600)
    ask(world.seated(alice)[1].node, "config_set", "services/supplier/donated-space", "1 MB")
    world.until(lambda: "supplier.noticed" in book.told, 600)
    world.until(lambda: world.staffed(alice, 2), 600)
    alice.until_safe(600)
    world.run(600)
    ask(world.seated(alice)[0].node, "customer_reject", alice.idurl)
    world.run(600)
    world.until(lambda: world.staffed(alice, 2), 600)

    # -- one is away for longer than people are
    gone = world.seated(alice)[1]
    world.away(gone)
    world.run(26 * 3600)
    world.back(gone)
    world.until(lambda: world.staffed(alice, 2), 4000)

    # -- whoever asks for what an earlier life has told
    known = alice.node.happenings.last
    kit = world.wait(alice.node.identity_backup(None, None))
    alice.restart()
    book.follow(alice.node)
    [lost] = [e for e in alice.node.happenings.since(known, EVENT_TYPES, 1000) if e.type == LOST]
    book.hear(lost)

    # -- she comes back on another machine
    keeper = world.seated(alice)[0]
    alice.crash()
    heir = world.house("heir", services__supplier__enabled=False)
    book.follow(heir.begin())
    world.wait(heir.node.identity_recover(kit.words, [SERVER], None))

    # -- she is not heard of for half a year; the others would only make the days long
    for house in world.houses.values():
        if house.is_alive and house is not keeper:
            house.stop()
    lived = "UPDATE customers SET lived = lived - ?"
    for days in (160, 25):
        late[0] += days * DAY
        # The wall alone ends no contract, and half a year of running would be long here.
        world.wait(keeper.service.shelf.db(lambda c, days=days: c.execute(lived, (days * DAY,)).rowcount))
        world.run(3.2 * DAY if days == 25 else 7200)

    # -- a page, where nobody can see it
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "api-url").write_text("http://127.0.0.1:1\n")
    parts = build(Clock(), tmp_path, inline, "token")  # type: ignore[arg-type]
    book.follow(parts.node)
    parts.node.show()
    for threads in parts.node._databases._threads:
        threads.stop()

    assert book.told == set(EVENT_TYPES)
