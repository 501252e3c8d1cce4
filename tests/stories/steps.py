"""
Something is cut off at every single step of it: by death, by a power cut that takes what was not synced, by a
full disk, by one that fails.

`EVERY_STEP=1 pytest tests/stories/test_every_step.py tests/stories/test_every_step_more.py` takes all the
steps; without it, every seventh.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from bitdust.errors import BitDustError
from tests.balance import balanced, settle, temporaries
from tests.power import Power
from tests.world import House, PowerOff, World, look

Scene = tuple[World, House, Path]
STRIDE = 1 if os.environ.get("EVERY_STEP") else 7
#: errno or None, and whether unsynced writes are lost
FATES = {
    "killed": (None, False),
    "power cut": (None, True),
    "ENOSPC": (errno.ENOSPC, False),
    "EIO": (errno.EIO, False),
}
each_fate = pytest.mark.parametrize("fate", FATES)


def at_every_step(
    scene: Scene,
    victim: House,
    fate: str,
    least: int,
    prepare: Callable[[int], None],
    work: Callable[[], object],
    after: Callable[[], None],
    more: tuple[Path, ...] = (),
    stride: int = STRIDE,
) -> None:
    """Prepare, work with step i failing, start again whoever died, look closely: for all i."""
    world, alice, _ = scene
    failure, lost = FATES[fate]
    reached = 0
    for at in count(1, stride):
        prepare(at)
        with Power(victim, at, failure, lost, more) as power:
            try:
                work()
                world.until(lambda: not victim.is_alive or not busy(alice), 2000)
                if victim.is_alive:
                    settle(world, alice)
            except PowerOff:
                assert not victim.is_alive
            except BitDustError:
                # Told at once, in words, to whoever asked: only the errors of a disk are that.
                assert failure is not None
            except AssertionError:
                if victim.is_alive:
                    raise
        if not victim.is_alive:
            victim.start()
        try:
            world.until(lambda: not busy(alice), 2000)
            after()
            settle(world, alice)
            balanced(world, alice)
        except BaseException as error:
            error.add_note(f"{fate} at step {at}: {power.met}")
            raise
        if not power.met:
            break
        reached = at
        if failure is not None:
            # The patrol says what the disk said, and comes again.
            world.broken = [each for each in world.broken if not each.startswith("a patrol failed")]
    assert reached > least


def busy(alice: House) -> bool:
    customer = alice.customer
    return bool(customer.queue.running() or customer.queue.waiting() or customer.restores.running())


def came_back(scene: Scene, what: str, out: Path, expected: object) -> None:
    _, alice, source = scene
    assert alice.restore(what, out).state == "done"
    assert look(Path(f"{out}{source}")) == expected
    assert temporaries(out) == []
