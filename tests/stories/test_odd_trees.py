"""Trees that other tools stumble over, out to the suppliers and back through whole nodes."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from tests.world import House, World, look

DEPTH = 60
#: one more than are sorted at a time
MANY = 100_001
LONG = b"d" * 100


def test_an_odd_tree_comes_back(world: World) -> None:
    """
    Names that are no text, names of 255 bytes, hard links, holes: all come back as they were.  A socket and a
    pipe are left out with a note each, and nothing else is.
    """
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.folder / "source"
    source.mkdir()
    for name in (b"caf\xe9\xff", b"n" * 255, b"new\nline", b" ", "ü".encode() * 127):
        Path(os.fsdecode(os.path.join(os.fsencode(source), name))).write_bytes(name)
    os.link(source / " ", source / "linked")
    with (source / "holes").open("wb") as file:
        file.truncate(50_000_000)
        file.seek(20_000_000)
        file.write(b"in the middle")
    kept = look(source)
    os.mkfifo(source / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(source / "socket"))
        task = alice.back_up(source)
    assert (task.state, task.skipped, task.message, task.files) == ("committed", 0, "", 7)
    assert all(f"{name}: not a file" in task.notes for name in ("pipe", "socket"))
    back = came_back(alice, f"{task.path_id}/{task.version}", source)
    assert look(back) == kept
    assert (back / " ").stat().st_ino == (back / "linked").stat().st_ino
    assert (back / "holes").stat().st_blocks * 512 < 5_000_000


def test_a_path_longer_than_the_system_takes(world: World) -> None:
    """A file so deep that its path cannot be said in one go comes back."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.folder / "source"
    source.mkdir()
    plant(source, b"at the bottom")
    task = alice.back_up(source)
    assert (task.state, task.skipped, task.files) == ("committed", 0, 1)
    back = came_back(alice, f"{task.path_id}/{task.version}", source)
    assert dig(back) == b"at the bottom"


def test_many_files_in_one_folder(world: World) -> None:
    """A folder with more names than are sorted at a time comes back whole."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.folder / "source"
    source.mkdir()
    for number in range(MANY):
        (source / f"{number:x}").write_bytes(b"%d" % number)
    task = alice.back_up(source, 600.0)
    assert (task.state, task.files, task.skipped) == ("committed", MANY, 0)
    back = came_back(alice, f"{task.path_id}/{task.version}", source)
    assert {path.name: path.read_bytes() for path in back.iterdir()} == {
        f"{number:x}": b"%d" % number for number in range(MANY)
    }


def came_back(house: House, version: str, source: Path) -> Path:
    """Restore it to another place; where the tree is there."""
    out = house.world.folder / "out"
    task = house.restore(version, out, 600.0)
    assert task.state == "done"
    return out / str(source).lstrip("/")


def plant(top: Path, content: bytes) -> None:
    here = os.open(top, os.O_DIRECTORY)
    for _ in range(DEPTH):
        os.mkdir(LONG, dir_fd=here)
        here = deeper(here)
    file = os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here)
    os.write(file, content)
    os.close(file)
    os.close(here)


def dig(top: Path) -> bytes:
    here = os.open(top, os.O_DIRECTORY)
    for _ in range(DEPTH):
        here = deeper(here)
    file = os.open("file", os.O_RDONLY, dir_fd=here)
    content = os.read(file, 100)
    os.close(file)
    os.close(here)
    return content


def deeper(here: int) -> int:
    below = os.open(LONG, os.O_DIRECTORY, dir_fd=here)
    os.close(here)
    return below
