"""What long work says of itself on the way is true."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from bitdust.api.methods import all_methods
from bitdust.backup import backup_job
from bitdust.backup.backup_job import Progress
from bitdust.backup.views import Task
from tests.world import House, World

METHODS = all_methods()
#: bytes a second that leave the customer
LIMIT = 400_000


def files(world: World, name: str, size: int) -> Path:
    """So many bytes of noise in files that are smaller than a block."""
    return world.tree(name, **{f"f{number:03}": 125_000 for number in range(size // 125_000)})


@pytest.fixture
def alice(world: World) -> House:
    """A customer with a line of some width."""
    world.suppliers(4)
    alice = world.customer(n=4)
    alice.node.settings.set("services/network/send-limit", LIMIT)
    return alice


def watched(world: World, house: House, number: int, every: float = 5.0) -> list[tuple[float, Task]]:
    """What was told of a task until it ended, with the moments."""
    told = [(world.clock.seconds(), house.task(number))]
    while told[-1][1].state not in ("committed", "done", "failed"):
        world.run(every)
        told.append((world.clock.seconds(), house.task(number)))
        assert len(told) < 1000
    return told


def is_right(told: list[tuple[float, Task]]) -> None:
    """It never goes back; and what it says of the time that is left is about what it then took."""
    parts = [task.progress for _, task in told]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    end = told[-1][0]
    guesses = [(at, task.left) for at, task in told if 0.2 < task.progress < 0.9 and task.left is not None]
    assert len(guesses) >= 4
    for at, left in guesses:
        assert left == pytest.approx(end - at, rel=0.5, abs=10.0)


def test_a_first_backup(world: World, alice: House) -> None:
    """Parts, rate and time left on the way; at the end the very sizes, per supplier and in all."""
    size = 12_000_000
    world.wait(alice.node.backups.start_path(str(files(world, "source", size))))
    told = watched(world, alice, alice.node.backups.tasks()[-1].id)
    is_right(told)
    # Two of four: twice the size goes out.
    for _, task in told:
        if 0.2 < task.progress < 0.9:
            assert task.rate == pytest.approx(LIMIT / 2, rel=0.4)
    last = told[-1][1]
    assert (last.done, last.total, last.new, last.left, last.rate) == (size, size, size, None, 0)
    assert last.sent == sum(last.suppliers.values())
    acked = alice.read(
        lambda c: c.execute(
            "SELECT r.fingerprint, count(*) FROM placements p JOIN peers r ON r.id = p.peer WHERE p.state = 1"
            " GROUP BY 1"
        ).fetchall()
    )
    assert set(last.suppliers) == {who for who, _ in acked}
    assert 2 * size < last.sent + 4 * 300_000
    assert last.sent < 2 * size * 1.05


def test_a_change(world: World, alice: House) -> None:
    """Of a folder that is mostly known already, what is known is done at once, and `new` is only the rest."""
    source = files(world, "source", 6_000_000)
    assert alice.back_up(source, 600).state == "committed"
    alice.until_safe(600)
    (source / "more").write_bytes(b"".join(bytes([each]) * 997 for each in range(256)) * 4)
    world.wait(alice.node.backups.start_path(str(source)))
    task = watched(world, alice, alice.node.backups.tasks()[-1].id)[-1][1]
    more = (source / "more").stat().st_size
    assert (task.state, task.done, task.total) == ("committed", more, 6_000_000 + more)
    assert 0 < task.new <= more


def test_a_rest_is_not_counted(world: World, alice: House) -> None:
    """A paused backup has no rate and no time left; resumed, they are what they were before."""
    world.wait(alice.node.backups.start_path(str(files(world, "source", 12_000_000))))
    number = alice.node.backups.tasks()[-1].id
    world.run(20.0)
    before = alice.task(number)
    world.wait(METHODS["tasks_pause"](alice.node, number))
    world.run(3600.0)
    resting = alice.task(number)
    assert (resting.state, resting.rate, resting.left) == ("paused", 0, None)
    assert resting.progress >= before.progress
    world.wait(METHODS["tasks_resume"](alice.node, number))
    world.run(10.0)
    after = alice.task(number)
    assert after.left is not None
    assert before.left is not None
    assert after.left < before.left
    is_right(watched(world, alice, number))


def test_taken_up_again(world: World, alice: House) -> None:
    """After a restart it begins where it was: what suppliers have signed for counts, and stays."""
    world.wait(alice.node.backups.start_path(str(files(world, "source", 12_000_000))))
    world.run(40.0)
    before = alice.node.backups.tasks()[-1]
    alice.restart()
    world.run(2.0)
    after = alice.node.backups.tasks()[-1]
    assert 0.3 < before.progress <= after.progress + 0.02
    assert after.sent >= before.sent
    told = watched(world, alice, after.id)
    parts = [task.progress for _, task in told]
    assert parts == sorted(parts)
    assert told[-1][1].sent < 2 * 12_000_000 * 1.05


def test_a_restore(world: World, alice: House) -> None:
    """The same of what comes back."""
    alice.node.settings.set("services/network/send-limit", 0)
    item = alice.back_up(files(world, "source", 24_000_000), 600).path_id
    alice.until_safe(600)
    alice.node.settings.set("services/network/receive-limit", LIMIT)
    restoring = world.wait(alice.node.backups.restore(item, str(world.folder / "out")))
    told = watched(world, alice, restoring.task)
    is_right(told)
    assert (told[-1][1].state, told[-1][1].done) == ("done", 24_000_000)


def test_a_short_one_is_walked_once(world: World, alice: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first backup that is read in a moment does not walk twice to know how much there is."""
    seen: list[int] = []

    def part(progress: Progress, sent: int) -> float:
        seen.append(progress.expected)
        return 0.5

    monkeypatch.setattr(Progress, "part", part)
    world.wait(alice.node.backups.start_path(str(files(world, "short", 1_000_000))))
    world.run(20.0)
    assert set(seen) == {-1}


def test_pieces_that_take_long(world: World, alice: House) -> None:
    """Of large pieces on a narrow line each byte counts: it goes on steadily, and never jumps by a piece."""
    alice.node.settings.set("services/network/send-limit", 50_000)
    source = world.tree("large", a=3_000_000)
    world.wait(alice.node.backups.start_path(str(source)))
    told = watched(world, alice, alice.node.backups.tasks()[-1].id)
    is_right(told)
    sent = [task.sent for _, task in told]
    assert sent == sorted(sent)
    steps = [after - before for before, after in pairwise(sent[2:-1])]
    assert max(steps) < 4 * 5 * 50_000
    assert told[3][1].sent > 0


def test_how_much_there_is_while_it_waits(world: World, alice: House) -> None:
    """A first backup that cannot go on, as its spool is full, finds out how much there is all the same."""
    alice.node.settings.set("paths/spool-limit", 600_000)
    alice.node.settings.set("services/network/send-limit", 2_000)
    source = files(world, "source", 6_000_000)
    world.wait(alice.node.backups.start_path(str(source)))
    world.run(backup_job.SURVEY_AFTER + 1.0)
    task = alice.node.backups.tasks()[-1]
    assert "waiting for" in task.state
    assert task.total == 6_000_000
