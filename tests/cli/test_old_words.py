"""Whoever knows the original's words is understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from bitdust.cli.main import bitdust
from bitdust.cli.names import is_backup_id, is_id, meant, name_in
from bitdust.cli.old_words import OLD_WORDS, SHORT_KEYS, modern
from bitdust.config.table import ALL_OPTIONS
from tests.cli.conftest import Run
from tests.cli.stub import StubNode, health, supplier, task

BOB = "http://id.example.net/bob.xml"
NEW = "http://id.example.net/dave.xml"
VERSION = "0/0/1/F20160313043757PM"
#: The original's command line -> the method asked, and with what it begins.
#: methods whose commands ask a person
ASKING = frozenset(
    ("backup_delete_id", "backup_delete_path", "restore_single", "supplier_replace", "supplier_change")
) | {"customer_reject"}

LINES: dict[str, tuple[Any, ...]] = {
    "stop": ("stop",),
    "kill": ("stop",),
    "shutdown": ("stop",),
    "show": ("gui_link",),
    "open": ("gui_link",),
    **dict.fromkeys(("identity", "id", "idurl"), ("identity_get",)),
    **dict.fromkeys((f"identity {verb}" for verb in ("info", "?", "show", "print")), ("identity_get",)),
    **dict.fromkeys((f"id {verb}" for verb in ("info", "?", "show", "print")), ("identity_get",)),
    **dict.fromkeys(
        (f"id {verb} alice" for verb in ("create", "new", "register")), ("identity_create", "alice")
    ),
    "identity generate alice": ("identity_create", "alice"),
    **dict.fromkeys(
        (
            f"{noun} {verb} alice.kit"
            for noun in ("identity", "id")
            for verb in ("restore", "recover", "read", "load")
        ),
        ("identity_recover", "{here}/alice.kit"),
    ),
    **dict.fromkeys(("key copy", "key print", "identity backup"), ("identity_backup", None)),
    **dict.fromkeys(
        (f"key {verb} k" for verb in ("copy", "save", "backup")), ("identity_backup", "{here}/k")
    ),
    **dict.fromkeys(("backup list", "backup ls", "backups", "file list", "files"), ("backups_list",)),
    **dict.fromkeys(("backup idlist", "backup ids", "restore list"), ("backups_list",)),
    **dict.fromkeys(("backup update", "backup sync", "file sync"), ("backups_update",)),
    "backup add folder": ("backup_dir_add", "{here}/folder"),
    "backup add alice.kit": ("backup_file_add", "{here}/alice.kit"),
    "backup addtree folder": ("backup_tree_add", "{here}/folder"),
    "dir create folder": ("backup_dir_add", "{here}/folder"),
    "backup start folder --no-wait": ("backup_start_path", "{here}/folder"),
    "backup folder --no-wait": ("backup_start_path", "{here}/folder"),
    "backup start 0/0/1 --no-wait": ("backup_start_id", "0/0/1"),
    "backup 0/0/1 --no-wait": ("backup_start_id", "0/0/1"),
    **dict.fromkeys(
        (f"backup {verb} {VERSION}" for verb in ("delete", "rm", "remove", "del", "erase")),
        ("backup_delete_id", VERSION),
    ),
    "backup delete 0/0/1": ("backup_delete_id", "0/0/1"),
    "backup delete folder": ("backup_delete_path", "{here}/folder"),
    f"backup delete local {VERSION}": ("backup_delete_local", VERSION),
    f"backup cancel {VERSION}": ("backup_abort_running", VERSION),
    f"backup abort {VERSION}": ("backup_abort_running", VERSION),
    "backup cancel 0/0/1": ("backup_cancel_pending", "0/0/1"),
    **dict.fromkeys(
        (f"backup {word}" for word in ("running", "progress", "status", "queue", "pending", "tasks")),
        ("tasks_list",),
    ),
    f"restore start {VERSION} out --no-wait": ("restore_single", VERSION, "{here}/out"),
    f"restore {VERSION} out --no-wait": ("restore_single", VERSION, "{here}/out"),
    f"restore start {VERSION} --no-wait": ("restore_single", VERSION, None),
    "restore abort 0/7/F20160313043757PM": ("restore_abort", "0/7/F20160313043757PM"),
    "restore running": ("tasks_list",),
    **dict.fromkeys(("supplier", "suppliers", "supplier list", "suppliers list"), ("suppliers_list",)),
    **dict.fromkeys(("supplier ping", "suppliers call"), ("suppliers_ping",)),
    "supplier replace 1": ("supplier_replace", "1"),
    f"supplier fire {BOB}": ("supplier_replace", BOB),
    f"supplier change 1 {NEW}": ("supplier_change", "1", NEW),
    f"suppliers hire 1 {NEW}": ("supplier_change", "1", NEW),
    **dict.fromkeys(("customer", "customers list"), ("customers_list",)),
    **dict.fromkeys(("customer ping", "customers call"), ("customers_ping",)),
    **dict.fromkeys(
        (f"customer {verb} {BOB}" for verb in ("reject", "refuse", "remove", "delete", "del", "rm", "free")),
        ("customer_reject", BOB),
    ),
    **dict.fromkeys(("message", "messages", "msg list", "message list", "chat"), ("list_messages",)),
    **dict.fromkeys(
        (f"{noun} send {BOB} hello you" for noun in ("message", "msg", "chat")),
        ("send_message", BOB, "hello you"),
    ),
    **dict.fromkeys(
        ("friend", "friends", "buddy", "buddies", "contact", "contacts list", "peer", "peers"),
        ("list_correspondents",),
    ),
    **dict.fromkeys(
        (
            f"{noun} {verb} bob"
            for noun in ("friend", "buddy", "contacts", "peers")
            for verb in ("check", "nick")
        ),
        ("find_peer_by_nickname", "bob"),
    ),
    f"friend add {BOB}": ("add_correspondent", BOB, ""),
    "friends add bob": ("add_correspondent", BOB, "bob"),
    **dict.fromkeys((f"{word} {BOB}" for word in ("ping", "call", "sendid")), ("ping", BOB)),
    **dict.fromkeys(
        ("config", "conf list", "set list", "set list sort", "option", "setting list", "help settings"),
        ("config_list",),
    ),
    **dict.fromkeys(
        (f"{word} needed" for word in ("set", "get", "conf", "config", "option", "setting")),
        ("config_get", "services/customer/needed-space"),
    ),
    **dict.fromkeys(
        (f"{word} donated 5 GB" for word in ("set", "conf", "config", "option", "setting")),
        ("config_set", "services/supplier/donated-space", "5 GB"),
    ),
    "api config_get logs/debug-level": ("config_get", "logs/debug-level"),
    **dict.fromkeys(("storage", "space"), ("space_donated",)),
    **dict.fromkeys(("automats", "automat list"), ("automats_list",)),
    **dict.fromkeys(("services", "svc", "service list"), ("services_list",)),
    "service supplier": ("service_info", "supplier"),
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_original(
    line: str, run: Run, node: StubNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command line of the original that has a meaning here asks the node for just that."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "alice.kit").write_text("a kit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bitdust.cli.waking.running_in", lambda home: 1)
    running = task(id=2, kind="restore", path_id="0/7", state="downloading")
    known = {"nickname": "bob", "idurl": BOB, "candidates": [], "result": "exist", "position": 0}
    node.answers |= {word[0]: lambda *asked, **named: {"result": "done"} for word in LINES.values()} | {
        "tasks_list": [running],
        "suppliers_list": [supplier(0, "bob")],
        "process_health": health(),
        "find_peer_by_nickname": known,
        **{
            key: {"key": "k", "type": "t", "value": "v", "old_value": "o"}
            for key in ("config_get", "config_set")
        },
        **{
            key: []
            for key in ("backups_queue", "backups_list", "customers_list", "customers_ping", "suppliers_ping")
        },
        **{key: [] for key in ("list_correspondents", "list_messages", "config_list")},
        **{key: {} for key in ("space_consumed", "space_local")},
        "gui_link": {"url": "http://127.0.0.1/", "seconds": 60, "browser": False},
    }
    # Nobody is at the terminal of a test: what asks a person is told "yes" beforehand.
    outcome = run("--json", *line.split(), *["-y"] * (LINES[line][0] in ASKING))
    assert (outcome.code, outcome.err) == (0, "")
    wanted = tuple(each.format(here=tmp_path) if isinstance(each, str) else each for each in LINES[line])
    assert wanted in [call[: len(wanted)] for call in node.calls]


@pytest.mark.parametrize(
    ("line", "now"),
    [
        *((word, "start") for word in ("start", "go", "run")),
        *((word, "start --detach") for word in ("detach", "daemon", "background")),
        *((word, "restart") for word in ("restart", "reboot")),
        *((word, "version") for word in ("version", "v", "ver")),
        *((word, "help") for word in ("help", "usage")),
    ],
)
def test_a_line_that_asks_nobody(line: str, now: str, run: Run) -> None:
    """What starts, ends or describes the program is called as in the original, too."""
    assert modern(line.split()) == now.split()
    assert run(*line.split(), "--help").code == 0


@pytest.mark.parametrize(("old", "now"), OLD_WORDS.items(), ids=" ".join)
def test_every_old_word_reaches_a_command(old: tuple[str, ...], now: tuple[str, ...]) -> None:
    """Each old word leads to a command that exists."""
    assert modern(old) == list(now)
    context = click.Context(bitdust, info_name="bitdust")
    command = bitdust.get_command(context, now[0])
    assert command is not None
    if isinstance(command, click.Group) and len(now) > 1:
        assert command.get_command(context, now[1]) is not None


def test_the_rest_of_the_line_follows() -> None:
    """Arguments stay as they are."""
    assert modern(["backup", "start", "/x"]) == ["backup", "/x"]
    assert modern(["backup", "delete", "local", "0/0/F1"]) == ["delete", "--local", "0/0/F1"]
    assert modern(["backup", "./list"]) == ["backup", "./list"]
    assert modern([]) == []


def test_short_keys_are_options() -> None:
    """The short names of settings stand for settings that exist."""
    assert set(SHORT_KEYS.values()) <= {option.key for option in ALL_OPTIONS}


def test_ids() -> None:
    """What is an ID, what is a version, what is a path."""
    assert is_id("0/0/1/0/0")
    assert is_id("0/0/1/F20160313043757PM")
    assert is_id("0/0/1/F20160313043757PM:a/b\nc")
    assert is_backup_id("0/F20160313043757PM1")
    assert not is_backup_id("0/0/1")
    assert not is_id("./0")
    assert not is_id("photos")
    assert not is_id("0/0/1/F2016")
    assert meant("/a/../b") == "/b"
    assert name_in("http://id.example.net/alice.xml#fp=abc") == "alice"
