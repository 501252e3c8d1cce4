"""The file manager of whole nodes: every mode does what it says, with exactly the fields promised."""

from __future__ import annotations

import base64
import os
import re
from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.errors import BitDustError, Conflict, NoIdentity, NotFound, Usage
from tests.world import House, World, look

ITEM = {
    "content",
    "date",
    "dirpath",
    "has_childs",
    "id",
    "name",
    "rights",
    "size",
    "type",
    "versions",
}
VERSION = {
    "backupid",
    "label",
    "size",
    "state",
    "status",
    "time",
}
LOCAL = {
    "date",
    "dirpath",
    "name",
    "rights",
    "size",
    "type",
}
STATS = {
    "bytes_donated",
    "bytes_indexed",
    "bytes_needed",
    "bytes_used_supplier",
    "bytes_used_total",
    "customers",
    "files_count",
    "folders_count",
    "items_count",
    "max_suppliers",
    "online_suppliers",
    "suppliers",
    "timestamp",
    "value_donated",
    "value_needed",
    "value_used_total",
}
DONE = {"success": True, "error": None}
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def manage(house: House, mode: str, **params: Any) -> Any:
    """What the file manager of a house answers."""
    request = {"params": {"mode": mode, **params}}
    return house.world.wait(all_methods()["filemanager"](house.node, request))


def test_browse_and_back_up(world: World) -> None:
    """A folder is found on the disk, backed up, found in the catalog with its version, restored, deleted."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree("photos", a=70_000, b__c=b"x")
    local = manage(alice, "listlocal", path=str(source.parent), onlyFolders=True)
    assert [entry["name"] for entry in local if entry["name"] == "photos"] == ["photos"]
    assert manage(alice, "list", path=str(source)) == []

    told = manage(alice, "upload", path=str(source))
    (root,) = manage(alice, "list", path="/")
    assert root["type"] == "dir"
    assert told[0].startswith("new folder was added: ")
    assert told[0].endswith(f", local path is {source}")
    item = told[1].removeprefix("backup started: ")
    pending = manage(alice, "tasks")
    assert [set(task) for task in pending] == [{"name", "path", "id", "version", "mode", "progress"}]
    assert (pending[0]["id"], pending[0]["mode"], pending[0]["path"]) == (item, "up", str(source))
    assert pending[0]["progress"].endswith("%")
    assert alice.ended("backup", item).state == "committed"
    alice.until_safe()
    assert manage(alice, "tasks") == []
    assert manage(alice, "upload", path=str(source) + "/") == [f"backup started: {item}"]
    alice.ended("backup", item)
    alice.until_safe()

    (there,) = manage(alice, "list", path=str(source.parent))
    assert set(there) == ITEM
    assert (there["name"], there["id"], there["type"]) == ("photos", item, "dir")
    assert (there["dirpath"], there["rights"], there["content"]) == (str(source.parent), "", "1")
    assert there["has_childs"] is False
    assert DATE.fullmatch(there["date"])
    assert len(there["versions"]) == 2
    for version in there["versions"]:
        assert set(version) == VERSION
        assert (version["state"], version["status"]) == ("ready", "100%")
        assert isinstance(version["time"], float)
        assert DATE.fullmatch(version["label"])
        assert version["backupid"].startswith(item + "/F")
    assert manage(alice, "listall") == [there]
    for mode, place in (("list", {"path": str(source.parent)}), ("listall", {})):
        (asked,) = manage(alice, mode, survives=True, **place)
        assert [version.pop("survives") for version in asked["versions"]] == [1, 1]
        assert asked == there
    assert manage(alice, "listall", limit=1, after=item) == []

    backup = there["versions"][0]["backupid"]
    out = world.folder / "out"
    assert manage(alice, "download", backupid=backup, dest_path=str(out), name="x", overwrite=True) == DONE
    (coming,) = manage(alice, "tasks", downloads=True)
    assert (coming["mode"], coming["id"], coming["version"]) == ("down", item, backup.rpartition("/")[2])
    assert manage(alice, "list", path=str(source.parent))[0]["versions"][0]["state"] == "down"
    assert manage(alice, "download", backupid=backup, dest_path=str(out)) == DONE
    assert len(alice.node.backups.restoring()) == 1
    assert alice.ended("restore", item).state == "done"
    assert look(out / str(source).lstrip("/")) == look(source)

    assert manage(alice, "deleteversion", backupid=backup) == DONE
    assert len(manage(alice, "listall")[0]["versions"]) == 1
    assert manage(alice, "delete", id=item) == DONE
    assert manage(alice, "listall") == []


def test_download_to_where_it_came_from(world: World) -> None:
    """A destination that is the old path means a restore in place; one file of a folder can be meant."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(a=b"aaa", b__c=b"ccc")
    before = look(source)
    alice.back_up(source)
    alice.until_safe()
    (item,) = manage(alice, "listall")
    backup = item["versions"][0]["backupid"]
    (source / "a").write_bytes(b"gone")
    assert manage(alice, "download", backupid=backup, dest_path=str(source)) == DONE
    assert alice.ended("restore", item["id"]).state == "done"
    assert look(source) == before
    out = world.folder / "one"
    assert manage(alice, "download", backupid=f"{backup}:b/c", dest_path=str(out)) == DONE
    assert alice.ended("restore", item["id"]).state == "done"
    assert (out / str(source).lstrip("/") / "b/c").read_bytes() == b"ccc"


def test_stats(world: World) -> None:
    """Exactly sixteen numbers and texts, true ones."""
    world.suppliers(2)
    alice = world.customer(n=2)
    empty = manage(alice, "stats")
    assert set(empty) == STATS
    assert (empty["suppliers"], empty["max_suppliers"], empty["online_suppliers"]) == (2, 2, 2)
    assert (empty["bytes_used_total"], empty["items_count"], empty["customers"]) == (0, 0, 0)
    alice.back_up(world.tree(a=70_000, b=5))
    alice.until_safe()
    stats = manage(alice, "stats")
    for key, value in stats.items():
        kind = str if key.startswith("value_") else float if key == "timestamp" else int
        assert type(value) is kind, key
    used = world.wait(alice.node.space_consumed())["used"]
    assert (stats["bytes_used_total"], stats["bytes_used_supplier"]) == (used, used // 2)
    assert stats["bytes_used_total"] > 2 * 70_000
    assert (stats["files_count"], stats["folders_count"]) == (0, 1)
    assert stats["items_count"] == len(world.wait(alice.node.backups.items()))
    assert (stats["bytes_needed"], stats["value_needed"]) == (2**30, "1 GB")
    assert (stats["bytes_donated"], stats["value_donated"]) == (0, "0 bytes")
    assert stats["timestamp"] == world.wall()


def test_config_and_debuginfo(world: World) -> None:
    """Where the home is, and how the machines are."""
    world.suppliers(2)
    alice = world.customer(n=2)
    assert manage(alice, "config") == [{"key": "homepath", "value": os.path.expanduser("~")}]
    told = manage(alice, "debuginfo")
    assert set(told) == {"debug", "automats"}
    assert type(told["debug"]) is int
    assert told["automats"]
    for automat in told["automats"]:
        assert {key: type(value) for key, value in automat.items()} == {
            "index": int,
            "id": str,
            "name": str,
            "state": str,
        }


def test_local_folders(world: World) -> None:
    """Pages of names; those that are no text carry their bytes; only files and folders are shown."""
    world.suppliers(2)
    alice = world.customer(n=2)
    folder = world.tree("many", **{f"f{i:03}": b"x" for i in range(25)}, sub__x=b"y")
    os.mkfifo(folder / "pipe")
    os.symlink("nowhere", folder / "dangling")
    broken = os.fsencode(folder) + b"/caf\xe9\n"
    with open(broken, "wb") as file:
        file.write(b"z")
    names: list[str] = []
    last: dict[str, Any] = {}
    while True:
        after = {"after_b64": last["path_b64"]} if "path_b64" in last else {"after": last.get("name")}
        page = manage(alice, "listlocal", path=str(folder), limit="10", **after)
        if not page:
            break
        names += [entry["name"] for entry in page]
        last = page[-1]
    assert names == ["caf\ufffd\ufffd", *(f"f{i:03}" for i in range(25)), "sub"]
    first, second = manage(alice, "listlocal", path=str(folder), limit=2)
    assert set(first) == LOCAL | {"path_b64"}
    assert base64.b64decode(first["path_b64"]) == broken
    assert set(second) == LOCAL
    assert second | {"date": ""} == {
        "name": "f000",
        "rights": "-rw-r--r--",
        "size": "1 bytes",
        "date": "",
        "type": "file",
        "dirpath": str(folder),
    }
    assert DATE.fullmatch(second["date"])
    (sub,) = manage(alice, "listlocal", path=str(folder), onlyFolders="true")
    assert (sub["name"], sub["type"], sub["rights"][0]) == ("sub", "dir", "d")
    told = manage(alice, "upload", path_b64=first["path_b64"])
    item = told[-1].removeprefix("backup started: ")
    assert alice.ended("backup", item).state == "committed"
    (kept,) = manage(alice, "listall")
    assert base64.b64decode(kept["path_b64"]) == broken


def test_secrets_are_not_shown(world: World) -> None:
    """The node's own folder is in no list, and cannot be entered or backed up, through a link neither."""
    world.suppliers(2)
    alice = world.customer(n=2)
    (world.folder / "link").symlink_to(alice.home)
    (world.folder / "shown").mkdir()
    names = [entry["name"] for entry in manage(alice, "listlocal", path=str(world.folder))]
    assert "shown" in names
    assert alice.home.name not in names
    assert "link" not in names
    for path in (alice.home, alice.home / "logs", world.folder / "link", world.folder / "shown/../link"):
        with pytest.raises(Usage, match="own folder"):
            manage(alice, "listlocal", path=str(path))
    for path in (alice.home, alice.home / "logs", world.folder / "link", world.folder / "link/logs"):
        with pytest.raises(Usage, match="own folder"):
            manage(alice, "upload", path=str(path))


@pytest.mark.parametrize(
    ("mode", "params", "error"),
    [
        ("list", {"path": 5}, Usage),
        ("list", {"after": "x"}, Usage),
        ("list", {"limit": 0}, Usage),
        ("list", {"path_b64": "?"}, Usage),
        ("listall", {"after": "99"}, NotFound),
        ("listlocal", {"path": "here"}, Usage),
        ("listlocal", {"path": "/no/such"}, NotFound),
        ("listlocal", {"path": "/etc/passwd"}, Usage),
        ("listlocal", {"path": "/\ud800"}, Usage),
        ("listlocal", {"path": "/a\0b"}, Usage),
        ("listlocal", {"onlyFolders": "perhaps"}, Usage),
        ("listlocal", {"limit": 10**9}, Usage),
        ("upload", {}, Usage),
        ("upload", {"path": ""}, Usage),
        ("upload", {"path": ["/"]}, Usage),
        ("upload", {"path": "/no/such"}, NotFound),
        ("delete", {}, Usage),
        ("delete", {"id": "9"}, NotFound),
        ("delete", {"id": "0/F20160313043757PM"}, Usage),
        ("deleteversion", {"backupid": "0"}, Usage),
        ("deleteversion", {"backupid": "0/F20160313043757PM"}, NotFound),
        ("download", {}, Usage),
        ("download", {"backupid": "0"}, Usage),
        ("download", {"backupid": "9/F20160313043757PM", "dest_path": "/tmp"}, NotFound),
        ("bogus", {}, Usage),
    ],
)
def test_failures(world: World, mode: str, params: dict[str, Any], error: type[BitDustError]) -> None:
    """What cannot be done is an error like everywhere else, never a success that says no."""
    world.suppliers(2)
    alice = world.customer(n=2)
    with pytest.raises(error):
        manage(alice, mode, **params)


def test_unknown_paths_are_empty(world: World) -> None:
    """A path of which the catalog knows nothing has nothing below it."""
    world.suppliers(2)
    alice = world.customer(n=2)
    assert manage(alice, "list", path="/no/such") == []
    assert manage(alice, "list", path="") == []
    assert manage(alice, "list") == []


def test_a_version_deleted_meanwhile(world: World) -> None:
    """What was listed and then deleted is not found; nothing is half done."""
    world.suppliers(2)
    alice = world.customer(n=2)
    alice.back_up(world.tree(a=b"a"))
    alice.until_safe()
    backup = manage(alice, "listall")[0]["versions"][0]["backupid"]
    manage(alice, "deleteversion", backupid=backup)
    with pytest.raises(NotFound):
        manage(alice, "download", backupid=backup, dest_path=str(world.folder / "out"))
    assert not (world.folder / "out").exists()


def test_without_an_identity(world: World) -> None:
    """A node that is nobody yet says so; what needs nobody works."""
    nobody = world.house("nobody")
    nobody.begin()
    assert manage(nobody, "config")[0]["key"] == "homepath"
    assert manage(nobody, "debuginfo")["automats"] == []
    for mode in ("stats", "list", "listall", "tasks"):
        with pytest.raises(NoIdentity):
            manage(nobody, mode)


def test_a_destination_that_is_taken(world: World) -> None:
    """A file that is there already is not overwritten by a download to another place."""
    world.suppliers(2)
    alice = world.customer(n=2)
    source = world.tree(a=b"a") / "a"
    alice.back_up(source)
    alice.until_safe()
    backup = manage(alice, "listall")[0]["versions"][0]["backupid"]
    out = world.folder / "out"
    taken = out / str(source).lstrip("/")
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"mine")
    with pytest.raises(Conflict):
        manage(alice, "download", backupid=backup, dest_path=str(out))
    assert taken.read_bytes() == b"mine"
