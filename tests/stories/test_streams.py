"""What a program sends is backed up as it comes, to its end or not at all."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.backup import intake
from bitdust.errors import Conflict, NotFound, Timeout, Usage
from tests.world import KIB, MIB, House, World, noise

METHODS = all_methods()
NAME = "/var/backups/db.sql"


def call(house: House, method: str, *args: Any) -> Any:
    return house.world.wait(METHODS[method](house.node, *args))


def give(house: House, stream: int, offset: int, data: bytes) -> int:
    return int(call(house, "stream_write", stream, offset, base64.b64encode(data).decode())["offset"])


def give_all(house: House, stream: int, data: bytes, step: int = 300_000) -> None:
    offset = 0
    while offset < len(data):
        offset = give(house, stream, offset, data[offset : offset + step])


def send(house: House, data: bytes, name: str = NAME) -> Any:
    """Back it up; the task, when it has ended."""
    stream = call(house, "stream_begin", name)["stream"]
    give_all(house, stream, data)
    call(house, "stream_end", stream, len(data))
    return ended(house, stream)


def ended(house: House, stream: int) -> Any:
    house.world.until(lambda: house.task(stream).state in ("committed", "failed", "cancelled"), 2000)
    return house.task(stream)


@pytest.fixture
def alice(world: World) -> House:
    world.suppliers(2)
    return world.customer(n=2)


def nothing_came_of_it(house: House, path_id: str) -> bool:
    """No version, and no item that was not there before."""
    known = [each["id"] for each in call(house, "backups_list")]
    return path_id not in known and not house.node.backups.running()


@pytest.mark.parametrize("size", [0, 1, 300_001, 9 * MIB])
def test_all_of_it_comes_back(world: World, alice: House, size: int) -> None:
    """Whatever its length; progress knows what was sent, and a second time nothing is new."""
    data = noise("dump", size)
    task = send(alice, data)
    assert (task.state, task.done, task.total, task.new, task.files) == ("committed", size, size, size, 1)
    assert alice.restore(NAME, world.folder / "out").state == "done"
    assert Path(f"{world.folder}/out{NAME}").read_bytes() == data
    again = send(alice, data)
    assert (again.state, again.new) == ("committed", 0)
    assert len(alice.versions(task.path_id)) == 2


def test_who_sends_faster_waits(world: World, alice: House) -> None:
    """A backup that rests holds little of what is sent; nothing is lost when it goes on."""
    data = noise("dump", 20 * MIB)
    stream = call(alice, "stream_begin", NAME)["stream"]
    call(alice, "tasks_pause", stream)
    offset = 0
    while (now := give(alice, stream, offset, data[offset : offset + 400_000])) > offset:
        offset = now
    assert offset < 2 * intake.ROOM + intake.STRETCH
    assert give(alice, stream, offset, data[offset : offset + 400_000]) == offset
    world.run(3600)
    call(alice, "tasks_resume", stream)
    while offset < len(data):
        offset = give(alice, stream, offset, data[offset : offset + 400_000])
    call(alice, "stream_end", stream, len(data))
    assert ended(alice, stream).state == "committed"
    assert alice.restore(NAME, world.folder / "out").state == "done"
    assert Path(f"{world.folder}/out{NAME}").read_bytes() == data


def test_silence(world: World, alice: House) -> None:
    """Nothing for five minutes: whoever sent it is gone, and half a dump is no version."""
    begun = call(alice, "stream_begin", NAME)
    stream = begun["stream"]
    give_all(alice, stream, noise("dump", MIB))
    for _ in range(10):
        world.run(200)
        assert give(alice, stream, MIB, b"") == MIB  # a sign of life
    world.run(320)
    assert (alice.task(stream).state, alice.task(stream).error) == ("failed", Timeout.id)
    assert nothing_came_of_it(alice, begun["path_id"])
    with pytest.raises(Conflict, match="nothing was sent"):
        give(alice, stream, MIB, b"more")


def test_a_shorter_silence(world: World, alice: House) -> None:
    """Whoever promises a sign of life more often is missed sooner, and frees his place."""
    stream = call(alice, "stream_begin", NAME, 60)["stream"]
    world.run(55)
    give(alice, stream, 0, b"")
    world.run(55)
    assert alice.task(stream).state not in ("failed", "cancelled")
    world.run(10)
    assert alice.task(stream).state == "failed"
    for wrong in (0, 29, 86401):
        with pytest.raises(Usage, match="silence"):
            call(alice, "stream_begin", NAME, wrong)


@pytest.mark.parametrize("how", ["stream_abort", "silence", "restart"])
def test_nothing_is_left_of_it(world: World, alice: House, how: str) -> None:
    """An item that was new with a stream of which no version came goes again; one with versions stays."""
    assert send(alice, b"first", "/var/kept").state == "committed"
    for name in (NAME, "/var/kept"):
        stream = call(alice, "stream_begin", name)["stream"]
        give_all(alice, stream, noise("dump", MIB))
        if how == "stream_abort":
            call(alice, how, stream)
    world.run(400)
    if how == "restart":
        call(alice, "stream_begin", NAME)
        alice.restart()
        world.run(10)
    paths = [each["path"] for each in call(alice, "backups_list") if each["type"] == "file"]
    assert paths == ["/var/kept"]


@pytest.mark.parametrize("how", ["restart", "crash"])
def test_the_node_ends(world: World, alice: House, how: str) -> None:
    """A stream does not outlive its node, and is not mistaken for a file of that name."""
    source = world.tree("some", a=b"a file of that name")
    name = str(source / "a")
    begun = call(alice, "stream_begin", name)
    give_all(alice, begun["stream"], noise("dump", 6 * MIB))
    world.run(5)
    if how == "restart":
        alice.restart()
    else:
        alice.crash()
        alice.start()
    world.run(600)
    assert nothing_came_of_it(alice, begun["path_id"])
    with pytest.raises(NotFound, match="restart"):
        give(alice, begun["stream"], 6 * MIB, b"more")
    assert send(alice, b"new", name).state == "committed"


def test_broken_off(world: World, alice: House) -> None:
    """By who sends it, or as any task: no version, and the other side is told."""
    for end in ("stream_abort", "tasks_cancel"):
        begun = call(alice, "stream_begin", NAME)
        give_all(alice, begun["stream"], noise("dump", 5 * MIB))
        call(alice, end, begun["stream"])
        assert ended(alice, begun["stream"]).state == "cancelled"
        assert nothing_came_of_it(alice, begun["path_id"])
        with pytest.raises(Conflict, match="cancelled"):
            give(alice, begun["stream"], 5 * MIB, b"more")


def test_a_job_that_must_begin_again(world: World, alice: House) -> None:
    """What was sent cannot be read twice: it fails, and says what to do."""
    begun = call(alice, "stream_begin", NAME)
    give_all(alice, begun["stream"], noise("dump", 5 * MIB))
    alice.customer.queue.again("a block was lost")
    give(alice, begun["stream"], 5 * MIB, b"x")
    call(alice, "stream_end", begun["stream"], 5 * MIB + 1)
    task = ended(alice, begun["stream"])
    assert (task.state, task.error) == ("failed", Conflict.id)
    assert "once more" in task.message
    assert nothing_came_of_it(alice, begun["path_id"])


def test_refused(world: World, alice: House) -> None:
    """Gaps, what is no base64, too much at once, folders, names that are no paths, sizes that do not fit."""
    stream = call(alice, "stream_begin", NAME)["stream"]
    assert give(alice, stream, 0, b"abc") == 3
    assert give(alice, stream, 0, b"abc") == 3  # said again: the answer was lost
    for wrong in (
        lambda: give(alice, stream, 5, b"d"),
        lambda: give(alice, stream, -1, b"d"),
        lambda: give(alice, stream, 3, bytes(512 * KIB + 1)),
        lambda: call(alice, "stream_write", stream, 3, "not base64!"),
        lambda: call(alice, "stream_end", stream, 4),
        lambda: call(alice, "stream_begin", "db.sql"),
        lambda: call(alice, "stream_begin", "/"),
    ):
        with pytest.raises(Usage):
            wrong()
    with pytest.raises(Conflict, match="running already"):
        call(alice, "stream_begin", NAME)
    with pytest.raises(NotFound):
        give(alice, 12345, 0, b"abc")
    source = world.tree("some", a=1)
    assert alice.back_up(source).state == "committed"
    with pytest.raises(Conflict, match="dir"):
        call(alice, "stream_begin", str(source))
    call(alice, "stream_end", stream, 3)
    assert ended(alice, stream).state == "committed"
    with pytest.raises(Conflict, match="committed"):
        give(alice, stream, 3, b"d")
