"""What a scrub takes for rot, and what not."""

from __future__ import annotations

import errno

import pytest

from bitdust.errors import TryLater
from tests.supplier.desk import Desk, block_id, done

BODY = b"a piece" * 10_000


def full(desk: Desk) -> set[tuple[bytes, int]]:
    """A shelf of three pieces; answers them."""
    desk.hire()
    for number in range(3):
        desk.put(BODY, block_id(number))
    return desk.held()


def read_all(desk: Desk) -> None:
    """Rounds, until all was read; some may fail."""
    for _ in range(10):
        desk.service.scrubber._stopped = False
        try:
            done(desk.service.scrubber.round())
        except OSError:
            continue


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENOMEM, errno.EINTR, errno.EACCES])
def test_what_may_pass_is_no_rot(desk: Desk, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """A process without descriptors says nothing of the pieces."""
    held = full(desk)

    def fails(*_: object) -> bytes:
        raise OSError(code, "not now")

    with monkeypatch.context() as broken:
        broken.setattr(desk.drive, "read", fails)
        read_all(desk)
    assert desk.held() == held


def test_what_the_disk_lost_is_rot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that does not read any more is a damaged piece."""
    full(desk)

    def fails(*_: object) -> bytes:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(desk.drive, "read", fails)
    read_all(desk)
    assert desk.held() == set()


def test_a_disk_that_was_taken_away_is_no_rot(desk: Desk) -> None:
    """While the folder is not there nothing is marked, nothing is taken, and it is not made anew."""
    held = full(desk)
    away = desk.root.with_name("elsewhere")
    desk.root.rename(away)
    read_all(desk)
    for number in (0, 7):
        with pytest.raises(TryLater):
            desk.put(BODY, block_id(number))
    with pytest.raises(TryLater):
        desk.get(0, 1, block_id(1))
    assert not desk.root.exists()
    away.rename(desk.root)
    assert desk.held() == held
    desk.get(0, 1, block_id(1))
    desk.put(BODY, block_id(7))
