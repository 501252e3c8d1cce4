"""What a node remembers of the DHT, from one life to the next."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from bitdust.errors import Offline
from bitdust.node.entangled_dht import AGAIN, SETTLED, STATE, EntangledDht
from bitdust.node.seams import Ground
from bitdust.world import inline, spawn


class Session:
    """A session that knows what the test says."""

    def __init__(self) -> None:
        self.began: bytes | None = None
        self.state: bytes | Exception = b"of now"
        self.starts = True

    async def start(self, state: bytes) -> None:
        if not self.starts:
            raise Offline("no socket")
        self.began = state

    async def remember(self) -> bytes:
        if isinstance(self.state, Exception):
            raise self.state
        return self.state

    async def stop(self) -> bytes:
        return await self.remember()


class Life:
    """One life of a node in that folder."""

    def __init__(self, folder, in_thread=inline) -> None:
        self.clock, self.session = Clock(), Session()
        ground = Ground(self.clock, folder, None, None, None, in_thread, None)
        self.dht = EntangledDht(self.session, ground)

    def start(self) -> None:
        result(self.dht.start())

    def stop(self) -> None:
        result(self.dht.stop())
        assert not self.clock.getDelayedCalls()


def result(work) -> None:
    """It has ended well."""
    ended: list[object] = []
    spawn(work).addBoth(ended.append)
    assert ended == [None]


@pytest.fixture
def life(tmp_path) -> Life:
    return Life(tmp_path)


def test_written_now_and_then(life, tmp_path) -> None:
    """A minute after the start and each quarter of an hour: whoever is killed then has it."""
    life.start()
    assert not (tmp_path / STATE).exists()
    life.clock.advance(SETTLED)
    assert (tmp_path / STATE).read_bytes() == b"of now"
    life.session.state = b"of later"
    life.clock.advance(AGAIN)
    assert (tmp_path / STATE).read_bytes() == b"of later"
    life.stop()
    next_one = Life(tmp_path)
    next_one.start()
    assert next_one.session.began == b"of later"
    next_one.stop()


def test_written_at_the_end(life, tmp_path) -> None:
    """Also what was known for less than a minute."""
    life.start()
    life.stop()
    assert (tmp_path / STATE).read_bytes() == b"of now"


@pytest.mark.parametrize("nothing", [b"", Offline("not there")])
def test_a_good_file_stays(life, tmp_path, nothing) -> None:
    """Nothing is written over it where nothing is known, and the next time is waited for."""
    (tmp_path / STATE).write_bytes(b"good")
    life.start()
    life.session.state = nothing
    life.clock.advance(SETTLED)
    assert (tmp_path / STATE).read_bytes() == b"good"
    life.session.state = b"better"
    life.clock.advance(AGAIN)
    assert (tmp_path / STATE).read_bytes() == b"better"
    life.stop()


def test_no_network(life, tmp_path) -> None:
    """A session that does not begin is asked nothing, and leaves the file alone."""
    (tmp_path / STATE).write_bytes(b"good")
    life.session.starts = False
    life.start()
    life.clock.advance(SETTLED)
    life.session.state = b""
    life.stop()
    assert (tmp_path / STATE).read_bytes() == b"good"


def test_a_full_disk(life, tmp_path) -> None:
    """It is told, and tried again."""
    refuse = [True]

    def in_thread(work, *args):
        if refuse[0]:
            return inline(_full)
        return inline(work, *args)

    life = Life(tmp_path, in_thread)
    life.start()
    life.clock.advance(SETTLED)
    assert not (tmp_path / STATE).exists()
    refuse[0] = False
    life.clock.advance(AGAIN)
    assert (tmp_path / STATE).read_bytes() == b"of now"
    life.stop()


def _full() -> None:
    raise OSError(28, "No space left on device")


def test_the_end_waits_for_what_is_being_written(tmp_path) -> None:
    """Two never write at a time."""
    waiting: list[Deferred[None]] = []

    def in_thread(work, *args):
        waiting.append(Deferred())
        return waiting[-1].addCallback(lambda _: work(*args))

    life = Life(tmp_path, in_thread)
    life.start()
    life.clock.advance(SETTLED)
    ended: list[object] = []
    life.session.state = b"last"
    spawn(life.dht.stop()).addBoth(ended.append)
    assert (len(waiting), ended) == (1, [])
    waiting[0].callback(None)
    waiting[1].callback(None)
    assert ended == [None]
    assert (tmp_path / STATE).read_bytes() == b"last"
