"""Every method, called as a door calls it: results exactly as the contract has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bitdust.api.methods import all_methods
from bitdust.backup.retention import Policy
from bitdust.backup.views import Committed, Restoring
from bitdust.catalog.facts import Kind
from bitdust.errors import NoIdentity, NotFound, Usage
from tests.api.fakes import ALICE, BACKUP, FINGERPRINT, fake_node


@pytest.fixture
def node(tmp_path):
    """A node that answers everything."""
    return fake_node(tmp_path)


def call(node: Any, name: str, *args: object, **kwargs: object) -> Any:
    """The result of a method whose node never waits."""
    work = all_methods()[name](node, *args, **kwargs)
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    finally:
        work.close()
    raise AssertionError("the fake node never waits")


def test_stop_and_restart(node):
    """The seed's words; the node is told."""
    assert call(node, "stop") == {"result": "stopped"}
    assert call(node, "restart") == {"result": "restarted"}
    assert call(node, "restart", "true") == {"result": "restarted with GUI"}
    assert node.asked == [("stop",), ("restart", False), ("restart", True)]


def test_config_get(node):
    """Values are text; an unknown key has a default or is an error."""
    assert call(node, "config_get", "logs/debug-level") == {
        "key": "logs/debug-level",
        "type": "positive integer",
        "value": "8",
    }
    assert call(node, "config_get", "services/customer/needed-space")["value"] == "1 GB"
    assert call(node, "config_get", "services/supplier/enabled", "x")["value"] == "true"
    assert call(node, "config_get", "no/such", "x") == {"key": "no/such", "type": "undefined", "value": "x"}
    assert call(node, "config_get", "no/such", False)["value"] == "false"
    with pytest.raises(NotFound):
        call(node, "config_get", "no/such")
    with pytest.raises(NotFound):
        call(node, "config_get", "no/such", None)


def test_config_set(node):
    """Text, number or boolean; old and new value as text; a type must fit."""
    assert call(node, "config_set", "services/customer/needed-space", "100Mb") == {
        "key": "services/customer/needed-space",
        "old_value": "1 GB",
        "type": "disk space",
        "value": "100 MB",
    }
    assert call(node, "config_set", "services/customer/needed-space", 2**33, 11)["value"] == "8 GB"
    assert call(node, "config_set", "services/supplier/enabled", False, "boolean")["value"] == "false"
    assert call(node, "config_set", "logs/debug-level", "12", "5")["old_value"] == "8"
    with pytest.raises(Usage):
        call(node, "config_set", "logs/debug-level", 12, "boolean")
    with pytest.raises(Usage):
        call(node, "config_set", "logs/debug-level", "loud")
    with pytest.raises(NotFound):
        call(node, "config_set", "no/such", 1)


def test_config_list(node):
    """Every option with exactly three fields; sorted when asked."""
    options = call(node, "config_list")
    assert {tuple(option) for option in options} == {("key", "type", "value")}
    assert all(isinstance(value, str) for option in options for value in option.values())
    keys = [option["key"] for option in call(node, "config_list", True)]
    assert keys == sorted(option["key"] for option in options)
    assert "services/supplier/donated-space" in keys


def test_backups_list(node):
    """Exactly the seed's keys; a name that cannot be shown has its twin."""
    items = call(node, "backups_list")
    assert items[0] == {"id": "0", "path": "/Users", "size": 5754439, "type": "parent", "versions": []}
    assert items[1] == {
        "id": "0/0",
        "path": "/Users/caf\ufffd\ufffd",
        "path_b64": "L1VzZXJzL2NhZukK",
        "size": 2**33,
        "type": "dir",
        "versions": [],
    }
    assert items[2]["path"] == "/Users/veselin/ü.txt"
    assert items[2]["versions"] == [{"blocks": 1, "size": "11 MB", "version": "F20160313043757PM"}]
    (version,) = call(node, "backups_list", survives=True)[2]["versions"]
    assert version["survives"] == 2
    call(node, "backups_list", 1, "0/0")
    assert node.asked[-1] == ("items", "0/0", 1)
    for wrong in ({"limit": 0}, {"after": "x"}, {"after": "0//1"}):
        with pytest.raises(Usage):
            call(node, "backups_list", **wrong)


def test_backups_id_list(node):
    """Exactly the seed's keys."""
    assert call(node, "backups_id_list") == [
        {"backupid": BACKUP, "path": "/Users/veselin/a.txt", "size": "11 MB"}
    ]


@pytest.mark.parametrize(
    ("name", "args", "text", "asked"),
    [
        ("backups_update", (), "the main loop has been restarted", ("update",)),
        (
            "backup_start_id",
            ("0/0/1/0/0",),
            "uploading 0/0/1/0/0 started, local path is: /Users/veselin/a.txt",
            ("start_id", "0/0/1/0/0"),
        ),
        (
            "backup_start_path",
            ("/Users/veselin/a.txt",),
            "uploading 0/0/1/0/0 started, local path is: /Users/veselin/a.txt",
            ("start_path", "/Users/veselin/a.txt"),
        ),
        (
            "backup_dir_add",
            ("/Users/veselin/Movies/",),
            "new folder was added: 0/0/2, local path is /Users/veselin/Movies/",
            ("add_folder", "/Users/veselin/Movies/"),
        ),
        (
            "backup_file_add",
            ("/Users/veselin/a.txt",),
            "new file was added: 0/0/3/0, local path is /Users/veselin/a.txt",
            ("add_file", "/Users/veselin/a.txt"),
        ),
        (
            "backup_tree_add",
            ("/Users/veselin/Docs",),
            "21 items were added to catalog, parent path ID is 0/0/1/2, root folder is /Users/veselin/Docs",
            ("add_tree", "/Users/veselin/Docs"),
        ),
        (
            "backup_delete_local",
            (BACKUP,),
            "8 files were removed with total size of 16 MB",
            ("delete_local", BACKUP),
        ),
        (
            "backup_delete_id",
            (BACKUP,),
            f"version {BACKUP} was deleted from remote peers",
            ("delete", BACKUP),
        ),
        ("backup_delete_id", ("0/1",), "item 0/1 was deleted from remote peers", ("delete", "0/1")),
        ("backup_delete_path", ("/a",), "item 0/1/2 was deleted from remote peers", ("delete_path", "/a")),
        (
            "restore_single",
            (BACKUP,),
            f"downloading of version {BACKUP} has been started to /",
            ("restore", BACKUP, None),
        ),
        (
            "restore_single",
            ("/a", "/tmp/out"),
            f"downloading of version {BACKUP} has been started to /tmp/out",
            ("restore", "/a", "/tmp/out"),
        ),
        (
            "restore_single",
            (BACKUP + ":b/c.txt", ""),
            f"downloading of version {BACKUP} has been started to /",
            ("restore", BACKUP + ":b/c.txt", None),
        ),
        (
            "restore_single",
            ("/a", "/tmp/out", 1.5, ["*.jpg"], ["a*"]),
            f"downloading of version {BACKUP} has been started to /tmp/out",
            ("restore", "/a", "/tmp/out", 1.5, False),
        ),
    ],
)
def test_texts_of_the_seed(node, name, args, text, asked):
    """The seed's words with the real ids and paths in them, and nothing beside."""
    assert call(node, name, *args) == {"result": text}
    assert node.asked == [asked]


def test_forget(node):
    """The policy goes to the node as it was given; each version comes back with its reasons and its fate."""
    told = call(node, "backups_forget", "0/0/1/0/0", keep_last=1, keep_daily=-1, keep_within="1y2m")
    policy = Policy(last=1, daily=-1, within="1y2m")
    assert node.asked == [("forget", "0/0/1/0/0", policy, False, None, None)]
    assert told == [
        {"backup_id": BACKUP, "path": "/Users/veselin/a.txt", "time": 1.5, "keep": False, "reasons": [],
         "removed": True},
        {"backup_id": BACKUP.replace("13043757", "14043757"), "path": "/Users/veselin/a.txt", "time": 2.5,
         "keep": True, "reasons": ["last", "daily"], "removed": False},
    ]  # fmt: skip
    assert [each["removed"] for each in call(node, "backups_forget", dry_run=True, keep_last=1)] == [
        False
    ] * 2


def test_undelete_and_pin(node):
    """What is back is told by its ids; a version is pinned and unpinned by its own."""
    assert call(node, "backup_undelete", BACKUP) == {"result": f"{BACKUP} was brought back", "back": [BACKUP]}
    assert call(node, "backups_deleted", 5, "0/0/1") == [
        {"id": "0/0/1/F20160313043757PM", "path": "/Users/veselin/a.txt", "size": 17, "until": 2e9}
    ]
    call(node, "backup_pin", BACKUP)
    call(node, "backup_unpin", BACKUP)
    assert node.asked == [
        ("undelete", BACKUP), ("deleted", 5, "0/0/1"), ("pin", BACKUP, True), ("pin", BACKUP, False)
    ]  # fmt: skip


def test_clean(node):
    """The figures of a cleaning come back, and whether it has begun."""
    figures = {"mostly_dead": 2, "unreferenced": 1, "bytes_copied": 3000, "bytes_freed": 40_000}
    assert call(node, "backups_clean", True) == {**figures, "started": False}
    assert call(node, "backups_clean") == {**figures, "started": True}
    assert node.asked == [("clean_up", True), ("clean_up", False)]


def test_looking(node):
    """Pages of what versions hold, in words; what cannot be shown comes in base64 too."""
    told = call(node, "versions_find", "caf*", "0/0/1", type="file", all_versions=True)
    assert node.asked[-1] == ("find", Kind.FILE, True, "0/0/1", 100, "")
    assert told["after"] == "x"
    assert told["found"] == [
        {"backup_id": BACKUP, "first_backup_id": BACKUP, "copies": 1, "path": "/Users/caf\ufffd",
         "path_b64": "L1VzZXJzL2NhZuk=", "inside": "caf\ufffd", "inside_b64": "Y2Fm6Q==", "type": "file",
         "size": 5, "mode": "-rw-r-----", "mtime": 0.0, "user": "0", "group": "0"},
    ]  # fmt: skip
    told = call(node, "version_list", BACKUP, as_of=7.5, limit=3, after="y")
    assert node.asked[-1] == ("listing", BACKUP, 7.5, 3, "y")
    assert (told["survives"], told["lasting"]) == (2, "survives the loss of any 2 suppliers")
    assert [(each["name"], each["inside"], each["mode"], each["target"]) for each in told["entries"]] == [
        ("b", "a/b", "lrwxrwxrwx", "c")
    ]
    told = call(node, "version_read", BACKUP, 3, 4)
    assert node.asked[-1] == ("read", BACKUP, 3, 4, None)
    assert (told["data"], told["after"], told["size"]) == ("AAAAAA==", 7, 10)
    assert call(node, "version_read", BACKUP, 3)["after"] == -1
    told = call(node, "versions_diff", BACKUP, "/Users")
    assert node.asked[-1] == ("compare", BACKUP, "/Users", 100, "")
    assert [(each["change"], each["how"]) for each in told["changes"]] == [
        ("changed", ["content"]), ("added", []), ("removed", []),
    ]  # fmt: skip
    assert (told["changed_bytes"], told["added_bytes"], told["removed_bytes"]) == (20, 20, 1)


def test_home_is_replaced_and_the_text_repeats_what_was_given(node):
    """A path may begin with ~; the answer repeats it as given."""
    result = call(node, "backup_dir_add", "~/Movies/")
    assert result == {"result": "new folder was added: 0/0/2, local path is ~/Movies/"}
    assert node.asked == [("add_folder", f"{Path.home()}/Movies/")]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("backup_start_path", ("a.txt",)),
        ("backup_start_path", ("",)),
        ("backup_dir_add", ("./a",)),
        ("backup_file_add", ("/a\0b",)),
        ("backup_tree_add", ("/" + "a" * 40000,)),
        ("backup_delete_path", ("a",)),
        ("restore_single", ("/a", "out")),
        ("restore_single", ("a",)),
        ("backup_start_id", ("/0/0",)),
        ("backup_start_id", (BACKUP,)),
        ("backup_delete_local", ("0/0",)),
        ("backup_delete_id", ("0/0/F2016",)),
        ("backup_delete_id", ("0/0/",)),
        ("backup_delete_id", ("../0",)),
        ("versions_find", ("",)),
        ("versions_find", ("x" * 2000,)),
        ("versions_find", ("*", "relative")),
        ("versions_find", ("*", None, False, False, "socket")),
        ("version_list", (BACKUP, None, 0)),
        ("versions_diff", (BACKUP, BACKUP, 10**6)),
        ("version_read", (BACKUP, -1)),
        ("version_read", (BACKUP, 0, 2**30)),
        ("backups_forget", (BACKUP, 1)),
        ("backups_forget", ("0/0", -2)),
        ("backups_forget", ("0/0", 1, 0, 0, 0, 0, 0, "soon")),
        ("backups_forget", (None, 1, 0, 0, 0, 0, 0, "", True, 0)),
        ("backups_forget", (None, 1, 0, 0, 0, 0, 0, "", True, 5, BACKUP)),
        ("backup_delete_id", ("0/" * 20000 + "0",)),
        ("backup_pin", ("0/0/1",)),
        ("backup_undelete", ("x",)),
        ("backups_deleted", (0,)),
        ("backups_deleted", (5, "x")),
        ("ping", (ALICE, 0)),
        ("ping", (ALICE, 1e9)),
    ],
)
def test_arguments_that_are_refused(node, name, args):
    """Relative paths and malformed ids are refused before the node is asked."""
    with pytest.raises(Usage):
        call(node, name, *args)
    assert node.asked == []


def test_names_with_odd_bytes_are_passed_on(node):
    """A name that is not UTF-8 reaches the node as Python writes it."""
    text = call(node, "backup_start_path", "/caf\udce9")["result"]
    assert node.asked == [("start_path", "/caf\udce9")]
    assert text.endswith("/caf\ufffd")


def test_jobs(node):
    """The fields that users of the original know."""
    assert call(node, "backups_queue") == [
        {"created": 1457883477.0, "local_path": "/Users/veselin/a.txt", "path_id": "0/0/1"}
    ]
    (job,) = call(node, "backups_running")
    assert set(job) == {
        *("backup_id", "source_path", "eccmap", "pipe", "block_size", "aborting", "terminating", "eof_state"),
        *("reading", "closed", "work_blocks", "block_number", "bytes_processed", "progress", "total_size"),
    }
    assert (job["progress"], job["bytes_processed"], job["total_size"]) == (50.0, 2**32, 2**33)
    (job,) = call(node, "restores_running")
    assert set(job) >= {
        *("backup_id", "creator_id", "path_id", "version", "block_number", "bytes_processed", "created"),
        *("aborted", "done", "eccmap"),
    }
    assert (job["creator_id"], job["path_id"], job["version"]) == (ALICE, "0/0/1/0/0", "F20160313043757PM")
    (task,) = call(node, "tasks_list")
    assert (task["id"], task["kind"], task["name"], task["sent"]) == (1, "backup", "/a", 2**34)
    for name, args in (
        ("backup_cancel_pending", "0/0"),
        ("backup_abort_running", BACKUP),
        ("restore_abort", BACKUP),
    ):
        assert args in call(node, name, args)["result"]


def test_an_idle_node_without_identity_has_no_jobs(node):
    """Nothing under way: empty lists; no identity: an error that says so."""
    node.fake_backups.busy = False
    assert call(node, "restores_running") == []
    node.identity = None
    for name in ("backups_list", "backups_queue", "tasks_list", "identity_get", "restores_running"):
        with pytest.raises(NoIdentity):
            call(node, name)


def test_peers(node):
    """Suppliers, customers and a ping, with their fields."""
    (supplier,) = call(node, "suppliers_list")
    assert set(supplier) >= {
        *("position", "idurl", "state", "since", "rtt", "holds", "uptime", "audits"),
        *("connected", "numfiles", "status"),
    }
    assert call(node, "supplier_replace", 0)["idurl"] == ALICE
    assert node.asked == [("supplier_replace", "0")]
    (customer,) = call(node, "customers_list")
    assert (customer["position"], customer["idurl"], customer["granted"]) == (0, ALICE, 2**33)
    assert call(node, "ping", ALICE) == {
        "result": f"Ack(Identity) from {ALICE} by tcp in 0.012 sec",
        "idurl": ALICE,
        "rtt": 0.0123456,
        "transport": "tcp",
    }
    assert node.asked[-1] == ("ping", ALICE, 10.0)


def test_space(node):
    """Numbers are bytes."""
    assert set(call(node, "space_donated")) >= {
        "customers",
        "oldcustomers",
        "consumed",
        "used",
        "real",
        "donated",
    }
    assert call(node, "space_consumed")["needed"] == 2**30
    assert call(node, "space_local") == {"spool": 2**33}


def test_process(node):
    """Health in a sentence and its parts; machines with name and state."""
    assert call(node, "process_health") == {
        "state": "safe",
        "sentence": "Everything is safe.",
        "survives": 2,
        "wrong": [],
        "next": ["nothing"],
        "suppliers_online": 4,
        "suppliers_hired": 4,
        "suppliers_wanted": 4,
        "versions": 3,
        "pieces_missing": 0,
        "network": "Others reach this node directly.",
        "verified": None,
        "durability": {
            "light": "yellow",
            "sentence": "One in 100.",
            "loss": 0.01,
            "life": 365.0,
            "repair": 3.0,
            "watched": 2.5,
            "lost": 0,
        },
        "monitor": {
            "state": "ready",
            "doing": "Resting.",
            "next_round": 1_800_000_000.0,
            "waits_for": "bob",
        },
        "warnings": [{"what": "bob is away", "next": "wait"}],
    }
    node.machines.begin("fire_hire", "ready")
    assert call(node, "automats_list") == [{"index": 1, "name": "fire_hire", "state": "ready", "timers": ""}]


def test_network(node):
    """How others come here, by whom it was seen, and what to do about it."""
    told = call(node, "network_status")
    assert told == {
        "state": "Unreachable",
        "reachable": "not",
        "sentence": "Others cannot come here.",
        "next": ["forward the port"],
        "nat": "endpoint-dependent",
        "connections": 3,
        "roads": [
            {
                "name": "tcp",
                "port": 7771,
                "mapped": 17771,
                "connections": 3,
                "seen": [{"place": "203.0.113.10:7771", "observers": 3, "networks": 2}],
            },
            {"name": "udp", "port": 7772, "mapped": 0, "connections": 0, "seen": []},
        ],
        "addresses": ["10.0.0.2"],
        "contacts": ["tcp://203.0.113.10:7771"],
        "relays": [],
    }


def test_connections(node):
    """Who is there, by which road, and what becomes of who is there over a relay."""
    relayed, straight = call(node, "connections_list")
    assert relayed == {
        "idurl": ALICE,
        "fingerprint": FINGERPRINT,
        "transport": "proxy",
        "direct": False,
        "address": "proxy://a",
        "since": 1.5,
        "dialed": True,
        "rtt": 0.25,
        "upgraded": False,
        "tries": 2,
        "next_try": 61.5,
    }
    assert (straight["upgraded"], straight["tries"], straight["next_try"]) == (True, 0, None)


def test_identity(node):
    """The identity as plain data; the kit's words only when asked by a change."""
    shown = call(node, "identity_get")
    assert (shown["idurl"], shown["fingerprint"], shown["sources"]) == (ALICE, FINGERPRINT, [ALICE])
    assert call(node, "identity_create", "alice", ["127.0.0.1:8084"]) == shown
    assert call(node, "identity_create", "alice") == shown
    assert call(node, "identity_backup", "~/kit", "pass")["fingerprint"] == FINGERPRINT
    assert call(node, "identity_recover", "abandon art", "a:1, b:2") == shown
    assert node.asked == [
        ("identity_create", "alice", ["127.0.0.1:8084"]),
        ("identity_create", "alice", []),
        ("identity_backup", f"{Path.home()}/kit", "pass"),
        ("identity_recover", "abandon art", ["a:1", "b:2"], None),
    ]


def test_relays(node):
    """Both sides in words and figures; numbers beyond 32 bits among them."""
    status = call(node, "relay_status")
    assert status["result"] == "A relay. Reached."
    assert status["carried_for"][0]["carried"] == 2**33
    assert status["carried_by"][0] == {
        "idurl": ALICE,
        "fingerprint": FINGERPRINT,
        "contact": "proxy://a@b/tcp/c:1",
        "since": 1.0,
        "bulk": False,
        "size": 2**17,
        "seconds": 120,
        "rate": 0,
    }


def test_a_part_is_called_a_part(node, monkeypatch):
    """Who restores a checkpoint is told that it is none of a backup that came to its end."""

    async def restore(*_: object) -> Restoring:
        return Restoring(BACKUP, b"/tmp/out", 7, False)

    monkeypatch.setattr(node.backups, "restore", restore)
    assert call(node, "restore_single", BACKUP)["result"].endswith(
        "to /tmp/out; its backup did not come to its end, so it holds a part only"
    )


def test_a_part_is_listed_as_incomplete(node, monkeypatch):
    """Beside the seed's keys, and only then."""

    async def committed() -> list[Committed]:
        return [Committed(BACKUP, b"/a", 1, False)]

    monkeypatch.setattr(node.backups, "committed", committed)
    assert call(node, "backups_id_list")[0]["incomplete"] is True
