"""One file of a version, piece by piece."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import pytest

from bitdust.backup import contents
from bitdust.errors import NotFound, Offline, Usage
from tests.stories.test_changes import fetched, ready
from tests.world import KIB, MIB, House, World


def cat(world: World, house: House, what: str, step: int) -> bytes:
    """The whole file in steps of so many bytes."""
    parts = []
    offset = 0
    while True:
        stretch = world.wait(house.node.backups.contents.read(what, offset, step))
        parts.append(stretch.content)
        offset += len(stretch.content)
        assert len(stretch.content) <= step
        if offset >= stretch.size:
            return b"".join(parts)


@pytest.mark.parametrize("most", [100_000, contents.MOST])
def test_every_byte(world: World, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Large, empty, sparse, under a second name, alone as an item: what comes is what was backed up."""
    monkeypatch.setattr(contents, "MOST", most)
    alice = ready(world)
    source = world.tree(large=3 * MIB, empty=b"", small=b"\x00\xff\n", sub__deep=5)
    os.link(source / "large", source / "second")
    with (source / "holes").open("wb") as file:
        file.write(b"begin")
        file.seek(2 * MIB)
        file.write(b"middle")
        file.truncate(3 * MIB)
    assert alice.back_up(source).state == "committed"
    assert alice.back_up(source / "large").state == "committed"
    alice.until_safe()
    (version,) = alice.versions("0/0/0/0")
    for name, step in (
        ("large", 333_333), ("second", MIB), ("empty", 10), ("small", 2), ("sub/deep", 5), ("holes", 700_001),
    ):  # fmt: skip
        assert cat(world, alice, f"{version.backup_id}:{name}", step) == (source / name).read_bytes(), name
    assert cat(world, alice, str(source / "large"), MIB) == (source / "large").read_bytes()
    past = world.wait(alice.node.backups.contents.read(f"{version.backup_id}:small", 50, 10))
    assert (past.content, past.size) == (b"", 3)


def test_only_what_is_asked_for(world: World) -> None:
    """A piece from the middle of a large file costs about its own size, however the rest is."""
    alice = ready(world, services__backups__block_size="8 MB")
    source = world.tree(large=12 * MIB)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    before = fetched(world, alice)
    stretch = world.wait(alice.node.backups.contents.read(str(source / "large"), 7 * MIB, 1000))
    assert stretch.content == (source / "large").read_bytes()[7 * MIB : 7 * MIB + 1000]
    # The largest chunk, in whole leaves.
    assert fetched(world, alice) - before < 4 * MIB + 200 * KIB


def test_what_cannot(world: World) -> None:
    """A folder is no file; what is not there is not; too few suppliers are told of."""
    alice = ready(world)
    source = world.tree(a=b"x" * 1000)
    assert alice.back_up(source).state == "committed"
    alice.until_safe()
    read = alice.node.backups.contents.read
    with pytest.raises(Usage):
        world.wait(read(str(source), 0, 10))
    with pytest.raises(NotFound):
        world.wait(read(str(source / "b"), 0, 10))
    world.away(*world.seated(alice)[:3])
    with pytest.raises(Offline):
        world.wait(read(str(source / "a"), 0, 10), 120)


def test_the_command(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    """Bytes as they are, piece by piece, of one version; whoever reads no more ends it without a failure."""
    from bitdust.cli.main import main
    from tests.cli.stub import StubNode

    whole = bytes(range(256)) * 5

    def read(what: str, offset: int, length: int, as_of: float | None) -> dict[str, object]:
        part = whole[offset : offset + 500]
        after = offset + 500 if offset + 500 < len(whole) else -1
        return {"backup_id": "0/0/F1", "time": 7.5, "size": len(whole), "offset": offset,
                "data": base64.b64encode(part).decode(), "after": after}  # fmt: skip

    home = tmp_path / "n"
    stub = StubNode(home, {"version_read": read})
    try:
        assert main(["--home", str(home), "cat", "0/0"]) == 0
        sys.stdout.flush()
        assert capfdbinary.readouterr().out == whole
        assert [call[2:] for call in stub.calls] == [(0, 2**20, None), (500, 2**20, 7.5), (1000, 2**20, 7.5)]
    finally:
        stub.close()
