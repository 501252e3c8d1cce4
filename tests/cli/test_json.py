"""What a program reads: valid JSON, of the shape the manual promises; and no escape bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bitdust.api.methods import all_methods
from bitdust.api.shapes import SHAPES, Either, Nullable, schema_of
from bitdust.cli.tree import commands
from tests.cli.conftest import Run
from tests.cli.stub import StubNode, task

BOB = "http://id.example.net/bob.xml"
#: The command line -> the method whose answer it shows.
SHOWN = {
    "status": "process_health",
    "stop": "stop",
    "show": "show",
    "show --link": "gui_link",
    "network": "network_status",
    "reconnect": "reconnect",
    "directories": "directories_list",
    "connections": "connections_list",
    "restart": "restart",
    "ls": "backups_list",
    "delete -y 0/0/1": "backup_delete_id",
    "forget -y --keep-last 1": "backups_forget",
    "ls 0/0/1/F20160313043757PM:thesis": "version_list",
    "ls --inside folder --as-of yesterday": "version_list",
    "find *.jpg --larger 1MB --newer-than 2026-11-20": "versions_find",
    "diff 0/0/1/F20160313043757PM 0/0/1": "versions_diff",
    "cat 0/0/1/F20160313043757PM:thesis": "version_read",
    "clean --dry-run": "backups_clean",
    "undelete": "backups_deleted",
    "undelete 0/0/1": "backup_undelete",
    "pin 0/0/1/F20160313043757PM": "backup_pin",
    "unpin 0/0/1/F20160313043757PM": "backup_unpin",
    "forget 0/0/1 --keep-daily 7 --dry-run": "backups_forget",
    "delete -y folder": "backup_delete_path",
    "delete --local 0/0/1/F20160313043757PM": "backup_delete_local",
    "backup --no-wait 0/0/1": "backup_start_id",
    "backup --no-wait folder": "backup_start_path",
    "backup --add .": "backup_dir_add",
    "backup --add file": "backup_file_add",
    "backup --add-tree .": "backup_tree_add",
    "backup --dry-run 0/0/1": "backup_preview",
    "exclude list": "excludes_list",
    "exclude add x": "exclude_add",
    "exclude remove x": "exclude_remove",
    "exclude test 0/0/1": "backup_preview",
    "restore --no-wait 0/0/1 out": "restore_single",
    "restore --dry-run 0/0/1 out": "restore_preview",
    "restore --no-wait 0/0/1 out --as-of yesterday --include *.jpg": "restore_single",
    "verify --no-wait 0/0/1": "verify_start",
    "verify --list": "drills_list",
    "tasks list": "tasks_list",
    "schedule list": "schedules_list",
    "schedule set folder every 4h": "schedule_set",
    "schedule remove 0/0/1": "schedule_remove",
    "policy list": "policies_list",
    "policy set folder --before true": "policy_set",
    "policy remove 0/0/1": "policy_remove",
    "pause": "tasks_pause",
    "pause 1": "tasks_pause",
    "resume 0/7": "tasks_resume",
    "tasks cancel 0/0/1": "backup_cancel_pending",
    "tasks cancel 0/0/1/F20160313043757PM": "backup_abort_running",
    "tasks cancel 1": "restore_abort",
    "events": "events_list",
    "config list": "config_list",
    "config get needed": "config_get",
    "config set needed 1": "config_set",
    "config explain needed": "config_explain",
    "supplier list": "suppliers_list",
    "supplier replace -y 1": "supplier_replace",
    f"supplier change -y 1 {BOB}": "supplier_change",
    "customer list": "customers_list",
    "customer ping": "customers_ping",
    "supplier ping": "suppliers_ping",
    f"customer remove -y {BOB}": "customer_reject",
    "contact list": "list_correspondents",
    f"contact add {BOB} bob": "add_correspondent",
    f"contact remove {BOB}": "remove_correspondent",
    "contact find bob": "find_peer_by_nickname",
    "message list": "list_messages",
    "message send bob hello": "send_message",
    "message delete 3f2a91c0": "delete_message",
    "message delete -y --all --with bob": "delete_conversation",
    f"ping {BOB}": "ping",
    "identity show": "identity_get",
    "identity create alice": "identity_create",
    "identity backup": "identity_backup",
    f"recover {'word ' * 24}": "identity_recover",
    "relay": "relay_status",
    "services list": "services_list",
    "services show supplier": "service_info",
    "services start supplier": "service_start",
    "services stop supplier": "service_stop",
    "automat list": "automats_list",
    **{f"api {name}{' 1' * method.required}": name for name, method in all_methods().items()},
}
#: Those that show what they put together, or nothing of the node's.
OWN = {
    *("demo", "help", "start", "gui", "paths", "version", "completion"),
    *("backup", "restore", "versions", "storage"),
    "message follow",  # without an end: see test_messages.py
}


def example(shape: Any) -> Any:
    """A value of the shape, with letters that need care."""
    match shape:
        case Nullable():
            return example(shape.shape)
        case Either():
            return example(shape.shapes[0])
        case None:
            return None
        case type():
            return {str: 'caf\u00e9 "\n\ufffd', int: 7, float: 1.5, bool: True}.get(shape, {})
        case [one]:
            return [example(one), example(one)]
    named = {"key" if key is str else key.removesuffix("?"): one for key, one in shape.items()}
    return {key: "Y2Fm6Qo=" if key.endswith("_b64") else example(one) for key, one in named.items()}


def prepare(node: StubNode, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that answers each method with its shape."""
    monkeypatch.chdir(home)
    monkeypatch.setattr("bitdust.cli.waking.running_in", lambda home: 1)
    node.answers |= {name: example(shape) for name, shape in SHAPES.items()} | {
        "customers_ping": [{**example(SHAPES["customers_ping"])[0], "error": ""}],
        "suppliers_ping": [{**example(SHAPES["suppliers_ping"])[0], "error": ""}],
        "backups_queue": [],
        "version_read": {**example(SHAPES["version_read"]), "data": "Zm9vCg==", "after": -1},
        # Answers that come in pages have an end.
        **{
            name: {**example(SHAPES[name]), "after": ""}
            for name in ("versions_find", "version_list", "versions_diff")
        },
        "tasks_list": [task(kind="restore", state="downloading", path_id="0/7")],
        "events_list": [
            {"id": 7, "time": "2026-11-23T15:58:13.705Z", "type": "node.ready", "data": {"x": "y"}}
        ],
    }

    def restart(show: bool = False) -> Any:
        (home / "api-url").write_text("http://127.0.0.1/")
        return example(SHAPES["restart"])

    node.answers["restart"] = restart


def test_none_is_forgotten() -> None:
    """Each command there is, is in one of the two tables."""
    ends = {" ".join(words) for words, context in commands() if not hasattr(context.command, "commands")}
    tested = {name for name in ends for line in SHOWN if f"{line} ".startswith(f"{name} ")}
    assert ends - tested - OWN == set()


@pytest.mark.parametrize("line", SHOWN)
def test_the_answer_in_json(
    line: str, run: Run, node: StubNode, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--json` shows the node's answer as one line of JSON of the promised shape, with nothing beside it."""
    prepare(node, home, monkeypatch)
    outcome = run(*line.split(), "--json")
    assert (outcome.code, outcome.err, outcome.out.count("\n")) == (0, "", 1)
    assert SHOWN[line] in [call[0] for call in node.calls]
    if line != "show":
        jsonschema.validate(outcome.json, schema_of(SHAPES[SHOWN[line]]))
    if line == "show":  # the link beside the words, for a program to open
        assert set(outcome.json) == {"result", "url"}


@pytest.mark.parametrize("line", SHOWN)
def test_no_escapes_in_a_pipe(
    line: str, run: Run, node: StubNode, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people are shown has, in a pipe, not one escape byte."""
    prepare(node, home, monkeypatch)
    outcome = run(*line.split())
    assert outcome.code == 0
    assert outcome.out
    assert "\x1b" not in outcome.out + outcome.err


#: Commands that put together what they show -> the names in their JSON, or in each of its rows.
TOGETHER: dict[str, set[str]] = {
    "version": {"version", "python"},
    "paths": {"home", "settings", "token"},
    "completion bash": {"shell", "script"},
    "help ls": {"command", "text"},
    "help old-commands": {"old", "now"},
    "storage": {"donated", "consumed", "local"},
    "versions": {"backup_id", "path", "version", "size"},
}


@pytest.mark.parametrize("line", TOGETHER)
def test_what_is_put_together(
    line: str, run: Run, node: StubNode, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole JSON of the promised names for programs; for people, in a pipe, not one escape byte."""
    prepare(node, home, monkeypatch)
    outcome = run("--json", *line.split())
    assert (outcome.code, outcome.err) == (0, "")
    told = [json.loads(each) for each in outcome.out.splitlines()]
    rows = told[0] if isinstance(told[0], list) else told
    assert rows
    for row in rows:
        assert row.keys() >= TOGETHER[line], row
    outcome = run(*line.split())
    assert outcome.code == 0
    assert outcome.out
    assert "\x1b" not in outcome.out + outcome.err
