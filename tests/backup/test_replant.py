"""Trees that are written back: the same as before, whatever was there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from random import Random

import pytest

from bitdust.backup import folders as folders_module
from bitdust.backup import replant as replant_module
from bitdust.backup.replant import Replant, refuse_taken
from bitdust.backup.walk import Found
from bitdust.catalog.facts import Kind, Meta
from bitdust.errors import Conflict
from tests.backup.rich import MIB, leftovers, rich
from tests.backup.trees import Taken, entries, picture, plant, read, round_trip
from tests.blocks.material import stuff

pytestmark = pytest.mark.usefixtures("no_descriptor_stays")


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_same_tree_comes_back(tmp_path: Path, overwrite: bool) -> None:
    """Content, modes, owners, dates, links of both kinds, holes, attributes, strange names, empty folders."""
    rich(tmp_path / "source")
    replant = round_trip(tmp_path / "source", tmp_path / "target", overwrite)
    assert picture(tmp_path / "target") == picture(tmp_path / "source")
    assert replant.skipped == []
    assert replant.files == 14
    assert (tmp_path / "target" / "sparse").stat().st_blocks * 512 < 2 * MIB
    assert (tmp_path / "target" / "hole").stat().st_blocks * 512 < MIB


@pytest.mark.parametrize("seed", range(4))
def test_few_descriptors_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Files come back whole when more of them grow, in more folders, than are kept open."""
    monkeypatch.setattr(replant_module, "OPEN_FILES", 3)
    monkeypatch.setattr(folders_module, "OPEN", 2)
    random = Random(seed)
    for number in range(40):
        folder = tmp_path / "source" / "/".join(random.choices("abc", k=4))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}").write_bytes(stuff(random.randrange(2 * MIB), number))
        if number % 5 == 0:
            (tmp_path / "source" / "links").mkdir(exist_ok=True)
            os.link(folder / f"{number}", tmp_path / "source" / "links" / f"{number}")
    replant = plant(read(tmp_path / "source", entries(tmp_path / "source")), tmp_path / "target", seed=seed)
    assert picture(tmp_path / "target") == picture(tmp_path / "source")
    assert replant.skipped == []


@pytest.mark.parametrize(("levels", "name"), [(1010, b"d"), (40, b"n" * 250)])
def test_deep_folders(tmp_path: Path, levels: int, name: bytes) -> None:
    """Deeper than Python recurses, and longer than a path may be; hard links to such places too."""
    deep = b"/".join([name] * levels)
    folders = [b"/".join([name] * (at + 1)) for at in range(levels)]
    taken = Taken([Found(path, Meta(Kind.DIR, mode=0o700)) for path in folders])
    taken.done.append(Found(deep + b"/file", Meta(Kind.FILE, mode=0o600, size=7)))
    taken.done.append(Found(b"o", Meta(Kind.HARDLINK, mode=0o600, target=deep + b"/file")))
    taken.chunks, taken.store = {deep + b"/file": [b"id"]}, {b"id": b"content"}
    try:
        assert plant(taken, tmp_path / "target").skipped == []
        seen = entries(tmp_path / "target")
        assert {each.path for each in seen} == {b"", *(each.path for each in taken.done)}
        assert [each.path for each in seen if each.meta.kind is Kind.HARDLINK] == [b"o"]
        assert read(tmp_path / "target", seen).content(deep + b"/file") == b"content"
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "target"], check=True)


def test_folders_are_made_when_their_entry_is_missing(tmp_path: Path) -> None:
    """A file inside a version can be restored alone."""
    replant = Replant(os.fsencode(tmp_path / "target"), False)
    assert replant.plant(b"a/b/file", Meta(Kind.FILE, mode=0o644, size=1))
    replant.write(b"a/b/file", 0, b"x")
    replant.finish()
    assert (tmp_path / "target/a/b/file").read_bytes() == b"x"


# -- what is there already


def old(root: Path) -> None:
    """The place as it was before: a file, a folder, a link and a pipe in the way of things to come."""
    root.mkdir()
    (root / "file").write_bytes(b"old")
    (root / "folder").mkdir()
    (root / "folder" / "kept").write_bytes(b"kept")
    (root / "outside").symlink_to("../outside")
    os.mkfifo(root / "pipe")


def new(root: Path) -> None:
    (root / "folder").mkdir(parents=True)
    for name in ("file", "folder/added", "outside", "pipe"):
        (root / name).write_bytes(b"new")


def test_nothing_is_overwritten_unless_told(tmp_path: Path) -> None:
    """Whatever has the name stays as it is, and is noted; what is missing is added."""
    (tmp_path / "outside").write_bytes(b"outside")
    old(tmp_path / "target")
    new(tmp_path / "source")
    replant = round_trip(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target" / "file").read_bytes() == b"old"
    assert (tmp_path / "target" / "folder" / "kept").read_bytes() == b"kept"
    assert (tmp_path / "target" / "folder" / "added").read_bytes() == b"new"
    assert (tmp_path / "outside").read_bytes() == b"outside"
    assert (tmp_path / "target" / "outside").is_symlink()
    assert [each.path for each in replant.skipped] == [b"file", b"outside", b"pipe"]
    assert replant.files == 1


def test_told_to_it_overwrites(tmp_path: Path) -> None:
    """A file takes the place of a file, a link or a pipe, and never of what a link points to."""
    (tmp_path / "outside").write_bytes(b"outside")
    old(tmp_path / "target")
    new(tmp_path / "source")
    replant = round_trip(tmp_path / "source", tmp_path / "target", overwrite=True)
    for name in ("file", "folder/added", "outside", "pipe"):
        path = tmp_path / "target" / name
        assert (path.read_bytes(), path.is_symlink()) == (b"new", False)
    assert (tmp_path / "target" / "folder" / "kept").read_bytes() == b"kept"
    assert (tmp_path / "outside").read_bytes() == b"outside"
    assert replant.skipped == []


def test_in_place_twice(tmp_path: Path) -> None:
    """A restore over the tree that it was made from changes nothing, hard links included."""
    rich(tmp_path / "source")
    before = picture(tmp_path / "source")
    assert round_trip(tmp_path / "source", tmp_path / "source", overwrite=True).skipped == []
    assert picture(tmp_path / "source") == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_the_way_of_a_file(tmp_path: Path, overwrite: bool) -> None:
    """A folder and what is in it is never thrown away."""
    (tmp_path / "target" / "name").mkdir(parents=True)
    (tmp_path / "target" / "name" / "precious").touch()
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "name").write_bytes(b"x")
    replant = round_trip(tmp_path / "source", tmp_path / "target", overwrite)
    assert [each.path for each in replant.skipped] == [b"name"]
    assert (tmp_path / "target" / "name" / "precious").exists()
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_way_of_a_folder(tmp_path: Path, overwrite: bool) -> None:
    """It stays, and whatever should be below it is noted."""
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "name").write_bytes(b"precious")
    (tmp_path / "source" / "name").mkdir(parents=True)
    (tmp_path / "source" / "name" / "file").write_bytes(b"x")
    replant = round_trip(tmp_path / "source", tmp_path / "target", overwrite)
    assert [each.path for each in replant.skipped] == [b"name", b"name/file"]
    assert (tmp_path / "target" / "name").read_bytes() == b"precious"


def test_a_file_that_comes_meanwhile(tmp_path: Path) -> None:
    """What appears under the name while we restore stays too."""
    replant = Replant(os.fsencode(tmp_path), False)
    assert replant.plant(b"file", Meta(Kind.FILE, mode=0o644, size=3))
    (tmp_path / "file").write_bytes(b"mine")
    replant.write(b"file", 0, b"new")
    replant.finish()
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert [each.path for each in replant.skipped] == [b"file"]
    assert leftovers(tmp_path) == []


def test_a_link_is_not_made_to_what_was_there(tmp_path: Path) -> None:
    """When the first name was left alone, its content is not ours: the second is not made of it."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a").write_bytes(b"from the backup")
    os.link(tmp_path / "source" / "a", tmp_path / "source" / "b")
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "a").write_bytes(b"something else")
    replant = round_trip(tmp_path / "source", tmp_path / "target")
    assert not (tmp_path / "target" / "b").exists()
    assert [each.path for each in replant.skipped] == [b"a", b"b"]


def test_a_destination_that_is_taken(tmp_path: Path) -> None:
    """Files, folders and links to nowhere count; a free name does not."""
    (tmp_path / "link").symlink_to("nowhere")
    file = Meta(Kind.FILE, size=1)
    for taken in (tmp_path, tmp_path / "link"):
        with pytest.raises(Conflict):
            refuse_taken(os.fsencode(taken), file)
    refuse_taken(os.fsencode(tmp_path / "free"), file)
    refuse_taken(os.fsencode(tmp_path), Meta(Kind.DIR))
    with pytest.raises(Conflict):
        refuse_taken(os.fsencode(tmp_path / "link"), Meta(Kind.DIR))


def test_what_is_there_already(tmp_path: Path) -> None:
    """A second time nothing is written, and nothing left out; what is missing or another is told apart."""
    rich(tmp_path / "source")
    before = round_trip(tmp_path / "source", tmp_path / "target")
    again = round_trip(tmp_path / "source", tmp_path / "target")
    assert (again.skipped, again.files, again.there) == ([], 0, before.files)
    assert picture(tmp_path / "target") == picture(tmp_path / "source")
    files = [
        each for each in (tmp_path / "target").rglob("*") if each.is_file() and each.stat().st_nlink == 1
    ]
    os.utime(files[0], (1, 1))
    files[1].unlink()
    once_more = round_trip(tmp_path / "source", tmp_path / "target")
    relative = os.fsencode(files[0].relative_to(tmp_path / "target"))
    assert [each.path for each in once_more.skipped] == [relative]
    assert (once_more.files, once_more.there) == (1, before.files - 2)


def test_hard_links_to_what_is_there_already(tmp_path: Path) -> None:
    """They are made; one that is there is no fault; another file of that name is."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a").write_bytes(b"a")
    for name in "bcd":
        os.link(tmp_path / "source" / "a", tmp_path / "source" / name)
    round_trip(tmp_path / "source", tmp_path / "target")
    (tmp_path / "target" / "b").unlink()
    (tmp_path / "target" / "c").unlink()
    (tmp_path / "target" / "c").write_bytes(b"else")
    again = round_trip(tmp_path / "source", tmp_path / "target")
    assert [each.path for each in again.skipped] == [b"c"]
    assert (again.files, again.there) == (1, 2)
    assert (tmp_path / "target" / "b").samefile(tmp_path / "target" / "a")
