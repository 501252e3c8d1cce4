"""Streams, drills and backups of what has changed are cut off at every single step of theirs (`steps`)."""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import NotFound
from tests.balance import settle
from tests.stories.steps import FATES, Scene, at_every_step, came_back, each_fate
from tests.world import House, look, noise

METHODS = all_methods()
NAME = "/var/backups/db.sql"
SIZE = 400_000
STEP = 150_000
each_who = pytest.mark.parametrize("who", ["customer", "supplier"])


def call(house: House, method: str, *args: Any) -> Any:
    return house.world.wait(METHODS[method](house.node, *args))


@each_fate
@each_who
def test_a_stream_at_every_step(scene: Scene, who: str, fate: str) -> None:
    """
    T20, T21, T25: a stream is a version, all of it, or there is none; whoever was told that it is committed
    finds it; sent once more it is backed up; of what came of nothing no byte is left.
    """
    world, alice, _ = scene
    victim = alice if who == "customer" else world.seated(alice)[0]
    out = world.folder / "out"
    told: dict[str, bytes] = {}
    at_now = [0]

    def data() -> bytes:
        return noise(f"stream {at_now[0]}", SIZE)

    def prepare(at: int) -> None:
        at_now[0] = at
        for version in streamed():
            world.wait(alice.node.backups.delete(version.backup_id))
        told.clear()
        settle(world, alice)

    def streamed() -> list[Any]:
        try:
            item = world.wait(alice.node.backups.item_of(NAME))
        except NotFound:
            return []
        return list(alice.versions(item))

    def send() -> None:
        begun = call(alice, "stream_begin", NAME)
        number, offset, content = begun["stream"], 0, data()
        while offset < SIZE:
            part = base64.b64encode(content[offset : offset + STEP]).decode()
            offset = int(call(alice, "stream_write", number, offset, part)["offset"])
        call(alice, "stream_end", number, SIZE)
        world.until(lambda: alice.task(number).state in ("committed", "failed"), 2000)
        if alice.task(number).state == "committed":
            told[f"{begun['path_id']}/{alice.task(number).version}"] = content

    def after() -> None:
        found = {version.backup_id for version in streamed() if version.complete}
        assert set(told) <= found, "a stream that was committed is gone"
        assert len(found) == len(streamed())
        if not found:
            send()
            assert told
        settle(world, alice)
        shutil.rmtree(out, ignore_errors=True)
        assert alice.restore(NAME, out).state == "done"
        assert Path(f"{out}{NAME}").read_bytes() == data()

    at_every_step(scene, victim, fate, 20, prepare, send, after)


#: a supplier writes nothing when he is read from: no disk of his can fail
DRILLING = [("customer", fate) for fate in FATES] + [("supplier", "killed")]


@pytest.mark.parametrize(("who", "fate"), DRILLING)
def test_a_drill_at_every_step(scene: Scene, who: str, fate: str) -> None:
    """T20, T25: a drill that is cut off accuses nobody and changes nothing; held again it finds all."""
    world, alice, source = scene
    victim = alice if who == "customer" else world.seated(alice)[0]

    def drill() -> None:
        number = call(alice, "verify_start", None, 2**40)["task"]
        world.until(lambda: not victim.is_alive or alice.task(number).state in ("done", "failed"), 1200)

    def after() -> None:
        world.until(lambda: not alice.customer.drills.is_running(), 1200)
        settle(world, alice)
        drill()
        rows = call(alice, "drills_list")
        assert {row["wrong"] for row in rows} == {0}
        assert (rows[0]["files"], rows[0]["bytes"]) == (3, 103_010)
        assert call(alice, "process_health")["state"] == "safe"

    at_every_step(scene, victim, fate, 1 if victim is alice else 0, lambda _: None, drill, after, stride=1)
    came_back(scene, str(source), world.folder / "out", look(source))


@each_fate
@each_who
def test_a_change_at_every_step(scene: Scene, who: str, fate: str) -> None:
    """T20, T21, T25: what changed in a watched folder is backed up by itself, wherever that was cut off."""
    world, alice, source = scene
    victim = alice if who == "customer" else world.seated(alice)[0]
    out = world.folder / "out"
    item = call(alice, "schedule_set", str(source), "on change")["path_id"]
    world.until(lambda: len(alice.versions(item)) == 2, 2000)
    settle(world, alice)
    wanted: list[object] = []

    def prepare(at: int) -> None:
        for version in alice.versions(item)[1:]:
            world.wait(alice.node.backups.delete(version.backup_id))
        settle(world, alice)

    def change() -> None:
        number = len(alice.versions(item))
        (source / "changing").write_bytes(noise(f"changing {len(wanted)}", 70_000 + len(wanted)))
        os.utime(source / "changing", ns=(10**18 + len(wanted), 10**18 + len(wanted)))
        wanted.append(look(source))
        alice.watches.write(source / "new", b"x")
        world.until(lambda: not victim.is_alive or len(alice.versions(item)) > number, 2000)

    def after() -> None:
        world.until(lambda: len(alice.versions(item)) > 1 and alice.versions(item)[-1].complete, 4000)
        settle(world, alice)
        shutil.rmtree(out, ignore_errors=True)
        came_back(scene, alice.versions(item)[-1].backup_id, out, look(source))

    at_every_step(scene, victim, fate, 20, prepare, change, after)
