"""Real nodes behind real routers: how soon they have a straight road, and that files arrive without one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from bitdust.demo.network import Peer
from tests.natlab.lab import Lab, Weather
from tests.natlab.nat import KINDS, Kind
from tests.natlab.test_manners import ping
from tests.natlab.test_punching import passes
from tests.natlab.town import Town
from tests.processes.nodes import (
    back_up,
    committed,
    hashes,
    hired,
    listing,
    make_files,
    restore,
    rows,
    until,
)

#: bytes of the file of the matrix; the network of T61 loses one frame in twenty, and 20 MB take their time
SIZE = int(os.environ.get("BITDUST_NATLAB_SIZE", 20_000_000))
#: seconds in which a road must be there; in which any file must be, and what each byte adds: one frame in
#: twenty is lost, which QUIC's CUBIC takes for a line that is full, and over a relay one in ten
SOON, ANY_FILE, PER_BYTE = 5.0, 180.0, 1 / 25_000
PAIRS = list(combinations_with_replacement(KINDS, 2))


@contextmanager
def town(
    tmp_path: Path, one: Kind, other: Kind, road: str, weather: Weather | None, *, refuses: bool = False
) -> Iterator[Town]:
    with Lab([one, other], weather, refuses=refuses) as lab, Town(lab, tmp_path / "nodes", road) as found:
        yield found


@dataclass(frozen=True)
class Met:
    """
    How alice came to bob.

    @param best: the road they had in the end.
    @param word, took: seconds until his first answer, and until that road, since she was told his name.
    """

    best: str
    word: float
    took: float


def meets(found: Town) -> Met:
    """Tell alice bob's name, and wait for the best road, for as long as it may take."""
    begun = time.monotonic()
    best = until(found.ping, 60.0)
    word = time.monotonic() - begun
    while best not in ("tcp", "udp") and time.monotonic() < begun + word + SOON:
        time.sleep(0.05)
        best = found.ping() or best
    return Met(best, word, time.monotonic() - begun)


def brings(found: Town, folder: Path, size: int) -> None:
    """A backup to both suppliers, and back again."""
    files = make_files(folder / "files", [size], seed=size)
    hired(found.alice)
    patience = ANY_FILE + size * PER_BYTE
    version = back_up(found.alice, files, patience)
    restore(found.alice, version, folder / "back", patience)
    assert hashes(folder / "back" / str(files).lstrip("/")) == hashes(files)


def tried(tmp_path: Path, one: Kind, other: Kind, road: str, size: int) -> None:
    """T61, one pair."""
    with town(tmp_path, one, other, road, Weather()) as found:
        met = meets(found)
        print(f"\nT61 {road} {one} x {other}: {met}")
        assert met.best == (road if passes(road, one, other) else "relay")
        assert met.word < SOON
        brings(found, tmp_path, size)


@pytest.mark.parametrize(
    ("one", "other", "road"), [("port", "port", "udp"), ("port", "symmetric", "udp")], ids=str
)
def test_t61_some(tmp_path: Path, one: Kind, other: Kind, road: str) -> None:
    """T61: a pair that can come together, and one that stays on the relay."""
    tried(tmp_path, one, other, road, 50_000)


@pytest.mark.matrix
@pytest.mark.parametrize("road", ["udp", "tcp"])
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_t61_all(tmp_path: Path, one: Kind, other: Kind, road: str) -> None:
    """T61: every pair, and a file of 20 MB."""
    tried(tmp_path, one, other, road, SIZE)


@pytest.mark.matrix
@pytest.mark.parametrize("road", ["udp", "tcp"])
def test_t61_routers_that_answer_strangers(tmp_path: Path, road: str) -> None:
    """T61: routers that take what comes early for a talk of their own: there is the relay at least."""
    with town(tmp_path, "port", "port", road, Weather(), refuses=True) as found:
        met = meets(found)
        print(f"\nT61 {road} port x port, refusing: {met}")
        assert met.best in (road, "relay")
        assert met.word < SOON
        brings(found, tmp_path, 200_000)


#: what nobody but alice may read
MARKER = b"nobody but the owner reads this line\n"


@pytest.mark.matrix
@pytest.mark.parametrize("road", ["udp", "tcp"])
def test_t18_what_passes_the_relay(tmp_path: Path, road: str) -> None:
    """T18: all frames that come to the relay while a backup goes through it: nothing of it can be read."""
    capture, files = tmp_path / "frames", tmp_path / "files"
    with town(tmp_path, "symmetric", "symmetric", road, CALM) as found:
        found.lab.capture(found.lab.public, capture)
        assert meets(found).best == "relay"
        hired(found.alice)
        make_files(files, [300_000], seed=18)
        (files / "secret-name.txt").write_bytes(MARKER * 1000)
        version = back_up(found.alice, files)
        restore(found.alice, version, tmp_path / "back")
    assert hashes(tmp_path / "back" / str(files).lstrip("/")) == hashes(files)
    frames = capture.read_bytes()
    # Up to the relay and on to bob, and once more for the relay's own piece.
    assert len(frames) > 3 * 300_000
    for readable in (MARKER.strip(), b"secret-name", (files / "file-0000").read_bytes()[:64]):
        assert readable not in frames


#: there and back 20 ms, and nothing gets lost
CALM = Weather(delay=0.01, jitter=0.0, loss=0.0)
#: bits a second of alice's line, and bytes that she backs up
LINE, FILE = 4_000_000, 6_000_000
#: bytes that may still arrive of what was sent before: what the line holds, and once more as much
UNDER_WAY = LINE // 8
#: bits a second of a line that others use, too
NARROW = 1_000_000
#: seconds in which it must go on
GOES_ON = 30.0


def held(found: Town) -> int:
    """Bytes that bob has of alice's, whole pieces and what is coming in."""
    folder = found.bob.home
    sizes = [
        path.stat().st_size for path in folder.rglob("*") if "customers" in path.parts and path.is_file()
    ]
    return sum(sizes)


class Arrived:
    """Counts what comes to bob from now on: what he throws away and is sent once more counts, too."""

    def __init__(self, found: Town) -> None:
        self._found, self._last, self._more = found, held(found), 0

    def more(self) -> int:
        """Bytes until now."""
        now = held(self._found)
        self._more += max(0, now - self._last)
        self._last = now
        return self._more


def what_befalls(found: Town, event: str, best: str) -> float:
    """Let it happen; from when on it has its time to go on, in seconds of the clock."""
    alices, bobs = found.lab.sides
    begun = time.monotonic()
    if event == "forgotten":
        found.lab.forget(alices)
        found.lab.forget(bobs)
    elif event == "moved":
        found.lab.move(alices, "203.0.113.77")
    else:
        found.relay.kill()
        found.relay.start()
        if best == "relay":
            # There is no other road, and no other relay: nothing can go on before it is back.
            found.relay.wait()
            begun = time.monotonic()
    return begun


def kept(peer: Peer) -> dict[bytes, int]:
    """
    Bytes of the piece that a supplier has of each block, by what he has signed for.

    Fails where he has two of one block, and where other bytes lie on his disk than those.
    """
    found = rows(peer.home / "shelf.db", "SELECT block, size, path FROM pieces")
    pieces = {block: size for block, size, _ in found}
    assert len(pieces) == len(found), "two pieces of one block"
    files = listing(peer.home / "customers")
    there = sorted(path for path in files if path.endswith(tuple(path for *_, path in found)))
    assert len(there) == len(found)
    return pieces


def arriving(peer: Peer) -> list[str]:
    """What has begun to come to a supplier and is not whole."""
    return [path for path in listing(peer.home / "customers") if path.startswith("incoming/")]


@pytest.mark.matrix
@pytest.mark.parametrize("road", ["udp", "tcp"])
@pytest.mark.parametrize("event", ["forgotten", "moved", "relay-killed"])
@pytest.mark.parametrize(("one", "other"), [("port", "port"), ("symmetric", "symmetric")])
def test_t62(tmp_path: Path, one: Kind, other: Kind, event: str, road: str) -> None:
    """
    T62: in the middle of a backup routers forget, an address changes, the relay dies: it goes on within 30 s,
    and no byte is stored twice.

    The relay is killed and started again.  Where there is a straight road the time runs from the kill; where
    that one relay is the only road, from when it is back.
    """
    with town(tmp_path, one, other, road, CALM) as found:
        best = meets(found).best
        hired(found.alice)
        found.lab.narrow(found.lab.sides[0], LINE)
        files = make_files(tmp_path / "files", [FILE], seed=1)
        item = found.alice.client.call("backup_start_path", str(files))["result"].split()[1]
        until(lambda: held(found) > FILE / 10, 60.0)
        print(f"\nT62 {road} {one} x {other}: {best}, then {event}")
        since = what_befalls(found, event, best)
        arrived = Arrived(found)
        until(lambda: arrived.more() > UNDER_WAY, 4 * GOES_ON)
        took = time.monotonic() - since
        print(f"\nT62 {road} {one} x {other} {event}, {best}: went on after {took:.1f} s")
        assert took < GOES_ON

        until(lambda: committed(found.alice, item), 120.0)
        # What came over a road that died in the middle is gone as soon as that is noticed.
        until(lambda: not arriving(found.bob) and kept(found.bob).keys() == kept(found.relay).keys(), 60.0)
        for supplier in (found.bob, found.relay):
            # Of two pieces each is as long as the block, and its leaves.
            assert FILE < sum(kept(supplier).values()) < FILE * 1.02
        assert held(found) < FILE * 1.02


@pytest.mark.matrix
@pytest.mark.parametrize("road", ["udp", "tcp"])
def test_t63_a_ping_beside_a_relayed_backup(tmp_path: Path, road: str) -> None:
    """T63: what goes to bob over the relay yields like what goes straight, and the line is used."""
    with town(tmp_path, "symmetric", "symmetric", road, CALM) as found:
        assert meets(found)[0] == "relay"
        hired(found.alice)
        side = found.lab.sides[0]
        found.lab.narrow(side, NARROW)
        alone = ping(side, 1.0)
        files = make_files(tmp_path / "files", [NARROW // 8 * 10], seed=63)
        begun = time.monotonic()
        item = found.alice.client.call("backup_start_path", str(files))["result"].split()[1]
        until(lambda: held(found) > 20_000, 60.0)
        beside = ping(side, 10.0)
        until(lambda: committed(found.alice, item), 120.0)
        took = time.monotonic() - begun
        print(f"\nT63 {road}: {alone:.0f} ms alone, {beside:.0f} ms beside; committed after {took:.1f} s")
    assert beside - alone < 100, (alone, beside)
    # Each of the two suppliers gets all of it.
    assert took < 2 * 20.0, took
