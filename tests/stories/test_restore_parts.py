"""Some of a version comes back, or an older one, or nothing but word of what would."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import NoSpace, NotFound, Usage
from tests.world import House, World, look

METHODS = all_methods()


def call(house: House, method: str, *args: Any, **named: Any) -> Any:
    return house.world.wait(METHODS[method](house.node, *args, **named))


def restored(house: House, *args: Any, **named: Any) -> Any:
    """The task of a restore, when it has ended."""
    call(house, "restore_single", *args, **named)
    house.world.until(lambda: not call(house, "restores_running"), 600)
    return call(house, "tasks_list")[-1]


@pytest.fixture
def alice(world: World) -> House:
    world.suppliers(2)
    return world.customer(n=2)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def backed_up(world: World, alice: House, **files: Any) -> Path:
    source = world.tree("some", **files)
    assert alice.back_up(source).state == "committed"
    return source


FILES = {
    "a_jpg": 5000, "b__c_jpg": 7000, "b__d_txt": 11000, "e__f__g_txt": 13000, "e__f__h_jpg": 17000,
    "i_txt": 1,
}  # fmt: skip


def test_only_what_is_chosen(world: World, alice: House) -> None:
    """By lines as in a .gitignore; folders above it come along with their modes and dates, others do not."""
    source = backed_up(world, alice, **FILES)
    (source / "b").chmod(0o750)
    os.utime(source / "b", (1e9, 1e9))
    assert alice.back_up(source).state == "committed"
    place = world.folder / "out"
    told = call(alice, "restore_preview", str(source), str(place), include=["*jpg"], exclude=["/e/"])
    task = restored(alice, str(source), str(place), include=["*jpg"], exclude=["/e/"])
    back = Path(f"{place}{source}")
    assert names(back) == ["a_jpg", "b", "b/c_jpg"]
    assert (back / "b/c_jpg").read_bytes() == (source / "b/c_jpg").read_bytes()
    assert ((back / "b").stat().st_mode & 0o777, (back / "b").stat().st_mtime) == (0o750, 1e9)
    assert (task["state"], task["done"], task["total"], task["files"]) == ("done", 12000, 12000, 2)
    assert (told["files"], told["folders"], told["size"], told["there"]) == (2, 2, 12000, 0)
    assert [each["inside"] for each in told["entries"]] == ["", "a_jpg", "b", "b/c_jpg"]
    assert told["destination"] == str(back)


def test_a_folder_of_a_version_knows_how_much_it_is(world: World, alice: House) -> None:
    """Progress and the room that is needed are those of the folder, not of the whole version, nor none."""
    source = backed_up(world, alice, **FILES)
    task = restored(alice, str(source / "e"), str(world.folder / "out"))
    assert (task["total"], task["done"]) == (30000, 30000)
    assert names(Path(f"{world.folder}/out{source}/e")) == ["f", "f/g_txt", "f/h_jpg"]


def test_too_large_a_folder(world: World, alice: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is refused before anything is written; a choice that fits is not."""
    source = backed_up(world, alice, **FILES)
    monkeypatch.setattr("bitdust.backup.restores.free_space", lambda folder: 20000)
    with pytest.raises(NoSpace):
        call(alice, "restore_single", str(source / "e"), str(world.folder / "out"))
    assert (
        restored(alice, str(source), str(world.folder / "out"), include=["*.txt", "d_txt"])["state"] == "done"
    )


def test_as_of(world: World, alice: House) -> None:
    """The last version not made after that time."""
    source = backed_up(world, alice, a=b"old")
    world.run(1000)
    then = alice.wall()
    world.run(1000)
    (source / "a").write_bytes(b"new")
    assert alice.back_up(source).state == "committed"
    assert call(alice, "restore_preview", str(source), as_of=then)["there"] == 1
    assert restored(alice, str(source / "a"), str(world.folder / "out"), then)["state"] == "done"
    assert Path(f"{world.folder}/out{source}/a").read_bytes() == b"old"
    assert restored(alice, str(source), None, then)["state"] == "done"
    assert (source / "a").read_bytes() == b"old"
    with pytest.raises(NotFound, match="from before"):
        call(alice, "restore_single", str(source), None, 1.0)


def test_hard_links_whose_first_name_stays_out(world: World, alice: House) -> None:
    """They are one file again, under the names that come back."""
    source = world.tree("some", a=9000)
    for name in ("b", "c"):
        os.link(source / "a", source / name)
    assert alice.back_up(source).state == "committed"
    assert restored(alice, str(source), str(world.folder / "out"), exclude=["a"])["state"] == "done"
    back = Path(f"{world.folder}/out{source}")
    assert names(back) == ["b", "c"]
    assert (back / "b").samefile(back / "c")
    assert (back / "c").read_bytes() == (source / "a").read_bytes()


def test_nothing_chosen(world: World, alice: House) -> None:
    """Nothing that fits, or a file of which no part can be chosen: said at once, nothing is written."""
    source = backed_up(world, alice, **FILES)
    with pytest.raises(NotFound, match="fits"):
        call(alice, "restore_single", str(source), str(world.folder / "out"), include=["*.mp3"])
    with pytest.raises(Usage, match="one file"):
        call(alice, "restore_single", str(source / "a_jpg"), str(world.folder / "out"), include=["*"])
    with pytest.raises(Usage, match="limit"):
        call(alice, "restore_preview", str(source), limit=1001)
    assert not (world.folder / "out").exists()


def test_a_preview_needs_nobody(world: World, alice: House) -> None:
    """All suppliers are away, and it tells what a restore in place would replace; nothing is touched."""
    source = backed_up(world, alice, **FILES)
    world.away(*(house for house in world.houses.values() if house is not alice))
    (source / "i_txt").unlink()
    before = look(source)
    told = call(alice, "restore_preview", str(source), limit=2)
    assert (told["files"], told["folders"], told["there"], len(told["entries"])) == (6, 4, 5, 2)
    assert look(source) == before
